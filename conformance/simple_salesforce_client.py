"""Drives the embedded org with PyPI's simple-salesforce, which speaks https only.

Run by `cargo xtask conformance simple-salesforce`, which sets the SF_* variables
that `sf-agent emulate --tls --print-env` prints. Prints a line per check; exits
non-zero if one fails.
"""

import os
import sys
import traceback

# requests reads the certificate authority from here.
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SF_CA_FILE"]

from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

env = os.environ
passed, failed = 0, []


def check(what):
    def run(body):
        global passed
        try:
            body()
            passed += 1
            print(f"ok      {what}")
        except Exception as error:  # noqa: BLE001 - whatever a client raises is a failed check
            failed.append(what)
            last = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAILED  {what}\n        {type(error).__name__}: {error} ({last.name}:{last.lineno})")

    return run


def same(seen, expected, what="value"):
    if seen != expected:
        raise AssertionError(f"{what}: saw {seen!r}, expected {expected!r}")


def login(password=None):
    return SalesforceLogin(
        username=env["SF_USERNAME"],
        password=password or env["SF_PASSWORD"],
        security_token=env["SF_SECURITY_TOKEN"],
        scratch_url=env["SF_LOGIN_URL"],
        sf_version="64.0",
    )


sf = Salesforce(instance_url=env["SF_INSTANCE_URL"], session_id=env["SF_ACCESS_TOKEN"], version="66.0")


@check("logs in over SOAP")
def _():
    session, instance = login()
    other = Salesforce(instance=instance, session_id=session)
    same(other.query("SELECT Id FROM Account LIMIT 1")["totalSize"], 1, "totalSize")


@check("a wrong password is told")
def _():
    try:
        login("wrong")
    except SalesforceAuthenticationFailed as error:
        same(error.code, "INVALID_LOGIN", "code")
        return
    raise AssertionError("the login succeeded")


@check("query and query_more")
def _():
    first = sf.query("SELECT Id FROM Contact")
    same(first["done"], False, "done")
    second = sf.query_more(first["nextRecordsUrl"], True)
    same(second["totalSize"], first["totalSize"], "totalSize")
    assert first["records"][0]["Id"] != second["records"][0]["Id"], "the same page twice"


@check("query_all and query_all_iter bring every row once")
def _():
    expected = sf.query("SELECT COUNT() FROM Contact")["totalSize"]
    same(len({row["Id"] for row in sf.query_all("SELECT Id FROM Contact")["records"]}), expected, "query_all")
    same(len({row["Id"] for row in sf.query_all_iter("SELECT Id FROM Contact")}), expected, "query_all_iter")


@check("parents, children, aggregates")
def _():
    row = sf.query("SELECT Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account LIMIT 1")["records"][0]
    same(row["attributes"]["type"], "Account", "type")
    assert row["Owner"]["Name"]
    groups = sf.query("SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName")["records"]
    same(sum(group["n"] for group in groups), sf.query("SELECT COUNT() FROM Opportunity")["totalSize"], "sum")


@check("create, get, update, delete")
def _():
    made = sf.Account.create({"Name": "Żółw 🐢 & Söhne"})
    same(made["success"], True, "success")
    same(sf.Account.get(made["id"])["Name"], "Żółw 🐢 & Söhne", "Name")
    same(sf.Account.update(made["id"], {"Industry": "Energy"}), 204, "update")
    same(sf.Account.get(made["id"])["Industry"], "Energy", "Industry")
    same(sf.Account.delete(made["id"]), 204, "delete")
    try:
        sf.Account.get(made["id"])
    except SalesforceResourceNotFound:
        return
    raise AssertionError("the record is still there")


@check("upsert, and get by external id")
def _():
    key = "External_Id__c/py%2F2"
    values = {"Amount__c": 10.5, "Due_Date__c": "2026-12-31"}
    same(sf.Invoice__c.upsert(key, values), 201, "first upsert")
    same(sf.Invoice__c.upsert(key, {"Amount__c": 11}), 200, "second upsert")
    same(sf.Invoice__c.get_by_custom_id("External_Id__c", "py/2")["Amount__c"], 11.0, "Amount__c")


@check("errors keep the platform's shape")
def _():
    try:
        sf.Contact.create({"FirstName": "Ada"})
    except SalesforceMalformedRequest as error:
        same(error.content[0]["errorCode"], "REQUIRED_FIELD_MISSING", "errorCode")
        same(error.content[0]["fields"], ["LastName"], "fields")
        return
    raise AssertionError("the create succeeded")


@check("describe, and describe of all")
def _():
    assert any(each["name"] == "Invoice__c" for each in sf.describe()["sobjects"])
    name = next(field for field in sf.Account.describe()["fields"] if field["name"] == "Name")
    same(name["nillable"], False, "Name.nillable")


@check("limits")
def _():
    assert sf.limits()["DailyApiRequests"]["Max"] > 0


@check("search")
def _():
    sf.Account.create({"Name": "Zanzibar Spice Traders"})
    found = sf.search("FIND {Zanzibar} IN NAME FIELDS RETURNING Account(Id, Name)")["searchRecords"]
    same([row["Name"] for row in found], ["Zanzibar Spice Traders"], "names")
    same(sf.quick_search("Zanzibar")["searchRecords"][0]["attributes"]["type"], "Account", "type")


@check("bulk2: insert, query, update, delete")
def _():
    rows = [{"LastName": f"Bulk {n}", "Title": "Quote \" and, comma"} for n in range(500)]
    outcome = sf.bulk2.Contact.insert(records=rows)
    same(sum(int(job["numberRecordsProcessed"]) for job in outcome), 500, "processed")
    same(sum(int(job["numberRecordsFailed"]) for job in outcome), 0, "failed")
    pages = list(sf.bulk2.Contact.query("SELECT Id, LastName, Title FROM Contact WHERE LastName LIKE 'Bulk %'"))
    lines = "".join(pages).strip().splitlines()
    same(len(lines), 501, "lines of the result")
    assert all('Quote "" and, comma' in line for line in lines[1:]), lines[1]
    ids = [{"Id": line.split(",")[0].strip('"')} for line in lines[1:]]
    outcome = sf.bulk2.Contact.delete(records=ids)
    same(sum(int(job["numberRecordsFailed"]) for job in outcome), 0, "failed deletes")
    same(sf.query("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Bulk %'")["totalSize"], 0, "left")


@check("a dead session is told")
def _():
    dead = Salesforce(instance_url=env["SF_INSTANCE_URL"], session_id="00D000000000001!dead", version="66.0")
    try:
        dead.query("SELECT Id FROM Account LIMIT 1")
    except SalesforceExpiredSession as error:
        same(error.content[0]["errorCode"], "INVALID_SESSION_ID", "errorCode")
        return
    raise AssertionError("the query succeeded")


print(f"{passed} checks passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
