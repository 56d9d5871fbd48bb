"""What a run of the fuzzer is to do, and what it gave.

Owns the two records, and what makes a run fail or vacuous. Runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..target import Wanted
from .crew import HANG_S
from .findings import Finding
from .tally import Tally
from .worker import Job

FEWEST_EXECUTIONS = 100
"""A run of fewer has shown nothing."""


@dataclass(frozen=True)
class Plan:
    """What is to be run.

    label      the subject as it is named, "" for none
    known      buckets that are none of this run's business
    hang_s     an input that takes longer is a finding
    shrink_s   how long findings are made smaller at the end
    opener     see `worker.Job`
    """

    wanted: Wanted
    label: str = ""
    engine: str = "grammar"
    seconds: float | None = 60.0
    executions: int | None = None
    seed: str = "0"
    jobs: int = 1
    known: frozenset[str] = frozenset()
    hang_s: float = HANG_S
    shrink_s: float = 10.0
    opener: str = ""

    def job(self) -> Job:
        return Job(self.wanted, self.opener)


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    elapsed_s  from the first input of the engine to the last
    met        the findings that were seen in this run, known ones included
    fixed      those of earlier runs that do no longer happen
    new        of `met`, those that no earlier run had
    stopped    somebody stopped it
    """

    plan: Plan
    tally: Tally
    elapsed_s: float
    met: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    new: frozenset[str]
    stopped: bool

    @property
    def vacuous(self) -> str:
        """Why it has shown nothing; "" when it has."""
        if self.tally.executions < FEWEST_EXECUTIONS:
            return f"fewer than {FEWEST_EXECUTIONS} inputs were tried"
        return "" if self.tally.accepted else "nothing was accepted of all that was tried"

    @property
    def counted(self) -> list[Finding]:
        """The findings that the run fails by."""
        return [one for one in self.met if one.bucket not in self.plan.known]

    @property
    def exit_status(self) -> int:
        """0 clean, 1 a finding, 3 vacuous."""
        if self.counted:
            return 1
        return 3 if self.vacuous else 0
