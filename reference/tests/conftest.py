"""On which event loops a test runs: on asyncio's, or on those that its `asyncio` mark names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

_LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
try:
    import uvloop
except ImportError:
    pass
else:
    _LOOPS["uvloop"] = uvloop.new_event_loop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    mark = item.get_closest_marker("asyncio")
    if mark is not None and "loop_factories" in mark.kwargs:
        return _LOOPS
    return {"asyncio": asyncio.new_event_loop}
