"""What was found: a record for each bucket, and the folder that keeps them.

Owns `findings.jsonl`, the files beside it, and which findings are known. Whoever reads the folder
meanwhile sees whole files.

    findings.jsonl              one line for each bucket
    KIND-BUCKET.bin             its smallest input, raw
    test_BUCKET.py              a regression test
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.check import Source
from conformance.protocol import AdapterError

from ..target import Wanted
from . import regression
from .trials import Broken

LINES = "findings.jsonl"
OPEN, FIXED = "open", "fixed"
_BUCKET = re.compile(r"[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Finding:
    """One bucket.

    broken   its smallest violation with the input; `broken.at` is the execution of the first one
    subject  as it is named behind `trueline fuzz TARGET`, "" for a target without one
    plant    the planted fault of the run, "" for none
    hits     how often it was met, over all runs
    status   open or fixed, when it was tried last
    whole    nothing more can be left out of the input
    """

    broken: Broken
    target: str
    subject: str = ""
    plant: str = ""
    engine: str = ""
    seed: str = ""
    hits: int = 1
    status: str = OPEN
    whole: bool = False

    @property
    def bucket(self) -> str:
        return self.broken.bucket

    @property
    def file(self) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", self.broken.kind.lower()).strip("-")[:40]
        return f"{slug or 'finding'}-{self.bucket}.bin"

    @property
    def test_file(self) -> str:
        return f"test_{self.bucket}.py"

    def to_json(self) -> dict[str, Any]:
        """Everything but the octets, which are in `file`."""
        one = self.broken
        source = one.source
        return {
            "bucket": one.bucket,
            "target": self.target,
            "subject": self.subject,
            "plant": self.plant,
            "kind": one.kind,
            "left": one.left,
            "right": one.right,
            "text": one.text,
            "source": None
            if source is None
            else {"name": source.name, "section": source.section, "quote": source.quote},
            "file": self.file,
            "size": len(one.data),
            "whole": self.whole,
            "engine": self.engine,
            "seed": self.seed,
            "first": one.at,
            "hits": self.hits,
            "status": self.status,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], folder: Path) -> Finding:
        """Raises KeyError, TypeError or OSError for a line that is none, or has no file."""
        source = said["source"]
        broken = Broken(
            said["bucket"],
            said["kind"],
            said["left"],
            said["right"],
            said["text"],
            None if source is None else Source(**source),
            (folder / Path(said["file"]).name).read_bytes(),
            said["first"],
        )
        words = {name: said[name] for name in ("target", "subject", "plant", "engine", "seed")}
        return cls(broken, **words, hits=said["hits"], status=said["status"], whole=said["whole"])

    def wanted(self) -> Wanted:
        """What it was found on. Raises AdapterError for what a file may not decide: a command, or
        the address of a server."""
        if self.subject.startswith("-"):
            raise AdapterError(
                f"{self.file} was found on `{self.subject}`: name it again, behind the file"
            )
        return Wanted(self.target, self.subject or None, plant=self.plant or None)


class Findings:
    """A folder of findings. Raises AdapterError when it cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_bucket: dict[str, Finding] = {one.bucket: one for one in read(folder)}

    def put(self, finding: Finding) -> None:
        """Keep its octets and its test, in the place of an earlier one; `write_lines` comes later,
        for many at once."""
        self.by_bucket[finding.bucket] = finding
        write(self.folder / finding.file, finding.broken.data)
        write(self.folder / finding.test_file, regression.text(finding).encode())

    def update(self, finding: Finding) -> None:
        """Another number of hits, or status, of one that is kept; `write_lines` comes later."""
        self.by_bucket[finding.bucket] = finding

    def write_lines(self) -> None:
        lines = [json.dumps(one.to_json()) + "\n" for one in self.by_bucket.values()]
        write(self.folder / LINES, "".join(lines).encode())


def read(folder: Path) -> list[Finding]:
    """The findings of a folder; none where there is none. Raises AdapterError."""
    path = folder / LINES
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as exc:
        raise AdapterError(f"{path} cannot be read: {exc}") from exc
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Finding.from_json(json.loads(line), folder))
        except FileNotFoundError as exc:
            raise AdapterError(
                f"{path}, line {number}: its file {Path(exc.filename).name} is gone; take the line "
                "out, or put the file back"
            ) from exc
        except (ValueError, KeyError, TypeError, OSError) as exc:
            raise AdapterError(f"{path}, line {number} is no finding: {exc!r}") from exc
    return found


def known(path: Path) -> frozenset[str]:
    """The buckets that a file lists: first in a line (what is behind one says why), or as lines
    of a findings.jsonl; `#` begins a comment. Raises AdapterError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise AdapterError(f"--known {path}: {exc}") from exc
    return frozenset(_known(path, lines))


def _known(path: Path, lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines, 1):
        said = line.strip()
        if said.startswith("{"):
            match = _BUCKET.match(str(_loads(said).get("bucket", "")))
        else:
            match = _BUCKET.match(said)
        if match:
            yield match[0]
        elif said and not said.startswith("#"):
            raise AdapterError(
                f"--known {path}, line {number}: expected a bucket, twelve hexadecimal digits"
            )


def _loads(line: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return said


def writable(folder: Path) -> Path:
    """The folder, made where it is not there. Raises AdapterError when it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise AdapterError(f"cannot write into {folder}: {exc.strerror}; name another") from exc
    return folder


def write(path: Path, data: bytes) -> None:
    """The whole file or none of it, for whoever reads. Raises AdapterError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as exc:
        raise AdapterError(f"cannot write {path}: {exc.strerror}") from exc
