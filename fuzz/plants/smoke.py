"""Looks for every planted fault and prints what it took: `python -m fuzz.plants.smoke`.

Owns the command, its table, and the document that it writes: `--write docs` for
docs/fuzz-plants.md. Exit status 0 when every fault is found, 1 when one is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from . import PLANTED_TARGETS, Plant, plant, plants
from .hunt import MOST_EXECUTIONS, hunt

SEED = "smoke"
SHOWN_OCTETS = 60
DOCUMENT = "fuzz-plants.md"


class Row(NamedTuple):
    """What the hunt for one fault gave: a `Found` whose violation is told by its bucket and its
    words, so that it can be sent from one process to another. `seen` is both of its sides."""

    plant: str
    executions: int
    seconds: float
    bucket: str
    kind: str
    seen: str
    data: bytes

    @property
    def is_found(self) -> bool:
        return bool(self.bucket)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("fuzz.plants.smoke", description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help="targets whose faults are looked for: all")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--small", action="store_true", help="make the inputs smaller: slow")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help=f"write {DOCUMENT} there")
    wanted = parser.parse_args(arguments)
    if wanted.write is not None and wanted.targets:
        parser.error("the document is of all targets")
    if unknown := set(wanted.targets) - set(PLANTED_TARGETS):
        parser.error(f"no faults are planted for {', '.join(sorted(unknown))}")
    start = time.monotonic()
    rows = []
    targets = wanted.targets or PLANTED_TARGETS
    for row in smoke(targets, seed=wanted.seed, jobs=wanted.jobs, small=wanted.small):
        rows.append(row)
        sys.stdout.write((as_json(row) if wanted.json else as_text(row)) + "\n")
        sys.stdout.flush()
    if wanted.write is not None:
        (wanted.write / DOCUMENT).write_text(document(rows, wanted.seed), encoding="utf-8")
    missing = [row.plant for row in rows if not row.is_found]
    sys.stderr.write(
        f"{len(rows) - len(missing)} of {len(rows)} planted faults found in "
        f"{time.monotonic() - start:.1f} s; {sum(row.executions for row in rows)} executions in "
        f"{sum(row.seconds for row in rows):.1f} s of the processor\n"
    )
    return 1 if missing else 0


def smoke(targets: Iterable[str], *, seed: str, jobs: int, small: bool = False) -> Iterable[Row]:
    """Look for every fault of these targets, in their order."""
    wanted = [plant for target in targets for plant in plants(target)]
    # Spawned, not forked: a process that has threads is not to be forked.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as processes:
        yield from processes.map(partial(row_of, seed=seed, small=small), wanted)


def row_of(plant: Plant, *, seed: str, small: bool) -> Row:
    found = hunt(plant, seed=seed, small=small)
    violation = found.violation
    bucket = kind = seen = ""
    if violation is not None:
        bucket, kind = violation.bucket, violation.kind
        seen = " / ".join(filter(None, (violation.left, violation.right)))
    return Row(found.plant, found.executions, found.seconds, bucket, kind, seen, found.data)


def as_json(row: Row) -> str:
    data = row.data.decode("latin-1")
    return json.dumps({**row._asdict(), "data": data, "is_found": row.is_found})


def as_text(row: Row) -> str:
    shown = repr(row.data)[1:]
    if len(shown) > SHOWN_OCTETS:
        shown = f"{shown[:SHOWN_OCTETS]}... {len(row.data)} octets"
    told = f"{row.bucket} {row.kind:22} {shown}" if row.is_found else "NOT FOUND"
    return f"{row.plant:43} {row.executions:6} {row.seconds:6.2f} s  {told}"


# -- The document ----------------------------------------------------------------------------------


def document(rows: Sequence[Row], seed: str) -> str:
    """Every planted fault and how it was found, in Markdown; the same for the same seed."""
    lines = [
        "# Planted faults for the fuzzer",
        "",
        f"{len(rows)} copies of the reference, each with one fault. The engine `grammar` draws",
        "inputs for the target, without a corpus, until one breaks the property of the copy and",
        "not that of the reference itself, both tried in every way of cutting it there is. No",
        "check knows what is planted.",
        "Executions are the inputs until then; a hunt has at most",
        f"{_bounds()}.",
        f"Written by `python -m fuzz.plants.smoke --write docs`, with the seed `{seed}`.",
    ]
    for target in PLANTED_TARGETS:
        ours = [row for row in rows if plant(row.plant).target == target]
        lines += ["", f"## `{target}`", "", *_rows(ours)]
    found = [row for row in rows if row.is_found]
    total = sum(row.executions for row in rows)
    lines += ["", f"Found {len(found)} of {len(rows)}, in {total:,} executions."]
    return "\n".join(lines) + "\n"


def _bounds() -> str:
    return ", ".join(f"{most:,} ({target})" for target, most in MOST_EXECUTIONS.items())


def _rows(rows: Iterable[Row]) -> Iterable[str]:
    yield "| fault | what is wrong then | in module | executions | found as | bucket |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        fault = plant(row.plant)
        found = "not found" if not row.is_found else f"{row.kind}: {row.seen}".replace("|", "\\|")
        bucket = f"`{row.bucket}`" if row.is_found else ""
        yield (
            f"| `{fault.name.partition('/')[2]}` | {fault.says} | {fault.module} "
            f"| {row.executions:,} | {found} | {bucket} |"
        )


if __name__ == "__main__":
    sys.exit(main())
