#!/usr/bin/env python3
"""Measures precis on an org folder: sync with and without embedding, search, answers, memory.

Usage: scripts/bench.py [ORG_FOLDER] [--rounds N]

Starts target/release/precis, or the program that PRECIS_BIN names, as people do, against its own org
in a box, and prints one line a figure. scripts/bench_sync.py has the sync's own figures.
Questions are taken from the titles of the org's records, or from demo/questions.jsonl for the demo.
Other work on the machine makes every figure worse.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRECIS = Path(os.environ.get("PRECIS_BIN") or ROOT / "target" / "release" / "precis")
MODEL = ROOT / "models" / "all-MiniLM-L6-v2-int8"

CONFIG = """
data_dir = "data"
[salesforce]
login_url = "{url}"
client_id = "demo"
client_secret = "file:client-secret"
[sync]
schedule = ""
reconcile = ""
discover_objects = {discover}
[embedding]
{embedding}
[http]
listen = "127.0.0.1:0"
api_keys_file = "keys.jsonl"
"""


# The settings of the models that are measured, as lines of the config.
WITHOUT_MODEL = 'provider = "none"'
LOCAL_MODEL = f'provider = "local"\nfolder = "{MODEL}"'


class Started:
    """A program that prints one line of JSON when it is ready."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [str(PRECIS), *args, "--json"], stdout=subprocess.PIPE, text=True
        )
        self.ready = json.loads(self.process.stdout.readline())

    def peak_megabytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def folder_for(org, folder, embedding, discover=True):
    """Fills a new folder with a config that points at the org, and one API key."""
    folder.mkdir()
    (folder / "client-secret").write_text(org.ready["client_secret"])
    key = {"name": "bench", "user": org.ready["run_as"], "sha256": hashlib.sha256(b"bench").hexdigest()}
    (folder / "keys.jsonl").write_text(json.dumps(key) + "\n")
    config = CONFIG.format(
        url=org.ready["url"], embedding=embedding, discover="true" if discover else "false"
    )
    (folder / "precis.toml").write_text(config)
    return folder


def sources(report):
    """The synced objects of a status, each once although several documents may be made of it."""
    return {source["object"]: source for o in report["objects"] for source in o["sources"]}


def timed_sync(folder):
    """Seconds and peak megabytes of `precis sync`."""
    begun = time.monotonic()
    child = subprocess.Popen(
        [str(PRECIS), "sync", "--json", "--config", str(folder / "precis.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    report = json.loads(child.stdout.read())
    _, _, usage = os.wait4(child.pid, 0)
    return time.monotonic() - begun, usage.ru_maxrss / 1024, report


def questions(org_folder):
    if org_folder == ROOT / "demo" / "org":
        lines = (ROOT / "demo" / "questions.jsonl").read_text().splitlines()
        return [json.loads(line)["question"] for line in lines]
    found = []
    for path in sorted((org_folder / "records").glob("*.jsonl")):
        for line in path.read_text().splitlines()[:40]:
            record = json.loads(line)
            title = record.get("Title") or record.get("Subject") or record.get("Name")
            found.extend([title[:200]] if title else [])
    return found


def post(url, path, body):
    request = urllib.request.Request(
        url + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer bench"},
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request) as reply:
        reply.read()
    return (time.monotonic() - begun) * 1000


def latency(name, milliseconds):
    ordered = sorted(milliseconds)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{name:<28} p50 {middle:7.1f} ms   p99 {late:7.1f} ms   ({len(ordered)} requests, one client)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("org", nargs="?", type=Path, default=ROOT / "demo" / "org")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not PRECIS.exists():
        sys.exit(f"there is no {PRECIS}: run `cargo build --release` first")
    org = Started("devorg", "--data", str(args.org))
    with tempfile.TemporaryDirectory() as parent:
        for provider, embedding in [("none", WITHOUT_MODEL), ("local", LOCAL_MODEL)]:
            folder = folder_for(org, Path(parent) / provider, embedding)
            seconds, peak, report = timed_sync(folder)
            rows = sum(source["mirrored"] for source in sources(report).values())
            documents = sum(o["documents"] for o in report["objects"])
            print(
                f"sync, embedding {provider:<12} {seconds:7.1f} s   {rows / seconds:7.0f} rows a second"
                f"   {rows} rows, {documents} documents   peak {peak:.0f} MB"
            )
        begun = time.monotonic()
        server = Started("serve", "--no-sync", "--config", str(folder / "precis.toml"))
        print(f"{'start-up':<28} {time.monotonic() - begun:7.2f} s")
        asked = questions(args.org.resolve()) * args.rounds
        url = server.ready["url"]
        post(url, "/v1/search", {"query": asked[0]})
        latency("search", [post(url, "/v1/search", {"query": text}) for text in asked])
        latency("answer (extractive)", [post(url, "/v1/answer", {"question": text}) for text in asked])
        print(f"{'memory of serve, peak':<28} {server.peak_megabytes():7.0f} MB")
        server.stop()
    org.stop()


if __name__ == "__main__":
    main()
