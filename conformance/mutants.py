"""Mutants of the reference against the black-box suite: what the checks see of a changed program.

Owns the sample, the runs and docs/mutation.md. Cosmic Ray makes the mutants; each is a copy of
`reference/` with one of them, served by the reference's own adapter and judged by the catalogue
alone, up to the first check that fails. No unit test takes part.

    python -m conformance.mutants docs --sample 300 --seed 1 --jobs 2

What survives has to be explained in conformance/mutants.toml: `equivalent` to the original,
`unseen` on the wire (logs, misuse by the application's author, speed), or `missing` a check.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import difflib
import json
import os
import random
import shutil
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import parso  # which Cosmic Ray parses with
from cosmic_ray.ast import Visitor
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from .catalogue import all_checks
from .check import Check
from .driver import Command, Deadlines
from .judge import Outcome as Verdict
from .verdicts import fails, verdicts

ROOT = Path(__file__).parents[1]
SUBJECT = "reference"
EXPLANATIONS = Path(__file__).with_name("mutants.toml")
KINDS = ("equivalent", "unseen", "missing")
_DEADLINES = Deadlines(hello_s=15.0, start_s=5.0, step_s=4.0, exit_s=6.0)
_MEMORY_BYTES = 4 << 30  # a mutant may ask for all there is
_NOT_SERVED = ("workers.py",)  # several processes, which no adapter asks for
_NEED_ARGUMENTS = ("VariableReplacer", "VariableInserter")
_RUN = (
    "import resource, runpy; "
    f"resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY_BYTES}, {_MEMORY_BYTES})); "
    "runpy.run_module('conformance.adapters.reference', run_name='__main__')"
)


@dataclass(frozen=True)
class Mutant:
    """One change to one module. `before` and `after` are its changed lines, without indentation."""

    module: str
    operator: str
    occurrence: int
    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the check that failed, or None when none did."""

    mutant: Mutant
    killed_by: str | None


class _Positions(Visitor):  # type: ignore[misc]  # it has no types
    """Where an operator finds something to change."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator
        self.found: list[tuple[tuple[int, int], tuple[int, int]]] = []

    def visit(self, node: object) -> object:
        self.found += self._operator.mutation_positions(node)
        return node


def sites(package: Path) -> list[list[tuple[str, str, int]]]:
    """All places in a package that some operator can change: module, operator and occurrence for
    each way. One site is one place and one kind of operator, so that `==`, which can become seven
    others, is no likelier to be drawn than `not`."""
    grouped: dict[tuple[object, ...], list[tuple[str, str, int]]] = {}
    operators = {
        name: get_operator(name)()
        for name in operator_names()
        if not name.endswith(_NEED_ARGUMENTS)
    }
    for path in sorted(package.glob("*.py")):
        if path.name in _NOT_SERVED:
            continue
        tree = parso.parse(path.read_text(encoding="utf-8"))  # type: ignore[no-untyped-call]
        for name, operator in operators.items():
            positions = _Positions(operator)
            positions.walk(tree)
            for occurrence, (start, end) in enumerate(positions.found):
                kind = name.split("/")[-1].split("_")[0]
                grouped.setdefault((path.name, start, end, kind), []).append(
                    (path.name, name, occurrence)
                )
    return list(grouped.values())


def mutated(package: Path, module: str, operator: str, occurrence: int) -> tuple[str, str]:
    """The text of a module before and after."""
    text = (package / module).read_text(encoding="utf-8")
    try:
        changed = mutate_code(text, get_operator(operator)(), occurrence)
    except AttributeError:  # its ExceptionReplacer does not know dotted names
        changed = None
    return text, text if changed is None else str(changed)


def is_no_change(before: str, after: str) -> bool:
    """They differ in nothing that is ever run: in annotations, which are not evaluated here."""
    try:
        return _what_runs(before) == _what_runs(after)
    except SyntaxError:
        return True  # what does not compile is no program, so no mutant of one


def _what_runs(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.dump(tree)


def sample(package: Path, size: int, seed: int) -> list[Mutant]:
    """That many mutants, drawn at random from all sites; the same ones for the same program."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    places = sites(package)
    chance.shuffle(places)
    found: list[Mutant] = []
    for ways in places:
        if len(found) == size:
            break
        module, operator, occurrence = chance.choice(ways)
        before, after = mutated(package, module, operator, occurrence)
        if not is_no_change(before, after):
            line, old, new = changed_lines(before, after)
            found.append(Mutant(module, operator, occurrence, line, old, new))
    return found


def changed_lines(before: str, after: str) -> tuple[int, str, str]:
    """The first changed line's number, and the lines without and with the change."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    changes = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    _, start, end, new_start, new_end = changes[0]
    return (
        start + 1,
        " ".join(one.strip() for one in old[start:end]),
        " ".join(one.strip() for one in new[new_start:new_end]),
    )


# -- Runs ----------------------------------------------------------------------------------------


def _command(folder: Path) -> Command:
    """The reference's adapter, with the `reference` of that folder."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return Command([sys.executable, "-P", "-c", _RUN], "mutant", env)


async def fate(mutant: Mutant, checks: Sequence[Check]) -> Fate:
    """Run the checks on a mutant until one fails. A failure counts when it comes again on a
    process of its own: noise kills nothing."""
    with tempfile.TemporaryDirectory(prefix="trueline-mutant-") as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("tests", "examples", "__pycache__")
        shutil.copytree(ROOT / SUBJECT, folder / SUBJECT, ignore=ignored)
        _, after = mutated(ROOT / SUBJECT, mutant.module, mutant.operator, mutant.occurrence)
        (folder / SUBJECT / mutant.module).write_text(after, encoding="utf-8")
        command = _command(folder)
        # The quick ones first: most mutants do not live to see those that start a process.
        for part in (
            [check for check in checks if not check.has_process_alone],
            [check for check in checks if check.has_process_alone],
        ):
            killer = await _killer(command, part)
            if killer is not None:
                return Fate(mutant, killer)
    return Fate(mutant, None)


async def _killer(command: Command, checks: Sequence[Check]) -> str | None:
    by_id = {check.id: check for check in checks}
    left = list(checks)
    while left:
        found = await _verdicts(command, left)
        failed = [id for id, verdict in found.items() if _kills(verdict)]
        for id in failed:
            again = await _verdicts(command, [by_id[id]])
            if any(map(_kills, again.values())):
                return id
        if not failed:
            return None
        left = [check for check in left if check.id not in found]
    return None


async def _verdicts(command: Command, checks: Sequence[Check]) -> dict[str, Verdict]:
    from .protocol import AdapterError

    try:
        return await verdicts(command, checks, _DEADLINES, to_first_failure=True)
    except AdapterError:  # it does not even say hello
        return {checks[0].id: Verdict.ERROR}


def _kills(verdict: Verdict) -> bool:
    return fails(verdict) or verdict is Verdict.ERROR


async def run(mutants: Sequence[Mutant], jobs: int, record: Path) -> list[Fate]:
    """The fate of each, `jobs` at a time. What is in `record` is not run again, and every fate is
    added to it at once: a run that is broken off goes on where it was."""
    known = {one.mutant: one for one in read(record)}
    limit = asyncio.Semaphore(jobs)
    done = 0

    async def one(mutant: Mutant) -> Fate:
        nonlocal done
        if mutant not in known:
            async with limit:
                known[mutant] = await fate(mutant, all_checks())
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(known[mutant])) + "\n")
        done += 1
        survivors = sum(each.killed_by is None for each in known.values())
        sys.stderr.write(f"\r{done}/{len(mutants)} mutants, {survivors} survive ")
        return known[mutant]

    fates = await asyncio.gather(*map(one, mutants))
    sys.stderr.write("\n")
    return fates


def read(record: Path) -> Iterator[Fate]:
    """The fates of an earlier run."""
    if record.exists():
        for line in record.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            yield Fate(Mutant(**data["mutant"]), data["killed_by"])


# -- The document --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    kind: str
    why: str


def explanations(path: Path = EXPLANATIONS) -> dict[tuple[str, str, str], Explanation]:
    """Why mutants survive, by module and changed lines. Raises ValueError for an unknown kind."""
    found = {}
    for one in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", ()):
        if one["kind"] not in KINDS:
            raise ValueError(f"{path.name}: a survivor is one of {', '.join(KINDS)}: {one}")
        found[one["module"], one["before"], one["after"]] = Explanation(one["kind"], one["why"])
    return found


def text(
    fates: Sequence[Fate],
    explained: Mapping[tuple[str, str, str], Explanation],
    seed: int,
) -> str:
    """docs/mutation.md."""
    survivors = [one.mutant for one in fates if one.killed_by is None]
    said = {one: explained.get((one.module, one.before, one.after)) for one in survivors}
    kinds = Counter("unexplained" if one is None else one.kind for one in said.values())
    killed = len(fates) - len(survivors)
    visible = killed + kinds["missing"] + kinds["unexplained"]
    lines = [
        "# Mutants of the reference, and what the suite sees of them",
        "",
        f"{len(fates)} mutants of `reference/`, made by Cosmic Ray and drawn at random (seed "
        f"{seed}),",
        "each served by the reference's adapter and judged by the checks alone, up to the first",
        "that fails. A failure counts when it comes again on a process of its own.",
        "",
        f"    python -m conformance.mutants docs --sample {len(fates)} --seed {seed}",
        "",
        "| mutants | |",
        "|---|---|",
        f"| killed | {killed} |",
        f"| equivalent to the original | {kinds['equivalent']} |",
        "| unseen on the wire: logs, misuse by the application's author, speed | "
        f"{kinds['unseen']} |",
        f"| survive though the wire shows them | {kinds['missing'] + kinds['unexplained']} |",
        "",
        f"Of the {visible} that change what the wire shows, {killed / max(visible, 1):.1%} "
        "are killed.",
        "",
        "## Survivors",
        "",
        "| where | change | kind | why |",
        "|---|---|---|---|",
    ]
    for mutant, explanation in sorted(
        said.items(), key=lambda item: (item[0].module, item[0].line)
    ):
        kind, why = ("unexplained", "") if explanation is None else (
            explanation.kind, explanation.why
        )  # fmt: skip
        change = f"`{_cell(mutant.before)}` → `{_cell(mutant.after)}`"
        lines.append(f"| {mutant.module}:{mutant.line} | {change} | {kind} | {_cell(why)} |")
    killers = Counter(one.killed_by.partition("/")[0] for one in fates if one.killed_by)
    lines += ["", "## What killed", "", "| category | mutants |", "|---|---|"]
    lines += [f"| {category} | {count} |" for category, count in killers.most_common()]
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


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
        "--again", action="store_true", help="run those that survived so far once more"
    )
    options = parser.parse_args(arguments)
    record: Path = options.record
    record.parent.mkdir(parents=True, exist_ok=True)
    if options.again:
        kept = [one for one in read(record) if one.killed_by is not None]
        record.write_text("".join(json.dumps(asdict(one)) + "\n" for one in kept))
    mutants = sample(ROOT / SUBJECT, options.sample, options.seed)
    fates = asyncio.run(run(mutants, options.jobs, record))
    explained = explanations()
    document = text(fates, explained, options.seed)
    (options.folder / "mutation.md").write_text(document, encoding="utf-8")
    open_ones = [
        one.mutant
        for one in fates
        if one.killed_by is None
        and (
            (reason := explained.get((one.mutant.module, one.mutant.before, one.mutant.after)))
            is None
            or reason.kind == "missing"
        )
    ]
    for mutant in open_ones:
        sys.stderr.write(f"{mutant.module}:{mutant.line}: {mutant.before} -> {mutant.after}\n")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
