"""Peers: what they are asked to serve, and that their answers are right."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.connection import Connection
from benchmarks.peers import PEERS
from benchmarks.peers import __file__ as peers_file
from benchmarks.peers.application import CANNOT_SERVE, Route, Table
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.serving import serving
from benchmarks.subjects import Subject
from conformance.driver import Command
from conformance.spec import App, Crash, Middleware, Respond, app
from conformance.spec import Route as AppRoute


def test_every_peer_is_listed() -> None:
    files = {path.stem for path in Path(peers_file).parent.glob("*.py")}
    assert files - {"__init__", "application"} == set(PEERS)


def ask(peer: str, served: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.peers.{peer}", "--port", "1"],
        input=served, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (app(AppRoute("r", "GET", "/", Crash())), "peer bare does not serve: crash"),
        (App(middlewares=(Middleware("m"),)), "peer bare does not serve: middlewares"),
        (
            app(AppRoute("r", "GET", "/", Respond(headers=(("a", "b"),)))),
            "peer bare does not serve: responses with headers or cookies",
        ),
    ],
)
def test_what_a_peer_cannot_serve(served: App, said: str) -> None:
    done = ask("bare", json.dumps(served.to_json()))
    assert (done.returncode, done.stderr.strip()) == (CANNOT_SERVE, said)


def test_an_application_that_is_none() -> None:
    done = ask("bare", "GET / HTTP/1.1")
    assert done.returncode == 2
    assert "no application as JSON" in done.stderr


def test_routes_are_found_by_their_segments() -> None:
    paths = ("/", "/users/{name}", "/users/{name}/posts/{id}", "/users/all/posts/{id}")
    table = Table(Route("GET", path, "respond") for path in paths)

    def found(method: str, path: str) -> tuple[str, dict[str, str]] | None:
        match = table.find(method, path)
        return None if match is None else (match[0].path, match[1])

    assert found("GET", "/") == ("/", {})
    assert found("GET", "/users/a%20b") == (paths[1], {"name": "a b"})
    assert found("GET", "/users/x/posts/7") == (paths[2], {"name": "x", "id": "7"})
    assert found("GET", "/users/all/posts/7") == (paths[3], {"id": "7"})
    for path in ("/users", "/users/", "/users/x/posts", "/nothing", "//"):
        assert found("GET", path) is None, path
    assert found("POST", "/") is None


WITH = ("plaintext", "json", "param", "params-5", "echo", "echo-1mib", "stream", "not-found")


def merged(scenarios: list[Scenario]) -> App:
    """One application with the routes of all, so that one process serves them."""
    routes = {(one.method, one.path): one for scenario in scenarios for one in scenario.app.routes}
    return App(tuple(routes.values()), body_limit=scenarios[0].app.body_limit, quiet=True)


@pytest.mark.parametrize("name", sorted(PEERS))
async def test_answers_are_right(name: str) -> None:
    if find_spec(PEERS[name].module) is None:
        pytest.skip(f"{name} is not installed")
    scenarios = [SCENARIOS[one] for one in WITH if (name, one) != ("socketify", "stream")]
    command = Command([sys.executable, "-m", f"benchmarks.peers.{name}"], name)
    subject = Subject(name, command, "peer", "asyncio")
    async with serving(subject, merged(scenarios)) as server:
        for scenario in scenarios:
            with await Connection.open(server.host, server.port) as connection:
                answer = await connection.exchange(scenario.probe)
            assert answer.status == scenario.status, scenario.name
            assert scenario.accepts(answer.body), scenario.name
