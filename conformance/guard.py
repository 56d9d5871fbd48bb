"""Ends what the harness leaves behind when it is killed and cannot do so itself.

Owns a small process beside the harness: it is told of every session that is started, reads until
the harness is gone, and kills what is left of those sessions. A subject may have started processes
of its own, or live in other process groups; a session takes all of them.

Run as `python guard.py` with the standard library only; lines are `+SID` and `-SID`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO


class Guard:
    """The harness's end of the guard."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def watch(self, sid: int) -> None:
        self._say(b"+%d\n" % sid)

    def forget(self, sid: int) -> None:
        self._say(b"-%d\n" % sid)

    def close(self) -> None:
        if self._process is not None:
            pipe = self._pipe(self._process)
            pipe.close()
            self._process.wait()
            self._process = None

    def _say(self, line: bytes) -> None:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the harness
            )
        pipe = self._pipe(self._process)
        pipe.write(line)
        pipe.flush()

    @staticmethod
    def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
        assert process.stdin is not None
        return process.stdin


def kill_session(sid: int) -> None:
    """SIGKILL for every process of a session."""
    for pid in session_members(sid):
        with suppress(ProcessLookupError):  # it ended by itself
            os.kill(pid, signal.SIGKILL)


def session_members(sid: int) -> list[int]:
    """The processes of a session. Where there is no /proc, its leader's group."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(sid, 0)
        except ProcessLookupError:
            return []
        return [sid]
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            # Fields behind the name: state, parent, group, session (proc_pid_stat(5)).
            if int(fields[3]) == sid and fields[0] not in "ZX":
                members.append(int(entry.name))
    return members


def main() -> None:
    watched: set[int] = set()
    for line in sys.stdin.buffer:
        sid = int(line[1:])
        if line.startswith(b"+"):
            watched.add(sid)
        else:
            watched.discard(sid)
    for sid in watched:
        kill_session(sid)


if __name__ == "__main__":
    main()
