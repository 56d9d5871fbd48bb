"""One input for other fuzzers: what it raises, what a process says, the grammar as a mutator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..choices import Chance
from ..engines.one_input import Broken, mutator, one_input, raising
from ..target import Violation, Wanted
from .fake_targets import WORDS, Picky


def test_a_violation_is_raised_with_its_bucket_first_and_nothing_of_the_input() -> None:
    fuzz_one_input = raising(Picky())
    fuzz_one_input(b"abc")
    with pytest.raises(Broken) as caught:
        fuzz_one_input(b"abch")
    first, text = str(caught.value).splitlines()
    bucket = Violation("order", "h last", "h first").bucket
    assert first == f"{bucket} order: h last / h first"
    assert text == "an h behind an a"
    assert isinstance(caught.value.__cause__, Violation)


def test_the_targets_in_process_take_octets_as_they_are() -> None:
    one_input(Wanted("parser"))(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def test_a_planted_fault_is_seen() -> None:
    fuzz_one_input = one_input(Wanted("parser", plant="parser/method-in-upper-case"))
    with pytest.raises(Broken):
        fuzz_one_input(b"get / HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("by_file", [False, True])
def test_a_process_takes_an_input_from_a_file_or_its_stdin(by_file: bool, tmp_path: Path) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    path = tmp_path / "input"
    path.write_bytes(data if by_file else b"not read")
    command = [sys.executable, "-m", "fuzz.engines.one_input", "parser", *[str(path)] * by_file]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_an_unknown_target_is_told_with_the_names_there_are() -> None:
    command = [sys.executable, "-m", "fuzz.engines.one_input", "socket"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "parser|router|server" in done.stderr


def test_a_mutator_is_the_same_for_the_same_seed_and_keeps_to_the_size() -> None:
    mutate = mutator(WORDS)
    all_made = [mutate(b"abcabc", 4, seed) for seed in range(200)]
    assert all_made == [mutate(b"abcabc", 4, seed) for seed in range(200)]
    assert max(map(len, all_made)) == 4
    assert len(set(all_made)) > 20
    assert any(one != b"" and one in WORDS.draw(Chance(seed)) for seed, one in enumerate(all_made))
