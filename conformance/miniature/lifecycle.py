"""The hooks of an application: in their order, one behind the other.

Owns what a hook that fails keeps from happening: nothing serves behind a startup hook that raised,
and nothing is left open behind one of the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .application import Application

Hook = Callable[["Application"], Awaitable[None]]

FEW_HOOKS = 8


class Lifecycle:
    """Hooks are called with the application."""

    def __init__(self, app: Application, faults: frozenset[str]) -> None:
        self.faults = faults
        self.on_startup: list[Hook] = []
        self.on_shutdown: list[Hook] = []
        self.on_cleanup: list[Hook] = []
        self._app = app
        self._has_started = False
        self._succeeded = 0

    async def start(self) -> None:
        """Raises what a startup hook raised; the cleanup hooks have run then."""
        if "answers-before-startup" in self.faults:
            return
        try:
            await self._run_startup()
        except BaseException as error:
            if "failed-startup-runs-shutdown" in self.faults and self._succeeded:
                await self._run_all(self.on_shutdown)
            if "unwinds-as-far-as-started" in self.faults:
                self.on_cleanup = self.on_cleanup[: self._succeeded]
            await self._run_all(self.on_cleanup)
            if "unwinds-twice" in self.faults:
                await self._run_all(self.on_cleanup)
            if not self._serves_after(error):
                raise
        if "shutdown-at-once" in self.faults:
            await self.shutdown()

    def _serves_after(self, error: BaseException) -> bool:
        if isinstance(error, asyncio.CancelledError):
            return "serves-after-cancelled-startup" in self.faults
        return "serves-after-failed-startup" in self.faults

    async def _run_startup(self) -> None:
        hooks = self._in_order(self.on_startup)
        if "startup-in-reverse" in self.faults:
            hooks = hooks[::-1]
        if "hooks-at-once" in self.faults:
            await asyncio.gather(*(hook(self._app) for hook in hooks))
            return
        if "runs-hooks-behind-failed-one" in self.faults:
            await self._run_all(hooks)
            return
        stored: dict[str, str] = {}
        for hook in hooks:
            try:
                await hook(self._app)
            except Exception:
                if "retries-failed-startup-hook" in self.faults:
                    await hook(self._app)
                raise
            self._succeeded += 1
            if "first-store-wins" in self.faults:
                self._app.state |= stored
                stored = dict(self._app.state)
            if "keeps-latest-state" in self.faults:
                for key in list(self._app.state)[:-1]:
                    del self._app.state[key]
        if "drops-state" in self.faults:
            self._app.state.clear()

    def _in_order(self, hooks: list[Hook]) -> list[Hook]:
        if "long-hook-lists-lose-order" in self.faults and len(hooks) > FEW_HOOKS:
            return hooks[1::2] + hooks[::2]
        return hooks

    async def shutdown(self) -> None:
        """Every hook, though one raises; raises what the first one raised when all have run."""
        if "forgets-state-at-shutdown" in self.faults:
            self._app.state.clear()
        if "no-shutdown-hooks" in self.faults:
            return
        if "cleanup-first" in self.faults:
            await self._run_all(self.on_cleanup)
        hooks = self._in_order(self.on_shutdown)
        if "shutdown-in-another-order" in self.faults:
            hooks = hooks[::-1]
        await self._run_all(hooks)
        if "shutdown-twice" in self.faults:
            await self._run_all(hooks)

    async def cleanup(self) -> None:
        """As `shutdown`."""
        if not {"no-cleanup-hooks", "cleanup-first"} & self.faults:
            await self._run_all(self.on_cleanup)

    async def _run_all(self, hooks: list[Hook]) -> None:
        if "hooks-at-once" in self.faults:
            await asyncio.gather(*(hook(self._app) for hook in hooks))
            return
        errors: list[Exception] = []
        task = asyncio.current_task()
        for hook in hooks:
            try:
                if errors and "hook-behind-failed-one-twice" in self.faults:
                    await hook(self._app)
                await hook(self._app)
            except asyncio.CancelledError:
                # Not this task but one that the hook had cancelled, and awaited.
                if "cancelled-hook-ends-hooks" in self.faults or (task and task.cancelling()):
                    raise
                errors.append(RuntimeError("a hook awaited what was cancelled"))
            except Exception as error:  # noqa: BLE001 kept, and raised below
                errors.append(error)
                if "failing-shutdown-hook-twice" in self.faults and hook in self.on_shutdown:
                    with suppress(Exception):
                        await hook(self._app)
                if "late-failure-skips-cleanup" in self.faults and hook in self.on_shutdown[1:2]:
                    self.on_cleanup.clear()
                if "failing-hook-ends-hooks" in self.faults:
                    break
        if errors:
            raise errors[0]

    async def answered(self, status: int) -> None:
        """A request that found its route has its response."""
        if status == 500 and "crash-runs-shutdown-hooks" in self.faults:
            await self._run_all(self.on_shutdown)
        if "answers-before-startup" in self.faults and not self._has_started:
            self._has_started = True
            await self._run_startup()
