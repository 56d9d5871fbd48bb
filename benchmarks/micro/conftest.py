"""How the micro benchmarks are measured, where a benchmark does not say so itself."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent

SETTINGS: dict[str, object] = {
    "timer": time.thread_time,  # what else the machine does is none of it
    # What is measured makes little garbage that is cyclic; whose turn it is to have the rest of the
    # process collected is chance.
    "disable_gc": True,
    "warmup": True,  # the interpreter specialises code that has run a few times
    "warmup_iterations": 100,
    "min_rounds": 10,
    "max_time": 0.3,  # s
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == _HERE:
            own = item.get_closest_marker("benchmark")
            kwargs: dict[str, Any] = {**SETTINGS, **(own.kwargs if own is not None else {})}
            item.add_marker(pytest.mark.benchmark(**kwargs), append=False)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for what is fed from outside of it; whatever is left in it is an error."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()
