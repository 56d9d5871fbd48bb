"""What the options of `trueline bench` mean: how it is measured, and what is said of that.

Owns what is chosen where nobody says: the engine, the length of slices, the processors.
"""

from __future__ import annotations

import argparse
import os
import shutil

from .command import Refused
from .load import available
from .measuring import Settings
from .names import MEANT_FOR

_SLICE_S = {"wrk": 1.0, "builtin": 0.03}
_ROUNDS = {"wrk": 2, "builtin": 10}
_RUN_SLICE_S = 1.0


def check_meaning(options: argparse.Namespace) -> None:
    """Raises Refused for an option that the action would not heed: the figure is another one than
    was asked for."""
    for name, actions in MEANT_FOR.items():
        is_given = getattr(options, name) != options.defaults[name]
        if is_given and options.action not in actions:
            raise Refused(
                f"--{name} means nothing for {options.action}, only for {', '.join(actions)}"
            )


def settings_of(options: argparse.Namespace) -> tuple[Settings, list[str]]:
    """The settings, and what is to be said of them beside the figures. Raises Refused."""
    engine = options.load
    if engine == "auto":
        # wrk takes whole seconds. What a comparison wants is many restarts, not long slices.
        engine = available() if options.action == "run" else "builtin"
    slice_s = options.slice or (_RUN_SLICE_S if options.action == "run" else _SLICE_S[engine])
    if engine == "wrk" and slice_s != int(slice_s):
        raise Refused(f"wrk takes whole seconds, not --slice {slice_s:g}; or take --load builtin")
    if engine == "wrk" and shutil.which("wrk") is None:
        raise Refused("wrk is not installed: leave --load out, or take --load builtin")
    server_cpu, client_cpu, notes = _processors()
    settings = Settings(
        engine=engine,
        slice_s=slice_s,
        rounds=_ROUNDS[engine],
        budget_s=options.seconds,
        restarts=options.restarts,
        connections=options.connections,
        server_cpu=server_cpu,
        client_cpu=client_cpu,
    )
    return settings, notes


def _processors() -> tuple[int | None, int | None, list[str]]:
    """Those of server and client, None for any, and what that means for the figures."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        said = "one processor for server and client: trust the processor time alone"
    elif shutil.which("taskset") is None:
        said = "nothing is bound to a processor, for want of taskset (util-linux)"
    else:
        return cpus[0], cpus[1], []
    return None, None, [said]


def said_of(options: argparse.Namespace, settings: Settings) -> dict[str, object]:
    """What a report says of how it was measured."""
    said: dict[str, object] = {"load": settings.engine, "slice_s": settings.slice_s}
    if options.action in ("compare", "aa"):
        said |= {"margin": options.margin, "seconds": options.seconds, "rounds": settings.rounds}
    for name in ("restarts", "connections", "rate", "base", "head"):
        if getattr(options, name) is not None:
            said[name] = getattr(options, name)
    return said
