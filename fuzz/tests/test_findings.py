"""The folder of findings, what is known, and the regression tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.check import rfc
from conformance.protocol import AdapterError

from ..campaign import findings, regression
from ..campaign.findings import Finding, Findings
from ..campaign.trials import Broken
from ..target import Violation, Wanted
from . import fake_targets

DATA = b'GET / HTTP/1.1\r\nHost: "a"\\\xff\r\n\r\n' + b"x" * 100


def finding(data: bytes = DATA, **more: Any) -> Finding:
    violation = Violation(
        "Accepted by one!",
        "left",
        "right",
        text='one """says"""\nyes \\ and \xe9',
        source=rfc(9112, "2.2", 'A "quoted" \\ requirement'),
    )
    return Finding(Broken.of(violation, data, 7), "parser", **more)


def test_what_is_put_is_read(tmp_path: Path) -> None:
    kept = Findings(tmp_path)
    kept.put(finding(hits=3, seed="1", engine="grammar"))
    kept.put(finding(hits=4))  # the same bucket
    kept.write_lines()
    assert findings.read(tmp_path) == [finding(hits=4)]
    [line] = (tmp_path / "findings.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert said["file"] == f"accepted-by-one-{finding().bucket}.bin"
    assert (tmp_path / said["file"]).read_bytes() == DATA
    assert (said["size"], said["first"]) == (len(DATA), 7)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["findings.jsonl", said["file"], f"test_{finding().bucket}.py"]
    )


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert findings.read(tmp_path / "nowhere") == []


@pytest.mark.parametrize("line", ["{", "[]", '{"bucket": "x"}', '"x"', "null"])
def test_lines_that_are_none(tmp_path: Path, line: str) -> None:
    (tmp_path / "findings.jsonl").write_text(f"{line}\n")
    with pytest.raises(AdapterError, match="line 1 is no finding"):
        findings.read(tmp_path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    kept = Findings(tmp_path)
    kept.put(finding())
    kept.write_lines()
    (tmp_path / finding().file).unlink()
    with pytest.raises(AdapterError, match="is gone; take the line out"):
        findings.read(tmp_path)


def test_a_line_names_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    folder = tmp_path / "out"
    folder.mkdir()
    said = {**finding().to_json(), "file": "../secret"}
    (folder / "findings.jsonl").write_text(json.dumps(said) + "\n")
    with pytest.raises(AdapterError, match="is gone"):
        findings.read(folder)


def test_known(tmp_path: Path) -> None:
    path = tmp_path / "known"
    path.write_text(
        "# why\n\n0123456789ab  bare LF: declared upstream\n"
        + json.dumps({"bucket": "ba9876543210"})
        + "\n"
    )
    assert findings.known(path) == {"0123456789ab", "ba9876543210"}
    path.write_text("0123456789ab\nno bucket\n")
    with pytest.raises(AdapterError, match="line 2: expected a bucket"):
        findings.known(path)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("", "Wanted('parser')"),
        ("aiohttp", "Wanted('parser', 'aiohttp')"),
        ("--url http://127.0.0.1:1", "Wanted('parser', url='http://127.0.0.1:1')"),
        ("-- node 'a b'", "Wanted('parser', command=('node', 'a b'))"),
    ],
)
def test_a_regression_test_names_its_subject(subject: str, said: str) -> None:
    assert f"assert_clean({said}, OCTETS)" in regression.text(finding(subject=subject))


def test_a_regression_test_fails_until_it_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"ccc\nahh"
    found = replace(finding(), broken=replace(finding().broken, data=data), plant="p")
    module = ModuleType("test_it")
    exec(regression.text(found), module.__dict__)
    assert data == module.OCTETS
    test = getattr(module, f"test_{found.bucket}")
    opened: list[Wanted] = []

    def opens(target: type[fake_targets.Clean]) -> None:
        def open_target(wanted: Wanted) -> fake_targets.Clean:
            opened.append(wanted)
            return target()

        monkeypatch.setattr(regression, "opened", open_target)

    opens(fake_targets.Picky)
    with pytest.raises(AssertionError, match="an h behind an a"):
        test()
    opens(fake_targets.Clean)
    test()
    assert opened == [Wanted("parser", plant="p")] * 2


def test_a_command_in_a_file_is_run_by_nobody() -> None:
    assert finding(subject="aiohttp").wanted() == Wanted("parser", "aiohttp")
    for subject in ("-- rm x", "--url http://192.0.2.1"):
        with pytest.raises(AdapterError, match="name it again"):
            finding(subject=subject).wanted()
