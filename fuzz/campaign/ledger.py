"""What becomes of the news of workers: findings, inputs that are kept, and what is said of them.

Owns which findings were met, which are fixed, and that each keeps the smallest input of this and
of earlier runs. Knows no process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.report.octets import printable

from .corpus import Corpus, ordered
from .crew import Lost
from .findings import FIXED, OPEN, Finding, Findings
from .live import Live
from .plan import Plan
from .tally import Tally
from .trials import Broken, News
from .worker import Answer

MOST_SAID = 20
"""Findings that are told of one by one while the run goes on."""


class Ledger:
    """The books of a run."""

    def __init__(self, plan: Plan, findings: Findings, corpus: Corpus, live: Live) -> None:
        self.tally = Tally()
        self._plan = plan
        self._findings = findings
        self._corpus = corpus
        self._live = live
        self._earlier = dict(findings.by_bucket)
        self._met: set[str] = set()
        self._fixed: set[str] = set()
        self._said = 0

    @property
    def earlier(self) -> Sequence[Finding]:
        """What was in the folder before this run."""
        return tuple(self._earlier.values())

    @property
    def met(self) -> tuple[Finding, ...]:
        found = self._findings.by_bucket
        return tuple(one for one in found.values() if one.bucket in self._met)

    @property
    def fixed(self) -> tuple[Finding, ...]:
        found = self._findings.by_bucket
        return tuple(found[bucket] for bucket in sorted(self._fixed - self._met))

    @property
    def fresh(self) -> frozenset[str]:
        """Buckets that no earlier run of the folder knew."""
        return frozenset(self._met - set(self._earlier))

    def enter(self, news: News) -> None:
        signatures, buckets = self.tally.add(news)
        for signature in signatures:
            self._corpus.keep(signature, self.tally.inputs[signature])
        self.keep([self.tally.broken[bucket] for bucket in buckets])

    def keep(self, broken: Sequence[Broken], *, whole: bool = False) -> None:
        """Write findings down, each with the smallest input of this run and earlier ones."""
        for one in broken:
            is_new = one.bucket not in self._met
            self._met.add(one.bucket)
            before = self._findings.by_bucket.get(one.bucket)
            if before is None:
                finding = self._finding(one)
            elif ordered([one.data, before.broken.data])[0] != before.broken.data:
                finding = replace(before, broken=replace(one, at=before.broken.at), whole=False)
            else:
                finding = before
            if whole and finding.broken.data == one.data:
                finding = replace(finding, whole=True)
            self._findings.put(replace(finding, status=OPEN))
            if is_new and one.bucket not in self._plan.known and before is None:
                self._say_found(one)
        if broken:
            self._findings.write_lines()

    def _say_found(self, broken: Broken) -> None:
        self._said += 1
        if self._said <= MOST_SAID:
            self._live.say(printable(f"found {broken.bucket}: {broken.text or broken.kind}"))
        elif self._said == MOST_SAID + 1:
            self._live.say("found more; the summary has all")

    def _finding(self, broken: Broken) -> Finding:
        plan = self._plan
        return Finding(
            broken,
            plan.wanted.target,
            plan.label,
            plan.wanted.plant or "",
            plan.engine,
            plan.seed,
            hits=0,
        )

    def answered(self, told: Answer) -> None:
        """An earlier finding was tried again, or one of those a worker may have been lost by."""
        buckets = {one.bucket for one in told.broken}
        for one in told.broken:
            self.tally.breaks(one)
            self.tally.hits[one.bucket] += 1
        self.keep(told.broken)
        for finding in self._earlier.values():
            if finding.broken.data == told.data and finding.bucket not in buckets:
                self._fixed.add(finding.bucket)

    def blame(self, lost: Lost, data: bytes, more: str) -> None:
        broken = lost.broken(data, more, self.tally.executions)
        self.tally.breaks(broken)
        self.tally.hits[broken.bucket] += 1
        self.keep([broken])

    def settle(self) -> None:
        """Hits and states, when all is known."""
        for bucket, finding in list(self._findings.by_bucket.items()):
            hits = finding.hits + self.tally.hits[bucket]
            status = FIXED if bucket in self._fixed - self._met else finding.status
            self._findings.update(replace(finding, hits=hits, status=status))
        if self._findings.by_bucket:
            self._findings.write_lines()
