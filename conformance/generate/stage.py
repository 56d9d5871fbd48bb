"""The stage: the subjects of a run, for code that is not asynchronous, as Hypothesis's is not.

Owns the event loop in which they are played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, TypeVar

from ..crowd import allow_many_files
from ..driver import Command, Deadlines, Hello
from ..guard import Guard
from .case import Case
from .observed import Observed
from .player import Player

T = TypeVar("T")


class Stage:
    """Subjects that play the same cases, at the same time. To be used with `with`."""

    def __init__(self, commands: Sequence[Command], deadlines: Deadlines | None = None) -> None:
        self._guard = Guard()
        self._runner = asyncio.Runner()
        self.players = [Player(command, self._guard, deadlines) for command in commands]

    def __enter__(self) -> Stage:
        allow_many_files()  # a subject has the limit of the one that starts it
        try:
            self._runner.run(self._open())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    @property
    def hellos(self) -> list[Hello]:
        return [player.hello for player in self.players]

    def play(self, case: Case) -> list[Observed]:
        """What each subject does with a case. Raises AdapterError."""
        return self._runner.run(self._play(self.players, case))

    def play_each(self, cases: Sequence[Case]) -> list[Observed]:
        """What the first subject does with each of the cases, one behind the other."""
        return self._runner.run(self._play_each(cases))

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns that speaks to the subjects otherwise than in cases."""
        return self._runner.run(doing)

    async def _open(self) -> None:
        await asyncio.gather(*(player.open() for player in self.players))

    @staticmethod
    async def _play(players: Sequence[Player], case: Case) -> list[Observed]:
        return await asyncio.gather(*(player.play(case) for player in players))

    async def _play_each(self, cases: Sequence[Case]) -> list[Observed]:
        return [await self.players[0].play(case) for case in cases]

    def _close(self) -> None:
        try:
            self._runner.run(self._close_all())
        finally:
            self._runner.close()

    async def _close_all(self) -> None:
        await asyncio.gather(*(player.close() for player in self.players))
        self._guard.close()
