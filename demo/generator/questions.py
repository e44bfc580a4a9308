"""Sample questions with known answers, checked against the records that they are about."""

import html
import re

from generator.org import Org
from tables import questions as table


def resolve(org: Org, known: dict[str, dict], attached: dict[str, str]) -> list[dict]:
    """The questions with record ids. Fails if an answer stands neither in a named record nor in what
    is `attached` to one, by record id."""
    texts = _texts(org)
    for record_id, text in attached.items():
        texts[record_id] += " " + _plain(text)
    asked = []
    for question in table.QUESTIONS:
        ids = [find(known, reference) for reference in question["about"]]
        for answer in question.get("answer", []):
            if not any(answer in texts[record_id] for record_id in ids):
                raise ValueError(f"{question['ask']!r}: {answer!r} stands in none of {question['about']}")
        line = {"question": question["ask"], "record_ids": ids, "answer_contains": question.get("answer", [])}
        if "user" in question:
            line["user"] = f"{question['user']}@tarnwick.example"
        asked.append(line)
    return asked


def find(known: dict[str, dict], reference: str) -> str:
    """`article:url`, `article:url:de`, `case:key`, `deal:key`, `activity:key`, … → record id."""
    kind, key, *language = reference.split(":")
    if kind == "article":
        return known[kind][key, language[0] if language else "en_US"]["Id"]
    return known[kind][key]["Id"]


def _texts(org: Org) -> dict[str, str]:
    """All text of a document by its record id; a case includes its thread."""
    texts: dict[str, str] = {}
    for sobject in (
        "Knowledge__kav",
        "Case",
        "Account",
        "Opportunity",
        "Contract",
        "Task",
        "Event",
        "ContentNote",
        "Installation__c",
    ):
        for row in org.rows(sobject):
            texts[row["Id"]] = " ".join(
                _plain(value) for name, value in row.items() if isinstance(value, str) and name != "Content"
            )
    for sobject in ("CaseComment", "EmailMessage"):
        for row in org.rows(sobject):
            texts[row["ParentId"]] += " " + _plain(row.get("CommentBody") or row.get("TextBody") or row.get("HtmlBody"))
    for row in org.rows("ContentNote"):
        texts[row["Id"]] += " " + row["TextPreview"]
    return texts


def _plain(value: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", "", value)) if "<" in value else value
    return text.replace("\u00a0", " ")
