"""Binding a command to a processor, so that server and client do not take turns on one."""

from __future__ import annotations

import os
import shutil

from .command import Refused


def pinned(cpu: int | None) -> list[str]:
    """What stands in front of a command to bind it to a processor; nothing for None, and where
    `taskset` is not installed.

    Raises Refused for a processor that this process does not have.
    """
    if cpu is None:
        return []
    allowed = sorted(os.sched_getaffinity(0))
    if cpu not in allowed:
        raise Refused(f"there is no processor {cpu} for this process: it has {allowed}")
    taskset = shutil.which("taskset")
    return [] if taskset is None else [taskset, "-c", str(cpu)]
