"""Regression tests: what was found once is clean now.

Owns the text of the test that each finding gets, and what such a test calls.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ..target import Wanted
from ..targets import opened
from .worker import broken_by

if TYPE_CHECKING:
    from .findings import Finding

_PIECE_BYTES = 60


def assert_clean(wanted: Wanted, data: bytes) -> None:
    """The input breaks nothing of the target, tried in every way there is."""
    target = opened(wanted)
    try:
        found = broken_by(target, data)
    finally:
        target.close()
    assert not found, "; ".join(f"{one.bucket}: {one.text or one.kind}" for one in found)


def text(finding: Finding) -> str:
    """A test module, to be moved to where tests are once the fault is mended."""
    one = finding.broken
    said = " ".join((one.text or f"{one.kind}: {one.left} {one.right}").split())
    said = re.sub(r'[\\"]', "'", said.encode("ascii", "replace").decode())
    lines = [f'"""{said}', ""]
    if one.source is not None and one.source.quote:
        quoted = " ".join(one.source.quote.split()).replace("\\", "\\\\").replace('"""', "'''")
        lines += [f"{one.source}: {quoted}", ""]
    lines += [
        f"Found by `trueline fuzz {' '.join(filter(None, (finding.target, finding.subject)))}`.",
        '"""',
        "",
        "from fuzz.campaign.regression import assert_clean",
        "from fuzz.target import Wanted",
        "",
        "OCTETS = (",
        *(f"    {piece!r}" for piece in _pieces(one.data)),
        ")",
        "",
        "",
        f"def test_{finding.bucket}() -> None:",
        f"    assert_clean({_wanted(finding)}, OCTETS)",
        "",
    ]
    return "\n".join(lines)


def _wanted(finding: Finding) -> str:
    words = [repr(finding.target)]
    subject = finding.subject
    if subject.startswith("--url "):
        words.append(f"url={subject.removeprefix('--url ')!r}")
    elif subject.startswith("-- "):
        words.append(f"command={tuple(shlex.split(subject.removeprefix('-- ')))!r}")
    elif subject:
        words.append(repr(subject))
    if finding.plant:
        words.append(f"plant={finding.plant!r}")
    return f"Wanted({', '.join(words)})"


def _pieces(data: bytes) -> list[bytes]:
    """Cut behind each line, and where a line is long."""
    pieces = []
    for line in data.splitlines(keepends=True) or [b""]:
        pieces += [line[at : at + _PIECE_BYTES] for at in range(0, len(line), _PIECE_BYTES)]
    return pieces or [b""]
