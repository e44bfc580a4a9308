"""Cases with their threads: each is one telling of a scenario, or a told story."""

import html
from datetime import datetime, timedelta

from generator.customers import serial
from generator.org import FIRST_DAY, LAST_DAY, Org, stamp
from generator.scenarios import on_track, read_scenarios, tracks_of, versions_out
from tables import company, phrases, story

CASE_COUNT = 900
SUPPORT_ADDRESS = f"support@{company.DOMAIN}"
# accounts whose cases only the engineers of tier 2 see
CONFIDENTIAL = {"brenning", "keystone"}
GERMAN_SPEAKING = {"Germany", "Switzerland", "Austria"}


class Desk:
    """Everything that writing a thread needs to look up."""

    def __init__(self, org: Org, users: dict, groups: dict, versions: dict):
        self.org, self.users, self.groups, self.versions = org, users, groups, versions

    def open_case(self, account: dict, contact: dict, created: datetime, owner: dict, origin: str, **fields) -> dict:
        number = f"{1001 + len(self.org.rows('Case')):08d}"
        case = self.org.add(
            "Case",
            created=created,
            CaseNumber=number,
            AccountId=account["Id"],
            ContactId=contact["Id"],
            OwnerId=owner["Id"],
            Origin=origin,
            ContactEmail=contact["Email"],
            ContactPhone=contact["Phone"],
            **{k: v for k, v in fields.items() if v is not None},
        )
        if origin in ("Email", "Web"):
            case.update(SuppliedEmail=contact["Email"], SuppliedName=contact["Name"], SuppliedCompany=account["Name"])
        return case

    def comment(self, case: dict, when: datetime, author: dict, text: str, public: bool) -> None:
        self.org.add(
            "CaseComment", created=when, by=author["Id"], ParentId=case["Id"], CommentBody=text, IsPublished=public
        )

    def mail(
        self, case: dict, when: datetime, contact: dict, agent: dict, text: str, incoming: bool, before: str | None
    ) -> None:
        """One e-mail of the thread. About one in ten is HTML only, as some mail programs send them."""
        org = self.org
        quoted = _quote(before) if before and org.chance(0.4) else ""
        body, style = text + quoted, org.random.random()
        people = (contact["Name"], contact["Email"]), (agent["Name"], SUPPORT_ADDRESS)
        sender, receiver = people if incoming else people[::-1]
        shadow = self._shadow_task(case, when, contact, agent, text) if not incoming and org.chance(0.12) else None
        number = len(org.rows("EmailMessage"))
        org.add(
            "EmailMessage",
            created=when,
            by=agent["Id"],
            ParentId=case["Id"],
            RelatedToId=case["Id"],
            ActivityId=shadow,
            FromName=sender[0],
            FromAddress=sender[1],
            ToAddress=receiver[1],
            Subject=("" if before is None else "RE: ") + f"{case['Subject']} [ref: {case['CaseNumber']}]",
            TextBody=None if style < 0.1 else body,
            HtmlBody=_mail_html(body) if style < 0.18 else None,
            Incoming=incoming,
            Status="2" if incoming else "3",
            MessageDate=stamp(when),
            HasAttachment=org.chance(0.1),
            IsExternallyVisible=True,
            MessageIdentifier=f"<{number}.{case['CaseNumber']}@{sender[1].split('@')[1]}>",
        )

    def _shadow_task(self, case: dict, when: datetime, contact: dict, agent: dict, text: str) -> str:
        return self.org.add(
            "Task",
            created=when,
            by=agent["Id"],
            WhatId=case["Id"],
            WhoId=contact["Id"],
            AccountId=case["AccountId"],
            OwnerId=agent["Id"],
            Subject=f"Email: {case['Subject']}"[:255],
            Status="Completed",
            Priority="Normal",
            IsClosed=True,
            TaskSubtype="Email",
            Type="Email",
            ActivityDate=stamp(when)[:10],
            CompletedDateTime=stamp(when),
            Description=text[:500],
        )["Id"]

    def link_article(self, case: dict, when: datetime, url: str, language: str, mailed: bool) -> None:
        version = self.versions.get((url, language)) or self.versions[url, "en_US"]
        self.org.add(
            "CaseArticle",
            created=when,
            CaseId=case["Id"],
            KnowledgeArticleId=version["KnowledgeArticleId"],
            KnowledgeArticleVersionId=version["Id"],
            ArticleLanguage=version["Language"],
            ArticleVersionNumber=version["VersionNumber"],
            IsSharedByEmail=mailed,
        )
        version["ArticleCaseAttachCount"] = version.get("ArticleCaseAttachCount", 0) + 1

    def finish(self, case: dict, last: datetime, status: str) -> None:
        """Sets what follows from the thread: status, closing, time stamps."""
        closed = status == "Closed"
        end = min(last + timedelta(minutes=35), LAST_DAY) if closed else last
        case.update(
            Status=status,
            IsClosed=closed,
            LastModifiedDate=stamp(end),
            SystemModstamp=stamp(end + timedelta(seconds=2)),
        )
        if closed:
            case["ClosedDate"] = stamp(end)


def add_cases(org: Org, users: dict, groups: dict, accounts: dict, contacts: dict, versions: dict) -> dict[str, dict]:
    """All cases in the order of their days. Returns the told ones by key; the others are only in the org."""
    desk = Desk(org, users, groups, versions)
    told: dict[str, dict] = {}
    days = [(datetime.fromisoformat(case["created"]), case) for case in story.CASES]
    days += [(_start(org), None) for _ in range(CASE_COUNT - len(days))]
    scenarios = _scenarios(versions)
    earlier: dict[tuple[str, str], dict] = {}
    for created, case in sorted(days, key=lambda item: item[0]):
        if case is not None:
            told[case["key"]] = _tell_story(desk, accounts, contacts, case)
            continue
        scenario = _choose(org, scenarios, created)
        key = org.pick(_customers(accounts, scenario["language"]))
        before = earlier.get((key, scenario["key"]))
        earlier[key, scenario["key"]] = _tell_scenario(
            desk, key, accounts[key], org.pick(contacts[key]), created, scenario, before
        )
    return told


def _scenarios(versions: dict) -> list[dict]:
    """The scenarios, none of which happens before its article was there."""
    scenarios = read_scenarios()
    for scenario in scenarios:
        article = versions.get((scenario["article"], "en_US"))
        scenario["since"] = scenario["since"] or (article["CreatedDate"][:10] if article else "2023-01-01")
    return scenarios


def _choose(org: Org, scenarios: list[dict], created: datetime) -> dict:
    """One of the scenarios that were told least so far, on one of its tracks."""
    possible = [scenario for scenario in scenarios if scenario["since"] <= created.date().isoformat()]
    scenario = min(possible, key=lambda scenario: scenario["told"] - 2 * org.random.random())
    scenario["told"] += 1
    return on_track(scenario, org.pick(tracks_of(scenario)))


def _customers(accounts: dict, language: str) -> list[str]:
    return [
        key
        for key, account in accounts.items()
        if account["Type"].startswith("Customer") and (language != "de" or account["BillingCountry"] in GERMAN_SPEAKING)
    ]


def _start(org: Org) -> datetime:
    """A first day; the company grows, so there are more cases each year."""
    first = FIRST_DAY + timedelta(days=60)
    latest = first + (LAST_DAY - first) * org.random.random() ** 0.5
    return min(org.moment(latest, latest + timedelta(days=1)), LAST_DAY)


def _tell_scenario(
    desk: Desk, key: str, account: dict, contact: dict, created: datetime, scenario: dict, before: dict | None
) -> dict:
    org, language = desk.org, scenario["language"]
    agent = _agent(desk, key, account, language)
    words = _words(org, scenario["prefix"], language, account, contact, agent, created)
    origin = org.pick(["Email", "Email", "Email", "Web", "Phone"])
    report = org.pick(scenario["p"])
    if scenario["prefix"] != "-" and "{serial}" not in report and "{fw}" not in report:
        report += " " + org.pick(phrases.DETAILS[language])
    if scenario["prefix"] == "-" or org.chance(0.4):
        report += " " + org.pick(phrases.CONTEXT[language])
    follows = before is not None and org.chance(0.6)
    if follows:
        report += " " + org.pick(phrases.AGAIN[language]).format(number=before["CaseNumber"])
    report = report.format_map(words)
    urgent = scenario["priority"] == "High" or account["Support_Tier__c"] == "Critical" and org.chance(0.2)
    case = desk.open_case(
        account,
        contact,
        created,
        agent,
        origin,
        Subject=org.pick(scenario["s"]).format_map(words)[:255],
        Description=report,
        Priority="High" if urgent else scenario["priority"],
        Type=scenario["type"],
        Reason=scenario["reason"],
        Language=language,
        ParentId=before["Id"] if follows else None,
        Firmware_Version__c=words["fw"] if scenario["prefix"] != "-" else None,
    )
    case["IsEscalated"] = urgent and org.chance(0.3)
    last, done = _write_thread(desk, case, contact, agent, scenario, words, report)
    _conclude(desk, key, case, agent, scenario, last, done)
    return case


def _agent(desk: Desk, key: str, account: dict, language: str) -> dict:
    if key in CONFIDENTIAL:
        return desk.users["tomasz"]
    if language == "de":
        return desk.users["lena"]
    return desk.users[desk.org.pick(["sam", "sam", "lena", "tomasz"])]


def _words(org: Org, prefix: str, language: str, account: dict, contact: dict, agent: dict, created: datetime) -> dict:
    return {
        "serial": serial(org, prefix.rstrip("*"), created) if prefix not in ("-", "APP", "APP*", "PLUMB") else "",
        "fw": org.pick(versions_out(prefix, created)),
        "n": org.random.randrange(3, 40),
        "room": f"{org.pick('ABCEK')}{org.random.randrange(0, 4)}.{org.random.randrange(10, 60)}",
        "temp": -org.random.randrange(38, 74),
        "date": _spoken_day(created - timedelta(days=org.random.randrange(1, 6)), language),
        "time": f"{org.random.randrange(0, 24):02d}:{org.random.randrange(60):02d}",
        "contact": contact["Name"],
        "company": account["Name"],
        "city": account["BillingCity"],
        "agent": agent["FirstName"],
        "k": org.random.randrange(2, 9),
        "order": f"PO-{org.random.randrange(40000, 99000)}",
        "rma": f"RMA-{created:%y}-{org.random.randrange(1000, 9000):05d}",
        "colleague": org.pick(phrases.COLLEAGUES),
    }


def _write_thread(
    desk: Desk, case: dict, contact: dict, agent: dict, scenario: dict, words: dict, report: str
) -> tuple[datetime, bool]:
    """Writes the messages up to the last day; returns the last moment, and whether the end was reached."""
    org, language = desk.org, scenario["language"]
    by_mail = case["Origin"] == "Email"
    turns = [("report", report)] if by_mail else []
    asked = scenario["q"] and scenario["r"] and org.chance(0.45)
    if asked:
        turns += [("agent", org.pick(scenario["q"])), ("customer", org.pick(scenario["r"]))]
    if scenario["n"] and org.chance(0.2):
        turns.append(("internal", org.pick(scenario["n"])))
    fix = org.pick(phrases.FIX_LEAD[language]) + org.pick(scenario["f"]) + org.pick(phrases.FIX_END[language])
    turns.append(("agent", fix.replace("{weekday}", org.pick(phrases.WEEKDAYS[language]))))
    if org.chance(0.45):
        turns.append(
            ("customer", org.pick((phrases.THANKS if scenario["type"] == "Problem" else phrases.ANSWERED)[language]))
        )
    when, before = datetime.fromisoformat(case["CreatedDate"][:19]), None
    for kind, text in turns:
        if kind != "report":
            when = _at_work(when + timedelta(minutes=org.random.randrange(40, 60 * 30)))
            if when > LAST_DAY - timedelta(hours=2):
                return datetime.fromisoformat((case.get("_last") or case["CreatedDate"])[:19]), False
        text = text.format_map(words)
        _write_turn(desk, case, contact, agent, kind, text, when, before, by_mail, language)
        before = text if kind != "internal" else before
        case["_last"] = stamp(when)
    return when, True


def _spoken_day(when: datetime, language: str) -> str:
    if language == "de":
        return f"{when.day}. {phrases.MONTHS_DE[when.month - 1]}"
    return when.strftime("%-d %B")


def _at_work(when: datetime) -> datetime:
    """Nobody writes at night: the same day or the next one in the morning."""
    if when.hour >= 19:
        when += timedelta(days=1)
    return when if 7 <= when.hour < 19 else when.replace(hour=7 + when.minute % 3)


def _write_turn(
    desk: Desk,
    case: dict,
    contact: dict,
    agent: dict,
    kind: str,
    text: str,
    when: datetime,
    before: str | None,
    by_mail: bool,
    language: str,
) -> None:
    org = desk.org
    if kind == "internal":
        desk.comment(case, when, agent, text, public=False)
    elif by_mail:
        incoming = kind != "agent"
        name = contact["Name"] if incoming else f"{agent['Name']}\nTarnwick Support"
        other = (
            "Tarnwick team"
            if kind == "report"
            else agent["FirstName"]
            if incoming
            else contact["Name" if language == "de" else "FirstName"]
        )
        hello = org.pick(phrases.HELLO[language]).format(name=other)
        bye = org.pick(phrases.BYE[language])
        desk.mail(case, when, contact, agent, f"{hello}\n\n{text}\n\n{bye}\n{name}", incoming, before)
    else:
        lead = "" if kind == "agent" else org.pick(phrases.BY_PHONE[language]).format(name=contact["Name"]) + " "
        desk.comment(case, when, agent, lead + text, public=True)


def _conclude(desk: Desk, key: str, case: dict, agent: dict, scenario: dict, last: datetime, done: bool) -> None:
    org = desk.org
    case.pop("_last", None)
    recent = last > LAST_DAY - timedelta(days=80)
    closed = done and not (recent and org.chance(0.6))
    status = (
        "Closed"
        if closed
        else "Escalated"
        if case["IsEscalated"]
        else org.pick(["New", "Working", "Waiting on Customer"])
    )
    desk.finish(case, last, status)
    if case["IsEscalated"]:
        case["OwnerId"] = desk.users["tomasz"]["Id"]
    if not closed and status in ("New", "Escalated") and org.chance(0.6):
        queue = (
            "q_tier2"
            if case["IsEscalated"] or key in CONFIDENTIAL
            else "q_rma"
            if scenario["type"] == "Return"
            else "q_tier1"
        )
        case["OwnerId"] = desk.groups[queue]["Id"]
    if closed and scenario["article"] != "-" and org.chance(0.85):
        desk.link_article(
            case, last, scenario["article"], scenario["language"], mailed=case["Origin"] == "Email" and org.chance(0.5)
        )


def _tell_story(desk: Desk, accounts: dict, contacts: dict, told: dict) -> dict:
    """A case whose every message was written by hand."""
    account = accounts[told["account"]]
    people = {contact["Name"]: contact for contact in contacts[told["account"]]}
    contact = people.get(told.get("contact")) or contacts[told["account"]][0]
    agent = desk.users[told["owner"]]
    case = desk.open_case(
        account,
        contact,
        datetime.fromisoformat(told["created"]),
        agent,
        told["origin"],
        Subject=told["subject"],
        Description=told["description"],
        Priority=told["priority"],
        Type=told["type"],
        Reason=told["reason"],
        Language=told.get("language", "en_US"),
        Firmware_Version__c=told.get("firmware"),
    )
    case["IsEscalated"] = told.get("escalated", False)
    last, before = datetime.fromisoformat(told["created"]), None
    for kind, moment, text in told["messages"]:
        last = datetime.fromisoformat(moment)
        if kind in ("in", "out"):
            desk.mail(case, last, contact, agent, text, incoming=kind == "in", before=before)
            before = text
        else:
            desk.comment(case, last, desk.users[told.get("author", told["owner"])], text, public=kind == "comment")
    desk.finish(case, last, told["status"])
    if "article" in told:
        desk.link_article(case, last, told["article"], told.get("language", "en_US"), mailed=False)
    return case


def _quote(text: str) -> str:
    shortened = text if len(text) < 420 else text[:420].rsplit(" ", 1)[0] + " …"
    return "\n\n" + "\n".join("> " + line for line in shortened.splitlines())


def _mail_html(text: str) -> str:
    paragraphs = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    return (
        '<html><body style="font-family: Calibri, sans-serif">'
        + "".join(f"<p>{part}</p>" for part in paragraphs)
        + "</body></html>"
    )
