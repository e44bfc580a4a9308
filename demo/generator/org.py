"""The org being made: its records by object, its ids, its one source of chance."""

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path

from generator.ids import Ids

SEED = 20261120
FIRST_DAY = datetime(2023, 1, 9, 8, 0)
LAST_DAY = datetime(2026, 11, 20, 17, 0)


def stamp(when: datetime) -> str:
    """A datetime as Salesforce's REST API writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def day(when: date | datetime) -> str:
    return when.strftime("%Y-%m-%d")


class Org:
    """Collects records. Whatever is added gets an id and the audit fields, in that order."""

    def __init__(self):
        self.ids = Ids()
        self.random = random.Random(SEED)
        self.records: dict[str, list[dict]] = {}

    def add(
        self,
        sobject: str,
        created: datetime | None = None,
        modified: datetime | None = None,
        by: str | None = None,
        id: str | None = None,
        **fields,
    ) -> dict:
        """Adds a record; fields that are None are left out, as a null would be."""
        record = {"Id": id or self.ids.new(sobject)}
        record.update((name, value) for name, value in fields.items() if value is not None)
        if created is not None:
            modified = max(created, modified or created)
            record["CreatedDate"] = stamp(created)
            if by is not None:
                record["CreatedById"] = by
            record["LastModifiedDate"] = stamp(modified)
            # Automatic processes touch a record a little after the person did.
            record["SystemModstamp"] = stamp(modified + timedelta(seconds=len(self.rows(sobject)) % 40))
        self.rows(sobject).append(record)
        return record

    def rows(self, sobject: str) -> list[dict]:
        return self.records.setdefault(sobject, [])

    def pick(self, options):
        return options[self.random.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def moment(self, start: datetime, end: datetime) -> datetime:
        """A working moment between the two: a weekday, between 7 and 18 o'clock UTC."""
        seconds = max(0, int((end - start).total_seconds()))
        when = start + timedelta(seconds=self.random.randrange(seconds + 1))
        when = when.replace(hour=self.random.randrange(7, 18), minute=self.random.randrange(60), second=0)
        if when.weekday() >= 5:
            when -= timedelta(days=2)
        return min(max(when, start), end)

    def files(self, settings: dict, describes: dict) -> dict[str, str]:
        """The folder as {relative path: text}."""

        def pretty(value) -> str:
            return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

        files = {"org.json": pretty(settings)}
        for name, describe in describes.items():
            files[f"describe/{name}.json"] = pretty(describe)
        for name, rows in sorted(self.records.items()):
            if rows:
                files[f"records/{name}.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return files


def write_tree(root: Path, files: dict[str, str]) -> None:
    """Makes `root` hold exactly these files."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.relative_to(root).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def differences(root: Path, files: dict[str, str]) -> list[str]:
    """Names of files that are missing, superfluous or different under `root`."""
    present = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    wrong = {name for name in present - files.keys()} | {name for name in files.keys() - present}
    wrong |= {name for name in present & files.keys() if (root / name).read_bytes() != files[name].encode()}
    return sorted(wrong)
