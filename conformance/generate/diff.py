"""The distinct ways in which two subjects differ, each with its smallest application and request.

Owns buckets: what makes two differences the same one, and the search that goes on behind each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import Verbosity, settings

from ..spec import App, Catch, RaiseHttp, ReplaceResponse, Respond, ShortCircuit
from .case import Case
from .compare import Difference
from .drawing import Drawn, draw
from .ground import Ground
from .observed import Observed
from .profiles import settings_of
from .properties import Failure, NotExpressible, Property, Trial
from .reduce import reduced
from .stage import Stage
from .traits import traits, traits_behind

_LOST = ("outcome", "answers nobody asked for")


@dataclass(frozen=True)
class Kind:
    """What differs: the aspect, with what each did where that is a word, and what is special about
    the smallest request that shows it. What has all that and more is of the same kind."""

    aspect: str
    left: str
    right: str
    traits: frozenset[str]

    def holds(self, other: Kind) -> bool:
        """Whether the other one is of this kind."""
        return (self.aspect, self.left, self.right) == (
            other.aspect, other.left, other.right
        ) and self.traits <= other.traits  # fmt: skip

    def __str__(self) -> str:
        values = f" {self.left} / {self.right}" if self.left or self.right else ""
        special = ", ".join(sorted(self.traits))
        return f"{self.aspect}{values}" + (f" ({special})" if special else "")


def kind_of(failure: Failure, difference: Difference) -> Kind:
    """The kind of one difference of a failure. Whose handler runs says more than what that does
    then, so it comes first."""
    case, id = failure.trial.case, difference.request
    special = traits(case, id)
    if difference.aspect == "outcome" and id is not None and not id.endswith(".0"):
        # An answer that cannot be read is the fault of what was answered in front of it.
        left, right = (_without_status(one) for one in (difference.left, difference.right))
        return Kind("outcome", left, right, traits_behind(case, id))
    if difference.request is not None:
        left, right = (
            _handler(observed, difference.request) for observed in (failure.left, failure.right)
        )
        if left != right:
            runs = {"": "none"}
            other = "another" if left and right else "runs"
            special = frozenset(one for one in special if not one.startswith("handler "))
            return Kind("handler", runs.get(left, "runs"), runs.get(right, other), special)
    left, right = difference.left, difference.right
    if difference.aspect == "status":
        given = _given_statuses(case.app)
        left, right = ("as given" if one in given else one for one in (left, right))
    elif difference.aspect != "outcome":
        left = right = ""
    return Kind(difference.aspect, left, right, special)


def _given_statuses(app: App) -> set[str]:
    """Those that the application says itself: one of them is as good as another."""
    found = set()
    for action in app.actions():
        match action:
            case ShortCircuit(respond) | ReplaceResponse(respond) | Catch(respond):
                found.add(str(respond.status))
            case Respond(status) | RaiseHttp(status):
                found.add(str(status))
    return found


def _without_status(outcome: str) -> str:
    return outcome.partition(" with ")[0]


def _handler(observed: Observed, id: str) -> str:
    """The route whose handler was entered for a request; "" for none."""
    entered = [one for one in observed.replies[id].events if one.startswith("enter r")]
    return entered[0] if entered else ""


def kinds(failure: Failure) -> list[Kind]:
    """Of the first difference of each request, which explains the others. Behind an answer that
    could not be read, nothing on its connection means anything."""
    first: dict[str | None, Difference] = {}
    lost: set[str] = set()
    for difference in failure.differences:
        connection = (difference.request or "").partition(".")[0]
        if connection not in lost:
            first.setdefault(difference.request, difference)
        if difference.aspect in _LOST:
            lost.add(connection)
    return [kind_of(failure, one) for one in first.values()]


@dataclass
class Bucket:
    """One way to differ, and the smallest trial that shows it. `trials` counts those that did while
    others were looked for."""

    kind: Kind
    property: str
    failure: Failure
    trials: int = 0


@dataclass
class Found:
    """What a search has found so far. `is_through` tells that nothing new came in a whole round."""

    buckets: list[Bucket] = field(default_factory=list)
    trials: int = 0
    apps: int = 0
    requests: int = 0
    duration_s: float = 0.0
    left_out: dict[str, int] = field(default_factory=dict)
    is_through: bool = False

    def new(self, failure: Failure) -> list[Kind]:
        """The kinds in a failure that are in no bucket yet."""
        return [
            kind
            for kind in kinds(failure)
            if not any(bucket.kind.holds(kind) for bucket in self.buckets)
        ]

    def merge(self) -> None:
        """Leave out what was found before a plainer one of its kind was."""
        self.buckets = [
            one
            for one in self.buckets
            if not any(other is not one and other.kind.holds(one.kind) for other in self.buckets)
        ]

    def count(self, failure: Failure) -> None:
        found = kinds(failure)
        for bucket in self.buckets:
            bucket.trials += any(bucket.kind.holds(kind) for kind in found)


class Search:
    """Looks for buckets until a round finds nothing new. The subject on the right is the first on
    the stage, the other the second."""

    def __init__(
        self,
        stage: Stage,
        properties: Sequence[Property],
        *,
        profile: str,
        seed: int,
        progress: Callable[[Found], None] | None = None,
    ) -> None:
        self.found = Found()
        self._stage = stage
        self._properties = properties
        self._profile = profile
        self._seed = seed
        self._progress = progress or (lambda found: None)
        right, left = (hello.dialect for hello in stage.hellos)
        self._ground = Ground(left, right)
        self._started_s = time.monotonic()

    def run(self) -> Found:
        """Raises AdapterError, and KeyboardInterrupt when it comes; `found` has what there is."""
        for kind in self._properties:
            while self._round(kind):
                self._seed += 1
        self.found.is_through = True
        self.found.merge()
        return self.found

    def _round(self, kind: Property) -> bool:
        """Draw until there is something new, make it smaller, keep it; False when nothing is."""
        smallest: list[Failure] = []

        def is_new(trial: Trial) -> bool:
            failure = self._play(kind, trial, counts=not smallest)
            if failure is None or not self.found.new(failure):
                return False
            smallest.append(failure)
            return True

        how = settings(settings_of(self._profile, None), verbosity=Verbosity.quiet)
        if draw(kind.trials(self._ground), how, self._seed, is_new) is Drawn.PASSED:
            return False
        self._keep(kind, smallest[-1])
        return True

    def _keep(self, kind: Property, failure: Failure) -> None:
        """Make a bucket of the smallest trial with the first new difference of this one."""
        wanted = self.found.new(failure)[0]
        bucket = Bucket(wanted, kind.name, failure, trials=1)

        def still_new(case: Case, variant: Case | None) -> bool:
            if not self._ground.has_case(case):
                return False
            smaller = self._play(kind, Trial(case, variant), counts=False)
            for new in () if smaller is None else self.found.new(smaller):
                if replace(new, traits=wanted.traits) == wanted:
                    assert smaller is not None
                    bucket.kind, bucket.failure = new, smaller
                    return True
            return False

        try:
            reduced(failure.trial.case, failure.trial.variant, still_new)
        finally:
            self.found.buckets.append(bucket)
            self._progress(self.found)

    def _play(self, kind: Property, trial: Trial, *, counts: bool) -> Failure | None:
        found = self.found
        subject = self._stage.players[0]
        try:
            failure = kind.failure(self._stage, trial)
        except NotExpressible as exc:
            self._ground.left_out[str(exc)] += 1
            return None
        finally:
            found.apps, found.requests = subject.apps, subject.requests
            found.duration_s = time.monotonic() - self._started_s
            found.left_out = dict(self._ground.left_out.most_common())
        if counts:
            found.trials += 1
            if failure is not None:
                found.count(failure)
            self._progress(found)
        return failure
