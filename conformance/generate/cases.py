"""Strategies for cases: an application with its connections, on the ground that is shared."""

from __future__ import annotations

from hypothesis import strategies as st

from .apps import apps, lifecycles, now_and_then
from .case import Case, Request, Talk
from .ground import Ground
from .requests import CUTS, SKETCHES, Sketch

_SKETCH_LISTS = st.lists(SKETCHES, min_size=1, max_size=12)


@st.composite
def _talk_sketches(draw: st.DrawFn) -> tuple[list[Sketch], bool, tuple[int, ...]]:
    sketches = draw(_SKETCH_LISTS)
    return sketches, draw(now_and_then), draw(CUTS) if draw(now_and_then) else ()


_TALK_SKETCHES = _talk_sketches()
_TALK_LISTS = st.lists(_TALK_SKETCHES, min_size=1, max_size=4)


@st.composite
def cases(draw: st.DrawFn, ground: Ground | None = None) -> Case:
    """An application and up to three connections to it, used in turns."""
    ground = ground or Ground()
    app = draw(apps(ground))
    found = []
    for sketches, is_pipelined, places in draw(_TALK_LISTS):
        drawn = [sketch.request(app) for sketch in sketches]
        kept = tuple(one for one in drawn if ground.has_request(app, one))
        if kept:
            found.append(Talk(kept, is_pipelined, places))
    return Case(app, tuple(found))


@st.composite
def lifecycle_cases(draw: st.DrawFn, ground: Ground | None = None) -> Case:
    """An application with hooks that may fail, one request to it, and its end."""
    return Case(draw(lifecycles(ground)), (Talk((Request(),)),), stops=True)
