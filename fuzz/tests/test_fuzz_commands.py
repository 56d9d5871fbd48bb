"""The command `trueline fuzz`, as people run it."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.guard import session_members
from conformance.protocol import AdapterError

from .. import commands

OPENERS = "fuzz.tests.fake_targets"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as exited:
        main(words)
    assert isinstance(exited.value.code, int)
    return exited.value.code


def opener(name: str) -> str:
    return f"--opener={OPENERS}:{name}"


def fuzz(*words: str) -> int:
    return run("fuzz", "parser", "--engine=grammar", "--seed=1", "--jobs=1", *words)


def replay(*words: str, on: str, as_json: bool = False) -> int:
    options = argparse.Namespace(
        words=words, python=None, json=as_json, opener=f"{OPENERS}:{on}", url=None
    )
    assert commands.replays(words)
    return commands.replay(options, [])


def test_from_finding_to_replay(capsys: pytest.CaptureFixture[str]) -> None:
    """What is found is replayed, and the corpus pruned, by the commands that the run names."""
    assert fuzz(opener("picky"), "--executions=400", "--json=found.json") == 1
    said = capsys.readouterr()
    assert "2 open findings" in said.out
    assert said.err.count("found ") == 2
    found = json.loads(Path("found.json").read_text())
    assert {one["kind"] for one in found["findings"]} == {"order", "count"}
    folder = Path(".trueline/fuzz/parser")
    files = [folder / one["file"] for one in found["findings"]]
    assert sorted(file.read_bytes() for file in files) == [b"ah", b"dd"]
    assert f"trueline replay {folder}/" in said.out

    assert replay(str(folder), on="picky") == 1
    assert capsys.readouterr().out.count("reproduced") == 2
    assert replay(str(files[0]), on="clean", as_json=True) == 0
    assert [one["verdict"] for one in json.loads(capsys.readouterr().out)] == ["fixed"]
    assert replay(str(folder / "findings.jsonl"), on="dying") == 0

    corpus = folder / "corpus"
    (corpus / "larger.bin").write_bytes(b"bbbbbbbbbbbbbbbb")
    assert run("fuzz", "merge", "parser", str(corpus), opener("clean")) == 0
    kept = [path.read_bytes() for path in corpus.iterdir()]
    assert b"bbbbbbbbbbbbbbbb" not in kept
    assert len(kept) == len({frozenset(data) for data in kept}) > 10


def test_a_finding_is_made_smaller(capsys: pytest.CaptureFixture[str]) -> None:
    Path("corpus").mkdir()
    Path("corpus/one.bin").write_bytes(b"cccadddccc")
    words = (opener("picky"), "--executions=1", "--corpus=corpus", "--out=out", "--seconds=9")
    assert fuzz(*words) == 1
    [file] = Path("out").glob("*.bin")
    assert file.read_bytes() == b"dd"
    line = Path("out/findings.jsonl").read_text()
    file.write_bytes(b"cccdddccc")
    Path("out/findings.jsonl").write_text(line.replace('"whole": true', '"whole": false'))
    capsys.readouterr()
    assert run("fuzz", "min", "out", opener("picky")) == 0
    assert file.read_bytes() == b"dd"
    assert "9 bytes, now 2" in capsys.readouterr().out
    assert run("fuzz", "min", str(file), opener("clean")) == 1
    assert "does not happen now" in capsys.readouterr().out


def test_a_known_finding_fails_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("corpus").mkdir()
    Path("corpus/one.bin").write_bytes(b"ddd")
    words = (opener("picky"), "--executions=1", "--corpus=corpus", "--out=out")
    assert fuzz(*words) == 1
    capsys.readouterr()
    assert fuzz(*words, "--known=out/findings.jsonl", "--json=-") == 3
    said = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in said["findings"]] == ["known"]


def test_machines_share_what_they_find(capsys: pytest.CaptureFixture[str]) -> None:
    words = (opener("picky"), "--database=shared")
    assert fuzz(*words, "--executions=400", "--out=one") == 1
    capsys.readouterr()
    assert fuzz(*words, "--executions=1", "--out=other", "--json=-") == 1
    said = json.loads(capsys.readouterr().out)
    assert len(said["findings"]) == 2
    assert said["replayed"] > 100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_keeps_everything(number: signal.Signals) -> None:
    """And leaves nothing running."""
    Path("corpus").mkdir()
    Path("corpus/one.bin").write_bytes(b"ddd")
    words = ["fuzz", "parser", "--engine=grammar", "--seconds=600", "--out=out", "--corpus=corpus"]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", *words, opener("picky")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("found "):
                break
        workers = children(process.pid)
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 1
    assert "stopped early" in out
    assert Path("out/findings.jsonl").read_text()
    assert workers
    assert [one for pid in workers for one in session_members(pid)] == []


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fuzz", "name a target"),
        ("fuzz parsre", "did you mean 'parser'?"),
        ("fuzz parser --engine gramar", "did you mean 'grammar'?"),
        ("fuzz parser aiohttp", "it has no subject"),
        ("fuzz parser --url http://127.0.0.1:1", "it has no subject"),
        ("fuzz socket", "name one subject"),
        ("fuzz socket aiohttp --url http://127.0.0.1:1", "name one subject"),
        ("fuzz socket a b", "one subject at a time"),
        ("fuzz parser --corpus nowhere", "--corpus nowhere: there is no such folder"),
        ("fuzz parser --known nowhere", "--known nowhere"),
        ("fuzz parser --json nowhere/x.json", "there is no folder nowhere"),
        ("fuzz parser --out file", "cannot write into file"),
        ("fuzz parser --seconds 0", "0 is not more than 0"),
        ("fuzz parser --jobs x", "invalid"),
        ("fuzz parser --database ftp://x", "redis://HOST:PORT/0"),
        ("fuzz min", "name a finding"),
        ("fuzz min nowhere.bin parser", "nowhere.bin"),
        ("fuzz merge parser", "name a target and folders"),
        ("fuzz merge parser nowhere", "nowhere"),
        ("replay lonely.bin", "name the target behind it"),
        ("replay lonely.bin socket", "name it behind the target"),
        ("replay lonely.bin parser aiohttp", "leave the subject out"),
        ("replay lonely.bin bogus parser", "neither a file nor a target"),
    ],
)  # fmt: skip
def test_wrong_use(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    Path("lonely.bin").write_bytes(b"a")
    assert run(*words.split()) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_an_engine_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fuzz.engines.find_spec", lambda name: None)
    assert run("fuzz", "parser", "--engine=atheris") == 2
    assert "pip install trueline[fuzz]" in capsys.readouterr().err


def test_an_input_is_replayed_on_a_target_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lonely.bin").write_bytes(b"dd")
    assert replay("lonely.bin", "parser", on="picky") == 1
    assert "two letters d" in capsys.readouterr().out


def test_an_input_that_ends_the_process_is_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("inputs").mkdir()
    for name, data in (("a", b"b"), ("b", b"ahg"), ("c", b"c")):
        Path(f"inputs/{name}.bin").write_bytes(data)
    assert replay("inputs", "parser", on="dying", as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in said] == ["clean", "different", "clean"]
    assert said[1]["broken"][0]["left"] == "SIGKILL"


def test_a_finding_on_a_command_is_not_run_from_its_file() -> None:
    Path("corpus").mkdir()
    Path("corpus/one.bin").write_bytes(b"dd")
    words = ("fuzz", "socket", "--engine=grammar", "--executions=1", "--out=out", "--jobs=1")
    assert run(*words, "--corpus=corpus", opener("picky"), "--", "rm", "x") == 1
    with pytest.raises(AdapterError, match="name it again"):
        replay("out", on="picky")
    assert replay("out", "aiohttp", on="picky") == 1


def test_a_target_that_cannot_be_opened(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fuzz", "parser", "--engine=grammar", opener("refusing")) == 2
    assert capsys.readouterr().err == "trueline: this subject cannot be started; install it\n"


def test_help_imports_nothing_heavy() -> None:
    """The module is loaded for every command of `trueline`."""
    script = "import sys, fuzz.commands; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    heavy = {
        "hypothesis",
        "pytest",
        "h11",
        "atheris",
        "reference",
        "fuzz.campaign.running",
        "multiprocessing",
    }
    assert heavy & set(done.stdout.split()) == set()
