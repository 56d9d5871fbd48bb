"""The servers of others: each is started, serves the application, and ends when its input does.

`make frameworks` makes the environment that has them all; without it those of this environment are
taken, and others are skipped by name, but never in CI.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ..net.server import APP
from ..servers.application import APPLICATION

ROOT = Path(__file__).parents[2]
OWN = ROOT / ".venv-frameworks" / "bin" / "python"
PYTHON = str(OWN) if OWN.exists() else sys.executable
NEEDS = {
    "uvicorn-httptools": ("uvicorn", "httptools"),
    "uvicorn-h11": ("uvicorn", "h11"),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
    "tornado": ("tornado",),
    "aiohttp": ("aiohttp",),
}


@cache
def missing(package: str) -> bool:
    code = "import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)"
    return subprocess.run([PYTHON, "-c", code, package], check=False).returncode != 0


def needs(name: str) -> None:
    for package in NEEDS[name]:
        if "CI" not in os.environ and missing(package):
            pytest.skip(f"{package} is not installed: `make frameworks`")


@contextmanager
def started(*arguments: str, stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [PYTHON, "-m", *arguments],
        cwd=ROOT, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": ""},
        stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(
    host: str, port: int, method: str, target: str, body: bytes = b""
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(host, port, timeout=20)
    connection.request(method, target, body, {"X-Asked": "yes"})
    response = connection.getresponse()
    said = response.read()
    connection.close()
    return response, said


def check_it_serves(host: str, port: int) -> None:
    for method, target, path in (
        ("GET", "/?q=1", "/"),
        ("POST", "/echo", "/echo"),
        ("POST", "/items/a", "/items/a"),
    ):
        body = b"hello" if method == "POST" else b""
        response, said = ask(host, port, method, target, body)
        assert response.status == 200
        echo: dict[str, Any] = json.loads(said)
        assert (echo["method"], echo["raw_path"]) == (method, path)
        assert ["x-asked", "yes"] in [[name.lower(), value] for name, value in echo["headers"]]
        digest = hashlib.sha256(body).hexdigest()
        assert echo["body"] == {"length": len(body), "sha256": digest}
    assert json.loads(ask(host, port, "POST", "/unread", b"hello")[1])["body"] is None
    assert ask(host, port, "GET", "/stream")[1] == b"one two three"
    assert ask(host, port, "GET", "/crash")[0].status == 500
    assert ask(host, port, "GET", "/nothing/here")[0].status == 404
    response, said = ask(host, port, "HEAD", "/echo")
    assert (response.status, said) == (200, b"")


@pytest.mark.parametrize("name", NEEDS)
def test_it_serves_at_the_url_that_it_prints_until_its_input_ends(name: str) -> None:
    needs(name)
    with started("fuzz.servers", name) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        assert url.hostname is not None
        assert url.port is not None
        check_it_serves(url.hostname, url.port)
        process.communicate(timeout=20)  # which closes its input
        assert process.returncode == 0


@pytest.mark.parametrize("name", ["uvicorn-h11", "hypercorn", "granian", "tornado"])
def test_it_is_an_adapter(name: str) -> None:
    needs(name)
    with started(f"fuzz.servers.{name.replace('-', '_')}") as process:
        told, answers = process.stdin, process.stdout
        assert told is not None
        assert answers is not None

        def say(**message: object) -> dict[str, Any]:
            told.write(json.dumps(message) + "\n")
            told.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        assert say(op="hello", protocol=1, nonce="n1")["version"]
        reply = say(op="start", id="a1", app=APP.to_json())
        response, said = ask(reply["host"], reply["port"], "GET", "/none/such")
        assert response.status == 404, said
        assert say(op="quit") == {"re": "quit"}
        assert process.wait(timeout=20) == 0


def test_the_same_routes_are_there_at_a_url_as_by_an_adapter() -> None:
    def routes(spec: dict[str, Any]) -> set[tuple[str, str, str]]:
        return {(one["method"], one["path"], *one["do"]) for one in spec["routes"]}

    assert routes(APPLICATION) == routes(APP.to_json())
