"""Runs the search for differences between two subjects, and shows what it finds.

Owns what `trueline diff` prints and the document that it writes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..driver import Deadlines
from ..report import style
from ..report.progress import Progress
from ..subject import command_for
from . import present, replay
from .diff import Bucket, Found, Search
from .properties import PROPERTIES
from .stage import Stage


def run(options: argparse.Namespace, seed: int) -> int:
    """Look for differences between two subjects; returns the exit status."""
    live = Progress(sys.stderr, os.environ)
    colour = style.has_colour(sys.stdout, os.environ)
    shown = 0

    def show(found: Found) -> None:
        nonlocal shown
        for bucket in found.buckets[shown:]:
            live.clear()
            print(f"{len(found.buckets):3}. {bucket.kind}", flush=True)
            shown += 1
        live.show(
            f"{len(found.buckets)} differences, {found.trials} trials, {found.apps} apps, "
            f"{found.requests} requests, {found.duration_s:.0f} s"
        )

    with tempfile.TemporaryDirectory(prefix="trueline-") as folder:
        commands = [
            command_for(options.right, options.right_python, Path(folder) / "right"),
            command_for(options.left, options.left_python, Path(folder) / "left"),
        ]
        with Stage(commands, replace(Deadlines(), step_s=options.deadline)) as stage:
            right, left = (f"{one.name} {one.version}".strip() for one in stage.hellos)
            kinds = [one for one in PROPERTIES.values() if one.against_reference]
            search = Search(stage, kinds, profile=options.profile, seed=seed, progress=show)
            try:
                search.run()
            except KeyboardInterrupt:
                live.clear()
                print("interrupted: what was found so far follows")
            live.clear()
            found = search.found
            files = _files(options, stage, found, seed)
    print(_text(found, options, (left, right), files, colour=colour), end="")
    print(f"(profile {options.profile}, seed {seed})")
    if options.json is not None:
        text = json.dumps(_document(found, left, right, options.profile, seed), indent=1)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    if not found.is_through:
        return 2
    return 1 if found.buckets else 0


def _files(options: argparse.Namespace, stage: Stage, found: Found, seed: int) -> list[str | None]:
    """The replay file of each bucket; none when the left one is not what files are held against."""
    if options.left != "reference" or options.replays is None:
        return [None] * len(found.buckets)
    return [
        str(
            replay.write(
                Path(options.replays),
                bucket.failure,
                stage,
                seed=seed,
                profile=options.profile,
                label=options.right,
            )
        )
        for bucket in found.buckets
    ]


def _text(
    found: Found,
    options: argparse.Namespace,
    names: tuple[str, str],
    files: Sequence[str | None],
    *,
    colour: bool,
) -> str:
    lines = []
    buckets = sorted(zip(found.buckets, files, strict=True), key=lambda pair: -pair[0].trials)
    for number, (bucket, file) in enumerate(buckets, 1):
        title = f"{number}. {bucket.kind}: {bucket.trials} of {found.trials} trials"
        lines += ["", style.paint(title, style.BOLD, colour), ""]
        lines.append(
            present.text(bucket.failure, options.right, options.left, colour=colour, file=file)
        )
    lines.append("")
    if found.left_out:
        lines.append("left out, as the two differ there by what they declare, or cannot have it:")
        lines += [f"  {count:6} {name}" for name, count in found.left_out.items()]
    left, right = names
    count = len(found.buckets)
    lines.append(
        f"{left} and {right} differ in {count or 'no'} way{'' if count == 1 else 's'}: "
        f"{found.apps} apps and {found.requests} requests in {found.duration_s:.0f} s"
    )
    return "\n".join(lines) + "\n"


def _document(found: Found, left: str, right: str, profile: str, seed: int) -> dict[str, Any]:
    return {
        "left": left,
        "right": right,
        "profile": profile,
        "seed": seed,
        "is_through": found.is_through,
        "trials": found.trials,
        "apps": found.apps,
        "requests": found.requests,
        "duration_s": round(found.duration_s, 1),
        "left_out": found.left_out,
        "buckets": [
            {
                "kind": str(bucket.kind),
                "aspect": bucket.kind.aspect,
                "left": bucket.kind.left,
                "right": bucket.kind.right,
                "traits": sorted(bucket.kind.traits),
                "property": bucket.property,
                "trials": bucket.trials,
                **present.to_json(bucket.failure),
            }
            for bucket in _most_frequent(found.buckets)
        ],
    }


def _most_frequent(buckets: Sequence[Bucket]) -> list[Bucket]:
    return sorted(buckets, key=lambda bucket: -bucket.trials)
