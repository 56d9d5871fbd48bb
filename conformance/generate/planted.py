"""Whether generated applications find what is planted: miniatures whose faults need a combination.

Owns docs/planted.md: `python -m conformance.generate.planted FOLDER [FAULT...]` holds each of those
miniatures against the properties until one fails, shrinks that, and writes down what is left. Ends
with 1 when a fault was not found, or not in an application of two routes with two requests.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ..driver import Command
from ..miniature.faults import FOR_GENERATED
from ..spec import Action, App, Echo, Hook
from ..subject import command_for
from .case import Case
from .effort import EXAMPLES
from .explore import Explorer, Plan, Tally
from .properties import PROPERTIES, Failure
from .stage import Stage

PROFILE = "ci"
SEED = 1
MOST_ROUTES = 2
MOST_REQUESTS = 2
"""An application that shows a fault is small when it has no more of them."""


@dataclass(frozen=True)
class Finding:
    """How a fault was found. `examples` is how many were played until the first that failed."""

    fault: str
    found_by: str
    examples: int
    routes: int
    requests: int
    shown: str

    @property
    def is_small(self) -> bool:
        return self.routes <= MOST_ROUTES and self.requests <= MOST_REQUESTS


class NotPlanted(Exception):
    """What was found shows on the whole miniature: it is a fault of our own."""


def look_for(fault: str, properties: Sequence[str] = tuple(PROPERTIES)) -> Finding | None:
    """What the first of the properties that fails on a miniature with that fault comes down to.

    Raises AdapterError, and NotPlanted for what fails on the whole miniature, too.
    """
    with tempfile.TemporaryDirectory() as folder:
        reference = command_for("reference", None, Path(folder))
        miniature = command_for("miniature", None, Path(folder))
        faulty = Command([*miniature.argv, "--fault", fault], fault, miniature.env)
        with Stage([faulty, reference]) as stage:
            found = _first_failure(stage, properties)
        if found is None:
            return None
        failure, examples = found
        with Stage([miniature, reference]) as stage:
            if failure.property.failure(stage, failure.trial) is not None:
                raise NotPlanted(f"{failure.property.name} fails without {fault}: {failure.trial}")
    case = failure.trial.case
    routes, requests = len(case.app.routes), sum(1 for _ in case.requests())
    return Finding(fault, failure.property.name, examples, routes, requests, shown(case))


def _first_failure(stage: Stage, properties: Sequence[str]) -> tuple[Failure, int] | None:
    """The smallest failure of the first property that has one, and how many of its examples were
    played until it failed."""
    played = 0

    def count(tally: Tally) -> None:
        nonlocal played
        if tally.failure is None:
            played = tally.trials

    explorer = Explorer(stage, Plan(PROFILE, SEED), count)
    for name in properties:
        failure = explorer.explore(name).failure
        if isinstance(failure, Failure):
            return failure, played
    return None


# -- A case in short ------------------------------------------------------------------------------


def shown(case: Case) -> str:
    """The application and its requests in one line of Markdown."""
    parts = [*_of_app(case.app), *(_of_talk(case, place) for place in range(len(case.talks)))]
    return "; ".join(f"`` {part} ``" for part in parts)


def _of_app(app: App) -> Iterable[str]:
    for route in app.routes:
        yield f"{route.method} {route.path}" + ("" if route.do == Echo() else f" {_said(route.do)}")
    for one in app.middlewares:
        yield (
            f"{one.id}"
            + "".join(f" before {_said(each)}" for each in one.before)
            + "".join(f" after {_said(each)}" for each in one.after)
        )
    for kind, hooks in (
        ("startup", app.startup),
        ("shutdown", app.shutdown),
        ("cleanup", app.cleanup),
    ):
        if hooks:
            yield f"{kind} " + ", ".join(map(_of_hook, hooks))
    if app.debug:
        yield "debug"
    if app.body_limit is not None:
        yield f"body limit {app.body_limit}"


def _of_hook(hook: Hook) -> str:
    return hook.id if hook.do is None else f"{hook.id} {_said(hook.do)}"


def _said(action: Action) -> str:
    [(name, arguments)] = action.to_json().items()
    return name if not arguments else f"{name} {json.dumps(arguments, ensure_ascii=False)}"


def _of_talk(case: Case, place: int) -> str:
    talk = case.talks[place]
    said = []
    for request in talk.requests:
        words = [f"{request.method} {request.target}"]
        words += [f"{name}: {value}" for name, value in request.headers]
        if request.body is not None:
            framing = "" if request.chunks is None else f" in chunks {list(request.chunks)}"
            words.append(f"body {_octets(request.body)}{framing}")
        said.append(" + ".join(words))
    joint = ", pipelined " if talk.is_pipelined else ", then "
    cuts = f" cut at {list(talk.cuts)}" if talk.cuts else ""
    return ascii("→ " + joint.join(said) + cuts)[1:-1].replace("\\u2192", "→")


def _octets(body: bytes) -> str:
    return repr(body) if len(body) <= 60 else f"of {len(body)} octets, {body[:20]!r}..."


# -- The document ----------------------------------------------------------------------------------

_ROW = re.compile(r"\| `([^`]*)` \| [^|]* \| ([^|]*) \| (\d+) \| (\d+) \| (\d+) \| (.*) \|")


def text(findings: Mapping[str, Finding]) -> str:
    """The document: every planted fault and how it was found."""
    lines = [
        "# Planted faults",
        "",
        f"{len(FOR_GENERATED)} miniatures, each with one fault that needs a combination to show:",
        "two params, three fields of a name, a request behind another. No check of the catalogue",
        "is for them. Each is held against the properties, one behind the other, with up to",
        f"{EXAMPLES[PROFILE]} examples of each, until one fails. What failed is reduced and played",
        "on the whole miniature, which passes it. The examples are those until the first failure.",
        "Written by `python -m conformance.generate.planted docs`.",
        "",
        "| fault | what it does wrong | found by | examples | routes | requests | smallest case |",
        "|---|---|---|---|---|---|---|",
    ]
    for fault, words in sorted(FOR_GENERATED.items()):
        one = findings.get(fault)
        if one is None:
            lines.append(f"| `{fault}` | {words} | — | | | | |")
        else:
            case = one.shown.replace("|", "\\|")
            lines.append(
                f"| `{fault}` | {words} | {one.found_by} | {one.examples} | {one.routes} "
                f"| {one.requests} | {case} |"
            )
    return "\n".join([*lines, "", *_summary(findings)]) + "\n"


def _summary(findings: Mapping[str, Finding]) -> list[str]:
    large = [one.fault for one in findings.values() if not one.is_small]
    lines = [f"Found {len(findings)} of {len(FOR_GENERATED)}."]
    if large:
        lines.append(
            f"With more than {MOST_ROUTES} routes or {MOST_REQUESTS} requests: {', '.join(large)}."
        )
    return lines


def read(document: str) -> dict[str, Finding]:
    """The findings of a document: the inverse of `text`. What is planted no more is left out."""
    found = {}
    for fault, name, examples, routes, requests, shown in _ROW.findall(document):
        if fault in FOR_GENERATED:
            found[fault] = Finding(
                fault, name, int(examples), int(routes), int(requests), shown.replace("\\|", "|")
            )
    return found


# -- The command -----------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.generate.planted",
        description="Find planted faults with generated applications, and write planted.md.",
    )
    parser.add_argument("folder", type=Path, help="where planted.md is written")
    parser.add_argument(
        "faults", nargs="*", metavar="FAULT", help="these only; what the file says of others stays"
    )
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time (default: 2)")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.faults) - FOR_GENERATED.keys())
    if unknown:
        parser.error(f"nothing of that name is planted: {', '.join(unknown)}")
    path = options.folder / "planted.md"
    findings: dict[str, Finding] = {}
    if options.faults and path.exists():
        findings = read(path.read_text(encoding="utf-8"))
    _look_for_all(options.faults or list(FOR_GENERATED), options.jobs, findings, path)
    is_whole = findings.keys() == FOR_GENERATED.keys()
    return 0 if is_whole and all(one.is_small for one in findings.values()) else 1


def _look_for_all(
    faults: Sequence[str], jobs: int, findings: dict[str, Finding], path: Path
) -> None:
    """Add to the findings; the file is written behind each, so that an interrupt loses none."""
    began_s = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        looking = {pool.submit(look_for, fault): fault for fault in faults}
        try:
            for number, done in enumerate(as_completed(looking), 1):
                fault, one = looking[done], done.result()
                findings.pop(fault, None)
                if one is not None:
                    findings[fault] = one
                path.write_text(text(findings), encoding="utf-8")
                sys.stderr.write(
                    f"{number}/{len(faults)} {time.monotonic() - began_s:.0f} s {fault}: "
                    f"{_in_short(one)}\n"
                )
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _in_short(one: Finding | None) -> str:
    if one is None:
        return "not found"
    size = f"{one.routes} routes, {one.requests} requests"
    return f"{one.found_by}, {one.examples} examples, {size}" + ("" if one.is_small else ", large")


if __name__ == "__main__":
    sys.exit(main())
