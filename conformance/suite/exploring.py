"""The pytest plugin of generated applications: an item for each replay file and each property.

Owns how such a run looks to pytest: `trueline explore` loads it. What is drawn and compared is the
business of `conformance.generate`.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ..driver import Command, Deadlines
from ..generate import present, replay
from ..generate.explore import NAMES, Explorer, Plan, Tally
from ..generate.profiles import database_of
from ..generate.properties import Failure
from ..generate.session import Breach
from ..generate.stage import Stage
from ..protocol import AdapterError
from ..report import style
from ..report.progress import Progress
from ..subject import command_for, command_of

RUN: pytest.StashKey[Recorder] = pytest.StashKey()


@dataclass(frozen=True)
class Options:
    """What `trueline explore` was asked for; it goes to every process of a run as JSON.

    replays   the folder of replay files
    """

    subject: str | None
    command: list[str]
    python: str | None
    profile: str
    seed: int
    repeats: bool
    database: str | None
    replays: str
    deadline_s: float
    json: str | None

    @property
    def label(self) -> str:
        return self.subject or "-- " + shlex.join(self.command)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--trueline-explore", metavar="JSON", help="what `trueline explore` sends")


def pytest_configure(config: pytest.Config) -> None:
    options = Options(**json.loads(config.option.trueline_explore))
    config.stash[RUN] = recorder = Recorder(config, options)
    config.pluginmanager.register(recorder, "trueline-explorer")


# -- Items ----------------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path == Path(__file__).with_name("properties.py"):
        return ExploringFile.from_parent(parent, path=file_path)
    return None


class ExploringFile(pytest.File):
    """What was found before, and then what may be found."""

    def collect(self) -> Iterator[pytest.Item]:
        folder = Path(self.config.stash[RUN].options.replays)
        for path in replay.replays(folder) if folder.is_dir() else ():
            yield ReplayItem.from_parent(self, name=f"replay/{path.stem}", file=path)
        for name in NAMES:
            yield PropertyItem.from_parent(self, name=name)


class Found(Exception):
    """Carries what is to be said of a failure."""


class _Item(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Found):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class PropertyItem(_Item):
    """A property, with all that is drawn for it."""

    def runtest(self) -> None:
        self.config.stash[RUN].explore(self.name)


class ReplayItem(_Item):
    """A failure of an earlier run, which may be there or not."""

    def __init__(self, *, file: Path, **more: Any) -> None:
        super().__init__(**more)
        self.file = file

    def runtest(self) -> None:
        self.config.stash[RUN].replay(self.file)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if isinstance(item, PropertyItem) and call.when == "call":
        tally = item.config.stash[RUN].told.get(item.name)
        if tally is not None:
            # As JSON, so that xdist carries it from the worker to the controller.
            vars(report)["trueline_tally"] = tally
    return report


# -- The run --------------------------------------------------------------------------------------


class Recorder:
    """The subjects of this process, and what was done with them."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self.options = options
        self.told: dict[str, dict[str, Any]] = {}
        """Of each property what was done for it, in JSON."""
        self._is_worker = hasattr(config, "workerinput")
        self._folder = tempfile.TemporaryDirectory(prefix="trueline-")
        self._stage: Stage | None = None
        self._explorer: Explorer | None = None
        self._live = Progress(sys.stderr, os.environ)
        self._subject = options.label

    # -- Items -----------------------------------------------------------------------------------

    def explore(self, name: str) -> None:
        try:
            explorer = self._opened()
            tally = explorer.explore(name)
        except AdapterError as exc:
            self._give_up(exc)
        except KeyboardInterrupt:
            if self._explorer is not None and self._explorer.tallies:
                self._keep(self._explorer.tallies[-1])
            raise
        finally:
            self._live.clear()
        if text := self._keep(tally):
            raise Found(text)

    def replay(self, path: Path) -> None:
        try:
            explorer = self._opened()
            found = replay.read(path)
            verdict = replay.verdict(explorer.stage, found)
        except replay.ReplayError as exc:
            pytest.exit(f"trueline: {exc}", returncode=2)
        except AdapterError as exc:
            self._give_up(exc)
        if verdict.word is replay.Word.NOT_APPLICABLE:
            pytest.skip(verdict.reason)
        if verdict.failure is not None:
            raise Found(f"{verdict.word.value}: {self._text(verdict.failure, path)}")

    def _opened(self) -> Explorer:
        if self._explorer is None:
            options = self.options
            stage = Stage(
                [self._command(), command_for("reference", None, Path(self._folder.name) / "none")],
                replace(Deadlines(), step_s=options.deadline_s),
            )
            plan = Plan(
                options.profile,
                options.seed,
                database_of(options.database),
                options.label,
                repeats=options.repeats,
            )
            self._stage = stage.__enter__()
            self._explorer = Explorer(stage, plan, self._show)
            subject = stage.hellos[0]
            self._subject = f"{subject.name} {subject.version}".strip()
        return self._explorer

    def _command(self) -> Command:
        options = self.options
        if options.command:
            return command_of(options.command)
        assert options.subject is not None
        return command_for(options.subject, options.python, Path(self._folder.name) / "kit")

    @staticmethod
    def _give_up(error: AdapterError) -> None:
        pytest.exit(f"trueline: {error}", returncode=2)

    def _keep(self, tally: Tally) -> str:
        """Tell what was done; write a replay file of what was found, and return the words on it."""
        said = asdict(replace(tally, failure=None))
        self.told[tally.name] = said
        if tally.failure is None:
            return ""
        options = self.options
        path = replay.write(
            Path(options.replays),
            tally.failure,
            self._opened().stage,
            seed=options.seed,
            profile=options.profile,
            script_name=tally.name,
            label=options.label,
        )
        said["replay"] = str(path)
        said["failure"] = present.to_json(tally.failure)
        flaky = "seen once, and not again on the same application: flaky\n\n"
        return (flaky if tally.is_flaky else "") + self._text(tally.failure, path)

    def _text(self, failure: Failure | Breach, path: Path) -> str:
        colour = style.has_colour(sys.stdout, os.environ)
        label = self.options.label
        return present.text(failure, label, "reference", colour=colour, file=str(path))

    def _show(self, tally: Tally) -> None:
        doing = "making it smaller" if tally.failure is not None else ""
        self._live.show(
            f"{tally.name}: {tally.trials} trials, {tally.apps} apps, {tally.requests} requests, "
            f"{tally.duration_s:.0f} s {doing}"
        )

    # -- Reporting -------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = getattr(report, "trueline_tally", None)
        if said is not None and not self._is_worker:
            self.told.setdefault(said["name"], said)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._stage is not None:
            self._stage.__exit__(None, None, None)
        self._folder.cleanup()
        if self.options.json and not self._is_worker and self.told:
            document = {
                "subject": self._subject,
                "profile": self.options.profile,
                "seed": self.options.seed,
                "properties": list(self.told.values()),
            }
            Path(self.options.json).write_text(json.dumps(document, indent=1) + "\n", "utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in _summary(self._subject, self.options, list(self.told.values())):
            terminalreporter.write_line(line)


def _summary(subject: str, options: Options, told: list[dict[str, Any]]) -> Iterator[str]:
    if not told:
        return
    yield ""
    yield f"{'property':20}{'trials':>8}{'apps':>8}{'requests':>10}{'seconds':>9}"
    for one in told:
        yield (
            f"{one['name']:20}{one['trials']:8}{one['apps']:8}{one['requests']:10}"
            f"{one['duration_s']:9.1f}" + ("  fails" if "replay" in one else "")
        )
    left_out: dict[str, int] = {}
    for one in told:
        for name, count in one["left_out"].items():
            left_out[name] = left_out.get(name, 0) + count
    if left_out:
        yield "left out, as the two differ there by what they declare, or cannot have it:"
        for name, count in sorted(left_out.items(), key=lambda pair: -pair[1]):
            yield f"  {count:6} {name}"
    failing = sum("replay" in one for one in told)
    says = f"{failing} of {len(told)} properties fail" if failing else "every property holds"
    yield f"{subject}: {says} (profile {options.profile}, seed {options.seed})"
