"""The scenarios of `tables/scenarios.txt`: what cases can be about, and with which firmware."""

import re
from datetime import datetime
from pathlib import Path

SCENARIOS = Path(__file__).parent.parent / "tables" / "scenarios.txt"
# version and the day of its release; a case can only be about what was out
FIRMWARE = {
    "K3": [
        ("4.4.7", "2022-06-01"),
        ("4.5.1", "2023-01-10"),
        ("4.7.0", "2024-03-05"),
        ("4.8.0", "2025-04-01"),
        ("4.8.1", "2025-09-09"),
        ("4.8.2", "2026-03-10"),
    ],
    "K7": [
        ("6.0.4", "2022-09-06"),
        ("6.1.2", "2024-02-06"),
        ("6.2.0", "2025-08-20"),
        ("6.2.1", "2025-09-25"),
        ("6.2.2", "2025-11-28"),
        ("6.2.3", "2026-05-19"),
    ],
    "O15": [("2.2.9", "2022-05-03"), ("2.3.6", "2024-05-07"), ("2.4.0", "2025-09-15"), ("2.4.1", "2026-02-24")],
    "G4": [
        ("3.3.1", "2022-11-08"),
        ("3.4.2", "2024-04-02"),
        ("3.5.4", "2025-06-03"),
        ("3.6.0", "2026-03-16"),
        ("3.6.1", "2026-06-16"),
        ("3.6.2", "2026-08-25"),
    ],
    "G2": [("2.8.1", "2022-03-01"), ("2.9.2", "2024-05-14"), ("2.9.4", "2025-02-17")],
    "ST1": [("1.4.2", "2022-04-05"), ("1.6.0", "2023-09-05"), ("1.6.3", "2024-06-04"), ("1.7.0", "2025-03-11")],
    "SH2": [("1.4.2", "2022-04-05"), ("1.6.3", "2024-06-04"), ("1.7.0", "2025-03-11")],
    "APP": [("5.0.4", "2022-10-04"), ("5.1.0", "2023-10-10"), ("5.2.2", "2024-09-03"), ("5.3.0", "2025-11-04")],
    "PLUMB": [("2.0.7", "2022-02-01"), ("2.1.1", "2023-08-29"), ("2.1.4", "2025-08-05")],
    "-": [(None, "2022-01-01")],
}
# of problems that the newest version has solved
FIRMWARE |= {
    "K3*": FIRMWARE["K3"][:-1],
    "K7*": FIRMWARE["K7"][2:4],
    "G4*": FIRMWARE["G4"][3:5],
    "APP*": FIRMWARE["APP"][1:3],
}


def versions_out(prefix: str, when: datetime) -> list:
    """The newest four versions of a device that were out then."""
    return [version for version, released in FIRMWARE[prefix] if released <= when.date().isoformat()][-4:]


def read_scenarios() -> list[dict]:
    """The paragraphs of `scenarios.txt`: a header line with bars, then lines `letter: text`."""
    scenarios = []
    for line in SCENARIOS.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            key, article, prefix, kind, reason, priority, language, *since = [
                cell.strip() for cell in line[2:].split("|")
            ]
            scenarios.append(
                {
                    "key": key,
                    "article": article,
                    "prefix": prefix,
                    "type": kind,
                    "reason": reason,
                    "priority": priority,
                    "language": language,
                    "since": since[0] if since else None,
                    "told": 0,
                    "lines": [],
                }
            )
        elif match := re.match(r"([spqrfn])(\d*): (.*)", line):
            scenarios[-1]["lines"].append(match.groups())
    return scenarios


def on_track(scenario: dict, track: str) -> dict:
    """The scenario with only the lines of one track, by letter."""
    lines = {
        letter: [text for kind, tracks, text in scenario["lines"] if kind == letter and (not tracks or track in tracks)]
        for letter in "spqrfn"
    }
    return scenario | lines


def tracks_of(scenario: dict) -> list[str]:
    return sorted({digit for letter, tracks, _ in scenario["lines"] if letter == "p" for digit in tracks}) or ["1"]
