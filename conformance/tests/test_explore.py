"""`trueline explore` and `trueline diff` as people use them: in processes, with exit statuses."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

TRUELINE = [sys.executable, "-m", "conformance.cli"]
QUICK = ["--hypothesis-profile", "quick"]
ENV = {name: value for name, value in os.environ.items() if name != "GITHUB_TOKEN"}


def trueline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRUELINE, *arguments],
        cwd=folder, env=ENV, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def miniature(folder: Path, *faults: str, name: str = "mini.py") -> str:
    """An adapter for the miniature with these faults, in a file of its own."""
    (folder / name).write_text(
        "from conformance.adapter import Adapter\n"
        "from conformance.adapters.miniature import MiniatureAdapter\n"
        f"MiniatureAdapter(frozenset({faults!r})).main()\n"
    )
    return name


# -- explore ---------------------------------------------------------------------------------------


def test_what_holds_is_0_and_is_counted(tmp_path: Path) -> None:
    done = trueline(
        tmp_path, "explore", "miniature", *QUICK, "-k", "lifecycle or malformed", "--json=r.json"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every property holds (profile quick, seed " in done.stdout
    assert "\x1b" not in done.stdout + done.stderr, "colour in a pipe"
    said = json.loads((tmp_path / "r.json").read_text())
    names = [one["name"] for one in said["properties"]]
    assert names == ["lifecycle", "malformed", "malformed-pipelined"]
    for one in said["properties"]:
        assert one["trials"] >= 40
        assert one["apps"] >= 40
        assert one["requests"] > 20


ALWAYS_WRONG = """
from conformance.adapter import Adapter
from conformance.adapters.miniature import MiniatureAdapter

class Wrong(MiniatureAdapter):
    def saw(self, request):
        saw = super().saw(request)
        saw.path += "/else"
        return saw

Wrong(frozenset()).main()
"""
"""An adapter that any generated request shows to be wrong, whatever is drawn."""


def test_what_fails_is_1_and_is_tried_first_by_the_next_run(tmp_path: Path) -> None:
    faulty = "mini.py"
    (tmp_path / faulty).write_text(ALWAYS_WRONG)
    arguments = ["explore", faulty, *QUICK, "-k", "differential"]
    done = trueline(tmp_path, *arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL  differential" in done.stdout
    [path] = (tmp_path / ".trueline" / "replays").iterdir()
    assert f"trueline replay .trueline/replays/{path.name} {faulty}" in done.stdout

    again = trueline(tmp_path, "explore", faulty, *QUICK, "-x")
    assert again.returncode == 1
    assert f"replay/{path.stem}" in again.stdout
    assert "reproduced" in again.stdout
    assert "property  " not in again.stdout, "it was to end at the replay file"

    miniature(tmp_path)  # mended
    mended = trueline(tmp_path, "explore", faulty, *QUICK, "-k", "replay")
    assert mended.returncode == 0, mended.stdout
    assert "1 passed" in mended.stdout

    first = trueline(tmp_path, "replay", str(path))
    assert first.returncode == 0, first.stdout
    assert "fixed" in first.stdout


def test_how_far_it_is_shows_on_a_terminal(tmp_path: Path) -> None:
    terminal, stderr = pty.openpty()
    run = subprocess.Popen(
        [*TRUELINE, "explore", "miniature", *QUICK, "-k", "lifecycle"],
        cwd=tmp_path, env={**ENV, "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=stderr,
        start_new_session=True,
    )  # fmt: skip
    os.close(stderr)
    shown = b""
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while data := os.read(terminal, 65536):
            shown += data
    os.close(terminal)
    assert run.wait(60) == 0
    assert b"lifecycle: 40 trials" in shown


def drawn(folder: Path, seed: int, *more: str) -> list[str]:
    done = trueline(
        folder, "explore", "miniature", *QUICK, f"--hypothesis-seed={seed}", "--json=r.json",
        "-k", "lifecycle or malformed", *more,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [one["drawn"] for one in json.loads((folder / "r.json").read_text())["properties"]]


def test_a_seed_repeats_a_run(tmp_path: Path) -> None:
    first = drawn(tmp_path, 5)
    assert drawn(tmp_path, 5) == first
    assert drawn(tmp_path, 6) != first


def test_workers_share_the_properties(tmp_path: Path) -> None:
    assert len(drawn(tmp_path, 5, "-n2")) == 3


# -- diff ------------------------------------------------------------------------------------------


def test_each_way_to_differ_is_found_once(tmp_path: Path) -> None:
    faulty = miniature(tmp_path, "query-loses-line-ends", "drops-blank-values", "405-without-allow")
    done = trueline(tmp_path, "diff", "reference", faulty, *QUICK, "--json=d.json")
    assert done.returncode == 1, done.stdout + done.stderr
    said = json.loads((tmp_path / "d.json").read_text())
    assert said["is_through"]
    aspects = [one["aspect"] for one in said["buckets"]]
    assert "query" in aspects
    assert "header allow" in aspects
    for bucket in said["buckets"]:
        assert bucket["kind"] in done.stdout
        assert len(bucket["trial"]["case"]["app"]["routes"]) <= 2
        assert sum(len(talk["requests"]) for talk in bucket["trial"]["case"]["talks"]) <= 2
        assert bucket["trials"] >= 1


def test_no_difference_is_0(tmp_path: Path) -> None:
    done = trueline(tmp_path, "diff", "reference", "miniature", *QUICK, "--hypothesis-seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "differ in no ways" in done.stdout
    assert "(profile quick, seed 1)" in done.stdout


# -- What people get wrong, and ends ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explore"], "name one subject"),
        (["explore", "miniatur"], "did you mean 'miniature'?"),
        (["explore", "miniature", "--hypothesis-profile", "slow"], "invalid choice: 'slow'"),
        (["explore", "miniature", "--database", "redis://127.0.0.1:1/0"], "is the server running?"),
        (["explore", "miniature", "--json", "no/such.json"], "there is no folder no"),
        (["explore", "miniature", "--", "other"], "name one subject"),
        (["explore", "--", "/no/such/adapter"], "cannot run '/no/such/adapter'"),
        (["diff", "reference"], "the following arguments are required"),
        (["diff", "reference", "nosuch.py"], "there is no file nosuch.py"),
    ],
)
def test_a_mistake_is_2_and_one_clear_sentence(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = trueline(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_broken_replay_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".trueline" / "replays"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{")
    done = trueline(tmp_path, "explore", "miniature", *QUICK)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "broken.json" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def interrupted(folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Exit status and output of a run that gets SIGINT once its subject has served something."""
    adapter = folder / "telling.py"
    adapter.write_text(
        "from conformance.adapters.miniature import MiniatureAdapter\n"
        "class Telling(MiniatureAdapter):\n"
        "    def build(self, app):\n"
        "        open('built', 'a').write('.')\n"
        "        return super().build(app)\n"
        "Telling(frozenset({'decodes-twice'})).main()\n"
    )
    run = subprocess.Popen(
        [*TRUELINE, *arguments],
        cwd=folder, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (folder / "built").exists() or (folder / "built").stat().st_size < 3:
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    return run.returncode, output


@pytest.mark.parametrize("command", [["explore"], ["diff", "reference"]], ids=["explore", "diff"])
def test_ctrl_c_tells_what_there_is(tmp_path: Path, command: list[str]) -> None:
    arguments = [*command, "telling.py", "--hypothesis-profile", "thorough"]
    status, output = interrupted(tmp_path, arguments)
    assert status == 2, output
    assert "Traceback" not in output
    assert "seed" in output
