"""Invariant tested: whatever the choices, a table is drawn, and any octets can be changed."""

from __future__ import annotations

import pytest

from fuzz.choices import Chance, Octets
from fuzz.router_model import NotJudged, Refused, parsed
from fuzz.table import TABLE
from fuzz.table.lines import Line, read_lines
from fuzz.table.words import EXPRESSIONS, MIXED
from fuzz.targets.router import RouterTarget

WILD = (
    b"",
    b"\n",
    b"+",
    b"+ GET",
    b"? ",
    b"\xff\xfe\n+ GET /\xff",
    b"+ GET /{a}\r\n? GET /x",
    bytes(range(256)),
    "+ GET /日本".encode()[:-1],
)


def drawn(seed: int) -> bytes:
    return TABLE.draw(Chance(seed))


def test_lines_are_read() -> None:
    data = "+ GET /users/{name}\n? HEAD /users/é a\nno line\n+ GET\n?  *\n* GET /\n".encode()
    assert read_lines(data) == [
        Line(False, "GET", "/users/{name}"),
        Line(True, "HEAD", "/users/é a"),
        Line(True, "", "*"),
    ]
    assert str(read_lines(data)[0]) == "+ GET /users/{name}"


def test_a_drawn_table_has_routes_and_questions() -> None:
    for seed in range(50):
        lines = read_lines(drawn(seed))
        questions = sum(line.is_question for line in lines)
        assert 60 <= questions <= 100
        assert 1 <= len(lines) - questions <= 12


def test_the_same_choices_draw_the_same() -> None:
    assert drawn(7) == drawn(7) != drawn(8)


@pytest.mark.parametrize("octets", [b"", b"\xff" * 4000, b"\x80\x01" * 3000])
def test_drawing_ends_whatever_the_choices(octets: bytes) -> None:
    assert read_lines(TABLE.draw(Octets(octets)))


@pytest.mark.parametrize("wild", WILD)
def test_any_octets_can_be_changed_and_cut(wild: bytes) -> None:
    for seed in range(100):
        changed = TABLE.mutate(wild, drawn(seed), Chance(seed))
        assert isinstance(TABLE.mutate(changed, wild, Octets(b"")), bytes)
    for cut in TABLE.pieces:
        assert b"".join(cut(wild)) == wild
        assert b"".join(cut(drawn(1))) == drawn(1)


def test_changes_are_changes() -> None:
    base = drawn(1)
    changed = {TABLE.mutate(base, drawn(2), Chance(seed)) for seed in range(100)}
    assert len(changed) > 90


def test_pieces_go_from_coarse_to_fine() -> None:
    counts = [len(cut(drawn(3))) for cut in TABLE.pieces]
    assert counts == sorted(set(counts))


def test_the_model_knows_every_expression_that_is_drawn() -> None:
    for one in MIXED:
        pattern = "/" + one.pattern.replace("{@0", "{a").replace("{@1", "{b")
        assert len(parsed(pattern, EXPRESSIONS)) == 1


def test_drawn_paths_match_and_miss() -> None:
    """Most tables have questions of every kind: found, another method, nothing."""
    seen = [RouterTarget().check(drawn(seed)) for seed in range(40)]
    assert sum(one.accepted for one in seen) >= 36
    assert len({one.signature for one in seen}) >= 10


@pytest.mark.parametrize("path", ["a", "/{", "/}", "/{}", "/{a:}", "/{a:path}/b", "/{a}/{a}"])
def test_the_model_refuses_malformed_patterns(path: str) -> None:
    with pytest.raises(Refused):
        parsed(path, EXPRESSIONS)


def test_the_model_does_not_judge_expressions_that_it_was_not_told_of() -> None:
    with pytest.raises(NotJudged):
        parsed("/{a:(x+x+)+y}", EXPRESSIONS)
