"""Jobs and loads go through JSON unchanged, and a job that makes no sense is refused."""

import json

import pytest

from benchmarks.command import Refused
from benchmarks.load import Histogram, Job, Load

JOB = Job("127.0.0.1", 80, bytes(range(256)), 200, b"\x00\xff", rate_per_s=10.5, duration_s=0.25)


@pytest.mark.parametrize("job", [JOB, Job("h", 1, b"x", 404, None, pipeline=16)])
def test_a_job_survives_json(job: Job) -> None:
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_load_survives_json() -> None:
    latency = Histogram()
    latency.record(0.001)
    for load in (Load(10, 1490, 0.5, 0.1, latency=latency), Load(1, 2, 3, 4, ("read 1",))):
        assert Load.from_json(json.loads(json.dumps(load.to_json()))) == load


def test_rates() -> None:
    load = Load(requests=100, read_bytes=0, duration_s=0.5, client_cpu_s=0.1)
    assert load.rate_per_s == 200
    assert load.client_busy == 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"pipeline": 0},
        {"connections": 0},
        {"duration_s": 0},
        {"answer_timeout_s": 0},
        {"rate_per_s": 0},
        {"accepts": "yaml"},
        {"rate_per_s": 5, "pipeline": 2},
        {"new_connection": True, "pipeline": 2},
        {"colour": "red"},
        {"body": 5},
    ],
)
def test_a_job_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    document = Job("h", 1, b"x", 200, b"y").to_json() | wrong
    with pytest.raises(Refused):
        Job.from_json(document)


@pytest.mark.parametrize(
    ("document", "message"),
    [({"host": "h"}, "request"), ([], "a JSON object"), ({"colour": "red"}, "no .'colour'")],
)
def test_what_is_no_job_is_refused(document: object, message: str) -> None:
    with pytest.raises(Refused, match=message):
        Job.from_json(document)
