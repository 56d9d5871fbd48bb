"""docs/mutation.md: how many mutants the checks kill, and why the others live.

Owns the explanations, which are committed in explanations.toml beside this file.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from .run import Fate
from .sample import Mutant

EXPLANATIONS = Path(__file__).with_name("explanations.toml")
KINDS = ("equivalent", "unseen", "unused", "missing")


@dataclass(frozen=True)
class Explanation:
    """Why a mutant survives.

    kind   "equivalent" to the original; "unseen" on the wire: logs, speed, misuse by the author of
           an application; "unused": a part of the API that no application of the suite has;
           "missing": a check
    """

    kind: str
    why: str


Explanations: TypeAlias = Mapping[tuple[str, str, str], Explanation]
"""By module and changed lines, without and with the change."""


def explanations(path: Path = EXPLANATIONS) -> Explanations:
    """What is committed. Raises ValueError for an unknown kind."""
    found = {}
    for one in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", ()):
        if one["kind"] not in KINDS:
            raise ValueError(f"{path.name}: a survivor is one of {', '.join(KINDS)}: {one}")
        found[one["module"], one["before"], one["after"]] = Explanation(one["kind"], one["why"])
    return found


def explanation_of(mutant: Mutant, explained: Explanations) -> Explanation | None:
    return explained.get((mutant.module, mutant.before, mutant.after))


def open_ones(fates: Sequence[Fate], explained: Explanations) -> list[Mutant]:
    """The survivors that nobody has explained, and those that a check is missing for."""
    survivors = [one.mutant for one in fates if one.killed_by is None]
    said = {one: explanation_of(one, explained) for one in survivors}
    return [one for one, reason in said.items() if reason is None or reason.kind == "missing"]


def text(
    fates: Sequence[Fate],
    explained: Explanations,
    seed: int,
) -> str:
    """docs/mutation.md."""
    survivors = [one.mutant for one in fates if one.killed_by is None]
    said = {one: explanation_of(one, explained) for one in survivors}
    kinds = Counter("unexplained" if one is None else one.kind for one in said.values())
    killed = len(fates) - len(survivors)
    visible = killed + kinds["missing"] + kinds["unexplained"]
    lines = [
        "# Mutants of the reference, and what the suite sees of them",
        "",
        f"{len(fates)} mutants of `reference/`, made by Cosmic Ray and drawn at random (seed "
        f"{seed}),",
        "each served by the reference's adapter and judged by the checks alone, up to the first",
        "that fails. A failure counts when it comes again on a process of its own. Checks that",
        "measure memory and cost take no part.",
        "",
        f"    python -m conformance.mutants docs --sample {len(fates)} --seed {seed}",
        "",
        "| mutants | |",
        "|---|---|",
        f"| killed | {killed} |",
        f"| equivalent to the original | {kinds['equivalent']} |",
        "| unseen on the wire: logs, speed, misuse by the application's author | "
        f"{kinds['unseen']} |",
        f"| in parts of the API that no application of the suite has | {kinds['unused']} |",
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
