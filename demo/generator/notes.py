"""Notes (ContentNote) and their links to accounts and opportunities."""

import base64
from datetime import timedelta

from generator.org import LAST_DAY, Org
from generator.richtext import to_html
from tables import notes as table
from tables import story

NOTE_COUNT = 40


def add_notes(org: Org, users: dict, accounts: dict, deals: dict) -> dict[str, dict]:
    told = {}
    for note in story.NOTES:
        record = deals[note["deal"]] if "deal" in note else accounts[note["account"]]
        told[note["key"]] = _add_note(
            org, users[note["owner"]]["Id"], note["title"], note["text"], record, days=note["days_ago"]
        )
    customers = [account for account in accounts.values() if account["OwnerId"] != users["victor"]["Id"]]
    while len(org.rows("ContentNote")) < NOTE_COUNT:
        number = len(org.rows("ContentNote"))
        account = customers[number * 11 % len(customers)]
        open_deals = [deal for deal in org.rows("Opportunity") if deal["AccountId"] == account["Id"]]
        title, text = table.NOTES[number % len(table.NOTES)]
        words = {
            "company": account["Name"],
            "city": account["BillingCity"],
            "n": org.random.randrange(4, 60),
            "k": org.random.randrange(2, 9),
        }
        linked = org.pick(open_deals) if open_deals and number % 3 == 0 else account
        _add_note(
            org,
            account["OwnerId"],
            title.format_map(words),
            text.format_map(words),
            linked,
            days=org.random.randrange(4, 900),
        )
    return told


def _add_note(org: Org, owner: str, title: str, text: str, linked: dict, days: int) -> dict:
    created = org.moment(LAST_DAY - timedelta(days=days + 1), LAST_DAY - timedelta(days=days))
    content = to_html(text)
    note = org.add(
        "ContentNote",
        created=created,
        by=owner,
        Title=title,
        Content=base64.b64encode(content.encode()).decode(),
        TextPreview=" ".join(text.split())[:255],
        OwnerId=owner,
        FileType="SNOTE",
        FileExtension="snote",
        ContentSize=len(content.encode()),
        IsReadOnly=False,
    )
    org.add(
        "ContentDocument",
        created=created,
        by=owner,
        id=note["Id"],
        Title=title,
        FileType="SNOTE",
        FileExtension="snote",
        OwnerId=owner,
        PublishStatus="P",
        ContentSize=len(content.encode()),
    )
    org.add(
        "ContentDocumentLink",
        ContentDocumentId=note["Id"],
        LinkedEntityId=linked["Id"],
        ShareType="V",
        Visibility="AllUsers",
        SystemModstamp=note["SystemModstamp"],
    )
    org.add(
        "ContentDocumentLink",
        ContentDocumentId=note["Id"],
        LinkedEntityId=owner,
        ShareType="I",
        Visibility="AllUsers",
        SystemModstamp=note["SystemModstamp"],
    )
    return note
