"""Lifecycle hooks: their order, and what happens when they fail."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from reference.application import Application
from reference.types import CleanupContext, Hook


def hook(name: str, log: list[str], error: BaseException | None = None) -> Hook:
    async def run(app: Application) -> None:
        log.append(name)
        if error is not None:
            raise error

    return run


def context(
    name: str,
    log: list[str],
    entering: BaseException | None = None,
    leaving: BaseException | None = None,
) -> CleanupContext:
    async def run(app: Application) -> AsyncIterator[None]:
        log.append(f"{name}>")
        if entering is not None:
            raise entering
        yield
        log.append(f"<{name}")
        if leaving is not None:
            raise leaving

    return run


def app_with_two_of_each(log: list[str]) -> Application:
    app = Application()
    for phase in ("startup", "shutdown", "cleanup"):
        hooks: list[Hook] = getattr(app, f"on_{phase}")
        hooks += [hook(f"{phase}{number}", log) for number in (1, 2)]
    app.cleanup_ctx += [context("c1", log), context("c2", log)]
    return app


async def test_order_of_a_whole_life() -> None:
    log: list[str] = []
    app = app_with_two_of_each(log)
    await app.startup()
    assert log == ["c1>", "c2>", "startup1", "startup2"]
    log.clear()
    await app.shutdown()
    assert log == ["shutdown1", "shutdown2"]
    log.clear()
    await app.cleanup()
    assert log == ["cleanup1", "cleanup2", "<c2", "<c1"]


async def test_hooks_run_one_after_another_and_are_given_the_application() -> None:
    app = Application()
    running: list[str] = []

    def slow(name: str) -> Hook:
        async def run(given: Application) -> None:
            assert given is app
            assert running == []
            running.append(name)
            await asyncio.sleep(0)  # a turn in which another hook would begin
            running.remove(name)

        return run

    app.on_startup += [slow("a"), slow("b")]
    app.on_shutdown += [slow("a"), slow("b")]
    app.on_cleanup += [slow("a"), slow("b")]
    await app.startup()
    await app.shutdown()
    await app.cleanup()
    assert running == []


async def test_startup_again_enters_the_contexts_again() -> None:
    log: list[str] = []
    app = Application()
    app.cleanup_ctx.append(context("c", log))
    for _ in range(2):
        await app.startup()
        await app.cleanup()
    assert log == ["c>", "<c"] * 2


async def test_routes_are_frozen_by_startup() -> None:
    app = Application()
    await app.startup()
    with pytest.raises(RuntimeError):
        app.router.add_get("/", lambda request: None)  # type: ignore[arg-type,return-value]


# --- a startup that fails -----------------------------------------------------------------------

UNWOUND = ["cleanup1", "cleanup2"]
FAILURES = [
    ("c1", ["c1>", *UNWOUND]),
    ("c2", ["c1>", "c2>", *UNWOUND, "<c1"]),
    ("startup1", ["c1>", "c2>", "startup1", *UNWOUND, "<c2", "<c1"]),
    ("startup2", ["c1>", "c2>", "startup1", "startup2", *UNWOUND, "<c2", "<c1"]),
]


def fail_at(app: Application, place: str, log: list[str], error: BaseException) -> None:
    position = int(place[-1]) - 1
    if place.startswith("c"):
        app.cleanup_ctx[position] = context(place, log, entering=error)
    else:
        app.on_startup[position] = hook(place, log, error)


@pytest.mark.parametrize(("place", "expected"), FAILURES)
@pytest.mark.parametrize("kind", [ValueError, SystemExit, asyncio.CancelledError])
async def test_failing_startup_unwinds_what_was_entered(
    place: str, expected: list[str], kind: type[BaseException]
) -> None:
    log: list[str] = []
    app = app_with_two_of_each(log)
    error = kind("boom")
    fail_at(app, place, log, error)
    with pytest.raises(kind) as caught:
        await app.startup()
    assert caught.value is error
    assert log == expected
    log.clear()
    await app.cleanup()  # nothing is left a second time twice
    assert log == UNWOUND


async def test_errors_while_unwinding_are_logged_and_stop_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log: list[str] = []
    app = Application()
    app.cleanup_ctx += [context("c1", log), context("c2", log, leaving=OSError("c2"))]
    app.on_startup.append(hook("s", log, ValueError("first")))
    app.on_cleanup += [hook("d1", log, KeyError("d1")), hook("d2", log)]
    with pytest.raises(ValueError, match="first"):
        await app.startup()
    assert log == ["c1>", "c2>", "s", "d1", "d2", "<c2", "<c1"]
    assert [repr(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        "KeyError('d1')",
        "OSError('c2')",
    ]
    assert {(record.name, record.levelno) for record in caplog.records} == {
        ("reference", logging.ERROR)
    }


async def test_context_that_does_not_yield_fails_the_startup() -> None:
    async def empty(app: Application) -> AsyncIterator[None]:
        for _ in ():
            yield

    log: list[str] = []
    app = Application()
    app.cleanup_ctx += [context("c", log), empty]
    with pytest.raises(RuntimeError, match=r"empty.* did not yield"):
        await app.startup()
    assert log == ["c>", "<c"]


async def test_plain_function_as_hook_fails_the_startup() -> None:
    app = Application()
    app.on_startup.append(lambda app: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError):
        await app.startup()


# --- teardowns that fail ------------------------------------------------------------------------

Teardown = tuple[Callable[[Application], list[Hook]], Callable[[Application], Awaitable[None]], str]
TEARDOWNS: list[Teardown] = [
    (lambda app: app.on_shutdown, Application.shutdown, "shutdown"),
    (lambda app: app.on_cleanup, Application.cleanup, "cleanup"),
]


@pytest.mark.parametrize(("hooks", "run", "phase"), TEARDOWNS)
@pytest.mark.parametrize("failing", [*itertools.product([False, True], repeat=3)])
async def test_failing_hook_does_not_stop_the_next(
    hooks: Any, run: Any, phase: str, failing: tuple[bool, ...]
) -> None:
    log: list[str] = []
    app = Application()
    errors = [ValueError(str(number)) if fails else None for number, fails in enumerate(failing)]
    hooks(app).extend(hook(str(number), log, error) for number, error in enumerate(errors))
    expected = [error for error in errors if error is not None]
    if not expected:
        await run(app)
    elif len(expected) == 1:
        with pytest.raises(ValueError, match=str(expected[0])):
            await run(app)
    else:
        with pytest.raises(
            ExceptionGroup, match=f"^{len(expected)} hooks failed in {phase}"
        ) as group:
            await run(app)
        assert list(group.value.exceptions) == expected
    assert log == ["0", "1", "2"]


async def test_failing_cleanup_hook_and_contexts_are_raised_together() -> None:
    log: list[str] = []
    app = Application()
    inner, outer, mine = OSError("inner"), ValueError("outer"), KeyError("hook")
    app.cleanup_ctx += [context("o", log, leaving=outer), context("i", log, leaving=inner)]
    app.on_cleanup.append(hook("d", log, mine))
    await app.startup()
    with pytest.raises(ExceptionGroup) as caught:
        await app.cleanup()
    assert log == ["o>", "i>", "d", "<i", "<o"]
    assert caught.value.exceptions == (mine, inner, outer)


async def test_context_that_yields_twice_is_an_error_and_closed() -> None:
    log: list[str] = []

    async def twice(app: Application) -> AsyncIterator[None]:
        try:
            yield
            yield
        finally:
            log.append("closed")

    app = Application()
    app.cleanup_ctx += [context("c", log), twice]
    await app.startup()
    with pytest.raises(RuntimeError, match=r"twice.* yielded more than once"):
        await app.cleanup()
    assert log == ["c>", "closed", "<c"]


class Endless:
    """An async iterator that is no generator, and so has nothing to close."""

    def __aiter__(self) -> Endless:
        return self

    async def __anext__(self) -> None:
        return None


async def test_context_may_be_any_async_iterator() -> None:
    app = Application()
    app.cleanup_ctx.append(lambda app: Endless())
    await app.startup()
    with pytest.raises(RuntimeError, match="yielded more than once"):
        await app.cleanup()


@pytest.mark.parametrize(("hooks", "run", "phase"), TEARDOWNS)
async def test_hook_that_awaits_a_task_it_cancelled_does_not_stop_the_next(
    hooks: Any, run: Any, phase: str
) -> None:
    log: list[str] = []

    async def careless(app: Application) -> None:
        task = asyncio.ensure_future(asyncio.Event().wait())
        await asyncio.sleep(0)
        task.cancel()
        await task

    app = Application()
    hooks(app).extend([careless, hook("next", log)])
    with pytest.raises(RuntimeError, match="was cancelled") as caught:
        await run(app)
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert log == ["next"]


@pytest.mark.parametrize(("hooks", "run", "phase"), TEARDOWNS)
async def test_cancelling_the_teardown_itself_ends_it(hooks: Any, run: Any, phase: str) -> None:
    log: list[str] = []
    entered = asyncio.Event()

    async def stuck(app: Application) -> None:
        entered.set()
        await asyncio.Event().wait()

    app = Application()
    hooks(app).extend([stuck, hook("next", log)])
    task = asyncio.ensure_future(run(app))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == []
