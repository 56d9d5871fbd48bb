"""A report as JSON, and back: nothing that was measured is lost, every raw slice is in it.

Owns version 1 of the format, whose schema is `schema.py`. JSON has no infinity: what is unbounded
(the interval of a single restart) is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from ..model import (
    Comparison,
    Decision,
    Estimate,
    Figure,
    Phase,
    Restart,
    Series,
    Slice,
    Verdict,
)
from .result import Absolute, Measurement, Report, SubjectInfo

FORMAT, VERSION = "trueline-bench", 1

Json: TypeAlias = Any


class NotAReport(ValueError):
    """This is no report of benchmarks, or not one of a version that is understood here."""


# -- To JSON --------------------------------------------------------------------------------------


def dumps(report: Report) -> str:
    return json.dumps(to_json(report), separators=(",", ":"), allow_nan=False) + "\n"


def to_json(report: Report) -> dict[str, Json]:
    """The report as what `json.dumps` takes; `verdict` is for other programs, not read back."""
    return {
        FORMAT: VERSION,
        "kind": report.kind,
        "started": report.started,
        "duration_s": report.duration_s,
        "verdict": report.verdict.value if report.comparisons else None,
        "machine": dict(report.machine),
        "settings": dict(report.settings),
        "subjects": [asdict(one) for one in report.subjects],
        "notes": list(report.notes),
        "comparisons": [_comparison_to_json(one) for one in report.comparisons],
        "absolutes": [_absolute_to_json(one) for one in report.absolutes],
        "measurements": [_measurement_to_json(one) for one in report.measurements],
    }


def _comparison_to_json(one: Comparison) -> dict[str, Json]:
    return {
        "scenario": one.scenario,
        "a": one.a,
        "b": one.b,
        "decision": {
            "verdict": one.decision.verdict.value,
            "reason": one.decision.reason,
            "estimates": [_estimate_to_json(each) for each in one.decision.estimates.values()],
        },
        "series": [
            {"phase": each.phase.value, "restarts": _restarts_to_json(each.restarts)}
            for each in one.series
        ],
    }


def _estimate_to_json(one: Estimate) -> dict[str, Json]:
    values = {name: _finite(value) for name, value in asdict(one).items() if name != "figure"}
    return {"figure": one.figure.value, **values}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _restarts_to_json(restarts: Iterable[Restart]) -> list[Json]:
    return [[asdict(slice) for slice in one.slices] for one in restarts]


def _absolute_to_json(one: Absolute) -> dict[str, Json]:
    return {
        "scenario": one.scenario,
        "label": one.label,
        "rate_per_s": one.rate_per_s,
        "rate_low": one.rate_low,
        "rate_high": one.rate_high,
        "cpu_us": one.cpu_us,
        "latency_ms": dict(one.latency_ms),
        "latency_rate_per_s": one.latency_rate_per_s,
        "rss_bytes": one.rss_bytes,
        "restarts": _restarts_to_json(one.restarts),
    }


def _measurement_to_json(one: Measurement) -> dict[str, Json]:
    spread = None if one.spread is None else list(one.spread)
    return {**asdict(one), "spread": spread, "samples": list(one.samples)}


# -- From JSON ------------------------------------------------------------------------------------


def loads(text: str | bytes) -> Report:
    """The inverse of `dumps`. Raises NotAReport."""
    try:
        return from_json(json.loads(text))
    except NotAReport:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAReport(f"this is no report of trueline bench: {error!r}") from error


def from_json(data: Mapping[str, Json]) -> Report:
    """The inverse of `to_json`. Raises NotAReport for another version; ValueError, KeyError or
    TypeError where members are missing or have another shape."""
    if data[FORMAT] != VERSION:
        raise NotAReport(
            f"a report of version {data[FORMAT]!r}, expected {VERSION}: read it with the trueline "
            "that wrote it, or one as new"
        )
    return Report(
        kind=data["kind"],
        machine=data["machine"],
        settings=data["settings"],
        subjects=tuple(SubjectInfo(**one) for one in data["subjects"]),
        comparisons=tuple(_comparison(one) for one in data["comparisons"]),
        absolutes=tuple(
            Absolute(**{**one, "restarts": _restarts(one["restarts"])}) for one in data["absolutes"]
        ),
        measurements=tuple(_measurement(one) for one in data["measurements"]),
        notes=tuple(data["notes"]),
        started=data["started"],
        duration_s=data["duration_s"],
    )


def _comparison(data: Mapping[str, Json]) -> Comparison:
    decision = data["decision"]
    estimates = [_estimate(one) for one in decision["estimates"]]
    return Comparison(
        scenario=data["scenario"],
        a=data["a"],
        b=data["b"],
        series=tuple(
            Series(Phase(one["phase"]), _restarts(one["restarts"])) for one in data["series"]
        ),
        decision=Decision(
            Verdict(decision["verdict"]),
            decision["reason"],
            {one.figure: one for one in estimates},
        ),
    )


def _estimate(data: Mapping[str, Json]) -> Estimate:
    unbounded = {"log_low": -math.inf}
    values: dict[str, Json] = {
        name: unbounded.get(name, math.inf) if value is None else value
        for name, value in data.items()
    }
    return Estimate(**{**values, "figure": Figure(values["figure"])})


def _restarts(data: Iterable[Json]) -> tuple[Restart, ...]:
    return tuple(Restart(tuple(Slice(**slice) for slice in one)) for one in data)


def _measurement(data: Mapping[str, Json]) -> Measurement:
    low_high = data["spread"]
    spread = None if low_high is None else (low_high[0], low_high[1])
    return Measurement(**{**data, "spread": spread, "samples": tuple(data["samples"])})
