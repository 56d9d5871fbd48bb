"""Replay files: written whole, read with care, and judged on a subject as it is now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cli import main
from conformance.driver import Command, Hello
from conformance.generate import replay
from conformance.generate.case import Case, Request, Talk
from conformance.generate.compare import Difference
from conformance.generate.dialogue import Problem
from conformance.generate.ground import Ground
from conformance.generate.observed import Observed
from conformance.generate.properties import PROPERTIES, Failure, Trial
from conformance.generate.replay import Replay, ReplayError, Word
from conformance.generate.session import Breach
from conformance.generate.stage import Stage
from conformance.results import SubjectInfo
from conformance.spec import RaiseHttp, ReadBody, Route, app

CASE = Case(
    app(Route("r0", "GET", "/a")),
    (Talk((Request("GET", "/nowhere"), Request("POST", "/a", (("X", "\xff"),), b"\x00", (1,)))),),
)
VARIANT = replace(CASE, talks=(replace(CASE.talks[0], is_pipelined=True, cuts=(3, 4)),))
SUBJECT = SubjectInfo("aiohttp", "aiohttp", "3.13", dialect={"precedence": "registration"})
STATUS = Difference("status", "0.0", "404", "400")
FOUND = Replay(
    "differential", SUBJECT, SubjectInfo("reference", "reference", "1"), Trial(CASE), (), (STATUS,),
    {"seed": 7, "profile": "ci"},
)  # fmt: skip
SCRIPT = replace(
    FOUND,
    property_name="connections",
    trial=None,
    steps=(["open", "c1"], ["read", "c1"]),
    differences=(Difference("died", None, "", "it died"),),
)


# -- The form --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "found",
    [
        FOUND,
        replace(FOUND, property_name="connection", trial=Trial(CASE, VARIANT), reference=None),
        SCRIPT,
    ],
    ids=["case", "variant", "steps"],
)
def test_what_is_written_is_read_again(found: Replay, tmp_path: Path) -> None:
    assert replay.read(replay.save(tmp_path / "new" / "folder", found)) == found


@settings(max_examples=4, deadline=None, database=None)
@given(st.data())
@pytest.mark.parametrize("name", PROPERTIES)
def test_whatever_is_drawn_is_read_again(name: str, data: st.DataObject) -> None:
    trial = data.draw(PROPERTIES[name].trials(Ground()))
    found = replace(FOUND, property_name=name, trial=trial)
    assert replay.from_json(json.loads(json.dumps(replay.to_json(found)))) == found


def test_the_same_failure_has_the_same_file(tmp_path: Path) -> None:
    path = replay.save(tmp_path, FOUND)
    other = replace(FOUND, subject=replace(SUBJECT, version="4"), found_by={"seed": 8})
    assert replay.save(tmp_path, other) == path
    assert replay.read(path) == other
    trial = Trial(replace(CASE, stops=True))
    assert replay.save(tmp_path, replace(FOUND, trial=trial)) != path
    assert replay.save(tmp_path, replace(FOUND, property_name="lifecycle")) != path
    assert path.name.startswith("differential-")
    assert len(os.listdir(tmp_path)) == 3, "nothing but the files themselves is left"


def test_a_folder_has_its_files_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", ".half-written.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    assert replay.replays(tmp_path) == [tmp_path / "a.json", tmp_path / "b.json"]
    with pytest.raises(ReplayError, match="there is no folder"):
        replay.replays(tmp_path / "nowhere")


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReplayError, match="cannot write "):
        replay.save(tmp_path / "file", FOUND)


# -- What is wrong, and where ----------------------------------------------------------------------


def changed(*place: Any, to: Any = None) -> dict[str, Any]:
    """FOUND with a member of it changed; gone, when there is nothing to change it to."""
    said = replay.to_json(FOUND)
    inner: Any = json.loads(json.dumps(said))
    whole = inner
    for one in place[:-1]:
        inner = inner[one]
    if to is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = to
    return dict(whole)


CASE_AT = ("trial", "case")
TALK_AT = (*CASE_AT, "talks", 0)
REQUEST_AT = (*TALK_AT, "requests", 1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "no replay file"),
        ({"schema": 1}, "no replay file"),
        (changed("trueline_replay", to=2), "format 2 is not known here: this trueline reads 1"),
        (changed("kind", to="song"), "at $.kind"),
        (changed("kind"), "'kind' is a required property"),
        (changed("kind", to="steps"), "steps"),
        (changed("trial"), "'trial' is a required property"),
        (changed("subject"), "'subject' is a required property"),
        (changed("property", to="differentail"), "no property 'differentail'; there are diff"),
        (changed(*CASE_AT, "app", "routes", 0, "do", to={"sing": {}}), "routes[0].do"),
        (changed(*CASE_AT, "talks", to=[{}]), "at $.trial.case.talks[0]: 'requests' is a"),
        (changed(*TALK_AT, "requests", to=[]), "at $.trial.case.talks[0].requests"),
        (changed(*TALK_AT, "cuts", to=["1"]), "at $.trial.case.talks[0].cuts[0]"),
        (changed(*REQUEST_AT, "chunks", to=[0]), "requests[1].chunks[0]"),
        (changed(*REQUEST_AT, "body_base64", to="x"), "at $.trial.case: "),
        (changed(*REQUEST_AT, "target", to="/\u20ac"), "at $.trial.case: "),
        (changed(*REQUEST_AT, "headers", to=[["a"]]), "requests[1].headers[0]"),
        (changed("trial", "variant", to=CASE.to_json()), "differential that has a variant"),
        (changed("differences", to=[]), "at $.differences"),
        (changed("differences", 0, "left"), "at $.differences[0]: 'left' is a required"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(
    data: Any, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ReplayError) as caught:
        replay.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)


def test_a_variant_is_to_have_the_requests_of_its_case() -> None:
    fewer = replace(CASE, talks=())
    found = replace(FOUND, property_name="connection", trial=Trial(CASE, fewer))
    with pytest.raises(ReplayError, match="not as many requests"):
        replay.from_json(replay.to_json(found))
    with pytest.raises(ReplayError, match="connection that has no variant"):
        replay.from_json(replay.to_json(replace(found, trial=Trial(CASE))))


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (None, "cannot read .*No such file"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_json_is_said(octets: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(ReplayError, match=says):
        replay.read(path)


# -- The verdict -----------------------------------------------------------------------------------


def miniature(*faults: str) -> Command:
    options = [word for fault in faults for word in ("--fault", fault)]
    argv = [sys.executable, "-m", "conformance.adapters.miniature", *options]
    return Command(argv, "miniature")


REFERENCE = Command([sys.executable, "-m", "conformance.adapters.reference"], "reference")
WRONG_STATUS = "unknown-path-is-400"
OTHER_WRONG = "body-is-empty"
NOWHERE = Trial(Case(app(Route("r0", "GET", "/a")), (Talk((Request("GET", "/nowhere"),)),)))


@pytest.fixture(scope="module")
def faulty() -> Iterator[Stage]:
    with Stage([miniature(WRONG_STATUS), REFERENCE]) as stage:
        yield stage


@pytest.fixture(scope="module")
def failure(faulty: Stage) -> Failure:
    failure = PROPERTIES["differential"].failure(faulty, NOWHERE)
    assert failure is not None
    return failure


@pytest.fixture(scope="module")
def file(faulty: Stage, failure: Failure, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay.write(
        tmp_path_factory.mktemp("replays"), failure, faulty, seed=7, profile="quick"
    )


def test_a_file_says_what_found_it_and_on_what(file: Path, faulty: Stage) -> None:
    found = replay.read(file)
    assert found.trial == NOWHERE
    assert found.found_by == {"seed": 7, "profile": "quick"}
    assert (found.subject.name, found.subject.label) == ("miniature", "miniature")
    assert found.reference is not None
    assert found.reference.name == "reference"
    assert found.subject.dialect == faulty.hellos[0].dialect


def test_the_same_difference_is_reproduced(file: Path, faulty: Stage) -> None:
    now = replay.verdict(faulty, replay.read(file))
    assert now.word is Word.REPRODUCED
    assert isinstance(now.failure, Failure)
    assert [one.aspect for one in now.failure.differences] == ["status"]


@pytest.mark.parametrize(
    "differences",
    [
        (),
        (Difference("status", "0.1", "404", "400"),),
        (Difference("events", "0.0", "", ""),),
        (STATUS, Difference("events", "0.0", "", "")),
    ],
)
def test_anything_else_is_different(
    file: Path, faulty: Stage, differences: tuple[Difference, ...]
) -> None:
    found = replace(replay.read(file), differences=differences)
    assert replay.verdict(faulty, found).word is Word.DIFFERENT


def test_what_holds_is_fixed(file: Path, faulty: Stage) -> None:
    found = replay.read(file)
    assert found.trial is not None
    right = replace(found.trial.case, talks=(Talk((Request("GET", "/a"),)),))
    now = replay.verdict(faulty, replace(found, trial=Trial(right)))
    assert (now.word, now.failure) == (Word.FIXED, None)


def test_a_variant_needs_no_reference(file: Path) -> None:
    same = Trial(NOWHERE.case, NOWHERE.case)
    found = replace(replay.read(file), property_name="connection", trial=same)
    assert not found.needs_reference
    with Stage([miniature()]) as stage:
        assert replay.verdict(stage, found).word is Word.FIXED


def test_a_script_is_played_and_judged(tmp_path: Path, faulty: Stage) -> None:
    assert replay.verdict(faulty, SCRIPT).word is Word.FIXED
    with pytest.raises(ReplayError, match="cannot be played"):
        replay.verdict(faulty, replace(SCRIPT, steps=(["sing"],)))
    breach = Breach(Problem("died", "it died"), SCRIPT.steps)
    path = replay.write(tmp_path, breach, faulty, label="-- x", script_name="connections")
    found = replay.read(path)
    assert found.steps == SCRIPT.steps
    assert found.differences == SCRIPT.differences
    assert found.subject.label == "-- x"


class DeclaredOtherwise(Stage):
    """Two subjects, one of which declares what the other does not; none of them is played."""

    def __init__(self, option: str, value: str) -> None:
        self._hellos = [Hello("s", dialect={option: value}), Hello("r", dialect={})]

    @property
    def hellos(self) -> list[Hello]:
        return self._hellos

    def play(self, case: Case) -> list[Observed]:
        raise AssertionError("it is not to be played")


def test_what_a_subject_declares_by_now_to_read_otherwise_is_not_applicable() -> None:
    request = Request("GET", "/a", (("X-A", "1"), ("X-A", "2")))
    case = Case(app(Route("r0", "GET", "/a")), (Talk((request,)),))
    stage = DeclaredOtherwise("repeated_header", "joined")
    now = replay.verdict(stage, replace(FOUND, trial=Trial(case)))
    assert now.word is Word.NOT_APPLICABLE
    assert "repeated_header" in now.reason


def test_what_an_adapter_cannot_express_is_not_applicable(file: Path) -> None:
    case = Case(app(Route("r0", "GET", "/a", RaiseHttp(499))), (Talk((Request("GET", "/a"),)),))
    with Stage([REFERENCE, REFERENCE]) as stage:
        now = replay.verdict(stage, replace(replay.read(file), trial=Trial(case)))
    assert now.word is Word.NOT_APPLICABLE
    assert "499" in now.reason


# -- The command -----------------------------------------------------------------------------------


@dataclass
class Done:
    status: int
    out: str
    err: str


class Trueline:
    """The command in this process: to start one for each would take most of the time."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["replay", *map(str, arguments)])
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Done(code or 0, *self._capture.readouterr())


@pytest.fixture
def trueline(capsys: pytest.CaptureFixture[str]) -> Trueline:
    return Trueline(capsys)


def test_the_command_in_a_process_of_its_own(file: Path) -> None:
    argv = [sys.executable, "-m", "conformance.cli", "replay", str(file)]
    wrong = subprocess.run(
        [*argv, *behind(miniature(WRONG_STATUS))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (wrong.returncode, wrong.stdout[:12], wrong.stderr) == (1, "reproduced  ", "")


def behind(command: Command) -> Sequence[str]:
    return ["--", *command.argv]


def test_reproduced_is_1_and_shown_whole(file: Path, trueline: Trueline) -> None:
    done = trueline(file, *behind(miniature(WRONG_STATUS)))
    assert done.status == 1, done.err
    assert done.out.startswith(f"reproduced  {file}: differential, found on miniature 1, now on")
    assert "  * status of 0.0, GET /nowhere\n" in done.out
    assert "from reference import" in done.out
    assert f"trueline replay {file} -- " in done.out


def test_fixed_is_0_on_the_subject_that_the_file_names(file: Path, trueline: Trueline) -> None:
    done = trueline(file)
    assert done.status == 0, done.err
    assert done.out.startswith("fixed  ")
    assert len(done.out.splitlines()) == 1


def test_different_is_1(file: Path, tmp_path: Path, faulty: Stage, trueline: Trueline) -> None:
    talk = Talk((Request("GET", "/nowhere"), Request("POST", "/b", body=b"x")))
    routes = [Route("r0", "GET", "/a"), Route("r1", "POST", "/b", ReadBody())]
    trial = Trial(Case(app(*routes), (talk,)))
    failure = PROPERTIES["differential"].failure(faulty, trial)
    assert failure is not None
    written = replay.write(tmp_path, failure, faulty)
    done = trueline(written, *behind(miniature(OTHER_WRONG)))
    assert done.status == 1, done.err
    assert done.out.startswith("different  ")
    assert "what differed then: status" in done.out
    assert "  * body of 0.1, POST /b\n" in done.out


def test_a_folder_and_json(file: Path, tmp_path: Path, trueline: Trueline) -> None:
    found = replay.read(file)
    assert found.trial is not None
    replay.save(tmp_path, found)
    right = replace(found.trial.case, talks=(Talk((Request("GET", "/a"),)),))
    replay.save(tmp_path, replace(found, trial=Trial(right)))
    done = trueline("--json", file, tmp_path, *behind(miniature(WRONG_STATUS)))
    assert done.status == 1, done.err
    told = json.loads(done.out)
    assert [one["file"] for one in told] == [str(file), *map(str, replay.replays(tmp_path))]
    assert sorted(one["verdict"] for one in told) == ["fixed", "reproduced", "reproduced"]
    assert told[0]["failure"]["differences"][0]["aspect"] == "status"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{tmp}/nowhere.json"], "cannot read"),
        (["{tmp}"], "there are no replay files in"),
        (["{file}", "aiohtpp"], "did you mean 'aiohttp'"),
        (["{file}", "miniature", "--", "true"], "name one subject"),
        (["{command}"], "was found on a command: name it again"),
        (["{file}", "--python", "{tmp}/none"], "there is no such interpreter"),
    ],
)
def test_a_mistake_is_2_and_told_in_a_line(
    arguments: list[str], says: str, file: Path, tmp_path: Path, trueline: Trueline
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    label = replace(replay.read(file).subject, label="-- rm -rf x")
    command = replay.save(tmp_path / "commands", replace(replay.read(file), subject=label))
    done = trueline(*(one.format(tmp=empty, file=file, command=command) for one in arguments))
    assert done.status == 2, done.out + done.err
    assert says in done.err
    assert done.err.startswith("trueline: ")
    assert "Traceback" not in done.err


def test_help_has_examples(trueline: Trueline) -> None:
    done = trueline("--help")
    assert done.status == 0
    assert "trueline replay found.json -- node adapter.mjs" in done.out
