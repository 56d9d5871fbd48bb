"""The JSON Schema (draft 2020-12) of the document that `trueline bench --json` writes.

Owns the shapes; `docs/bench-results.schema.json` is written from here by
`python -m benchmarks.report.schema docs`, and a test holds the two together.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..model import Figure, Phase, Verdict
from .document import FORMAT, VERSION
from .result import KINDS

NAME = "bench-results.schema.json"

Schema = dict[str, Any]

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_AMOUNT = {"type": "number", "minimum": 0}
_COUNT = {"type": "integer", "minimum": 0}
_ANY = {"type": "object"}


def _object(**members: Schema) -> Schema:
    """Every member is written always; there are no others."""
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _or_null(schema: Schema, why: str) -> Schema:
    return {"anyOf": [schema, {"type": "null"}], "description": why}


_SLICE = _object(
    side={"enum": ["A", "B"]},
    requests={"type": "integer", "minimum": 1},
    duration_s={"type": "number", "exclusiveMinimum": 0},
    server_cpu_s=_AMOUNT,
    client_cpu_s=_AMOUNT,
    read_bytes=_COUNT,
)

_ESTIMATE = _object(
    figure={"enum": [one.value for one in Figure]},
    restarts=_COUNT,
    log_mean={**_NUMBER, "description": "ln of cost of B over cost of A; above 0, B is slower"},
    log_low=_or_null(_NUMBER, "null: no lower bound"),
    log_high=_or_null(_NUMBER, "null: no upper bound"),
    log_sd=_or_null(_AMOUNT, "standard deviation between restarts; null: unknown"),
    log_mde=_or_null(_AMOUNT, "slowdown found nine times of ten; null: none"),
    confidence={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
)

_COMPARISON = _object(
    scenario=_TEXT,
    a=_TEXT,
    b=_TEXT,
    decision=_object(
        verdict={"enum": [one.value for one in Verdict]},
        reason=_TEXT,
        estimates=_array(_ref("estimate")),
    ),
    series=_array(
        _object(phase={"enum": [one.value for one in Phase]}, restarts=_array(_ref("restart")))
    ),
)

_UNMEASURED = "null: not measured"

_ABSOLUTE = _object(
    scenario=_TEXT,
    label=_TEXT,
    rate_per_s=_or_null(_AMOUNT, _UNMEASURED),
    rate_low=_or_null(_NUMBER, "interval over restarts; null: fewer than two"),
    rate_high=_or_null(_NUMBER, "interval over restarts; null: fewer than two"),
    cpu_us=_or_null(_AMOUNT, _UNMEASURED),
    latency_ms={
        "type": "object",
        "description": "milliseconds by percentile, from the intended time of sending",
        "propertyNames": {"pattern": r"^(\d{1,2}(\.\d+)?|100|max)$"},
        "additionalProperties": _AMOUNT,
    },
    latency_rate_per_s=_or_null(_AMOUNT, _UNMEASURED),
    rss_bytes=_or_null(_COUNT, _UNMEASURED),
    restarts=_array(_ref("restart")),
)

_MEASUREMENT = _object(
    subject=_TEXT,
    scenario=_TEXT,
    name=_TEXT,
    value=_NUMBER,
    unit=_TEXT,
    spread=_or_null(_array(_NUMBER, minItems=2, maxItems=2), "lowest and highest; null: one value"),
    samples=_array(_NUMBER),
    is_smaller_better={"type": "boolean"},
)


def document() -> Schema:
    """The schema, ready for JSON."""
    members: dict[str, Schema] = {
        FORMAT: {"const": VERSION},
        "kind": {"enum": list(KINDS)},
        "started": {**_TEXT, "description": "ISO 8601, or empty"},
        "duration_s": _AMOUNT,
        "verdict": _or_null({"enum": [one.value for one in Verdict]}, "the worst of comparisons"),
        "machine": _ANY,
        "settings": _ANY,
        "subjects": _array(_ref("subject")),
        "notes": _array(_TEXT),
        "comparisons": _array(_ref("comparison")),
        "absolutes": _array(_ref("absolute")),
        "measurements": _array(_ref("measurement")),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Results of trueline bench, version 1",
        **_object(**members),
        "$defs": {
            "subject": _object(
                label=_TEXT, name=_TEXT, version=_TEXT, runtime=_TEXT, loop=_TEXT, how=_TEXT
            ),
            "slice": _SLICE,
            "restart": _array(_ref("slice"), minItems=1),
            "estimate": _ESTIMATE,
            "comparison": _COMPARISON,
            "absolute": _ABSOLUTE,
            "measurement": _MEASUREMENT,
        },
    }


def documents() -> dict[str, str]:
    """The text of every document that is generated here, by file name."""
    return {NAME: json.dumps(document(), indent=1) + "\n"}


def main(folder: Path) -> None:
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
