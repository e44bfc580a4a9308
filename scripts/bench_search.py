#!/usr/bin/env python3
"""Measures search over HTTP: latency, throughput, memory, disk, start-up, and quality beside them.

Usage: scripts/bench_search.py [--sizes 10000,100000] [--quick] [--json] [--keep FOLDER]

For each size an org of synthetic cases is written (two passages of text to a case, 380 characters
on average, words with the frequencies of a natural language) and served by `precis devorg`. `precis
sync` reads it, with vectors of 384 numbers from an embedding service that answers at once: texts
gather around 200 subjects, and texts that share words are near each other. Then `precis serve`
answers 1,000 different questions, a third of them with filters, ten hits a page with highlights
and facets, for a user who views all data and for one for whom Salesforce is asked about each record.

"Open loop": requests are due at a fixed rate, and a reply's time counts from when it was due.
"Embedding aside": the questions' vectors are remembered from an earlier round.
"Overlap": of the first ten documents, those that stand among the first ten when vectors are compared
with all others instead of through the graph, everything else being the same.

Runs target/release/precis, or the program that PRECIS_BIN names, and the example `search_bench`
beside it, which makes the load on the same machine. Other work makes every figure worse: the load
of the machine stands beside each part.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds text only

from bench import PRECIS, Started, folder_for, timed_sync
from bench_sync import Figures

SIZES = [10_000, 100_000]
TOOL = PRECIS.parent / "examples" / "search_bench"
MEGABYTE = 1 << 20
# Requests a second in the open loop: half of what is aimed at.
RATE = 200

CASES_ALONE = """
[objects.Case]
facts = []
children = []
files = false
[attachments]
enabled = false
"""
VECTORS = """
provider = "openai"
endpoint = "{url}"
model = "synthetic"
dimension = 384
"""
ADMIN, AGENT = "admin", "agent"


class Service:
    """The embedding service of the example."""

    def __enter__(self):
        command = [TOOL, "embed"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Server:
    """`precis serve` over a folder, without a sync of its own."""

    def __init__(self, folder, **settings):
        environment = {f"PRECIS__{name}": value for name, value in settings.items()}
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [PRECIS, "serve", "--no-sync", "--json", "--config", folder / "precis.toml"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.start_seconds = time.monotonic() - begun

    def megabytes(self, name):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(name + ":"))
        return int(line.split()[1]) / 1024

    def load(self, queries, key, **options):
        """The figures of one run of the load generator."""
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        command = [TOOL, "load", "--url", self.url, "--key", key, "--queries", queries, *words]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output) if output else None

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def prepared(passages, scratch, service):
    """An org of so many passages, and a folder of precis that points at it."""
    org_folder = scratch / f"org-{passages}"
    command = [TOOL, "corpus", "--passages", str(passages), "--out", org_folder]
    subprocess.run(command, check=True)
    org = Started("devorg", "--data", str(org_folder))
    folder = folder_for(org, scratch / f"precis-{passages}", VECTORS.format(url=service.url), False)
    with (folder / "precis.toml").open("a") as config:
        config.write(CASES_ALONE)
    with (folder / "keys.jsonl").open("w") as keys:
        for key, number in [(ADMIN, 0), (AGENT, 1)]:
            user = f"user{number}@bench.example"
            digest = hashlib.sha256(key.encode()).hexdigest()
            keys.write(json.dumps({"name": key, "user": user, "sha256": digest}) + "\n")
    return org, folder, org_folder / "queries.jsonl"


def folder_megabytes(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / MEGABYTE


def latency(figures, name, run, note=""):
    figures.add(f"{name}, p50", run["p50"], "ms", note)
    figures.add(f"{name}, p99", run["p99"], "ms", f"{run['requests']} requests")


def overlap(first, second):
    """How many of the first ten documents two files of results share, on average."""
    pairs = zip(first.read_text().splitlines(), second.read_text().splitlines(), strict=True)
    shares = []
    for one, other in pairs:
        one, other = set(json.loads(one)), set(json.loads(other))
        shares.append(len(one & other) / max(len(one), len(other), 1))
    return sum(shares) / len(shares)


def measure_search(figures, folder, queries, scratch, seconds):
    with Server(folder) as server:
        figures.add("start-up, until it answers", server.start_seconds, "s")
        fresh = server.load(queries, ADMIN, rate=RATE / 4, seconds=1_000 / (RATE / 4))
        latency(figures, "each question for the first time, embedding included", fresh)
        server.load(queries, ADMIN, save=scratch / "graph.jsonl")
        calm = server.load(queries, ADMIN, rate=RATE, seconds=seconds)
        latency(figures, f"embedding aside, {RATE} a second", calm, "open loop")
        one = server.load(queries, ADMIN, clients=1, seconds=seconds)
        latency(figures, "embedding aside, one client", one, "closed loop")
        full = server.load(queries, ADMIN, clients=8, seconds=seconds)
        latency(figures, "embedding aside, 8 clients", full, "closed loop")
        figures.add("queries a second at 8 clients", full["per_second"], "queries/s")
        asked = server.load(queries, AGENT, rate=RATE / 4, seconds=seconds)
        latency(figures, "each record confirmed by Salesforce", asked, f"{RATE // 4} a second")
        figures.add("memory, resident", server.megabytes("VmRSS"), "MB")
        figures.add("of it without mapped files", server.megabytes("RssAnon"), "MB")
    with Server(folder, SEARCH__EXACT="true") as server:
        server.load(queries, ADMIN, save=scratch / "exact.jsonl")
    share = overlap(scratch / "graph.jsonl", scratch / "exact.jsonl")
    figures.add("overlap with the exact hybrid's ten", share, "")


def measure_while_writing(figures, folder, queries, seconds):
    """Search while a full sync replaces every document with itself."""
    with Server(folder) as server:
        server.load(queries, ADMIN, clients=8, seconds=3)
        command = [PRECIS, "sync", "--full", "--json", "--config", folder / "precis.toml"]
        sync = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        busy = server.load(queries, ADMIN, rate=RATE / 4, seconds=seconds)
        latency(figures, f"while a sync writes, {RATE // 4} a second", busy, "open loop")
        sync.wait()


def measure(figures, passages, scratch, service, seconds):
    figures.part(f"{passages:,} passages")
    org, folder, queries = prepared(passages, scratch, service)
    try:
        spent, peak, _ = timed_sync(folder)
        figures.add("first sync, vectors and graph included", spent, "s")
        figures.add("passages a second", passages / spent, "passages/s")
        figures.add("memory of the sync, peak", peak, "MB")
        figures.add("index on disk", folder_megabytes(folder / "data" / "index"), "MB")
        measure_search(figures, folder, queries, scratch, seconds)
        measure_while_writing(figures, folder, queries, seconds)
    finally:
        org.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--quick", action="store_true", help="10,000 passages, short runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="work here, and leave everything for a look")
    args = parser.parse_args()
    if not TOOL.exists():
        sys.exit(f"there is no {TOOL}: run `cargo build --release --workspace --bins --examples`")
    sizes = [10_000] if args.quick else [int(size) for size in args.sizes.split(",")]
    figures = Figures(args.json)
    scratch = args.keep or Path(tempfile.mkdtemp())
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with Service() as service:
            for passages in sizes:
                measure(figures, passages, scratch, service, 5 if args.quick else 15)
    finally:
        if not args.keep:
            shutil.rmtree(scratch)
    figures.end()


if __name__ == "__main__":
    main()
