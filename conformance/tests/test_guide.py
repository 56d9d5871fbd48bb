"""The guide's own code is judged: every mistake that is known of it is reported by name.

And the adapter itself is no reason to fail: the reference, driven through it, passes everything.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from conformance.catalogue import all_checks
from conformance.check import Check
from conformance.driver import Command, Deadlines, Hello
from conformance.judge import Outcome, Rules, Verdict, judge, not_applicable
from conformance.seen import Seen
from conformance.sweep import Outcome as SweepOutcome
from conformance.sweep import Sweep

SUBJECTS = Path(__file__).parent / "subjects"
ROOT = Path(__file__).parents[2]
SKETCH = str(SUBJECTS / "sketch")
KEEPS_MIDDLEWARES = "conformance.tests.subjects.keeps_middlewares"
EARLY = "conformance.tests.subjects.early"

CHECKS = {check.id: check for check in all_checks()}
SOON = Deadlines(step_s=1.0, exit_s=3.0)
"""The guide leaves clients without an answer, and no check of it passes by waiting."""

# Mistake, check that reports it, and what it says of it.
MISTAKES = [
    ("the search ends at the first route that does not match",
     "routing/every-route-is-considered", "status 404, expected 200"),
    ("a path is a regular expression",
     "routing/dot-is-a-dot", "status 200, expected 404"),
    ("the end of a path need not match",
     "routing/whole-path-matches", "status 200, expected 404"),
    ("a param is \\w+",
     "params/whole-segment", "{'name': 'a'}, expected {'name': 'a.b-c~d_0'}"),
    ("a param is matched in the raw path",
     "params/percent-decoded", "{'name': 'J'}, expected {'name': 'Jürgen K.'}"),
    ("middlewares are dropped",
     "middleware/runs", "events: enter r1; leave r1, expected: enter m1"),
    ("one parser for all connections",
     "concurrency/silent-clients", "no answer"),
    ("one request for all connections",
     "connection/vanished-client-harms-nobody-else", "no answer"),
    ("Content-Length counts characters",
     "response/length-counts-octets", "expected b'na\\xc3\\xafve"),
    ("the last chunk of a body wins",
     "request/body-chunked", "'length': 5"),
    ("every response ends the connection",
     "connection/persists", "1 answers, expected 2"),
    ("pipelined requests are lost",
     "connection/pipelined-in-order", "1 answers, expected 3"),
    ("startup hooks run at the same time",
     "hooks/startup-in-order", "enter s1; enter s2"),
    ("shutdown hooks run at the same time",
     "hooks/shutdown-order", "enter d1; enter d2"),
    ("the 500 page is not escaped",
     "error-page/no-markup-of-an-exception", "<script>"),
    ("the 500 page shows the traceback to everybody",
     "error-page/says-nothing-of-the-exception", "was sent"),
    ("a handler that returns no response kills its task",
     "error-page/handler-returns-nothing", "no whole answer"),
    ("an HTTP error without a reason is never sent",
     "exceptions/raised-404", "no whole answer"),
    ("SIGTERM ends nothing",
     "shutdown/sigterm", "the process did not end"),
]  # fmt: skip

# What is seen only when the middlewares that were given are kept.
MISTAKES_OF_MIDDLEWARES = [
    ("the last listed is outermost",
     "middleware/first-is-outermost-of-two", "enter m2; enter m1"),
    ("none run for a wrong method",
     "middleware/runs-for-405", "no event 'enter m1'"),
]  # fmt: skip


class Judged:
    """What was seen of some checks, each run alone: the sketch confuses those that share an app."""

    def __init__(self, hello: Hello, seen: dict[str, Seen]) -> None:
        self.hello = hello
        self._seen = seen

    def verdict(self, id: str, *, by_default: bool = False) -> Verdict:
        """By its dialect, or by the default one; a SHOULD counts as a MUST."""
        dialect = {} if by_default else self.hello.dialect
        return judge(CHECKS[id], self._seen[id], Rules(strict=True, dialect=dialect))


async def run(subject: str, ids: Iterable[str], deadlines: Deadlines = SOON) -> Judged:
    command = Command([sys.executable, "-m", "conformance.adapters.guide", subject], subject)
    sweep = Sweep(command, deadlines)
    seen: dict[str, Seen] = {}

    def report(check: Check, outcome: SweepOutcome) -> None:
        assert outcome.error is None, outcome.error
        seen[check.id] = outcome.seen

    try:
        hello = await sweep.open()
        for id in ids:
            await sweep.run([CHECKS[id]], report)
    finally:
        await sweep.close()
    return Judged(hello, seen)


@pytest.mark.parametrize(
    ("subject", "mistakes"),
    [(SKETCH, MISTAKES), (KEEPS_MIDDLEWARES, MISTAKES_OF_MIDDLEWARES)],
    ids=["sketch", "keeps-middlewares"],
)
async def test_every_known_mistake_is_reported(
    subject: str, mistakes: list[tuple[str, str, str]]
) -> None:
    judged = await run(subject, [id for _, id, _ in mistakes])
    missed = []
    for mistake, id, words in mistakes:
        verdict = judged.verdict(id)
        texts = [problem.text for problem in verdict.problems]
        if verdict.outcome is not Outcome.FAIL or not any(words in text for text in texts):
            missed.append(f"{mistake}: {id} is {verdict.outcome.value}, {texts}")
    assert missed == []


async def test_a_wrong_method_is_400_in_its_dialect_and_wrong_in_the_default_one() -> None:
    judged = await run(SKETCH, ["routing/wrong-method"])
    assert judged.hello.dialect["wrong_method"] == "400"
    assert judged.verdict("routing/wrong-method").outcome is Outcome.PASS
    verdict = judged.verdict("routing/wrong-method", by_default=True)
    assert verdict.outcome is Outcome.FAIL
    assert "status 400, expected 405" in verdict.reason


async def test_what_the_sketch_does_right_passes() -> None:
    ids = ["request/header-values", "query/plus-is-a-space", "hooks/state-reaches-handlers"]
    judged = await run(SKETCH, ids)
    assert {id: judged.verdict(id).outcome for id in ids} == dict.fromkeys(ids, Outcome.PASS)


async def test_what_a_module_does_not_have_yet_does_not_apply() -> None:
    """Whoever has come half-way is judged for that half."""
    ids = {
        "routing/every-route-is-considered": "",
        "middleware/runs": "unsupported: middlewares",
        "hooks/startup-in-order": "unsupported: startup hooks",
        "exceptions/raised-404": "unsupported: raise_http",
        "response/bytes-as-given": "unsupported: a body of bytes",
    }
    judged = await run(EARLY, ids)
    assert {id: judged.verdict(id).reason for id in ids} == ids


async def test_the_reference_passes_everything_through_this_adapter() -> None:
    sweep = Sweep(
        Command([sys.executable, "-m", "conformance.adapters.guide", "reference"], "reference"),
        Deadlines(step_s=20.0, exit_s=20.0),
        at_once=8,  # each app is a process
    )
    verdicts: dict[str, Verdict] = {}
    try:
        hello = await sweep.open()
        # What the guide leaves open, and this adapter does not know of its module.
        left_open = {
            "accept_on_500": "all",
            "body_limit_holds": "read_whole",
            "no_response_reaches_middlewares": "value",
        }
        rules = Rules(strict=True, dialect={**hello.dialect, **left_open})

        def report(check: Check, outcome: SweepOutcome) -> None:
            assert outcome.error is None, outcome.error
            verdicts[check.id] = judge(check, outcome.seen, rules)

        applicable = [
            check
            for check in CHECKS.values()
            if not not_applicable(check, hello.dialect, hello.capabilities)
        ]
        await sweep.run(applicable, report)
    finally:
        await sweep.close()
    fine = (Outcome.PASS, Outcome.NOT_APPLICABLE)
    assert {id: one.reason for id, one in verdicts.items() if one.outcome not in fine} == {}
    unsupported = {one.reason for one in verdicts.values() if one.outcome is fine[1]}
    missing = {"stream", "files", "head_s", "body_s", "idle_s", "crash of kind base"}
    assert {reason for reason in unsupported if reason.startswith("unsupported: ")} <= {
        *(f"unsupported: {one}" for one in missing),
        *(reason for reason in unsupported if "raise_http" in reason),
    }
    passed = [id for id, one in verdicts.items() if one.outcome is Outcome.PASS]
    # What the module lacks is a ninth of the catalogue: streams, files, limits.
    assert len(passed) > 0.85 * len(applicable)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "there is no module 'nowhere' in"),
        ("nowhere.at.all", "there is no module 'nowhere' in"),
        ("no/such/file.py", "there is no no/such/file.py"),
        ("json", "json has no Application"),
        ("broken.py", "broken cannot be imported: ZeroDivisionError: division by zero"),
        ("needs.py", "needs cannot be imported: No module named 'not_installed'"),
    ],
)
def test_what_cannot_be_driven_is_said_in_a_sentence(given: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "needs.py").write_text("import not_installed\n")
    done = subprocess.run(
        [sys.executable, "-m", "conformance.adapters.guide", given],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, input=b"", capture_output=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode().splitlines()[-1].startswith(said)


def test_a_file_within_a_package_may_import_its_neighbours() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.adapters.guide", f"{SKETCH}/application.py"],
        cwd=ROOT, input=b'{"op": "hello", "protocol": 1, "nonce": "n"}\n{"op": "quit"}\n',
        capture_output=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b'"name": "sketch.application"' in done.stdout
