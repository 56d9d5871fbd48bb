"""Explores one subject: draws trials of each property until one fails or the profile is through.

Owns a run of generated tests, without pytest and without a terminal: what was drawn is counted, the
smallest failure of each property is kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import Phase, Verbosity, seed, settings
from hypothesis.database import ExampleDatabase
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test

from .case import Case
from .drawing import Drawn, draw
from .ground import Ground
from .harm import harm
from .machine import Misbehaved, machine_for
from .profiles import Keyed, settings_of
from .properties import PROPERTIES, Failure, NotExpressible, Property, Trial
from .reduce import reduced
from .session import Breach, Step
from .stage import Stage
from .wire import attacks

Progress = Callable[["Tally"], None]

SCRIPTED = {
    "connections": "Whatever a client does on its connections, its answers are its own",
    "malformed": "Malformed octets are refused, and what follows them is no request",
    "malformed-pipelined": "Malformed octets do no harm to requests in front of them",
}
"""Properties of what goes over connections to one application; those in PROPERTIES are of many."""

NAMES = (*PROPERTIES, *SCRIPTED)

STEPS = 15
"""The most that the state machine does with one application."""

AT_ONCE = 10
"""So many trials are drawn in one go. Behind its first ten Hypothesis tries five variations of each
trial that it draws, which for whole applications say the same once more: of 200 trials only 80 had
another application, and three requests of four had been made before."""


@dataclass
class Tally:
    """What was done for one property.

    trials       played, those while a failure was made smaller included
    apps, requests   served and sent by the subject
    duration_s   seconds
    left_out     what was not drawn, by the dialect's option or the thing that cannot be expressed
    drawn        a digest of all that was drawn: with the same seed it is the same
    failure      the smallest one that was seen
    is_flaky     it was seen, and could not be seen again
    is_over      nothing more is drawn
    """

    name: str
    trials: int = 0
    apps: int = 0
    requests: int = 0
    duration_s: float = 0.0
    left_out: dict[str, int] = field(default_factory=dict)
    drawn: str = ""
    failure: Failure | Breach | None = None
    is_flaky: bool = False
    is_over: bool = False


@dataclass(frozen=True)
class Plan:
    """How a run is made: its profile, its seed, and where examples are kept.

    examples   how many trials of each property are drawn; None for what the profile says
    repeats    the seed was asked for: what the database holds is not drawn first
    """

    profile: str = "ci"
    seed: int = 0
    database: ExampleDatabase | None = None
    subject: str = ""
    examples: int | None = None
    repeats: bool = False

    def settings_for(self, name: str) -> settings:
        database = None if self.database is None else Keyed(self.database, self.subject, name)
        given = settings_of(self.profile, database, shrinks=name in SCRIPTED)
        phases = tuple(one for one in given.phases if one is not Phase.reuse or not self.repeats)
        examples = self.examples or given.max_examples
        return settings(given, max_examples=examples, phases=phases, verbosity=Verbosity.quiet)


class Explorer:
    """The subject is the first on the stage, the reference the second."""

    def __init__(self, stage: Stage, plan: Plan, progress: Progress | None = None) -> None:
        self.stage = stage
        self.plan = plan
        self.tallies: list[Tally] = []
        self._progress = progress or (lambda tally: None)
        self._drawn = hashlib.sha256()
        self._began = (0, 0, 0.0)

    def explore(self, name: str) -> Tally:
        """Draw trials of a property. Raises AdapterError, and KeyboardInterrupt when it comes; the
        tally is in `tallies` all the same."""
        tally = Tally(name)
        self.tallies.append(tally)
        self._drawn = hashlib.sha256()
        subject = self.stage.players[0]
        self._began = subject.apps, subject.requests, time.monotonic()
        try:
            if name == "connections":
                self._drive_machine(tally)
            elif name in SCRIPTED:
                self._attack(tally, alone=name == "malformed")
            else:
                self._try(PROPERTIES[name], tally)
        finally:
            tally.drawn = self._drawn.hexdigest()[:16]
            self._tell(tally)
        tally.is_over = True
        self._progress(tally)
        return tally

    def _tell(self, tally: Tally) -> None:
        """Count what the subject has served for a property, and show it."""
        apps, requests, began_s = self._began
        subject = self.stage.players[0]
        tally.apps, tally.requests = subject.apps - apps, subject.requests - requests
        tally.duration_s = time.monotonic() - began_s
        self._progress(tally)

    # -- Cases -----------------------------------------------------------------------------------

    def _try(self, kind: Property, tally: Tally) -> None:
        own, reference = (hello.dialect for hello in self.stage.hellos)
        ground = Ground(own, reference if kind.against_reference else own)

        def play(trial: Trial) -> Failure | None:
            tally.trials += 1
            self._tell(tally)
            try:
                return kind.failure(self.stage, trial)
            except NotExpressible as exc:
                ground.left_out[str(exc)] += 1
                return None

        def fails(trial: Trial) -> bool:
            other = None if trial.variant is None else trial.variant.to_json()
            self._note([trial.case.to_json(), other])
            failure = play(trial)
            tally.failure = failure or tally.failure
            return failure is not None

        try:
            ended = draw(
                kind.trials(ground), self.plan.settings_for(kind.name), self.plan.seed, fails
            )
            tally.is_flaky = ended is Drawn.FLAKY
        finally:
            tally.left_out = dict(ground.left_out.most_common())
        if isinstance(tally.failure, Failure):
            self._reduce(ground, tally, tally.failure, play)

    def _reduce(
        self,
        ground: Ground,
        tally: Tally,
        found: Failure,
        play: Callable[[Trial], Failure | None],
    ) -> None:
        """Leave out what can go while something of the same aspects fails."""
        aspects = {one.aspect for one in found.differences}

        def still_fails(case: Case, variant: Case | None) -> bool:
            if not ground.has_case(case):
                return False
            failure = play(Trial(case, variant))
            if failure is None or not aspects & {one.aspect for one in failure.differences}:
                return False
            tally.failure = failure
            return True

        reduced(found.trial.case, found.trial.variant, still_fails)

    # -- Scripts ---------------------------------------------------------------------------------

    def _drive_machine(self, tally: Tally) -> None:
        def played(steps: Sequence[Step]) -> None:
            tally.trials += 1
            self._note([list(step) for step in steps])
            self._tell(tally)

        machine = machine_for(self.stage, played=played)
        seed(self.plan.seed)(machine)
        try:
            given = self.plan.settings_for(tally.name)
            run_state_machine_as_test(machine, settings=settings(given, stateful_step_count=STEPS))
        except Misbehaved as exc:
            tally.failure = exc.breach  # the last one that was played, the smallest
        except FlakyFailure as exc:
            tally.failure = _breach_in(exc)
            tally.is_flaky = True

    def _attack(self, tally: Tally, *, alone: bool) -> None:
        def fails(attack: Any) -> bool:
            tally.trials += 1
            self._tell(tally)
            self._note(attack.steps())
            breach = harm(self.stage, attack)
            tally.failure = breach or tally.failure
            return breach is not None

        how = self.plan.settings_for(tally.name)
        ended = draw(attacks(alone=alone), how, self.plan.seed, fails)
        tally.is_flaky = ended is Drawn.FLAKY

    def _note(self, data: Any) -> None:
        """Take what was drawn into the digest of this run."""
        self._drawn.update(json.dumps(data, sort_keys=True).encode())


def _breach_in(error: BaseException) -> Breach | None:
    """What was seen once, in the group that Hypothesis makes when it is not seen again."""
    if isinstance(error, Misbehaved):
        return error.breach
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((found for one in inner if (found := _breach_in(one)) is not None), None)
