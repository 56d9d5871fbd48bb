"""The results document: a run as JSON, from which every report can be made again.

Owns schema version 1: an object of `schema` (1), `subject`, `started` (ISO 8601), `duration_s`,
`notes`, `totals` (for other programs; not read back) and `results`. Octets are strings whose
characters are the octets (latin-1), so they stay legible: "GET / HTTP/1.1\\r\\n".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from ..check import Level, Source
from ..expect import Problem
from ..judge import Outcome, Verdict
from ..results import CheckRecord, Result, Run, SubjectInfo
from ..seen import Answer, Conversation, Happening, Rejection, Seen
from ..spec import app_from_json
from ..steps import End

SCHEMA = 1

Json: TypeAlias = Any


class NotResults(ValueError):
    """This is no results document, or not one of a version that is understood here."""


# -- To JSON --------------------------------------------------------------------------------------


def dumps(run: Run) -> str:
    """The results document."""
    return json.dumps(run_to_json(run), indent=1) + "\n"


def run_to_json(run: Run) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "subject": {**asdict(run.subject), "command": list(run.subject.command)},
        "started": run.started,
        "duration_s": run.duration_s,
        "notes": list(run.notes),
        "totals": {outcome.value: count for outcome, count in run.totals().items()},
        "results": [result_to_json(result) for result in run.results],
    }


def result_to_json(result: Result) -> dict[str, Json]:
    """One result; also how a process that ran some of the checks hands it over."""
    return {
        "check": _check_to_json(result.check),
        "verdict": {
            "outcome": result.outcome.value,
            "reason": result.verdict.reason,
            "problems": [asdict(problem) for problem in result.verdict.problems],
        },
        "seen": _seen_to_json(result.seen),
        "duration_s": result.duration_s,
    }


def _check_to_json(check: CheckRecord) -> dict[str, Json]:
    return {
        "id": check.id,
        "title": check.title,
        "level": check.level.value,
        "source": {**asdict(check.source), "url": check.source.url},
        "app": None if check.app is None else check.app.to_json(),
        "does": list(check.does),
        "expects": list(check.expects),
        "by_hand": list(check.by_hand),
        "faults": list(check.faults),
    }


def _seen_to_json(seen: Seen) -> dict[str, Json]:
    return {
        "conversations": [_conversation_to_json(one) for one in seen.conversations.values()],
        "events": [asdict(one) for one in seen.events],
        "nonce": seen.nonce,
        "rejection": None if seen.rejection is None else asdict(seen.rejection),
        "missed": seen.missed,
        "died": seen.died,
        "exit_status": seen.exit_status,
        "stderr": seen.stderr,
    }


def _conversation_to_json(conversation: Conversation) -> dict[str, Json]:
    return {
        "name": conversation.name,
        "sent": conversation.sent.decode("latin-1"),
        "received": conversation.received.decode("latin-1"),
        "answers": [_answer_to_json(one) for one in conversation.answers],
        "interim": [_answer_to_json(one) for one in conversation.interim],
        "rest": conversation.rest.decode("latin-1"),
        "end": conversation.end.value,
        "is_raw": conversation.is_raw,
        "problem": conversation.problem,
    }


def _answer_to_json(answer: Answer) -> dict[str, Json]:
    return {**asdict(answer), "body": answer.body.decode("latin-1")}


# -- From JSON ------------------------------------------------------------------------------------


def loads(text: str | bytes) -> Run:
    """The inverse of `dumps`. Raises NotResults."""
    try:
        return run_from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, NotResults):
            raise
        raise NotResults(f"not a results document: {error!r}") from error


def run_from_json(data: Mapping[str, Json]) -> Run:
    """Raises NotResults for another schema version."""
    if data["schema"] != SCHEMA:
        raise NotResults(f"results of schema version {data['schema']!r}, expected {SCHEMA}")
    subject = data["subject"]
    return Run(
        subject=SubjectInfo(**{**subject, "command": tuple(subject["command"])}),
        results=tuple(result_from_json(one) for one in data["results"]),
        started=data["started"],
        duration_s=data["duration_s"],
        notes=tuple(data["notes"]),
    )


def result_from_json(data: Mapping[str, Json]) -> Result:
    """The inverse of `result_to_json`."""
    verdict = data["verdict"]
    return Result(
        check=_check_from_json(data["check"]),
        seen=_seen_from_json(data["seen"]),
        verdict=Verdict(
            Outcome(verdict["outcome"]),
            verdict["reason"],
            tuple(
                Problem(**{**one, "mark": one["mark"] and tuple(one["mark"])})
                for one in verdict["problems"]
            ),
        ),
        duration_s=data["duration_s"],
    )


def _check_from_json(data: Mapping[str, Json]) -> CheckRecord:
    source = data["source"]
    return CheckRecord(
        id=data["id"],
        title=data["title"],
        level=Level(data["level"]),
        source=Source(source["name"], source["section"], source["quote"]),
        app=None if data["app"] is None else app_from_json(data["app"]),
        does=tuple(data["does"]),
        expects=tuple(data["expects"]),
        by_hand=tuple(data["by_hand"]),
        faults=tuple(data["faults"]),
    )


def _seen_from_json(data: Mapping[str, Json]) -> Seen:
    conversations = [_conversation_from_json(one) for one in data["conversations"]]
    return Seen(
        conversations={one.name: one for one in conversations},
        events=tuple(Happening(**one) for one in data["events"]),
        nonce=data["nonce"],
        rejection=data["rejection"] and Rejection(**data["rejection"]),
        missed=data["missed"],
        died=data["died"],
        exit_status=data["exit_status"],
        stderr=data["stderr"],
    )


def _conversation_from_json(data: Mapping[str, Json]) -> Conversation:
    return Conversation(
        name=data["name"],
        sent=data["sent"].encode("latin-1"),
        received=data["received"].encode("latin-1"),
        answers=_answers(data["answers"]),
        interim=_answers(data["interim"]),
        rest=data["rest"].encode("latin-1"),
        end=End(data["end"]),
        is_raw=data["is_raw"],
        problem=data["problem"],
    )


def _answers(data: Iterable[Mapping[str, Json]]) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            **{
                **one,
                "headers": tuple((name, value) for name, value in one["headers"]),
                "body": one["body"].encode("latin-1"),
            }
        )
        for one in data
    )
