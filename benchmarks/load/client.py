"""The built-in client: `python -m benchmarks.load.client` reads Jobs, a JSON object in each line of
stdin, and writes what came of each as a line of stdout: a Load, or why it is none as `refused`.
A line with `turns` asks for slices on two servers instead, and is answered with a list of them.

A process of its own, so that it has a processor of its own; one for many jobs, because starting it
takes as long as a short slice.
"""

import gc
import json
import resource
import sys
from typing import Any

from benchmarks.command import Refused
from benchmarks.load.closed import Closed
from benchmarks.load.model import Job, Load
from benchmarks.load.paced import Paced
from benchmarks.load.turns import Turns, take


def do(job: Job) -> Load:
    """Runs a job. Raises Refused, saying which answer was wrong and how."""
    exchanges = Closed(job) if job.rate_per_s is None else Paced(job)
    try:
        return exchanges.run()
    except Refused as refusal:
        raise Refused(f"answer {exchanges.requests + 1}: {refusal}") from refusal
    except OSError as error:
        raise Refused(f"answer {exchanges.requests + 1}: {error.strerror or error}") from error
    finally:
        exchanges.close_all()


def answer(line: bytes) -> dict[str, Any]:
    """What came of the job in a line, for JSON."""
    try:
        asked = json.loads(line)
    except ValueError as error:
        return {"refused": f"a job is a JSON object: {error}"}
    try:
        if "turns" in asked:
            turns = take(Turns.from_json(asked["turns"]))
            return {"turns": [one.to_json() for one in turns]}
        return do(Job.from_json(asked)).to_json()
    except Refused as refusal:
        return {"refused": str(refusal)}


def main() -> None:
    # A connection is a file; what is allowed at first is often 1,024.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # nothing here is cyclic, and a collection would be a stall
    for line in sys.stdin.buffer:
        print(json.dumps(answer(line)), flush=True)


if __name__ == "__main__":
    main()
