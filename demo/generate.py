#!/usr/bin/env python3
"""Writes the demo org of Tarnwick Instruments: `demo/org/` and `demo/questions.jsonl`.

    python3 demo/generate.py            rewrites them; the same input gives the same bytes
    python3 demo/generate.py --check    exits with 1 if what is there differs

Reads `knowledge/` (articles), `attachments/` (texts of files) and `tables/` (people, scenarios,
stories), which are written by hand. Only the standard library is used, no clock and no chance without the fixed seed.
"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds text only

from generator import activities, articles, customers, files, notes, people, questions, selling, sharing, support
from generator.org import Org, differences, write_tree
from tables import schema

DEMO = Path(__file__).parent


def build() -> tuple[Org, dict, list[dict]]:
    """The org with its settings, and the questions about it."""
    org = Org()
    roles = people.add_roles(org)
    profiles = people.add_profiles(org)
    users = people.add_users(org, roles, profiles)
    groups = people.add_groups(org, users, roles)
    people.add_permissions(org, users, profiles)
    versions = articles.add_articles(org, users)
    accounts = customers.add_accounts(org, users)
    contacts = customers.add_contacts(org, accounts)
    products = selling.add_products(org)
    deals = selling.add_deals(org, users, accounts, contacts, products)
    contracts = selling.add_contracts(org, accounts, contacts)
    customers.add_installations(org, accounts, contacts)
    customers.add_leads(org, users)
    cases = support.add_cases(org, users, groups, accounts, contacts, versions)
    told = activities.add_activities(org, users, accounts, contacts, deals, cases)
    told_notes = notes.add_notes(org, users, accounts, deals)
    sharing.add_shares(org, users, groups, accounts)
    settings = {
        "orgId": org.ids.new("Organization"),
        "name": "Tarnwick Instruments",
        "myDomain": "tarnwick",
        "apiVersion": "66.0",
        "defaultAccess": schema.DEFAULT_ACCESS,
        "dataCategoryGroups": schema.DATA_CATEGORY_GROUPS,
        "categoryVisibility": people.category_visibility(roles),
    }
    known = {
        "article": versions,
        "case": cases,
        "deal": deals,
        "account": accounts,
        "contract": contracts,
        "activity": told,
        "note": told_notes,
    }
    attached = files.add_files(org, users, known)
    return org, settings, questions.resolve(org, known, attached)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the files differ")
    arguments = parser.parse_args()
    org, settings, asked = build()
    tree = org.files(settings, schema.DESCRIBES)
    lines = "".join(json.dumps(question, ensure_ascii=False) + "\n" for question in asked)
    questions_file = DEMO / "questions.jsonl"
    if arguments.check:
        wrong = differences(DEMO / "org", tree)
        if not questions_file.exists() or questions_file.read_text(encoding="utf-8") != lines:
            wrong.append("../questions.jsonl")
        for name in wrong:
            print(f"differs: demo/org/{name}", file=sys.stderr)
        return 1 if wrong else 0
    write_tree(DEMO / "org", tree)
    questions_file.write_text(lines, encoding="utf-8", newline="\n")
    for name, rows in sorted(org.records.items()):
        print(f"{len(rows):6}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
