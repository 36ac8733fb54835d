// Drives the embedded org with the Salesforce CLI.
//
// Run by `cargo xtask conformance salesforce-cli` with a Node that the CLI
// accepts; SALESFORCE_CLI is the path of its run.js, and the SF_* variables are
// those that `sf-agent emulate --print-env` prints. The CLI gets a home folder
// of its own, so that nothing of the machine's is read or changed.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const home = await mkdtemp(join(tmpdir(), "salesforce-cli-"));
const env = {
  PATH: process.env.PATH,
  HOME: home,
  SF_ACCESS_TOKEN: process.env.SF_ACCESS_TOKEN,
  SF_DISABLE_TELEMETRY: "true",
  SF_AUTOUPDATE_DISABLE: "true",
  SF_SKIP_NEW_VERSION_CHECK: "true",
  SF_USE_GENERIC_UNIX_KEYCHAIN: "true",
  SFDX_DISABLE_DNS_CHECK: "true",
};
let passed = 0;
const failed = [];

/** Runs the CLI and gives its JSON, of a failure too. */
async function sf(...words) {
  const args = [process.env.SALESFORCE_CLI, ...words, "--json"];
  const { stdout } = await run(process.execPath, args, { env, cwd: home }).catch((error) => {
    if (!error.stdout) throw error;
    return error;
  });
  return JSON.parse(stdout);
}

async function check(what, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok      ${what}`);
  } catch (error) {
    failed.push(what);
    console.log(`FAILED  ${what}\n        ${error.message}`);
  }
}

function same(seen, expected, what) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: saw ${a}, expected ${b}`);
}

/** The result of a run that has to succeed. */
function result(answer) {
  if (answer.status !== 0) throw new Error(`${answer.name}: ${answer.message}`);
  return answer.result;
}

const org = ["--target-org", "emulated"];

await check("org login access-token", async () => {
  const login = result(
    await sf("org", "login", "access-token", "--instance-url", process.env.SF_INSTANCE_URL, "--no-prompt", "--alias", "emulated"),
  );
  same(login.username, process.env.SF_USERNAME, "username");
});

await check("org display", async () => {
  const shown = result(await sf("org", "display", ...org));
  same(shown.username, process.env.SF_USERNAME, "username");
  same(shown.instanceUrl.replace(/\/$/, ""), process.env.SF_INSTANCE_URL, "instanceUrl");
});

await check("data query", async () => {
  const found = result(
    await sf("data", "query", ...org, "--query", "SELECT Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account LIMIT 3"),
  );
  same(found.records.length, 3, "rows");
  if (!found.records[0].Owner.Name) throw new Error("no owner");
});

await check("data query of more than 2,000 rows", async () => {
  const found = result(await sf("data", "query", ...org, "--query", "SELECT Id FROM Contact LIMIT 4500"));
  same(new Set(found.records.map((record) => record.Id)).size, 4500, "distinct ids");
});

await check("data query with a wrong field is told", async () => {
  const answer = await sf("data", "query", ...org, "--query", "SELECT Nmae FROM Account");
  same(answer.name, "INVALID_FIELD", "name");
});

await check("data create, get, update and delete record", async () => {
  const made = result(
    await sf("data", "create", "record", ...org, "--sobject", "Account", "--values", "Name='Żółw & Söhne' Industry=Energy"),
  );
  const record = ["--sobject", "Account", "--record-id", made.id];
  same(result(await sf("data", "get", "record", ...org, ...record)).Name, "Żółw & Söhne", "Name");
  result(await sf("data", "update", "record", ...org, ...record, "--values", "Industry=Retail"));
  same(result(await sf("data", "get", "record", ...org, ...record)).Industry, "Retail", "Industry");
  result(await sf("data", "delete", "record", ...org, ...record));
  const gone = await sf("data", "get", "record", ...org, ...record);
  if (gone.status === 0) throw new Error("the record is still there");
});

await check("sobject describe", async () => {
  const account = result(await sf("sobject", "describe", ...org, "--sobject", "Account"));
  same(account.fields.find((field) => field.name === "Name").nillable, false, "Name.nillable");
});

await check("sobject list", async () => {
  const names = result(await sf("sobject", "list", ...org, "--sobject", "custom"));
  if (!names.includes("Invoice__c")) throw new Error(`no Invoice__c in ${names}`);
});

await check("org list limits", async () => {
  const limits = result(await sf("org", "list", "limits", ...org));
  if (!limits.some((limit) => limit.name === "DailyApiRequests" && limit.max > 0)) throw new Error("no DailyApiRequests");
});

await check("data create file, for a record and of every kind", async () => {
  const account = result(await sf("data", "create", "record", ...org, "--sobject", "Account", "--values", "Name=Files"));
  const contents = {
    "notes.txt": Buffer.from("Żółw & Söhne"),
    "data.json": Buffer.from('{"Title":"not the record"}'),
    "bytes.bin": Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251)),
  };
  for (const [name, content] of Object.entries(contents)) {
    const path = join(home, name);
    await writeFile(path, content);
    const made = result(await sf("data", "create", "file", ...org, "--file", path, "--title", `Title of ${name}`, "--parent-id", account.id));
    same(made.Title, `Title of ${name}`, "Title");
    const soql = `SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = '${made.ContentDocumentId}'`;
    const links = result(await sf("data", "query", ...org, "--query", soql)).records.map((link) => link.LinkedEntityId);
    if (!links.includes(account.id)) throw new Error(`not linked to the account: ${links}`);
    // The CLI has no command to read a file; its request command has.
    const url = `/services/data/v66.0/sobjects/ContentVersion/${made.Id}/VersionData`;
    const target = join(home, `down-${name}`);
    const words = ["api", "request", "rest", url, ...org, "--stream-to-file", target];
    await run(process.execPath, [process.env.SALESFORCE_CLI, ...words], { env, cwd: home });
    if (!(await readFile(target)).equals(content)) throw new Error(`${name} came back changed`);
  }
});

await check("api request rest runs a report and a list view", async () => {
  const ask = async (path) => {
    const words = ["api", "request", "rest", `/services/data/v66.0${path}`, ...org];
    const { stdout } = await run(process.execPath, [process.env.SALESFORCE_CLI, ...words], { env, cwd: home, maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  };
  const reports = await ask("/analytics/reports");
  const report = await ask(`/analytics/reports/${reports[0].id}?includeDetails=true`);
  same(report.attributes.reportName, reports[0].name, "reportName");
  const { listviews } = await ask("/sobjects/Account/listviews");
  const rows = await ask(`/sobjects/Account/listviews/${listviews[0].id}/results?limit=3`);
  same(rows.size, 3, "rows");
});

await rm(home, { recursive: true, force: true });
console.log(`${passed} checks passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
