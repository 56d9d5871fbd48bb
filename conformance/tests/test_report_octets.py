"""Invariant: whatever the octets are, their readable form is printable ASCII and loses nothing
that is not counted."""

from __future__ import annotations

import re
from ast import literal_eval

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.octets import Line, escape, lines, printable


def octets_of(shown: list[Line]) -> bytes:
    text = "".join(line.text for line in shown)
    found: bytes = literal_eval("b'" + text.replace("'", "\\'") + "'")
    return found


@given(st.binary(max_size=600), st.integers(8, 120))
def test_lines_hold_the_very_octets(data: bytes, width: int) -> None:
    shown = lines(data, width=width)
    assert octets_of(shown) == data
    for line in shown:
        assert line.text.isascii()
        assert line.text.isprintable()
        assert len(line.text) <= width + len(r"\r\n")


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_mark_covers_its_octets_and_no_others(data: bytes, choice: st.DataObject) -> None:
    start = choice.draw(st.integers(0, len(data) - 1))
    end = choice.draw(st.integers(start + 1, len(data)))
    marked = "".join(
        line.text[first:last] for line in lines(data, [(start, end)]) for first, last in line.marked
    )
    assert marked == escape(data[start:end])


def test_lines_end_where_those_of_the_message_end() -> None:
    shown = lines(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody")
    assert [line.text for line in shown] == [r"GET / HTTP/1.1\r\n", r"Host: a\r\n", r"\r\n", "body"]


def test_a_line_as_wide_as_the_page_keeps_its_end() -> None:
    assert [line.text for line in lines(b"12345678\r\n9", width=8)] == [r"12345678\r\n", "9"]


def test_the_part_of_a_line_that_is_marked() -> None:
    [first, second] = lines(b"HTTP/1.1 500 Oops\r\n\r\n", [(9, 12)])
    assert first.text[slice(*first.marked[0])] == "500"
    assert not first.is_all_marked
    assert second.marked == ()


def test_two_marks_in_one_line_and_two_that_meet() -> None:
    assert lines(b"abcdef", [(0, 1), (3, 4)])[0].marked == ((0, 1), (3, 4))
    assert lines(b"abcdef", [(0, 3), (3, 6)])[0].is_all_marked


@pytest.mark.parametrize("mark", [(3, 3), (7, 9), (2, 99)])
def test_a_mark_that_is_empty_or_outside_shows_all_the_same(mark: tuple[int, int]) -> None:
    assert lines(b"abc", [mark])[0].marked[-1][1] == 3


def test_nothing_has_no_lines_even_when_it_is_marked() -> None:
    assert lines(b"") == []
    assert lines(b"", [(0, 0)]) == []


def test_much_data_is_shortened_around_what_is_marked() -> None:
    data = b"x" * 50_000 + b"HERE" + b"y" * 50_000
    shown = lines(data, [(50_000, 50_004)])
    assert "".join(line.text for line in shown if line.marked).count("HERE") == 1
    elided = [
        int(re.fullmatch(r"\.\.\. (\d+) bytes \.\.\.", line.text)[1])  # type: ignore[index]
        for line in shown
        if line.is_elision
    ]
    kept = sum(len(line.text) for line in shown if not line.is_elision)
    assert len(elided) == 2
    assert kept + sum(elided) == len(data)
    assert kept < 5000


def test_many_short_lines_are_shortened_too() -> None:
    assert len(lines(b"a\n" * 5_000)) < 300


def test_text_of_a_subject_cannot_drive_a_terminal() -> None:
    assert printable("\x1b[31mred\x07\n\tü\ud800\u202e") == "\\x1b[31mred\\x07\n\tü\\ud800\\u202e"
