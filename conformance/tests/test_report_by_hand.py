"""The commands are run by real shells: what they write is what the check sends."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.report.by_hand import commands, curl, produce
from conformance.steps import Ask, HalfClose, Read, ReadToEnd, Send, Step, get, raw

SHELLS = [shell for shell in ("bash", "sh") if shutil.which(shell)]


def written_by(shell: str, command: str) -> bytes:
    return subprocess.run([shell, "-c", command], capture_output=True, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=64))
@example(bytes(range(1, 256)))
@example(b"-n 100% \\n it's `date` $HOME !x\x00")
@example(b"--")
@example(b"\x0011\n")
@example(b"a" * 100 + b"'" * 100 + b"-" * 64 + b"%" * 70 + b"\\" * 64 + b"tail")
def test_a_shell_writes_the_very_octets(shell: str, data: bytes) -> None:
    assert written_by(shell, "; ".join(produce(data))) == data


def test_many_equal_octets_make_a_short_command() -> None:
    [command] = produce(b"x" * 1_000_000)
    assert command == r"head -c 1000000 /dev/zero | tr '\0' 'x'"


def test_a_raw_connection_becomes_printf_into_nc() -> None:
    steps: list[Step] = [Send(raw("GET /a%20b", host=True)), Read()]
    [command] = commands(steps)
    assert command == (
        r"printf 'GET /a%%20b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-Request-Id: trueline\r\n\r\n'"
        " | nc 127.0.0.1 8080"
    )


def test_sends_without_an_answer_between_them_are_one() -> None:
    [command] = commands([Send(b"GET / "), Send(b"HTTP/1.1"), Read()], "[::1]:81")
    assert command == "printf 'GET / HTTP/1.1' | nc ::1 81"


def test_an_answer_in_between_is_a_pause_and_a_half_close_is_told_to_nc() -> None:
    steps: list[Step] = [Send(b"a"), Read(), Send(b"b"), HalfClose(), ReadToEnd()]
    [command] = commands(steps)
    assert command == "{ printf 'a'; sleep 1; printf 'b'; } | nc -N 127.0.0.1 8080"


def test_connections_are_told_apart() -> None:
    steps: list[Step] = [Send(b"a", on="x"), Send(b"b", on="y"), Send(b"c", on="x")]
    assert commands(steps) == [
        "printf 'ac' | nc 127.0.0.1 8080",
        "printf 'b' | nc 127.0.0.1 8080",
    ]


def test_a_request_of_the_client_becomes_curl() -> None:
    words = shlex.split(curl(get("/a?b='[1]'", ("X-A", "it's"), ("X-Empty", ""))))
    assert words[:4] == ["curl", "-sSi", "--path-as-is", "--globoff"]
    assert words[4:10] == ["-H", "X-Request-Id: trueline", "-H", "X-A: it's", "-H", "X-Empty;"]
    assert words[10:] == ["http://127.0.0.1:8080/a?b='[1]'"]


def test_head_does_not_make_curl_wait_for_a_body() -> None:
    words = shlex.split(curl(Ask("HEAD")))
    assert "--head" in words
    assert "-X" not in words


def test_a_target_that_is_no_path() -> None:
    words = shlex.split(curl(Ask("OPTIONS", "*")))
    assert words[words.index("--request-target") + 1] == "*"
    assert words[words.index("-X") + 1] == "OPTIONS"
    assert words[-1] == "http://127.0.0.1:8080/"


def test_a_body_goes_through_a_pipe_with_the_type_that_the_client_gives_it() -> None:
    command = curl(Ask("POST", body=b"\x00%\n"))
    producer, _, rest = command.partition(" | ")
    assert producer == r"printf '\000%%\n'"
    assert "-X" not in shlex.split(rest)
    assert "'Content-Type: application/octet-stream'" in rest
    assert "chunked" not in rest


def test_a_body_in_chunks_with_a_type_of_its_own() -> None:
    ask = Ask("PUT", headers=(("content-type", "text/plain"),), body=(b"ab", b"c"))
    command = curl(ask)
    assert command.startswith("printf 'abc' | curl")
    assert "'Transfer-Encoding: chunked'" in command
    assert "octet-stream" not in command
    assert "-X PUT" in command


def test_what_nobody_would_paste_is_only_described() -> None:
    data = bytes(range(256)) * 64
    [command] = commands([Send(data)])
    assert command.startswith("# ")
    assert len(command) < 100
