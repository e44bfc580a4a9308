"""Tasks and events on accounts, opportunities and cases."""

from datetime import datetime, timedelta

from generator.org import FIRST_DAY, LAST_DAY, Org, day, stamp
from tables import activities as table
from tables import story

ACTIVITY_COUNT, EVENT_COUNT = 1500, 480
LOCATIONS = [
    "Video call",
    "At the customer's",
    "Rotterdam office",
    "Columbus office",
    "Laboratory, second floor",
    "Trade fair, hall 4",
]


def add_activities(org: Org, users: dict, accounts: dict, contacts: dict, deals: dict, cases: dict) -> dict[str, dict]:
    """Returns the told ones by key. The shadows of e-mails are in the org already and count."""
    told = {}
    for activity in story.ACTIVITIES:
        told[activity["key"]] = _add_told(org, users, accounts, contacts, deals, cases, activity)
    keys = list(accounts)
    customers = {account["Id"]: key for key, account in accounts.items()}
    for number in range(EVENT_COUNT - len(org.rows("Event"))):
        _add_event(org, users, accounts, contacts, org.pick(keys), number)
    number = 0
    while len(org.rows("Task")) + len(org.rows("Event")) < ACTIVITY_COUNT:
        number += 1
        if number % 4 == 0:
            case = org.pick(org.rows("Case"))
            _add_case_task(org, users, case, contacts[customers[case["AccountId"]]])
        else:
            _add_task(org, users, accounts, contacts, org.pick(keys))
    return told


def _subject_of(org: Org, account: dict) -> dict:
    """The account, or in half of the cases one of its deals."""
    deals = [deal for deal in org.rows("Opportunity") if deal["AccountId"] == account["Id"] and not deal["IsPrivate"]]
    return org.pick(deals) if deals and org.chance(0.5) else account


def _owner(users: dict, account: dict) -> str:
    """The account's owner; activities of one who left belong to his manager since."""
    return users["dana"]["Id"] if account["OwnerId"] == users["victor"]["Id"] else account["OwnerId"]


def _words(org: Org, account: dict, contact: dict, when: datetime, about: dict) -> dict:
    return {
        "contact": contact["Name"],
        "company": account["Name"],
        "city": account["BillingCity"],
        "n": org.random.randrange(3, 40),
        "k": org.random.randrange(2, 9),
        "date": (when + timedelta(days=org.random.randrange(3, 24))).strftime("%-d %B"),
        "number": about.get("CaseNumber", ""),
        "deal": about.get("Name", ""),
        "subject": about.get("Subject", ""),
    }


def _add_event(org: Org, users: dict, accounts: dict, contacts: dict, key: str, number: int) -> None:
    account, contact = accounts[key], org.pick(contacts[key])
    start = org.moment(FIRST_DAY + timedelta(days=90), LAST_DAY).replace(minute=0)
    created = max(start - timedelta(days=org.random.randrange(2, 20)), FIRST_DAY)
    if number % 24 == 5:
        subject, text = org.pick(table.PRIVATE_EVENTS)
        _event(org, _owner(users, account), subject, text, None, None, None, start, created, 60, private=True)
        return
    kind, subject, notes = org.pick(table.EVENTS)
    about = _subject_of(org, account)
    words = _words(org, account, contact, start, about)
    _event(
        org,
        _owner(users, account),
        subject.format_map(words),
        (org.pick(notes) + org.pick(table.TAILS)).format_map(words),
        about,
        contact,
        account,
        start,
        created,
        org.pick([30, 45, 60, 90, 180]),
        kind=kind,
    )


def _event(
    org: Org,
    owner: str,
    subject: str,
    text: str,
    about: dict | None,
    contact: dict | None,
    account: dict | None,
    start: datetime,
    created: datetime,
    minutes: int,
    private: bool = False,
    kind: str = "Meeting",
    location: str | None = None,
) -> dict:
    end = start + timedelta(minutes=minutes)
    return org.add(
        "Event",
        created=created,
        modified=min(max(created, end), LAST_DAY),
        by=owner,
        Subject=subject[:255],
        Description=text or None,
        OwnerId=owner,
        WhatId=about["Id"] if about else None,
        WhoId=contact["Id"] if contact else None,
        AccountId=account["Id"] if account else None,
        Location=location or org.pick(LOCATIONS),
        StartDateTime=stamp(start),
        EndDateTime=stamp(end),
        ActivityDate=day(start),
        ActivityDateTime=stamp(start),
        DurationInMinutes=minutes,
        IsAllDayEvent=False,
        IsPrivate=private,
        ShowAs="Busy",
        Type=kind,
        EventSubtype="Event",
        IsChild=False,
        IsGroupEvent=False,
    )


def _add_task(org: Org, users: dict, accounts: dict, contacts: dict, key: str) -> None:
    account, contact = accounts[key], org.pick(contacts[key])
    subtype, subject, notes = org.pick(table.TASKS)
    about = _subject_of(org, account)
    created = org.moment(FIRST_DAY + timedelta(days=60), LAST_DAY - timedelta(days=1))
    words = _words(org, account, contact, created, about)
    owner = _owner(users, account)
    _task(
        org,
        owner,
        subtype,
        subject.format_map(words),
        (org.pick(notes) + org.pick(table.TAILS)).format_map(words),
        about,
        contact,
        account["Id"],
        created,
    )


def _add_case_task(org: Org, users: dict, case: dict, people: list[dict]) -> None:
    contact = next(person for person in people if person["Id"] == case["ContactId"])
    subtype, subject, notes = org.pick(table.CASE_TASKS)
    created = datetime.fromisoformat(case["CreatedDate"][:19]) + timedelta(hours=org.random.randrange(1, 60))
    if created > LAST_DAY:
        return
    account = {"Name": case.get("SuppliedCompany", "the customer"), "BillingCity": ""}
    words = _words(org, account, contact, created, case)
    owner = case["OwnerId"] if case["OwnerId"].startswith("005") else users["tomasz"]["Id"]
    _task(
        org,
        owner,
        subtype,
        subject.format_map(words),
        org.pick(notes).format_map(words),
        case,
        contact,
        case["AccountId"],
        created,
    )


def _task(
    org: Org,
    owner: str,
    subtype: str,
    subject: str,
    text: str,
    about: dict,
    contact: dict | None,
    account_id: str,
    created: datetime,
    due: datetime | None = None,
    done: bool | None = None,
    high: bool | None = None,
) -> dict:
    due = due or created + timedelta(days=org.random.randrange(0, 20))
    done = (due < LAST_DAY - timedelta(days=10) or org.chance(0.4)) if done is None else done
    finished = min(max(created, due), LAST_DAY)
    high = org.chance(0.15) if high is None else high
    return org.add(
        "Task",
        created=created,
        modified=finished if done else created,
        by=owner,
        Subject=subject[:255],
        Description=text,
        OwnerId=owner,
        WhatId=about["Id"],
        WhoId=contact["Id"] if contact else None,
        AccountId=account_id,
        Status="Completed" if done else org.pick(["Not Started", "In Progress", "Waiting on someone else"]),
        Priority="High" if high else "Normal",
        IsHighPriority=high,
        IsClosed=done,
        CompletedDateTime=stamp(finished) if done else None,
        ActivityDate=day(due),
        TaskSubtype=subtype,
        Type=subtype if subtype == "Call" else "Other",
        CallType="Outbound" if subtype == "Call" else None,
        CallDurationInSeconds=org.random.randrange(60, 2400) if subtype == "Call" else None,
    )


def _add_told(org: Org, users: dict, accounts: dict, contacts: dict, deals: dict, cases: dict, told: dict) -> dict:
    account = accounts[told["account"]]
    people = {contact["Name"]: contact for contact in contacts[told["account"]]}
    contact = people.get(told.get("contact"))
    about = deals[told["deal"]] if "deal" in told else cases[told["case"]] if "case" in told else account
    owner, created = users[told["owner"]]["Id"], datetime.fromisoformat(told["created"])
    when = datetime.fromisoformat(told["when"])
    if told["kind"] == "Event":
        return _event(
            org,
            owner,
            told["subject"],
            told["text"],
            about,
            contact,
            account,
            when,
            created,
            told.get("minutes", 60),
            location=told.get("location"),
        )
    return _task(
        org,
        owner,
        told["kind"],
        told["subject"],
        told["text"],
        about,
        contact,
        account["Id"],
        created,
        when,
        told["done"],
        told.get("high", False),
    )
