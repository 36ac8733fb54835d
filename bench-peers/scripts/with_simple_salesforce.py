"""The jobs of `cargo xtask bench`, done with simple-salesforce."""

import concurrent.futures
import json
import os
import resource
import sys
import time

import requests
from simple_salesforce import Salesforce

URL, JOB, COUNT = os.environ["BENCH_URL"], os.environ["BENCH_JOB"], int(os.environ["BENCH_COUNT"])
SOQL = os.environ["BENCH_SOQL"]


def connect():
    # It takes an instance without a scheme and puts https before it.
    session = requests.Session()
    sf = Salesforce(instance="bench.invalid", session_id=os.environ["BENCH_TOKEN"], session=session, version="66.0")
    sf.base_url = f"{URL}/services/data/v66.0/"
    sf.sf_instance = URL.removeprefix("http://")
    sf.auth_site = URL
    return sf


def rows(sf):
    """All rows; query_all_iter builds https URLs, so the pages are asked for by query_more's own way."""
    page = sf.query(SOQL)
    while True:
        yield from page["records"]
        if page["done"]:
            return
        page = sf._call_salesforce("GET", URL + page["nextRecordsUrl"], name="query_more").json()


def account(number):
    return {"Name": f"Account {number}", "Industry": "Manufacturing", "Phone": "(212) 555-0100"}


def run():
    sf = connect()
    if JOB == "rows-dynamic-kept":
        return len(list(rows(sf)))
    if JOB in ("rows-dynamic-streamed", "million"):
        return sum(1 for row in rows(sf) if row["Name"])
    if JOB == "gets":
        def get(number):
            url = f"{URL}/services/data/v66.0/sobjects/Account/001Bn{number:010}"
            return sf._call_salesforce("GET", url, name="get").json()["Id"]
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            return sum(1 for _ in pool.map(get, range(COUNT)))
    if JOB == "creates":
        done = 0
        for start in range(0, COUNT, 200):
            records = [{"attributes": {"type": "Account"}, **account(n)} for n in range(start, min(start + 200, COUNT))]
            url = f"{URL}/services/data/v66.0/composite/sobjects"
            reply = sf._call_salesforce("POST", url, name="collections", data=json.dumps({"allOrNone": False, "records": records}))
            done += sum(1 for item in reply.json() if item["success"])
        return done
    return None


before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
items = run()
wall = time.perf_counter() - start
if items is None:
    print(json.dumps({"cannot": True}))
    sys.exit()
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"items": items, "wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3, "peak_kb": after.ru_maxrss}))
