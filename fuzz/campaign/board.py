"""What a run and one of its workers both see: which inputs are being tried, and whether to stop.

Owns a piece of shared memory. It outlives a worker that dies or hangs, so that what it was at is
known all the same.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from collections.abc import Sequence

SIZE_BYTES = 4 << 20
_STOP, _MOVES, _TRIED, _COUNT, _INPUTS = 0, 8, 16, 24, 32
_NUMBER_FORMAT = struct.Struct("<Q")
_COUNT_FORMAT = struct.Struct("<I")


class Board:
    """One for each worker. The run sets `stopped`, the worker does everything else."""

    def __init__(self, fd: int | None = None) -> None:
        if fd is None:
            with tempfile.TemporaryFile(prefix="trueline-") as file:
                file.truncate(SIZE_BYTES)
                fd = os.dup(file.fileno())
        self.fd = fd
        self._memory = mmap.mmap(fd, SIZE_BYTES)
        self._moves = 0

    def note(self, inputs: Sequence[bytes]) -> None:
        """These are tried now. Of very many octets, the inputs that have room are noted."""
        memory = self._memory
        sizes = struct.pack(f"<{len(inputs)}I", *map(len, inputs))
        said = sizes + b"".join(inputs)
        if len(said) > SIZE_BYTES - _INPUTS:
            self.note(inputs[: len(inputs) // 2])
            return
        memory[_INPUTS : _INPUTS + len(said)] = said
        _COUNT_FORMAT.pack_into(memory, _COUNT, len(inputs))
        self.move()

    def clear(self) -> None:
        """What was noted is done."""
        _COUNT_FORMAT.pack_into(self._memory, _COUNT, 0)
        self.move()

    def move(self) -> None:
        """The worker is alive."""
        self._moves += 1
        _NUMBER_FORMAT.pack_into(self._memory, _MOVES, self._moves)

    @property
    def moves(self) -> int:
        """A number that changes as long as the worker gets on."""
        moves: int = _NUMBER_FORMAT.unpack_from(self._memory, _MOVES)[0]
        return moves

    @property
    def executions(self) -> int:
        """How many the worker has counted, those included that it has not told of yet."""
        count: int = _NUMBER_FORMAT.unpack_from(self._memory, _TRIED)[0]
        return count

    @executions.setter
    def executions(self, count: int) -> None:
        _NUMBER_FORMAT.pack_into(self._memory, _TRIED, count)

    @property
    def noted(self) -> list[bytes]:
        """What is being tried; empty between inputs."""
        [count] = _COUNT_FORMAT.unpack_from(self._memory, _COUNT)
        sizes = struct.unpack_from(f"<{count}I", self._memory, _INPUTS)
        position = _INPUTS + 4 * count
        found = []
        for size in sizes:
            found.append(self._memory[position : position + size])
            position += size
        return found

    @property
    def stopped(self) -> bool:
        return self._memory[_STOP] != 0

    def stop(self) -> None:
        self._memory[_STOP] = 1

    def close(self) -> None:
        self._memory.close()
        os.close(self.fd)
