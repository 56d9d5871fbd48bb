"""Looks for every planted fault and prints what it took: `python -m fuzz.plants.smoke`.

Owns the command and its table. Exit status 0 when every fault is found, 1 when one is not.
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
from typing import NamedTuple

from . import PLANTED_TARGETS, Plant, plants
from .hunt import hunt

SEED = "smoke"
SHOWN_OCTETS = 60


class Row(NamedTuple):
    """What the hunt for one fault gave: a `Found` whose violation is told by its bucket and its
    words, so that it can be sent from one process to another."""

    plant: str
    executions: int
    seconds: float
    bucket: str
    kind: str
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
    wanted = parser.parse_args(arguments)
    if unknown := set(wanted.targets) - set(PLANTED_TARGETS):
        parser.error(f"no faults are planted for {', '.join(sorted(unknown))}")
    start = time.monotonic()
    rows = []
    targets = wanted.targets or PLANTED_TARGETS
    for row in smoke(targets, seed=wanted.seed, jobs=wanted.jobs, small=wanted.small):
        rows.append(row)
        sys.stdout.write((as_json(row) if wanted.json else as_text(row)) + "\n")
        sys.stdout.flush()
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
    bucket, kind = (violation.bucket, violation.kind) if violation is not None else ("", "")
    return Row(found.plant, found.executions, found.seconds, bucket, kind, found.data)


def as_json(row: Row) -> str:
    data = row.data.decode("latin-1")
    return json.dumps({**row._asdict(), "data": data, "is_found": row.is_found})


def as_text(row: Row) -> str:
    shown = repr(row.data)[1:]
    if len(shown) > SHOWN_OCTETS:
        shown = f"{shown[:SHOWN_OCTETS]}... {len(row.data)} octets"
    told = f"{row.bucket} {row.kind:22} {shown}" if row.is_found else "NOT FOUND"
    return f"{row.plant:43} {row.executions:6} {row.seconds:6.2f} s  {told}"


if __name__ == "__main__":
    sys.exit(main())
