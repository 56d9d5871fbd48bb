"""What `trueline fuzz` does: a run, `min`, `merge`, `quirks`.

Owns what the command line means, and where things are read and written.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conformance.protocol import AdapterError
from conformance.report import style

from ..commands import SECONDS
from ..engines import ENGINES, found
from ..target import Wanted
from ..targets import TARGETS, WITH_SUBJECT
from . import corpus as folders
from . import findings, summary
from .crew import Lost, heard
from .findings import Findings
from .live import Live
from .plan import Outcome, Plan
from .replaying import Chosen, chosen, subject_of
from .running import LOST_KINDS, Campaign
from .sharing import Shared
from .tally import Tally
from .trials import Broken, News
from .worker import Job, Smaller

SHRINK_S, QUIRKS_S = 60.0, 10.0
"""How long `fuzz min` and `fuzz quirks` may take, unless --seconds says otherwise."""


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Returns the exit status. Raises AdapterError."""
    words = list(options.words)
    if not words:
        raise AdapterError(
            f"name a target: trueline fuzz {{{','.join(TARGETS)}}} ...; `trueline fuzz --help` has "
            "examples"
        )
    asked = words.pop(0)
    if asked == "min":
        return _min(options, words, command)
    if asked == "merge":
        return _merge(options, words)
    if asked == "quirks":
        return _quirks(options, words)
    return _fuzz(options, _wanted(options, asked, words, command))


# -- A run -----------------------------------------------------------------------------------------


def _wanted(
    options: argparse.Namespace, target: str, words: Sequence[str], command: Sequence[str]
) -> Wanted:
    _is_target(target)
    if len(words) > 1:
        raise AdapterError(f"one subject at a time: {' '.join(words)}")
    subject = words[0] if words else None
    named = [one for one in (subject, options.url, command) if one]
    if target in WITH_SUBJECT and len(named) != 1:
        raise AdapterError(
            f"name one subject: trueline fuzz {target} NAME, as `trueline run` takes it, or "
            "--url URL, or a command behind --"
        )
    if target not in WITH_SUBJECT and (named or options.python):
        raise AdapterError(
            f"{target} is {TARGETS[target]}: it has no subject; targets that have one are "
            f"{' and '.join(sorted(WITH_SUBJECT))}"
        )
    return Wanted(target, subject, tuple(command), options.python, options.url, options.plant)


def _is_target(word: str) -> None:
    if word not in TARGETS:
        close = difflib.get_close_matches(word, TARGETS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise AdapterError(f"no target {word!r}: {hint}They are {', '.join(TARGETS)}")


def _engine(name: str) -> str:
    if name not in ENGINES:
        close = difflib.get_close_matches(name, ENGINES, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise AdapterError(f"--engine {name}: {hint}They are {', '.join(ENGINES)}")
    found(name)
    return name


def _fuzz(options: argparse.Namespace, wanted: Wanted) -> int:
    plan = _plan(options, wanted)
    _can_write(options.json)
    out = findings.writable(_out(options, wanted))
    kept = Findings(out)
    if options.corpus is not None and not Path(options.corpus).is_dir():
        raise AdapterError(f"--corpus {options.corpus}: there is no such folder; make it first")
    folder = findings.writable(Path(options.corpus or out / "corpus"))
    shared = Shared(options.database, wanted.target, plan.label)
    inputs = [
        *([] if options.opener else folders.committed(wanted.target)),
        *folders.read(folder),
        *shared.inputs(),
    ]
    live = Live(sys.stderr)
    campaign = Campaign(
        plan, kept, folders.Corpus(folder, wanted.target), list(dict.fromkeys(inputs)), live
    )
    try:
        outcome = campaign.run()
    finally:
        shared.save(campaign.tally)
    _tell(options, outcome, out, folder)
    return outcome.exit_status


def _plan(options: argparse.Namespace, wanted: Wanted) -> Plan:
    seconds = options.seconds
    if seconds is None and options.executions is None:
        seconds = SECONDS
    return Plan(
        wanted,
        subject_of(wanted),
        _engine(options.engine),
        seconds,
        options.executions,
        str(_seed(options)),
        options.jobs,
        frozenset() if options.known is None else findings.known(Path(options.known)),
        shrink_s=10.0 if seconds is None else max(2.0, min(10.0, seconds / 4)),
        opener=options.opener or "",
    )


def _seed(options: argparse.Namespace) -> int:
    """A seed of few digits when none is given: people write it down."""
    return random.randrange(1_000_000) if options.seed is None else int(options.seed)  # noqa: S311


def _out(options: argparse.Namespace, wanted: Wanted) -> Path:
    if options.out is not None:
        return Path(options.out)
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", subject_of(wanted)).strip("-.")
    return Path(".trueline") / "fuzz" / "-".join(filter(None, (wanted.target, slug)))


def _can_write(name: str | None) -> None:
    """Now, and not when the run is over and its results are lost."""
    if name is not None and name != "-" and not Path(name).parent.is_dir():
        raise AdapterError(f"--json {name}: there is no folder {Path(name).parent}")


def _tell(options: argparse.Namespace, outcome: Outcome, out: Path, folder: Path) -> None:
    if options.json is not None:
        said = json.dumps(summary.to_json(outcome), indent=1) + "\n"
        if options.json == "-":
            sys.stdout.write(said)
            return
        findings.write(Path(options.json), said.encode())
    colour = style.has_colour(sys.stdout, os.environ)
    sys.stdout.write(summary.text(outcome, str(out), str(folder), colour=colour))


# -- Making findings smaller -----------------------------------------------------------------------


def _min(options: argparse.Namespace, words: Sequence[str], command: Sequence[str]) -> int:
    if not words:
        raise AdapterError("name a finding: trueline fuzz min FILE.bin, or the folder of findings")
    given = chosen(words, options.python, command, options.url)
    limit_s = options.seconds or SHRINK_S
    groups: dict[Wanted, list[Chosen]] = {}
    for one in given:
        if one.finding is None:
            raise AdapterError(f"{one.path} is no finding: its line in findings.jsonl is missing")
        if one.finding.broken.kind in LOST_KINDS:
            _say(f"{one.path}: left as it is, for what ends the process cannot be tried in one")
            continue
        groups.setdefault(one.wanted, []).append(one)
    missed = 0
    for wanted, group in groups.items():
        missed += _shrink(Job(wanted, options.opener or ""), group, limit_s)
    return int(missed > 0)


def _shrink(job: Job, group: Sequence[Chosen], limit_s: float) -> int:
    """Returns how many could not be seen again."""
    by_bucket = {one.finding.bucket: one for one in group if one.finding is not None}
    asked = [one.finding.broken for one in group if one.finding is not None]
    for told in heard(replace(job, smaller=asked, shrink_s=limit_s)):
        if isinstance(told, Lost):
            raise AdapterError(str(told))
        if isinstance(told, Smaller):
            _smaller(by_bucket.pop(told.broken.bucket), told)
    for one in by_bucket.values():
        _say(f"{one.path}: does not happen now")
    return len(by_bucket)


def _smaller(one: Chosen, told: Smaller) -> None:
    assert one.finding is not None
    kept = Findings(one.path.parent)
    before = one.finding
    broken: Broken = replace(told.broken, at=before.broken.at)
    kept.put(replace(before, broken=broken, whole=told.whole))
    kept.write_lines()
    least = "" if told.whole else ", and time was up: more --seconds may make it smaller still"
    _say(f"{one.path}: {len(before.broken.data)} bytes, now {len(broken.data)}{least}")


# -- Pruning a corpus ------------------------------------------------------------------------------


def _merge(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Into the first folder: the smallest input of each signature, and of each bucket."""
    if len(words) < 2:
        raise AdapterError("name a target and folders: trueline fuzz merge TARGET FOLDER...")
    target, *names = words
    wanted = _wanted(options, target, (), ())
    inputs = folders.ordered(data for name in names for data in folders.read(Path(name)))
    tally = _signatures(Job(wanted, options.opener or "", replays=inputs))
    kept = {*tally.inputs.values(), *(one.data for one in tally.broken.values())}
    added, taken = folders.prune(Path(names[0]), target, folders.ordered(kept))
    _say(
        f"{len(inputs)} inputs, {len(tally.inputs)} signatures, {len(tally.broken)} buckets: "
        f"{names[0]} has {len(kept)} now, {added} more and {taken} fewer than before"
    )
    for one in tally.broken.values():
        _say(f"  {one.bucket} {one.kind}: {one.text}")
    return int(bool(tally.broken))


def _signatures(job: Job) -> Tally:
    tally = Tally()
    for told in heard(job):
        if isinstance(told, Lost):
            raise AdapterError(str(told))
        if isinstance(told, News):
            tally.add(told)
    return tally


# -- Quirks ----------------------------------------------------------------------------------------


def _quirks(options: argparse.Namespace, words: Sequence[str]) -> int:
    """What two readers disagree on that nobody has declared, as entries to review; returns 1 when
    there are any."""
    from ..choices import Chance
    from ..opinions.probing import READERS, as_toml, propose
    from ..opinions.quirks import declared_quirks

    left, right = words or ("httptools", "h11") if len(words) in (0, 2) else ("", "")
    if left not in READERS or right not in READERS or left == right:
        raise AdapterError(
            f"name two readers, trueline fuzz quirks httptools h11; they are {', '.join(READERS)}"
        )
    seed = _seed(options)
    seconds = options.seconds or QUIRKS_S
    proposals = propose(seconds, (left, right), Chance(seed), declared_quirks())
    sys.stdout.write("".join(as_toml(one) + "\n" for one in proposals))
    sys.stderr.write(
        f"{len(proposals)} disagreements of {left} and {right} that are not declared, in "
        f"{seconds:g} seconds with seed {seed}; those that are go into fuzz/quirks.toml, "
        "with what decides them\n"
    )
    return int(bool(proposals))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
