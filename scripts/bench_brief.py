#!/usr/bin/env python3
"""Measures the brief of one large account, without a model.

Usage: scripts/bench_brief.py [--cases 5000] [--activities 20000] [--briefs 50] [--json] [--keep FOLDER]

An org folder is written with one account that has these cases (a tenth open, each with an email), as
many events as tasks (a twentieth open), 40 opportunities, 20 contacts and 5 contracts; beside it stand
accounts with a few cases. `precis devorg` serves it, and it is synced without vectors.

"First": the first brief after a start, when nothing was read before. Who asks: somebody who views all
data; and a manager above the owner, for whom Salesforce decides on each record, while what it said is
remembered.

Runs target/release/precis, or the program that PRECIS_BIN names. Other work on the machine makes every
figure worse.
"""

import argparse
import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds text only

from bench import WITHOUT_MODEL, Started, folder_for, timed_sync
from bench_access import Language, calls, identifier, told
from bench_search import Server
from bench_sync import Figures

OTHERS = 200
NOW = datetime.now(timezone.utc).replace(microsecond=0)
OBJECTS = {
    "Account": ["Industry", "BillingCity", "Description", "Type"],
    "Case": ["Subject", "Description", "Status", "Priority", "AccountId", "ContactId", "IsEscalated", "ClosedDate"],
    "Contact": ["AccountId", "Title", "Email"],
    "Contract": ["AccountId", "Status", "EndDate", "StartDate", "ContractTerm", "Description"],
    "Event": ["Subject", "Description", "StartDateTime", "EndDateTime", "ActivityDate", "WhatId", "WhoId", "AccountId"],
    "Opportunity": ["AccountId", "Amount", "Probability", "NextStep", "Description", "Type"],
    "Task": ["Subject", "Description", "Status", "ActivityDate", "WhatId", "WhoId", "AccountId"],
}


def stamp(days_ago):
    return (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def day(days_ago):
    return (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%d")


def times(created, changed):
    return {"CreatedDate": stamp(created), "LastModifiedDate": stamp(changed), "SystemModstamp": stamp(changed)}


def people():
    roles = [
        {"Id": identifier("00E", 1), "Name": "Manager"},
        {"Id": identifier("00E", 2), "Name": "Agent", "ParentRoleId": identifier("00E", 1)},
    ]
    users = []
    for number, role in enumerate([None, roles[0]["Id"], roles[1]["Id"]]):
        name = f"user{number}@bench.example"
        user = {"Id": identifier("005", number + 1), "Username": name, "Email": name, "LastName": name}
        users.append(user | {"IsActive": True, "UserType": "Standard", "UserRoleId": role})
    sets = [
        {"Id": identifier("0PS", 1), "Name": "Sync", "Label": "Sync", "PermissionsViewAllData": True},
        {"Id": identifier("0PS", 2), "Name": "Sales", "Label": "Sales", "PermissionsViewAllData": False},
    ]
    return {
        "UserRole": roles,
        "User": users,
        "PermissionSet": sets,
        "PermissionSetAssignment": [
            {"AssigneeId": user["Id"], "PermissionSetId": sets[0 if at == 0 else 1]["Id"]}
            for at, user in enumerate(users)
        ],
        "ObjectPermissions": [
            {"ParentId": row["Id"], "SobjectType": name, "PermissionsRead": True}
            for row in sets
            for name in OBJECTS
        ],
        "FieldPermissions": [
            {"ParentId": row["Id"], "SobjectType": name, "Field": f"{name}.{field}", "PermissionsRead": True}
            for row in sets
            for name, fields in OBJECTS.items()
            for field in fields
        ],
    }


def case(number, account, owner, language, chance):
    created = chance.randrange(1, 1_400)
    is_open = number % 10 == 0
    closed = max(created - chance.randrange(1, 40), 0)
    row = {
        "Id": identifier("500", number + 1), "CaseNumber": f"{number + 1:08}", "AccountId": account,
        "ContactId": identifier("003", number % 20 + 1), "OwnerId": owner, "Subject": language.text(8),
        "Description": language.text(55), "Priority": chance.choice(["High", "Medium", "Low"]),
        "IsEscalated": number % 200 == 0, "IsClosed": not is_open, "Status": "Working" if is_open else "Closed",
    }  # fmt: skip
    if not is_open:
        row["ClosedDate"] = stamp(closed)
    return row | times(created, closed)


def email(number, language, chance):
    sent = chance.randrange(0, 1_000)
    row = {
        "Id": identifier("02s", number + 1), "ParentId": identifier("500", number + 1),
        "Subject": language.text(6), "TextBody": f"We will send it by {day(-5)}. {language.text(40)}",
        "FromName": "Kim", "FromAddress": "kim@customer.example", "Incoming": number % 2 == 0,
        "MessageDate": stamp(sent), "Status": "0",
    }  # fmt: skip
    return row | times(sent, sent)


def event(number, account, owner, language, chance):
    begun = chance.randrange(-30, 1_000)
    row = {
        "Id": identifier("00U", number + 1), "AccountId": account, "WhatId": account, "OwnerId": owner,
        "WhoId": identifier("003", number % 20 + 1), "Subject": language.text(5),
        "Description": language.text(40), "StartDateTime": stamp(begun), "EndDateTime": stamp(begun),
        "ActivityDate": day(begun), "ActivityDateTime": stamp(begun),
    }  # fmt: skip
    return row | times(max(begun, 0) + 10, max(begun, 0))


def task(number, account, owner, language, chance):
    due = chance.randrange(0, 1_000)
    is_open = number % 20 == 0
    row = {
        "Id": identifier("00T", number + 1), "AccountId": account, "WhatId": account, "OwnerId": owner,
        "WhoId": identifier("003", number % 20 + 1), "Subject": language.text(5),
        "Description": language.text(40), "ActivityDate": day(due), "IsClosed": not is_open,
        "Status": "Not Started" if is_open else "Completed",
    }  # fmt: skip
    return row | times(due + 10, due)


def deal(number, account, owner, language, chance):
    is_open = number % 2 == 0
    closes = chance.randrange(-90, 0) if is_open else chance.randrange(1, 700)
    row = {
        "Id": identifier("006", number + 1), "AccountId": account, "OwnerId": owner, "Name": language.text(4),
        "StageName": "Negotiation/Review" if is_open else "Closed Won", "IsClosed": not is_open,
        "IsWon": not is_open, "Amount": chance.randrange(100_000, 90_000_000) / 100,
        "Probability": 50 if is_open else 100, "CloseDate": day(closes), "NextStep": language.text(8),
    }  # fmt: skip
    return row | times(800, 3)


def write_org(folder, cases, activities):
    language, chance = Language(cases), random.Random(5)
    owner = identifier("005", 3)
    accounts = [
        {"Id": identifier("001", number + 1), "Name": f"Account {number} {language.text(2)}", "OwnerId": owner}
        | {"Industry": "Energy", "BillingCity": "Turin", "Description": language.text(40)}
        for number in range(OTHERS)
    ]
    big = accounts[0]["Id"]
    tables = people() | {
        "Account": accounts,
        "Contact": [
            {"Id": identifier("003", n + 1), "AccountId": big, "OwnerId": owner, "LastName": f"Person {n}"}
            | {"Title": "Buyer", "Email": f"person{n}@customer.example"}
            for n in range(20)
        ],
        "Contract": [
            {"Id": identifier("800", n + 1), "AccountId": big, "OwnerId": owner, "Status": "Activated"}
            | {"ContractNumber": f"{n + 1:08}", "EndDate": day(-50 * n - 20), "ContractTerm": 12}
            for n in range(5)
        ],
        "Case": [case(n, big, owner, language, chance) for n in range(cases)]
        + [case(cases + n, accounts[n % OTHERS]["Id"], owner, language, chance) for n in range(OTHERS)],
        "EmailMessage": [email(n, language, chance) for n in range(cases)],
        "Event": [event(n, big, owner, language, chance) for n in range(activities // 2)],
        "Task": [task(n, big, owner, language, chance) for n in range(activities // 2)],
        "Opportunity": [deal(n, big, owner, language, chance) for n in range(40)],
    }
    (folder / "records").mkdir(parents=True)
    access = {"Case": "None", "Account": "None", "Opportunity": "None", "Contact": "ControlledByParent"}
    settings = {"orgId": identifier("00D", 1), "name": "Bench", "myDomain": "bench", "apiVersion": "66.0"}
    settings["defaultAccess"] = access | {"Activity": "ControlledByParent"}
    (folder / "org.json").write_text(json.dumps(settings))
    for name, rows in tables.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "records" / f"{name}.jsonl").write_text(lines)
    return big


def brief(url, viewer, account, audience="sales_call"):
    """Milliseconds, and the reply."""
    request = urllib.request.Request(
        f"{url}/v1/accounts/{account}/brief",
        json.dumps({"audience": audience}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer key{viewer}"},
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request) as reply:
        body = reply.read()
    return (time.monotonic() - begun) * 1000, body


def measure(figures, org, folder, account, briefs):
    for viewer, name in enumerate(["views all data", "everything, by role"]):
        settings = {"HTTP__REQUESTS_PER_MINUTE": "0", "ACCESS__RECORD_SECONDS": "3600"}
        with Server(folder, **settings) as server:
            begun = calls(org)
            spent, body = brief(server.url, viewer, account)
            figures.add(f"{name}: first", spent, "ms", f"{calls(org) - begun} calls")
            told(figures, name, [brief(server.url, viewer, account)[0] for _ in range(briefs)])
            reply = json.loads(body)
            figures.add(f"{name}: reply", len(body) / 1024, "kB", f"{len(reply['citations'])} citations")
            counts = {f["name"]: f["text"] for f in reply["figures"]}
            print({name: counts[name] for name in ("open_cases", "open_tasks") if name in counts}, file=sys.stderr)


def prepared(scratch, cases, activities):
    account = write_org(scratch / "org", cases, activities)
    org = Started("devorg", "--data", str(scratch / "org"))
    folder = folder_for(org, scratch / "precis", WITHOUT_MODEL, False)
    with (folder / "keys.jsonl").open("w") as keys:
        for viewer in range(2):
            digest = hashlib.sha256(f"key{viewer}".encode()).hexdigest()
            user = f"user{viewer}@bench.example"
            keys.write(json.dumps({"name": user, "user": user, "sha256": digest}) + "\n")
    return account, org, folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--activities", type=int, default=20_000)
    parser.add_argument("--briefs", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="work here, and leave everything for a look")
    args = parser.parse_args()
    figures = Figures(args.json)
    scratch = args.keep or Path(tempfile.mkdtemp())
    scratch.mkdir(parents=True, exist_ok=True)
    org = None
    try:
        figures.part(f"{args.cases:,} cases, {args.activities:,} activities")
        account, org, folder = prepared(scratch, args.cases, args.activities)
        spent, _, _ = timed_sync(folder)
        figures.add("first sync", spent, "s")
        measure(figures, org, folder, account, args.briefs)
    finally:
        if org:
            org.stop()
        if not args.keep:
            shutil.rmtree(scratch)
    figures.end()


if __name__ == "__main__":
    main()
