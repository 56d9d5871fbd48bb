"""The programs for OSS-Fuzz: a violation ends one with its bucket; seeds and dictionaries."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

pytest.importorskip("atheris", reason="atheris is an extra: pip install trueline[fuzz]")

from ..engines.atheris import dictionary
from ..oss_fuzz import seeds
from ..target import Violation

WRONG = """
from fuzz.oss_fuzz import harness
from fuzz.tests.fake_targets import Picky
harness.opened = lambda wanted: Picky()
harness.fuzz("parser")
"""


def test_a_violation_ends_the_program_with_its_bucket(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        WRONG,
        "-runs=20000",
        f"-artifact_prefix={tmp_path}/",
        "-seed=1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode not in (0, 1), done.stderr
    said = re.search(r"Broken: ([0-9a-f]{12}) (\w+): ", done.stdout)
    assert said is not None, done.stdout
    sides = {"order": ("h last", "h first"), "count": ("two letters d", "")}
    assert said[1] == Violation(said[2], *sides[said[2]]).bucket
    [crash] = tmp_path.glob("crash-*")
    assert crash.stat().st_size > 0


def test_every_program_has_seeds_and_a_dictionary(tmp_path: Path) -> None:
    seeds.write(tmp_path)
    programs = {path.stem for path in Path(seeds.__file__).parent.glob("fuzz_*.py")}
    assert programs == {f"fuzz_{target}" for target in seeds.LANGUAGES}
    for program in programs:
        with ZipFile(tmp_path / f"{program}_seed_corpus.zip") as corpus:
            assert len(corpus.namelist()) >= seeds.FEWEST_DRAWN / 2
            assert all(corpus.read(name) for name in corpus.namelist()[:10])
        for line in (tmp_path / f"{program}.dict").read_text().splitlines():
            assert re.fullmatch(r'"(\\x[0-9a-f]{2})+"', line)


def test_a_dictionary_has_any_octet() -> None:
    assert dictionary([b'a"\r\n', b"", b"\xff"]) == '"\\x61\\x22\\x0d\\x0a"\n"\\xff"\n'
