// Drives the embedded org with jsforce 3.
//
// Run by `cargo xtask conformance jsforce`, which sets the SF_* variables that
// `sf-agent emulate --print-env` prints, and NODE_PATH to where jsforce lies.
// Prints a line per check; exits non-zero if one fails.

import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { Browser } from "./browser.mjs";

const jsforce = createRequire(process.env.JSFORCE_FROM + "/")("jsforce");
const env = process.env;
let passed = 0;
const failed = [];

async function check(what, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok      ${what}`);
  } catch (error) {
    failed.push(what);
    console.log(`FAILED  ${what}\n        ${error.errorCode ?? ""} ${error.stack?.split("\n").slice(0, 3).join("\n        ")}`);
  }
}

function same(seen, expected, what = "value") {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: saw ${a}, expected ${b}`);
}

const oauth2 = { loginUrl: env.SF_LOGIN_URL, clientId: env.SF_CLIENT_ID, clientSecret: env.SF_CLIENT_SECRET };
const withToken = () => new jsforce.Connection({ instanceUrl: env.SF_INSTANCE_URL, accessToken: env.SF_ACCESS_TOKEN });

await check("connects with a token and knows who it is", async () => {
  const who = await withToken().identity();
  same(who.username, env.SF_USERNAME, "username");
});

await check("connects with client credentials", async () => {
  const connection = new jsforce.Connection({ oauth2, instanceUrl: env.SF_INSTANCE_URL });
  await connection.authorize({ grant_type: "client_credentials" });
  same((await connection.query("SELECT COUNT() FROM User")).done, true, "done");
});

await check("connects with user name and password over OAuth", async () => {
  const connection = new jsforce.Connection({ oauth2 });
  const user = await connection.login(env.SF_USERNAME, env.SF_PASSWORD + env.SF_SECURITY_TOKEN);
  same(user.id.length, 18, "length of the user id");
});

await check("connects over SOAP", async () => {
  const connection = new jsforce.Connection({ loginUrl: env.SF_LOGIN_URL, version: "64.0" });
  await connection.login(env.SF_USERNAME, env.SF_PASSWORD + env.SF_SECURITY_TOKEN);
  same((await connection.query("SELECT Id FROM Account LIMIT 1")).records.length, 1, "rows");
});

await check("connects with JWT bearer", async () => {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: env.SF_CLIENT_ID, sub: env.SF_USERNAME, aud: env.SF_LOGIN_URL, exp: Math.floor(Date.now() / 1000) + 120 };
  const signed = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  const signature = createSign("RSA-SHA256").update(signed).sign(readFileSync(env.SF_JWT_KEY_FILE), "base64url");
  const connection = new jsforce.Connection({ oauth2, instanceUrl: env.SF_INSTANCE_URL });
  await connection.authorize({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: `${signed}.${signature}`,
  });
  same((await connection.identity()).username, env.SF_USERNAME, "username");
});

await check("connects with an authorization code, and refreshes", async () => {
  const redirectUri = "http://localhost:1717/OauthRedirect";
  const connection = new jsforce.Connection({ oauth2: { ...oauth2, redirectUri } });
  const browser = new Browser();
  const address = connection.oauth2.getAuthorizationUrl({ scope: "api refresh_token", state: "kept & safe" });
  const login = await browser.visit(address, redirectUri);
  const consent = await browser.submit(login, { username: env.SF_USERNAME, pw: env.SF_PASSWORD }, redirectUri);
  const { redirected } = consent.redirected ? consent : await browser.submit(consent, { decision: "allow" }, redirectUri);
  const answer = new URL(redirected).searchParams;
  same(answer.get("state"), "kept & safe", "state");
  await connection.authorize(answer.get("code"));
  same((await connection.identity()).username, env.SF_USERNAME, "username");

  let refreshed = 0;
  connection.on("refresh", () => (refreshed += 1));
  connection.accessToken = "00D000000000000!dead";
  same((await connection.query("SELECT Id FROM Account LIMIT 1")).records.length, 1, "rows after the refresh");
  same(refreshed, 1, "refreshes");
});

await check("logs out by revoking", async () => {
  const connection = new jsforce.Connection({ oauth2 });
  await connection.login(env.SF_USERNAME, env.SF_PASSWORD + env.SF_SECURITY_TOKEN);
  const { accessToken } = connection;
  await connection.logout();
  const stale = new jsforce.Connection({ instanceUrl: env.SF_INSTANCE_URL, accessToken });
  const error = await stale.query("SELECT Id FROM Account LIMIT 1").then(() => undefined, (e) => e.errorCode);
  same(error, "INVALID_SESSION_ID", "error");
});

await check("a wrong password is told", async () => {
  const connection = new jsforce.Connection({ oauth2 });
  const error = await connection.login(env.SF_USERNAME, "wrong").then(() => undefined, (e) => e);
  same(error?.name, "invalid_grant", "error");
});

const connection = withToken();

await check("query with autoFetch over 5,000 rows", async () => {
  const expected = (await connection.query("SELECT COUNT() FROM Contact")).totalSize;
  const ids = new Set();
  await new Promise((resolve, reject) => {
    connection
      .query("SELECT Id, LastName FROM Contact")
      .on("record", (record) => ids.add(record.Id))
      .on("end", resolve)
      .on("error", reject)
      .run({ autoFetch: true, maxFetch: 100_000 });
  });
  if (expected <= 5000) throw new Error("too few contacts for this check");
  same(ids.size, expected, "distinct ids");
});

await check("queryMore by nextRecordsUrl", async () => {
  const first = await connection.query("SELECT Id FROM Contact");
  same(first.done, false, "done");
  const second = await connection.queryMore(first.nextRecordsUrl);
  same(second.totalSize, first.totalSize, "totalSize");
  if (second.records[0].Id === first.records[0].Id) throw new Error("the same page twice");
});

await check("child subqueries and parents", async () => {
  const { records } = await connection.query(
    "SELECT Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 5",
  );
  for (const account of records) {
    same(account.attributes.type, "Account", "type");
    if (!account.Owner.Name) throw new Error("no owner");
    if (!(account.Contacts.totalSize > 0)) throw new Error("no contacts");
  }
});

await check("find with conditions, sort and limit", async () => {
  const found = await connection
    .sobject("Opportunity")
    .find({ Amount: { $gt: 1000 }, StageName: "Closed Won" }, "Id, Name, Amount")
    .sort({ Amount: -1 })
    .limit(5);
  same(found.length, 5, "rows");
  if (found.some((row, n) => n > 0 && row.Amount > found[n - 1].Amount)) throw new Error("not sorted");
});

await check("create, retrieve, update, destroy one", async () => {
  const accounts = connection.sobject("Account");
  const made = await accounts.create({ Name: "Żółw 🐢 & Söhne" });
  same(made.success, true, "success");
  same((await accounts.retrieve(made.id)).Name, "Żółw 🐢 & Söhne", "Name");
  same((await accounts.update({ Id: made.id, Industry: "Energy" })).success, true, "update");
  same((await accounts.retrieve(made.id)).Industry, "Energy", "Industry");
  same((await accounts.destroy(made.id)).success, true, "destroy");
  const gone = await accounts.retrieve(made.id).then(() => undefined, (e) => e.errorCode);
  same(gone, "NOT_FOUND", "error after destroy");
});

await check("upsert by external id creates, then updates", async () => {
  const invoices = connection.sobject("Invoice__c");
  const record = { External_Id__c: "JS-12", Amount__c: 10.5, Due_Date__c: "2026-12-31" };
  const first = await invoices.upsert(record, "External_Id__c");
  same(first.created, true, "created");
  const second = await invoices.upsert({ ...record, Amount__c: 11 }, "External_Id__c");
  same([second.created, second.id], [false, first.id], "second upsert");
  same((await invoices.retrieve(first.id)).Amount__c, 11, "Amount__c");
});

await check("collections: create, update and destroy many", async () => {
  const contacts = connection.sobject("Contact");
  const made = await contacts.create([{ LastName: "One" }, { FirstName: "no last name" }, { LastName: "Three" }]);
  same(made.map((r) => r.success), [true, false, true], "success");
  same(made[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING", "statusCode");
  const ids = [made[0].id, made[2].id];
  const updated = await contacts.update(ids.map((Id) => ({ Id, Title: "Judge" })));
  same(updated.every((r) => r.success), true, "updates");
  same((await contacts.retrieve(ids)).map((r) => r.Title), ["Judge", "Judge"], "titles");
  same((await contacts.destroy(ids)).every((r) => r.success), true, "destroys");
});

await check("describe and describeGlobal", async () => {
  const all = await connection.describeGlobal();
  if (!all.sobjects.some((o) => o.name === "Invoice__c")) throw new Error("no Invoice__c");
  const account = await connection.describe("Account");
  same(account.fields.find((f) => f.name === "Name").nillable, false, "Name.nillable");
});

await check("a wrong statement is MALFORMED_QUERY", async () => {
  const error = await connection.query("SELECT Id FORM Account").then(() => undefined, (e) => e);
  same(error?.errorCode, "MALFORMED_QUERY", "errorCode");
});

await check("limits and the usage header", async () => {
  const limits = await connection.request("/limits");
  if (!(limits.DailyApiRequests.Max > 0)) throw new Error("no DailyApiRequests");
  if (!(connection.limitInfo?.apiUsage?.limit > 0)) throw new Error("no limitInfo");
});

await check("search with SOSL", async () => {
  const made = await connection.sobject("Account").create({ Name: "Zanzibar Spice Traders" });
  const { searchRecords } = await connection.search("FIND {Zanzibar} IN ALL FIELDS RETURNING Account(Id, Name), Contact");
  same(searchRecords.map((r) => [r.attributes.type, r.Id]), [["Account", made.id]], "records");
});

await check("composite with references", async () => {
  const version = `/services/data/v${connection.version}`;
  const { compositeResponse } = await connection.requestPost("/composite", {
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: `${version}/sobjects/Account`, referenceId: "account", body: { Name: "Composite" } },
      {
        method: "POST",
        url: `${version}/sobjects/Contact`,
        referenceId: "contact",
        body: { LastName: "Ference", AccountId: "@{account.id}" },
      },
    ],
  });
  same(compositeResponse.map((r) => r.httpStatusCode), [201, 201], "statuses");
  const contact = await connection.sobject("Contact").retrieve(compositeResponse[1].body.id);
  same(contact.AccountId, compositeResponse[0].body.id, "AccountId");
});

await check("updated and deleted since", async () => {
  const contacts = connection.sobject("Contact");
  const made = await contacts.create({ LastName: "Feed" });
  await contacts.destroy(made.id);
  const [start, end] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 120_000)];
  const gone = await contacts.deleted(start, end);
  if (!gone.deletedRecords.some((record) => record.id === made.id)) throw new Error("not among the deleted");
  if (!Array.isArray((await contacts.updated(start, end)).ids)) throw new Error("no ids");
});

await check("bulk2: ingest and query", async () => {
  connection.bulk2.pollInterval = 20;
  connection.bulk2.pollTimeout = 30_000;
  const input = Array.from({ length: 300 }, (_, n) => ({ LastName: `Bulk ${n}`, Title: 'Quote " and, comma' }));
  input.push({ LastName: "", Title: "no last name" });
  const outcome = await connection.bulk2.loadAndWaitForResults({ object: "Contact", operation: "insert", input });
  same([outcome.successfulResults.length, outcome.failedResults.length], [300, 1], "results");
  const stream = await connection.bulk2.query("SELECT Id, LastName, Title FROM Contact WHERE LastName LIKE 'Bulk %'");
  const rows = await stream.toArray();
  same(rows.length, 300, "rows");
  same(rows.every((row) => row.Title === 'Quote " and, comma'), true, "quoting");
});

await check("upserts into UpsertTable__c and pages through BigTable__c", async () => {
  const table = connection.sobject("UpsertTable__c");
  const record = { Name: "One", ExtId__c: `E${Date.now()}` };
  same((await table.upsert(record, "ExtId__c")).created, true, "created");
  same((await table.upsert({ ...record, Name: "Two" }, "ExtId__c")).success, true, "success");
  const { totalSize } = await connection.query("SELECT COUNT() FROM BigTable__c");
  if (totalSize <= 5000) throw new Error(`BigTable__c has ${totalSize} rows`);
});

/** A report or dashboard by its name. */
function named(list, name) {
  const found = list.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name} in ${list.map((one) => one.name)}`);
  return found.id;
}

await check("analytics: lists and describes reports", async () => {
  const reports = await connection.analytics.reports();
  const report = connection.analytics.report(named(reports, "Opportunities by Stage"));
  const { reportMetadata, reportTypeMetadata, reportExtendedMetadata } = await report.describe();
  same(reportMetadata.reportFormat, "SUMMARY", "reportFormat");
  same(reportExtendedMetadata.groupingColumnInfo.STAGE_NAME.groupingLevel, 0, "groupingLevel");
  if (!reportTypeMetadata.categories[0].columns.AMOUNT.filterable) throw new Error("AMOUNT cannot be filtered");
  const { plans } = await report.explain();
  same(plans[0].sobjectType, "Opportunity", "explained object");
});

await check("analytics: runs a report, with details and with filters", async () => {
  const reports = await connection.analytics.reports();
  const report = connection.analytics.report(named(reports, "Opportunities by Stage"));
  const result = await report.execute();
  const { totalSize } = await connection.query("SELECT COUNT() FROM Opportunity");
  same(result.factMap["T!T"].aggregates[2].value, totalSize, "RowCount");
  same(result.factMap["T!T"].rows, undefined, "rows without details");
  const metadata = {
    reportMetadata: { reportFilters: [{ column: "STAGE_NAME", operator: "equals", value: "Closed Won" }] },
  };
  const won = await report.execute({ details: true, metadata });
  same(won.groupingsDown.groupings.map((group) => group.label), ["Closed Won"], "groups");
  const sum = (await connection.query("SELECT SUM(Amount) s FROM Opportunity WHERE StageName = 'Closed Won'")).records[0].s;
  const shown = won.factMap["0!T"].aggregates[0].value;
  if (Math.abs(shown - sum) > 0.005) throw new Error(`sum ${shown}, expected ${sum}`);
  if (!(won.factMap["0!T"].rows[0].dataCells.length > 0)) throw new Error("no cells");
});

await check("analytics: a long report is cut and says so", async () => {
  const reports = await connection.analytics.reports();
  const result = await connection.analytics.report(named(reports, "All Contacts")).execute({ details: true });
  same([result.allData, result.factMap["T!T"].rows.length], [false, 2000], "allData and rows");
});

await check("analytics: runs a report in the background", async () => {
  const reports = await connection.analytics.reports();
  const report = connection.analytics.report(named(reports, "Stage by Quarter"));
  const started = await report.executeAsync({ details: true });
  same(started.status, "New", "status");
  const result = await report.instance(started.id).retrieve();
  same(result.attributes.status, "Success", "status of the result");
  if (!(result.groupingsAcross.groupings.length > 0)) throw new Error("no groups across");
  same((await report.instances()).map((one) => one.id), [started.id], "instances");
});

await check("analytics: clones and deletes a report", async () => {
  const reports = await connection.analytics.reports();
  const report = connection.analytics.report(named(reports, "Ten Largest Deals"));
  const copy = await report.clone("Copy of the largest");
  same(copy.reportMetadata.name, "Copy of the largest", "name");
  const cloned = connection.analytics.report(copy.reportMetadata.id);
  same((await cloned.execute({ details: true })).factMap["T!T"].rows.length, 10, "rows");
  const found = await connection.query("SELECT Name, Format FROM Report WHERE Name = 'Copy of the largest'");
  same(found.records[0].Format, "Tabular", "Format");
  await cloned.destroy();
  const gone = await cloned.describe().then(() => undefined, (e) => e.errorCode);
  same(gone, "NOT_FOUND", "error after destroy");
});

await check("analytics: dashboards", async () => {
  const dashboards = await connection.analytics.dashboards();
  const dashboard = connection.analytics.dashboard(named(dashboards, "Sales Pipeline"));
  const described = await dashboard.describe();
  const [first, second] = described.components;
  const some = await dashboard.components([first.id, second.id]);
  same(some.componentData.map((one) => one.status.dataStatus), ["DATA", "DATA"], "dataStatus");
  same((await dashboard.components()).componentData.length, described.components.length, "components");
  const { statusUrl } = await dashboard.refresh();
  const states = [];
  do {
    states.push((await connection.request(statusUrl)).componentStatus[0].refreshStatus);
  } while (states.at(-1) !== "IDLE" && states.length < 10);
  same(states, ["RUNNING", "IDLE"], "states");
  const copy = await dashboard.clone({ name: "Copied", folderId: described.folderId });
  const cloned = connection.analytics.dashboard(copy.id);
  same((await cloned.status()).componentStatus.length, described.components.length, "components of the copy");
  await cloned.destroy();
});

await check("list views", async () => {
  const path = "/sobjects/Opportunity/listviews";
  const { listviews } = await connection.request(path);
  const won = listviews.find((view) => view.developerName === "Won");
  const { query, columns } = await connection.request(won.describeUrl);
  const { totalSize } = await connection.query(query);
  const results = await connection.request(`${won.resultsUrl}?limit=2000`);
  same(results.size, Math.min(totalSize, 2000), "rows");
  same(results.records[0].columns.length, columns.length, "columns");
});

await check("quick actions", async () => {
  const accounts = connection.sobject("Account");
  const account = await accounts.create({ Name: "Acting" });
  const names = (await accounts.quickActions()).map((action) => action.name);
  if (!names.includes("NewContact")) throw new Error(`no NewContact in ${names}`);
  const action = accounts.quickAction("NewContact");
  same((await action.describe()).targetSobjectType, "Contact", "targetSobjectType");
  same((await action.defaultValues(account.id)).AccountId, account.id, "AccountId by default");
  const done = await action.execute(account.id, { LastName: "Quick" });
  same([done.success, done.created], [true, true], "outcome");
  same((await connection.sobject("Contact").retrieve(done.id)).AccountId, account.id, "AccountId");
  const global = await connection.quickAction("NewLead").execute(undefined, { LastName: "A", Company: "B" });
  same(global.id.slice(0, 3), "00Q", "prefix of the lead");
});

await check("approvals", async () => {
  const { approval, rule } = connection.process;
  same((await approval.list()).Opportunity[0].name, "Large_Deal", "process");
  same(await rule.list(), {}, "rules");
  const deal = { Name: "Big", StageName: "Prospecting", CloseDate: "2026-12-31", Amount: 200_000 };
  const made = await connection.sobject("Opportunity").create(deal);
  const [submitted] = await approval.request([approval.submit(made.id, "please")]);
  same(submitted.instanceStatus, "Pending", "instanceStatus");
  const [approved] = await approval.request([approval.approve(submitted.newWorkitemIds[0], "fine")]);
  same(approved.instanceStatus, "Approved", "instanceStatus");
  const small = await connection.sobject("Opportunity").create({ ...deal, Amount: 1 });
  const [refused] = await approval.request([approval.submit(small.id)]);
  same([refused.success, refused.errors[0].statusCode], [false, "NO_APPLICABLE_PROCESS"], "refusal");
});

await check("files: a version with its bytes, and a link", async () => {
  const text = "žluťoučký \u{1f40e}".repeat(1000);
  const made = await connection.sobject("ContentVersion").create({
    Title: "From jsforce",
    PathOnClient: "horse.txt",
    VersionData: Buffer.from(text).toString("base64"),
  });
  const { records } = await connection.query(`SELECT ContentDocumentId, ContentSize FROM ContentVersion WHERE Id = '${made.id}'`);
  same(records[0].ContentSize, Buffer.byteLength(text), "ContentSize");
  const chunks = [];
  for await (const chunk of connection.sobject("ContentVersion").record(made.id).blob("VersionData")) chunks.push(chunk);
  same(Buffer.concat(chunks).toString(), text, "bytes");
});

console.log(`${passed} checks passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
