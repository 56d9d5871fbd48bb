"""`trueline run` and its kin as people use them: in processes, with their exit statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

WRONG = Path(__file__).parent / "subjects" / "wrong.py"
TRUELINE = [sys.executable, "-m", "conformance.cli"]
QUICK = ["-k", "routing/unknown-path-is-404 or params/whole-segment"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command is run: results and caches go there."""
    return tmp_path


def trueline(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRUELINE, *arguments],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def miniature(*faults: str) -> list[str]:
    """The end of a command line: the miniature with these faults."""
    command = ["--", sys.executable, "-m", "conformance.adapters.miniature"]
    for fault in faults:
        command += ["--fault", fault]
    return command


# -- Exit statuses and reports --------------------------------------------------------------------


def test_what_conforms_is_0_and_says_so(folder: Path) -> None:
    done = trueline(folder, "run", "miniature", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conforms" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr, "colour in a pipe"


def test_what_does_not_is_1_with_bytes_requirement_and_command(folder: Path) -> None:
    done = trueline(folder, "run", "-k", "routing", *miniature("unknown-path-is-400"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL  routing/unknown-path-is-404" in done.stdout
    assert "RFC 9110 §15.5.5" in done.stdout
    assert "HTTP/1.1 400" in done.stdout
    assert "curl " in done.stdout
    assert "trueline run -k 'routing/unknown-path-is-404" in done.stdout


def test_json_html_junit_and_summary(folder: Path) -> None:
    files = ["--json=r.json", "--html=r.html", "--summary=r.md", "--junitxml=r.xml"]
    done = trueline(folder, "run", *QUICK, *files, *miniature("unknown-path-is-400"))
    assert done.returncode == 1
    results = json.loads((folder / "r.json").read_text())
    assert results["subject"]["name"] == "miniature"
    assert results["totals"]["fail"] == 1
    assert "routing/unknown-path-is-404" in (folder / "r.html").read_text()
    assert "routing/unknown-path-is-404" in (folder / "r.md").read_text()
    cases = ElementTree.parse(folder / "r.xml").getroot().iter("testcase")
    assert sum(case.find("failure") is not None for case in cases) == 1
    trueline(folder, "run", "miniature", *QUICK, "--json=right.json")
    compared = trueline(folder, "matrix", "r.json", "right.json", "--html=m.html")
    assert compared.returncode == 0
    assert "routing/unknown-path-is-404" in compared.stdout
    assert (folder / "m.html").exists()


def test_a_should_fails_only_a_strict_run(folder: Path) -> None:
    run = ["run", "-k", "response/leaves-connection-open"]
    faulty = miniature("closes-every-connection")
    lenient, strict = trueline(folder, *run, *faulty), trueline(folder, *run, "--strict", *faulty)
    assert (lenient.returncode, strict.returncode) == (0, 1), lenient.stdout + strict.stdout
    assert "WARN  response/leaves-connection-open" in lenient.stdout


def test_baseline_known_stale_and_updated(folder: Path) -> None:
    faulty = miniature("unknown-path-is-400")
    run = ["run", *QUICK, "--baseline=known.toml"]
    updated = trueline(folder, *run, "--update-baseline", *faulty)
    assert updated.returncode == 1
    assert 'check = "routing/unknown-path' in (folder / "known.toml").read_text()
    known = trueline(folder, *run, *faulty)
    assert known.returncode == 0, known.stdout
    stale = trueline(folder, *run, *miniature())
    assert stale.returncode == 1
    assert "STALE" in stale.stdout
    (folder / "known.toml").write_text('[[known]]\ncheck = "no/such*"\nreason = "x"\n')
    refused = trueline(folder, *run, *faulty)
    assert refused.returncode == 2
    assert "'no/such*' matches no check" in refused.stderr + refused.stdout


def test_a_server_that_runs_already(folder: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-u", "-c", SERVER], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        done = trueline(folder, "run", "--url", url, "-k", "framing", "--json=r.json")
    finally:
        server.terminate()
        server.stdout.close()
        server.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((folder / "r.json").read_text())
    assert results["totals"]["pass"] > 20
    assert results["totals"]["not applicable"] > 10
    assert server.returncode == -signal.SIGTERM


# A server that nobody made an adapter for: the reference, without it.
SERVER = """
import asyncio
from reference import Application, Response, serve

async def main():
    app = Application()

    @app.get("/")
    async def root(request):
        return Response("root")

    async with serve(app) as server:
        print(server.port)
        await asyncio.Event().wait()

asyncio.run(main())
"""


# -- As in pytest ----------------------------------------------------------------------------------


def test_first_failure_last_failed_and_several_workers(folder: Path) -> None:
    faulty = miniature("unknown-path-is-400", "matches-prefix")
    stopped = trueline(folder, "run", "-k", "routing", "-x", *faulty)
    assert stopped.returncode == 1
    assert stopped.stdout.count("\nFAIL  ") == 1
    whole = trueline(folder, "run", "-k", "routing", *faulty)
    again = trueline(folder, "run", "-k", "routing", "--lf", *faulty)
    failed = whole.stdout.count("\nFAIL  ")
    assert failed > 1
    assert f"{failed} failed" in again.stdout
    assert "passed" not in again.stdout.splitlines()[-1]
    spread = trueline(folder, "run", "-k", "routing or params", "-n2", *faulty)
    assert spread.returncode == 1
    both = trueline(folder, "run", "-k", "routing or params", *faulty)
    assert spread.stdout.count("\nFAIL  ") == both.stdout.count("\nFAIL  ")
    assert "does not conform" in spread.stdout


def test_pytest_alone_runs_the_suite(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--pyargs", "conformance.suite"]
    done = subprocess.run(
        [*command, "--subject", "miniature", *QUICK],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


# -- What people get wrong, and what goes wrong ----------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "name one subject"),
        (["run", "miniature", "--url", "http://127.0.0.1:1"], "name one subject"),
        (["run", "miniatur"], "did you mean 'miniature'?"),
        (["run", "nosuch.py"], "there is no file nosuch.py"),
        (["run", "miniature", "--python", "/no/such"], "there is no such interpreter"),
        (["run", "--url", "http://127.0.0.1:1"], "nothing answers at 127.0.0.1:1"),
        (["run", "--url", "ftp://x"], "expected http://HOST:PORT"),
        (["run", "miniature", "--update-baseline"], "needs --baseline FILE"),
        (["run", "miniature", "--json=no/such/r.json"], "there is no folder no/such"),
        (["run", "guide"], "no subject 'guide'"),
        (["run", "--", "/no/such/adapter"], "cannot run '/no/such/adapter'"),
        (["run", "--", sys.executable, str(WRONG), "garbage"], "no JSON: 'Listening on"),
        (["run", "--", sys.executable, str(WRONG), "exits"], "ModuleNotFoundError"),
        (["run", "--", sys.executable, str(WRONG), "port-in-use"], "Address already in use"),
        (["explain", "routing/unknown-pat"], "routing/unknown-path-is-404"),
        (["matrix", "nosuch.json"], "nosuch.json: No such file"),
        (["new-adapter", "adapter.txt"], "name it with .py"),
        (["frobnicate"], "invalid choice"),
    ],
)
def test_a_mistake_is_2_and_one_clear_sentence(
    folder: Path, arguments: list[str], said: str
) -> None:
    done = trueline(folder, *arguments)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_a_new_adapter_is_never_written_over(folder: Path) -> None:
    assert trueline(folder, "new-adapter", "mine.py").returncode == 0
    text = (folder / "mine.py").read_text()
    again = trueline(folder, "new-adapter", "mine.py")
    assert again.returncode == 2
    assert (folder / "mine.py").read_text() == text
    assert trueline(folder, "run", "mine.py", *QUICK).returncode == 0


def test_list_and_explain(folder: Path) -> None:
    listed = trueline(folder, "list")
    assert "routing/unknown-path-is-404" in listed.stdout
    assert len(json.loads(trueline(folder, "list", "--json").stdout)) > 100
    explained = trueline(folder, "explain", "params/whole-segment")
    assert explained.returncode == 0
    assert "RFC 3986" in explained.stdout


# -- Ends ------------------------------------------------------------------------------------------


@pytest.fixture
def hanging(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A run whose subject hangs on its first request, once it does."""
    adapter = folder / "hanging.py"
    adapter.write_text(
        "import os, signal, sys\n"
        "from conformance.adapters.miniature import MiniatureAdapter\n"
        "class Hanging(MiniatureAdapter):\n"
        "    def saw(self, request):\n"
        "        saw = super().saw(request)\n"
        "        if saw.request_id != 'trueline-ready':\n"
        "            open('pid', 'w').write(str(os.getpid()) + '\\n')\n"
        "            signal.pause()\n"
        "        return saw\n"
        "Hanging(frozenset()).main()\n"
    )
    run = subprocess.Popen(
        [*TRUELINE, "run", "-k", "routing", "--json=r.json", "--", sys.executable, str(adapter)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (folder / "pid").exists() or not (folder / "pid").read_text().endswith("\n"):
        assert run.poll() is None
    yield run
    if run.poll() is None:
        run.kill()
        run.communicate()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_ctrl_c_keeps_what_was_seen_and_ends_everything(
    folder: Path, hanging: subprocess.Popen[str]
) -> None:
    subject = int((folder / "pid").read_text())
    hanging.send_signal(signal.SIGINT)
    output, _ = hanging.communicate(timeout=60)
    assert hanging.returncode == 2, output
    assert "Traceback" not in output
    assert not is_alive(subject)


def test_a_killed_harness_leaves_nothing_running(
    folder: Path, hanging: subprocess.Popen[str]
) -> None:
    subject = int((folder / "pid").read_text())
    hanging.kill()
    hanging.communicate()
    while is_alive(subject):  # its guard ends it; a hanging test is a failing one
        pass
