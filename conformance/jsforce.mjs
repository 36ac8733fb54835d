// Drives the embedded org with jsforce 3.
//
// Run by `cargo xtask conformance jsforce`, which sets the SF_* variables that
// `sf-agent emulate --print-env` prints, and NODE_PATH to where jsforce lies.
// Prints a line per check; exits non-zero if one fails.

import { createRequire } from "node:module";

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

console.log(`${passed} checks passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
