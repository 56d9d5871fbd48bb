"""What a run gave: the subject, a result for each check, totals, the exit status; runs compared.

Owns the records that reports are made of. They hold of each check what reports say of it, so they
need no catalogue; `report.document` is their JSON. Runs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .check import Check, Level, Source
from .judge import Outcome, Verdict
from .report import by_hand, words
from .seen import Seen
from .spec import App

# -- What a run gave ------------------------------------------------------------------------------


@dataclass(frozen=True)
class SubjectInfo:
    """What was judged. `label` is how it was named behind `trueline run`, quoted for a shell
    (`aiohttp`, `--url http://127.0.0.1:8080`, `-- node adapter.mjs`); `command` is the adapter's.
    """

    label: str
    name: str
    version: str = ""
    language: str = ""
    runtime: str = ""
    homepage: str = ""
    dialect: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """`aiohttp 3.13.2`"""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True)
class CheckRecord:
    """What reports say of a check, in words where the check has objects: a document outlives the
    vocabulary that its checks were written in. `app` is None where a server was judged that was
    running already; `by_hand` are shell commands that do what the check does."""

    id: str
    title: str
    level: Level
    source: Source
    app: App | None = None
    does: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def category(self) -> str:
        return self.id.partition("/")[0]

    @classmethod
    def of(cls, check: Check, authority: str | None = None) -> CheckRecord:
        """`authority` is that of a server which was running already (`--url`)."""
        return cls(
            id=check.id,
            title=check.title,
            level=check.level,
            source=check.source,
            app=check.app if authority is None else None,
            does=(
                *(f"while it starts, {words.step(one)}" for one in check.starting),
                *(words.step(one) for one in check.steps),
            ),
            expects=tuple(words.expectation(one) for one in check.expect),
            by_hand=tuple(by_hand.commands(check.steps, authority or by_hand.AUTHORITY)),
            faults=tuple(check.faults),
        )


@dataclass(frozen=True)
class Result:
    """The verdict on one check, with what was seen of it."""

    check: CheckRecord
    seen: Seen
    verdict: Verdict
    duration_s: float = 0.0

    @classmethod
    def of(
        cls,
        check: Check,
        seen: Seen,
        verdict: Verdict,
        duration_s: float = 0.0,
        authority: str | None = None,
    ) -> Result:
        return cls(CheckRecord.of(check, authority), seen, verdict, duration_s)

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome


@dataclass(frozen=True)
class Run:
    """One subject, judged. `started` is ISO 8601 with its offset from UTC; `notes` are sentences
    for the reader: a restart, a subject that died, what the run was narrowed to."""

    subject: SubjectInfo
    results: tuple[Result, ...]
    started: str
    duration_s: float
    notes: tuple[str, ...] = ()

    def totals(self) -> Counter[Outcome]:
        return Counter(result.outcome for result in self.results)

    def totals_by_category(self) -> dict[str, Counter[Outcome]]:
        """In the order in which the categories first occur."""
        totals: dict[str, Counter[Outcome]] = {}
        for result in self.results:
            totals.setdefault(result.check.category, Counter())[result.outcome] += 1
        return totals

    @property
    def exit_status(self) -> int:
        """0 conforms, 1 does not, 2 there is an error of the adapter or the harness."""
        if any(result.outcome is Outcome.ERROR for result in self.results):
            return 2
        return int(any(result.outcome.fails_the_run for result in self.results))


# -- Several runs beside each other ---------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One check, with its result in each run; None where it was not run."""

    check: CheckRecord
    results: tuple[Result | None, ...]

    @property
    def differs(self) -> bool:
        return len({result and result.outcome for result in self.results}) > 1


@dataclass(frozen=True)
class Matrix:
    """Checks by subjects. `titles` name the runs, each by a name of its own."""

    runs: tuple[Run, ...]
    titles: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def categories(self) -> list[str]:
        return list(dict.fromkeys(row.check.category for row in self.rows))


def compare(runs: Sequence[Run]) -> Matrix:
    """The runs beside each other. Checks come in the order of the first run; one that only a
    later run has stands behind the others of its category."""
    found: list[dict[str, Result]] = [
        {result.check.id: result for result in run.results} for run in runs
    ]
    records: dict[str, dict[str, CheckRecord]] = {}
    for run in runs:
        for result in run.results:
            records.setdefault(result.check.category, {}).setdefault(result.check.id, result.check)
    rows = tuple(
        Row(check, tuple(results.get(check.id) for results in found))
        for category in records.values()
        for check in category.values()
    )
    return Matrix(tuple(runs), _titles([run.subject for run in runs]), rows)


def _titles(subjects: Sequence[SubjectInfo]) -> tuple[str, ...]:
    """The name, with its version where two have one name, and a number where that is no help."""
    names = Counter(subject.name for subject in subjects)
    full = Counter(subject.title for subject in subjects)
    titles = []
    for number, subject in enumerate(subjects, 1):
        if names[subject.name] == 1:
            titles.append(subject.name)
        elif full[subject.title] == 1:
            titles.append(subject.title)
        else:
            titles.append(f"{subject.title} ({number})")
    return tuple(titles)
