#!/usr/bin/env python3
"""Measures the sync: speed, API calls, memory and disk at several sizes of the org, and what
embedding adds to that.

Usage: scripts/bench_sync.py [--sizes 10000,100000,500000] [--quick] [--json]

An org of each size is written by the example `large_org` and served by `precis devorg`, a process
of its own. Against it run a first sync, one with nothing to do, a reconciliation and a full one.
Calls are what the org counted, rows what it has (`SELECT COUNT()`) beside what precis says it read.

Embedding is measured twice: by the local model on 1,000 records, beside the rate of the model
alone, and up to 100,000 records by a service that answers at once, so that the model is no limit.
Its vectors are noise, which is the hardest for the engine to build a graph of.

"Last quarter to second" and the like are means of memory over parts of a run: flat is 1.0.

Runs target/release/precis, or the program that PRECIS_BIN names, and the examples beside it. Memory
is read each second, on Linux from /proc, else from ps. Other work on the machine makes every figure
worse: the load at the start of each part is printed with it.
"""

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds text only

from bench import LOCAL_MODEL, PRECIS, WITHOUT_MODEL, Started, folder_for, sources
from bench_embedding import Service, between, mean_seconds, model_rates

SIZES = [10_000, 100_000, 500_000]
# The local model takes tens of milliseconds a text: more records would only take longer.
LOCAL_RECORDS = 1_000
# With vectors, which the index holds in memory-mapped files, larger orgs take too long for a bench.
MOST_WITH_VECTORS = 100_000

MEGABYTE = 1 << 20


# ---------------------------------------------------------------------------- figures


class Figures:
    """Prints each figure on a line of its own, and keeps all for --json."""

    def __init__(self, as_json):
        self.as_json = as_json
        self.parts = []

    def part(self, title, **about):
        load = round(os.getloadavg()[0], 2)
        self.parts.append({"part": title, **about, "load": load, "figures": []})
        self.say(f"\n{title}   (load of the machine {load})")

    def add(self, name, value, unit, note=""):
        """`value` is None where the run was too short to tell: that is kept, and only printed when
        there is a note to it."""
        if isinstance(value, float):
            value = round(value, 3)
        self.parts[-1]["figures"].append({"name": name, "value": value, "unit": unit, "note": note})
        if value is not None or note:
            self.say(f"  {name:<54}{shown(value):>12} {unit:<14}{note}".rstrip())

    def say(self, line):
        print(line, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def end(self):
        if self.as_json:
            print(json.dumps({"cores": os.cpu_count(), "parts": self.parts}, indent=1))


def shown(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}"


# ---------------------------------------------------------------------------- the org


class Org:
    """An org of so many records, served by its own process."""

    def __init__(self, records, scratch):
        folder = scratch / f"org-{records}"
        example = PRECIS.parent / "examples" / "large_org"
        subprocess.run([example, "--records", str(records), "--out", folder], check=True)
        begun = time.monotonic()
        self.process = Started("devorg", "--data", str(folder))
        self.load_seconds = time.monotonic() - begun
        self.ready = self.process.ready

    def calls(self):
        """API calls since the start, by kind, as the org counts them."""
        with urllib.request.urlopen(self.ready["url"] + "/__devorg/calls") as reply:
            return json.load(reply)["byKind"]

    def rows(self, objects):
        """How many rows the org has of each object."""
        form = {"grant_type": "client_credentials"}
        form |= {name: self.ready[name] for name in ["client_id", "client_secret"]}
        form = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.ready["url"] + "/services/oauth2/token", form) as reply:
            token = json.load(reply)["access_token"]

        def count(name):
            soql = urllib.parse.urlencode({"q": f"SELECT COUNT() FROM {name}"})
            url = f"{self.ready['url']}/services/data/v66.0/query?{soql}"
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request) as reply:
                return json.load(reply)["totalSize"]

        return {name: count(name) for name in objects}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


# ---------------------------------------------------------------------------- one run


class Sync:
    """One `precis sync`: how long it took, what it cost the org, and its memory over time."""

    def __init__(self, org, folder, *options):
        before = org.calls()
        command = [PRECIS, "sync", "--json", "--config", folder / "precis.toml", *options]
        begun = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        watch = Watch(child.pid)
        output = child.stdout.read()
        watch.stop()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - begun
        if child.returncode != 0:
            sys.exit(f"precis sync failed with {child.returncode}: {' '.join(map(str, command))}")
        self.report = json.loads(output)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        # Linux counts kilobytes, macOS bytes.
        self.peak = usage.ru_maxrss / (MEGABYTE if sys.platform == "darwin" else 1024)
        self.samples, self.own_samples = watch.samples, watch.own_samples
        self.graph_seconds = watch.graph_seconds
        self.calls = {kind: n - before.get(kind, 0) for kind, n in org.calls().items()}
        self.calls = {kind: n for kind, n in self.calls.items() if n}

    @property
    def sources(self):
        return sources(self.report)

    @property
    def rows(self):
        return sum(source["mirrored"] for source in self.sources.values())

    @property
    def documents(self):
        return sum(each["indexed"] for each in self.report["objects"])


class Watch:
    """Looks at a process each second, from its start to its end.

    Resident megabytes: all of them, and on Linux those that are no pages of mapped files, which the
    system takes back when it likes. And the seconds in which the vector engine built a graph, which
    its threads' names tell.
    """

    def __init__(self, pid):
        self.pid = pid
        self.samples = []
        self.own_samples = []
        self.graph_seconds = 0 if sys.platform == "linux" else None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(1):
            all_of_it, own = resident(self.pid)
            self.samples += all_of_it
            self.own_samples += own
            if self.graph_seconds is not None:
                self.graph_seconds += builds_graph(self.pid)

    def stop(self):
        self.ended.set()
        self.thread.join()


def resident(pid):
    """Megabytes in all, and without mapped files: a list of one each, or empty where unknown."""
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return [], []
    else:
        command = ["ps", "-o", "rss=", "-p", str(pid)]
        status = "VmRSS: " + subprocess.run(command, capture_output=True, text=True).stdout
    found = [re.findall(rf"{name}:\s+(\d+)", status) for name in ["VmRSS", "RssAnon"]]
    return tuple([int(kilobytes) / 1024 for kilobytes in each] for each in found)


def builds_graph(pid):
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return any((task / "comm").read_text().startswith("hnsw-build") for task in tasks)
    except (FileNotFoundError, ProcessLookupError):
        return False


def last_to_second_quarter(samples):
    """The mean of the last quarter over that of the second; None for fewer than twelve seconds."""
    quarter = len(samples) // 4
    if quarter < 3:
        return None
    return mean(samples[3 * quarter :]) / mean(samples[quarter : 2 * quarter])


def after_first_minute(samples):
    """The mean of the last third of what follows the first minute over that of its first third;
    None for fewer than nine seconds of it."""
    late = samples[60:]
    third = len(late) // 3
    if third < 3:
        return None
    return mean(late[-third:]) / mean(late[:third])


def mean(values):
    return sum(values) / len(values)


# ---------------------------------------------------------------------------- what is measured


def measure_size(figures, org, records, scratch):
    """A sync without embedding, then those with nothing to do."""
    figures.part(f"{records:,} records, without embedding", records=records, embedding="none")
    folder = folder_for(org, scratch / f"{records}-none", WITHOUT_MODEL, discover=False)
    first = Sync(org, folder)
    figures.add("the org's own loading", org.load_seconds, "s", "devorg, not precis")
    add_first_sync(figures, org, first, folder)
    polled = len(first.sources)
    for name, options in [
        ("sync with nothing to do", []),
        ("reconciliation with nothing to do", ["--reconcile"]),
        ("full sync with nothing to do", ["--full"]),
    ]:
        run = Sync(org, folder, *options)
        figures.add(f"{name}, time", run.seconds, "s")
        add_calls(figures, f"{name}, calls", run.calls)
        if not options:
            add_idle_calls(figures, f"{name}, calls an object", run, polled)
        else:
            figures.add(f"{name}, peak memory", run.peak, "MB")
    measure_idle_serve(figures, org, folder, polled)


def measure_idle_serve(figures, org, folder, polled):
    """The second sync of a running `serve`, which has described the org for the first."""
    server = Started("serve", "--no-sync", "--config", str(folder / "precis.toml"))
    try:
        Sync(org, folder)
        run = Sync(org, folder)
    finally:
        server.stop()
    add_calls(figures, "sync of serve with nothing to do, calls", run.calls)
    add_idle_calls(figures, "sync of serve with nothing to do, calls an object", run, polled)


def measure_service(figures, org, records, scratch):
    """A first sync whose vectors come from a service that answers at once.

    Returns the lengths of its texts in tokens, and the processor seconds of precis.
    """
    figures.part(
        f"{records:,} records, embedding by a service that answers at once",
        records=records,
        embedding="service",
    )
    with Service() as service:
        folder = folder_for(org, scratch / f"{records}-service", service.config, discover=False)
        first = Sync(org, folder)
        stats = service.stats()
    add_first_sync(figures, org, first, folder)
    add_texts(figures, first, folder)
    if (graph := first.graph_seconds) is not None:
        figures.add("of the time, building vector graphs", graph, "s", "looked at each second")
        rest = max(0.1, first.seconds - graph)
        figures.add("texts a second in the rest of it", stats["texts"] / rest, "texts/s")
    busy = stats["seconds"] / first.seconds
    figures.add("texts a request", stats["texts"] / stats["requests"], "texts")
    figures.add("share of the time that the service worked", 100 * busy, "%", "the rest is precis")
    return stats["tokens"], first.cpu_seconds


def measure_local(figures, org, records, scratch, tokens, cpu_without_model):
    """A first sync with the local model, and the share that it reaches of the model's own rate.

    `tokens` are the lengths of the very texts that the sync embeds, `cpu_without_model` the
    processor seconds that precis took for them when a service had the model.
    """
    title = f"{records:,} records (more would take minutes), embedding by the local model"
    figures.part(title, records=records, embedding="local")
    folder = folder_for(org, scratch / f"{records}-local", LOCAL_MODEL, discover=False)
    # Before and after, because other work on the machine comes and goes.
    alone = model_rates()
    first = Sync(org, folder)
    alone += model_rates()
    add_first_sync(figures, org, first, folder)
    rate = add_texts(figures, first, folder)
    figures.add("processor time a text", first.cpu_seconds / len(tokens) * 1000, "ms")
    model = 1 - cpu_without_model / first.cpu_seconds
    figures.add("of it the model's", 100 * model, "%", "other work on the machine does not change it")
    figures.add("length of a text", sum(tokens) / len(tokens), "tokens")
    if not alone:
        figures.add("the model alone", None, "texts/s", "the example embed_rate is not built")
        return
    points = mean_seconds(alone)
    for length, seconds in points:
        figures.add(f"the model alone, texts of {length} tokens", 1 / seconds, "texts/s")
    expected = len(tokens) / sum(between(points, length) for length in tokens)
    figures.add("the model alone, texts of these lengths", expected, "texts/s", "from the above, before and after")
    figures.add("share of the model's rate", 100 * rate / expected, "%", "of use only on an idle machine")


def add_first_sync(figures, org, run, folder):
    in_org = sum(org.rows(run.sources).values())
    figures.add("rows in the org", in_org, "rows", "by its own count")
    figures.add("rows read", run.rows, "rows", "equal" if run.rows == in_org else "NOT EQUAL")
    figures.add("documents indexed", run.documents, "documents")
    figures.add("first sync", run.seconds, "s")
    figures.add("rate", run.rows / run.seconds, "rows/s")
    figures.add("processor time", run.cpu_seconds, "s")
    add_calls(figures, "calls", run.calls)
    figures.add("calls per 1,000 rows", sum(run.calls.values()) / run.rows * 1000, "calls")
    add_budget(figures, run)
    add_memory(figures, run)
    add_disk(figures, folder / "data")


def add_budget(figures, run):
    """The object that comes nearest to what a first sync of it may cost."""
    share = lambda source: source["calls"] / allowed(source)
    worst = max(run.sources.values(), key=share)
    note = f"{worst['object']}: {worst['calls']} calls of N/2,000 + 30 = {allowed(worst):.0f}"
    note += "" if share(worst) <= 1 else "; MORE THAN ALLOWED"
    figures.add("share of the call budget, at most", 100 * share(worst), "%", note)


def allowed(source):
    return source["mirrored"] / 2000 + 30


def add_calls(figures, name, calls):
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(calls.items()))
    figures.add(name, sum(calls.values()), "calls", kinds)


def add_idle_calls(figures, name, run, polled):
    each = sum(run.calls.values()) / polled
    note = f"{polled} objects" + ("" if each <= 1 else "; MORE THAN ONE")
    figures.add(name, each, "calls", note)


def add_memory(figures, run):
    own = max(run.own_samples, default=None)
    figures.add("peak memory", run.peak, "MB")
    figures.add("peak memory without mapped files", own, "MB")
    figures.add("peak memory in the first minute", max(run.samples[:60], default=None), "MB")
    figures.add("peak memory after the first minute", max(run.samples[60:], default=None), "MB")
    flat = [
        ("last quarter to second", last_to_second_quarter),
        ("after the first minute, last third to first", after_first_minute),
    ]
    for name, of in flat:
        figures.add(f"memory, {name}", of(run.samples), "times")
        figures.add("the same without mapped files", of(run.own_samples), "times")
    curve = {"all": run.samples, "without_mapped_files": run.own_samples}
    figures.parts[-1]["memory_megabytes_each_second"] = {
        name: [round(sample, 1) for sample in samples] for name, samples in curve.items()
    }


def add_disk(figures, data):
    parts = {}
    for path in data.rglob("*"):
        if path.is_file():
            part = path.relative_to(data).parts[0].split(".")[0]
            parts[part] = parts.get(part, 0) + path.stat().st_blocks * 512
    note = ", ".join(f"{part} {size / MEGABYTE:.0f}" for part, size in sorted(parts.items()))
    figures.add("disk", sum(parts.values()) / MEGABYTE, "MB", note)


def add_texts(figures, run, folder):
    """Counts the vectors that are kept for later, one for each text. Returns texts a second."""
    cache = sqlite3.connect(folder / "data" / "embeddings.sqlite")
    texts = cache.execute("SELECT count(*) FROM embedding").fetchone()[0]
    cache.close()
    figures.add("texts embedded", texts, "texts")
    figures.add("texts embedded a second", texts / run.seconds, "texts/s")
    return texts / run.seconds


# ---------------------------------------------------------------------------- main


def main():
    parser = argparse.ArgumentParser(description="Measures the sync.")
    sizes = lambda text: [int(size) for size in text.split(",")]
    parser.add_argument("--sizes", type=sizes, default=SIZES, help="records, as 10000,100000")
    parser.add_argument("--quick", action="store_true", help="10,000 records only")
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    args = parser.parse_args()
    if not PRECIS.exists():
        sys.exit(f"there is no {PRECIS}: run `cargo build --release` first")
    figures = Figures(args.json)
    with tempfile.TemporaryDirectory(prefix="precis-bench-") as scratch:
        run(figures, SIZES[:1] if args.quick else args.sizes, Path(scratch))
    figures.end()


def run(figures, sizes, scratch):
    for records in sizes:
        with Org(records, scratch) as org:
            measure_size(figures, org, records, scratch)
            if records <= MOST_WITH_VECTORS:
                measure_service(figures, org, records, scratch)
    scratch = scratch / "local"
    scratch.mkdir()
    with Org(LOCAL_RECORDS, scratch) as org:
        tokens, cpu = measure_service(figures, org, LOCAL_RECORDS, scratch)
        measure_local(figures, org, LOCAL_RECORDS, scratch, tokens, cpu)


if __name__ == "__main__":
    main()
