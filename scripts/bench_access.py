#!/usr/bin/env python3
"""Measures what access costs a search: latency, calls to Salesforce, and whether pages are full.

Usage: scripts/bench_access.py [--passages 100000] [--queries 200] [--vectors] [--json] [--keep FOLDER]

An org of synthetic cases is written (two passages to a case), with a private default, and served by
`precis devorg`. Who asks: somebody who views all data; a director above all owners; a manager above
the owners of one half; a member of a group with which 1 % of the cases are shared; the owner of one
case in a thousand.

"Warm": the same questions a second time, while what Salesforce said is remembered. "Cold": nothing is
remembered of any record (access.record_seconds = 0), the user's permissions are. "Calls": API calls
that devorg counts, for each search. "Full": of the searches that have ten readable hits at all, as the
text of the org says, those whose first page has ten.

Runs target/release/precis, or the program that PRECIS_BIN names. With --vectors an embedding service
that answers at once stands in for a model: it is the example `search_bench`. Other work on the machine
makes every figure worse.
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
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds text only

from bench import Started, folder_for, timed_sync
from bench_search import CASES_ALONE, VECTORS, Server, Service
from bench_sync import Figures

WORDS = 20_000
PAGE = 10
# Who asks, and which of a thousand cases they may read.
VIEWERS = {
    "views all data": 1_000,
    "everything, by role": 1_000,
    "half, by role": 500,
    "1 %, by a group": 10,
    "0.1 %, as owner": 1,
}


def identifier(prefix, number):
    """An id of 18 characters, by Salesforce's checksum."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    tail = ""
    for _ in range(10):
        number, digit = divmod(number, 62)
        tail = digits[digit] + tail
    stem = f"{prefix}Pb{tail}"
    suffix = ""
    for group in (stem[:5], stem[5:10], stem[10:]):
        bits = sum(1 << place for place, letter in enumerate(group) if letter.isupper())
        suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return stem + suffix


class Language:
    """Words with the frequencies of a natural language."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        self.words = ["".join(self.random.choices(syllables, k=3)) for _ in range(WORDS)]
        self.weights = [1 / (rank + 2) for rank in range(WORDS)]

    def text(self, count):
        return " ".join(self.random.choices(self.words, self.weights, k=count))


def who_reads(number):
    """The viewers who may read the case with this number, by their places in VIEWERS."""
    place = number % 1_000
    return [viewer for viewer, share in enumerate(VIEWERS.values()) if place < share]


def people():
    """Roles and users; each viewer is the user of the same number."""
    top, half, below = (identifier("00E", number) for number in (1, 2, 3))
    below_half = identifier("00E", 4)
    roles = [
        {"Id": top, "Name": "Director"},
        {"Id": half, "Name": "Manager", "ParentRoleId": top},
        {"Id": below, "Name": "Agent", "ParentRoleId": top},
        {"Id": below_half, "Name": "Agent of the half", "ParentRoleId": half},
    ]
    users = []
    for number, role in enumerate([None, top, half, None, below_half, below_half, below]):
        name = f"user{number}@bench.example"
        user = {"Id": identifier("005", number + 1), "Username": name, "Email": name, "LastName": name}
        users.append(user | {"IsActive": True, "UserType": "Standard", "UserRoleId": role})
    return roles, users


def permissions(users):
    """Everybody reads cases with all their fields; the first views all data."""
    everything, cases = identifier("0PS", 1), identifier("0PS", 2)
    fields = ["Subject", "Description", "Status", "Priority", "AccountId", "ContactId", "ParentId"]
    sets = [
        {"Id": everything, "Name": "Sync", "Label": "Sync", "PermissionsViewAllData": True},
        {"Id": cases, "Name": "Cases", "Label": "Cases", "PermissionsViewAllData": False},
    ]
    return {
        "PermissionSet": sets,
        "PermissionSetAssignment": [
            {"AssigneeId": user["Id"], "PermissionSetId": everything if at == 0 else cases}
            for at, user in enumerate(users)
        ],
        "ObjectPermissions": [
            {"ParentId": row["Id"], "SobjectType": "Case", "PermissionsRead": True} for row in sets
        ],
        "FieldPermissions": [
            {
                "ParentId": row["Id"],
                "SobjectType": "Case",
                "Field": f"Case.{field}",
                "PermissionsRead": True,
            }
            for row in sets
            for field in fields
        ],
    }


def write_org(folder, passages):
    """Writes the org and returns the texts of its cases."""
    language = Language(passages)
    roles, users = people()
    group = identifier("00G", 1)
    # The last two own what nobody else is given: one below the manager, one beside.
    sparse, in_half, other = (users[number]["Id"] for number in (4, 5, 6))
    texts, cases, shares = [], [], []
    for number in range(passages // 2):
        readers = who_reads(number)
        owner = sparse if 4 in readers else in_half if 2 in readers else other
        subject, description = language.text(8), language.text(55)
        case = {"Id": identifier("500", number + 1), "CaseNumber": f"{number + 1:08}", "Status": "New"}
        cases.append(case | {"OwnerId": owner, "Subject": subject, "Description": description})
        texts.append(set(f"{subject} {description}".split()))
        if 3 in readers:
            share = {"CaseId": case["Id"], "UserOrGroupId": group, "CaseAccessLevel": "Read"}
            shares.append(share | {"RowCause": "Rule"})
    tables = permissions(users) | {
        "UserRole": roles,
        "User": users,
        "Group": [{"Id": group, "Name": "Shared", "Type": "Regular", "DoesIncludeBosses": False}],
        "GroupMember": [{"GroupId": group, "UserOrGroupId": users[3]["Id"]}],
        "Case": cases,
        "CaseShare": shares,
    }
    (folder / "records").mkdir(parents=True)
    settings = {
        "orgId": identifier("00D", 1),
        "name": "Bench",
        "myDomain": "bench",
        "apiVersion": "66.0",
        "defaultAccess": {"Case": "None", "Account": "None", "Contact": "ControlledByParent"},
    }
    (folder / "org.json").write_text(json.dumps(settings))
    for name, rows in tables.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "records" / f"{name}.jsonl").write_text(lines)
    return texts


def questions(texts, count):
    """Each with words of a case that the sparsest viewer may read, and of others."""
    chosen = random.Random(7)
    asked = []
    for _ in range(count):
        words = sorted(texts[chosen.randrange(len(texts))])
        asked.append(" ".join(chosen.sample(words, 3)))
    return asked


def search(url, viewer, query):
    """Milliseconds, and the number of hits."""
    request = urllib.request.Request(
        f"{url}/v1/search",
        json.dumps({"query": query, "limit": PAGE}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer key{viewer}"},
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request) as reply:
        found = json.load(reply)
    return (time.monotonic() - begun) * 1000, len(found["hits"])


def calls(org):
    with urllib.request.urlopen(f"{org.ready['url']}/__devorg/calls") as reply:
        return sum(json.load(reply)["byKind"].values())


def has_ten(texts, viewer, query):
    """Whether at least ten readable cases have a word of the query."""
    words = set(query.split())
    share = list(VIEWERS.values())[viewer]
    found = 0
    for number, text in enumerate(texts):
        if number % 1_000 < share and not words.isdisjoint(text):
            found += 1
            if found == PAGE:
                return True
    return False


def told(figures, name, milliseconds):
    ordered = sorted(milliseconds)
    figures.add(f"{name}, p50", ordered[len(ordered) // 2], "ms")
    figures.add(f"{name}, p99", ordered[int(len(ordered) * 0.99)], "ms")


def measure(figures, org, folder, texts, asked):
    with Server(folder, ACCESS__RECORD_SECONDS="600", HTTP__REQUESTS_PER_MINUTE="0") as server:
        for viewer, name in enumerate(VIEWERS):
            begun, first = calls(org), search(server.url, viewer, asked[0])[0]
            figures.add(f"{name}: first search of all", first, "ms", f"{calls(org) - begun} calls")
            for query in asked:
                search(server.url, viewer, query)
            begun = calls(org)
            told(figures, f"{name}: warm", [search(server.url, viewer, query)[0] for query in asked])
            figures.add(f"{name}: warm, calls", (calls(org) - begun) / len(asked), "a search")
    with Server(folder, ACCESS__RECORD_SECONDS="0", HTTP__REQUESTS_PER_MINUTE="0") as server:
        for viewer, name in enumerate(VIEWERS):
            search(server.url, viewer, asked[0])
            begun = calls(org)
            found = [search(server.url, viewer, query) for query in asked]
            told(figures, f"{name}: cold", [spent for spent, _ in found])
            figures.add(f"{name}: cold, calls", (calls(org) - begun) / len(asked), "a search")
            pages = [hits == PAGE for query, (_, hits) in zip(asked, found) if has_ten(texts, viewer, query)]
            if pages:
                figures.add(f"{name}: full", 100 * sum(pages) / len(pages), "%", f"{len(pages)} searches")


def prepared(passages, scratch, service):
    texts = write_org(scratch / "org", passages)
    org = Started("devorg", "--data", str(scratch / "org"))
    embedding = VECTORS.format(url=service.url) if service else 'provider = "none"'
    folder = folder_for(org, scratch / "precis", embedding, False)
    with (folder / "precis.toml").open("a") as config:
        config.write(CASES_ALONE)
    with (folder / "keys.jsonl").open("w") as keys:
        for viewer in range(len(VIEWERS)):
            digest = hashlib.sha256(f"key{viewer}".encode()).hexdigest()
            user = f"user{viewer}@bench.example"
            keys.write(json.dumps({"name": user, "user": user, "sha256": digest}) + "\n")
    return texts, org, folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="work here, and leave everything for a look")
    args = parser.parse_args()
    figures = Figures(args.json)
    scratch = args.keep or Path(tempfile.mkdtemp())
    scratch.mkdir(parents=True, exist_ok=True)
    service = Service().__enter__() if args.vectors else None
    org = None
    try:
        figures.part(f"{args.passages:,} passages")
        texts, org, folder = prepared(args.passages, scratch, service)
        spent, _, _ = timed_sync(folder)
        figures.add("first sync", spent, "s")
        measure(figures, org, folder, texts, questions(texts, args.queries))
    finally:
        if org:
            org.stop()
        if service:
            service.__exit__()
        if not args.keep:
            shutil.rmtree(scratch)
    figures.end()


if __name__ == "__main__":
    main()
