"""The command: `python -m conformance.mutants FOLDER`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from . import ROOT, SUBJECT
from .report import explanations, open_ones, text
from .run import read, run
from .sample import sample


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every survivor is explained and none misses a check, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.mutants",
        description="Judge mutants of the reference by the black-box suite alone.",
    )
    parser.add_argument("folder", type=Path, help="where mutation.md is written")
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which ones")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at a time")
    parser.add_argument(
        "--record", type=Path, default=Path("build/mutants.jsonl"), metavar="FILE",
        help="fates so far; what is in it is not run again",
    )  # fmt: skip
    parser.add_argument(
        "--again",
        action="store_true",
        help="run those once more that survived so far and are not explained",
    )
    options = parser.parse_args(arguments)
    record: Path = options.record
    record.parent.mkdir(parents=True, exist_ok=True)
    explained = explanations()
    if options.again:
        known = list(read(record))
        left = open_ones(known, explained)
        kept = [one for one in known if one.mutant not in left]
        record.write_text("".join(json.dumps(asdict(one)) + "\n" for one in kept))
    mutants = sample(ROOT / SUBJECT, options.sample, options.seed)
    fates = asyncio.run(run(mutants, options.jobs, record))
    document = text(fates, explained, options.seed)
    (options.folder / "mutation.md").write_text(document, encoding="utf-8")
    left = open_ones(fates, explained)
    for mutant in left:
        sys.stderr.write(f"{mutant.module}:{mutant.line}: {mutant.before} -> {mutant.after}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
