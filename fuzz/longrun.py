"""Long fuzzing with one command: over all targets and engines on the reference, or on servers as
they are released.

Owns the plans of such runs, and the documents that they leave. What is found is kept as
`trueline fuzz` keeps it, in a folder for each run.

    python -m fuzz.longrun reference docs --minutes 60
    python -m fuzz.longrun frameworks docs --minutes 70 --python .venv-fuzz
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .engines import ENGINES
from .targets import TARGETS, WITH_SUBJECT

_EXIT_CLEAN, _EXIT_FOUND, _EXIT_VACUOUS = 0, 1, 3

SERVERS = {
    "aiohttp": "aiohttp",
    "Sanic": "sanic",
    "uvicorn, httptools": "fuzz.servers.uvicorn_httptools",
    "uvicorn, h11": "fuzz.servers.uvicorn_h11",
    "Hypercorn": "fuzz.servers.hypercorn",
    "Tornado": "fuzz.servers.tornado",
    "Granian": "fuzz.servers.granian",
}


@dataclass(frozen=True)
class Leg:
    """One run of `trueline fuzz`. `title` is how the document names what it is a run of."""

    title: str
    target: str
    subject: str
    engine: str

    @property
    def folder(self) -> str:
        return "-".join(filter(None, (self.target, self.subject.rpartition(".")[2], self.engine)))

    def arguments(self, out: Path, seconds: int, seed: int, python: str | None) -> list[str]:
        said = [self.target, *([self.subject] if self.subject else []), f"--engine={self.engine}"]
        said += [f"--seconds={seconds}", f"--seed={seed}", "--jobs=1"]
        said += [f"--out={out / self.folder}", "--json=-"]
        return said + ([f"--python={python}"] if python and self.subject else [])


def legs_on_reference() -> list[Leg]:
    """Every target with every engine."""
    return [
        Leg(target, target, "reference" if target in WITH_SUBJECT else "", engine)
        for target in TARGETS
        for engine in ENGINES
    ]


def legs_on_frameworks() -> list[Leg]:
    return [
        Leg(title, target, subject, "grammar")
        for title, subject in SERVERS.items()
        for target in sorted(WITH_SUBJECT)
    ]


@dataclass(frozen=True)
class Ran:
    """What a leg came to: the results as `--json` has them, or why there are none."""

    leg: Leg
    results: dict[str, Any] | None
    error: str = ""


def run(leg: Leg, arguments: Sequence[str]) -> Ran:
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "conformance.cli", "fuzz", *arguments],
        capture_output=True, text=True, check=False, start_new_session=True,
    )  # fmt: skip
    if done.returncode not in (_EXIT_CLEAN, _EXIT_FOUND, _EXIT_VACUOUS):
        return Ran(leg, None, done.stderr.strip().splitlines()[-1])
    ran = Ran(leg, json.loads(done.stdout))
    sys.stderr.write(f"{leg.folder}: {_figures(ran)}\n")
    return ran


def _figures(ran: Ran) -> str:
    results = ran.results
    if results is None:
        return ran.error
    return f"{results['executions']:,} executions, {len(results['findings'])} buckets"


def table(all_ran: Sequence[Ran]) -> list[str]:
    lines = [
        "| | target | engine | seconds | executions | a second | units | accepted | signatures "
        "| buckets |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for ran in all_ran:
        leg, one = ran.leg, ran.results
        if one is None:
            lines.append(f"| {leg.title} | {leg.target} | {leg.engine} | {ran.error} | | | | | | |")
            continue
        accepted = one["accepted"] / max(one["executions"], 1)
        lines.append(
            f"| {leg.title} | {leg.target} | {leg.engine} | {one['elapsed_s']:.0f} "
            f"| {one['executions']:,} | {one['rate']:,.0f} | {one['units']:,} | {accepted:.0%} "
            f"| {one['signatures']:,} | {len(one['findings'])} |"
        )
    return lines


def buckets(all_ran: Sequence[Ran]) -> list[str]:
    """A row for each bucket that was met."""
    lines = [
        "| | target | bucket | hits | found as |",
        "|---|---|---|---|---|",
    ]
    for ran in all_ran:
        for one in (ran.results or {}).get("findings", ()):
            sides = " / ".join(filter(None, (one["left"], one["right"]))).replace("|", "\\|")
            found = f"{one['kind']}: {sides}" if sides else one["kind"]
            who = f"{ran.leg.title} | {ran.leg.target}"
            lines.append(f"| {who} | `{one['bucket']}` | {one['hits']:,} | {found} |")
    return lines


def document(title: str, command: str, said: Sequence[str], all_ran: Sequence[Ran]) -> str:
    is_clean = not any((ran.results or {}).get("findings") for ran in all_ran)
    parts = [f"# {title}", "", *said, "", f"    {command}", "", *table(all_ran)]
    parts += ["", "No open finding."] if is_clean else ["", "## Buckets", "", *buckets(all_ran)]
    return "\n".join(parts).rstrip("\n") + "\n"


@dataclass(frozen=True)
class Plan:
    """`document` is the name of the file, `said` what it begins with."""

    legs: Sequence[Leg]
    document: str
    title: str
    said: Sequence[str]


PLANS = {
    "reference": Plan(
        legs_on_reference(),
        "fuzzing.md",
        "An hour of fuzzing",
        (
            "Every target with every engine on the reference, one process each, two at a time.",
            "`accepted` is the share of inputs of which something was served or resolved, `units`",
            "are requests or resolutions, `signatures` the different courses that things took,",
            "`buckets` the different findings.",
        ),
    ),
    "frameworks": Plan(
        legs_on_frameworks(),
        "fuzzing-servers.md",
        "Fuzzing of released servers",
        (
            "Servers as they are released, by their adapters (`fuzz/servers` and",
            "`conformance/adapters`), with the grammar, two at a time. What each bucket comes from",
            "is in [findings.md](findings.md).",
        ),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when nothing was found, 1 otherwise, 2 when a run could not be made."""
    options = _options(arguments)
    plan = PLANS[options.plan]
    seconds = max(options.minutes * 60 // len(plan.legs), 1)
    out = options.out or Path("build") / f"fuzz-{options.plan}"

    def one(leg: Leg) -> Ran:
        return run(leg, leg.arguments(out, seconds, options.seed, options.python))

    with ThreadPoolExecutor(2) as two:
        all_ran = list(two.map(one, plan.legs))
    command = f"python -m fuzz.longrun {options.plan} {options.folder} --minutes {options.minutes}"
    command += f" --seed {options.seed}" + (" --python .venv-fuzz" if options.python else "")
    text = document(plan.title, command, plan.said, all_ran)
    (options.folder / plan.document).write_text(text, encoding="utf-8")
    if any(ran.results is None for ran in all_ran):
        return 2
    return 1 if any(ran.results["findings"] for ran in all_ran if ran.results) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("folder", type=Path, help="of the document")
    parser.add_argument("--minutes", type=int, default=60, help="of fuzzing, all runs together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", help="environment of the servers")
    parser.add_argument("--out", type=Path, help="of the findings (build/fuzz-PLAN)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
