"""The engine `atheris`: libFuzzer with the grammar as its mutator, led by coverage of Python code.

Owns what is instrumented, and how libFuzzer is kept from ending the process: it comes to no end by
itself, and an error in what it calls ends the process, but for one in the mutator, which comes
through. So that is where it is left. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import pkgutil
import re
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import atheris

from ..choices import Chance
from . import Trials

MUTATED = ("fuzz.http", "fuzz.table")
"""Grammars. How they come by an input is of no interest, what they import is."""
READERS = ("fuzz.rules", "fuzz.opinions")
LED_BY = ("reference", "h11")

MAX_BYTES = 1 << 17
FRESH_IN_16 = 2
BY_LIBFUZZER_IN_16 = 3
"""Of sixteen inputs, how many are drawn, and how many libFuzzer changes by itself, with the words
of the dictionary; the grammar changes the others."""
RECENT = 256

_SIGNALS = ("abrt", "bus", "fpe", "ill", "int", "segv", "term", "usr1", "usr2", "xfsz")
_OPTIONS = (
    f"-max_len={MAX_BYTES}",
    # The run looks after what hangs, what takes memory, and how a worker dies. No limit at all is
    # not to be had: with 0, atheris's alarm ends the process when an input takes a second.
    "-timeout=1000000",
    "-rss_limit_mb=0",
    *(f"-handle_{name}=0" for name in _SIGNALS),
)
_TELL_EVERY = 256
_TAIL_BYTES = 4096
_COVERAGE = re.compile(rb"cov: (\d+)")


@contextmanager
def opening() -> Iterator[None]:
    """Instrument the reference and the readers beside it as they are imported."""
    with atheris.instrument_imports(include=[*LED_BY]):
        for name in MUTATED:
            import_module(name)
    with atheris.instrument_imports(include=[*LED_BY, "fuzz"]):
        for name in READERS:
            package = import_module(name)
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                import_module(module.name)
    with atheris.instrument_imports(include=[*LED_BY]):
        yield


def run(trials: Trials) -> None:
    """Fuzz until it is over."""
    with tempfile.TemporaryDirectory(prefix="trueline-") as folder, _undone():
        _Fuzzing(trials).fuzz(Path(folder))


class _Over(Exception):
    """The run is over."""


class _Fuzzing:
    """What libFuzzer calls."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._language = trials.language
        self._recent = list(trials.corpus)[-RECENT:]
        self._error: BaseException | None = None
        self._until_told = _TELL_EVERY

    def fuzz(self, folder: Path) -> None:
        """Returns when it is over. Raises what trying an input raised."""
        arguments = [
            "atheris",
            *_OPTIONS,
            f"-seed={_seed(self._trials.seed)}",
            f"-dict={_written_dictionary(folder / 'words.dict', self._language.dictionary)}",
            f"-artifact_prefix={folder}/",
            str(_written_corpus(folder / "corpus", self._trials.corpus)),
        ]

        def test(data: bytes) -> None:
            if data:
                self.test(data)

        atheris.Setup(
            arguments,
            atheris.instrument_func(test),  # without any coverage libFuzzer gives up
            custom_mutator=self.mutate,
            custom_crossover=self.cross,
        )
        try:
            atheris.Fuzz()
        except _Over:
            if self._error is not None:
                raise self._error from None

    def test(self, data: bytes) -> None:
        self._until_told -= 1
        if not self._until_told:
            self._until_told = _TELL_EVERY
            self._trials.coverage = _coverage_told() or self._trials.coverage
        try:
            if self._trials.run([data]):
                self._recent.append(data)
                del self._recent[:-RECENT]
        except BaseException as error:  # noqa: BLE001 - raised by `fuzz`: here it ends the process
            self._error = error

    def mutate(self, data: bytes, max_bytes: int, seed: int) -> bytes:
        if self._error is not None or self._trials.over:
            raise _Over
        choices = Chance(seed)
        how = choices.below(16)
        if how < FRESH_IN_16:
            return self._language.draw(choices)[:max_bytes]
        if how < FRESH_IN_16 + BY_LIBFUZZER_IN_16:
            changed: bytes = atheris.Mutate(data, max_bytes)
            return changed
        other = self._recent[choices.below(len(self._recent))] if self._recent else data
        return self._language.mutate(data, other, choices)[:max_bytes]

    def cross(self, data: bytes, other: bytes, max_bytes: int, seed: int) -> bytes:
        if self._error is not None or self._trials.over:
            raise _Over
        return self._language.mutate(data, other, Chance(seed))[:max_bytes]


def _seed(seed: str) -> int:
    """libFuzzer takes a positive number of 32 bits."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4], "big") or 1


def _written_corpus(folder: Path, corpus: Sequence[bytes]) -> Path:
    """In a folder of its own: libFuzzer adds what reaches more code to it."""
    folder.mkdir()
    for number, data in enumerate(corpus):
        (folder / str(number)).write_bytes(data)
    return folder


def _written_dictionary(path: Path, words: Sequence[bytes]) -> Path:
    path.write_text(dictionary(words))
    return path


def dictionary(words: Sequence[bytes]) -> str:
    """In the form of libFuzzer and AFL: a line for each word, in quotes."""
    shown = ("".join(f"\\x{octet:02x}" for octet in word) for word in words if word)
    return "".join(f'"{word}"\n' for word in shown)


# -- What libFuzzer and atheris leave behind -----------------------------------------------------


@contextmanager
def _undone() -> Iterator[None]:
    """Without the alarm that they set, and with an end of the process that comes to an end."""
    handler = signal.getsignal(signal.SIGALRM)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        # Behind Python's own end, atheris would wait for Python to let go of the mutator.
        libc = ctypes.CDLL(None)
        libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)


def _coverage_told() -> int | None:
    """What libFuzzer has written of it last, where stderr is a file, as that of a worker is."""
    try:
        size = os.fstat(2).st_size
        told = os.pread(2, _TAIL_BYTES, max(0, size - _TAIL_BYTES)) if size else b""
    except OSError:  # a pipe, a terminal, or a file for writing alone
        return None
    found = _COVERAGE.findall(told)
    return int(found[-1]) if found else None
