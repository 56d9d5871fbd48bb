"""`trueline list` and `trueline explain`."""

from __future__ import annotations

import json

import pytest

from conformance.report.catalogue import UnknownCheck, explain, find, list_json, list_text

from .report_samples import BARE_LF, SLOW, WRONG_METHOD

CHECKS = [WRONG_METHOD, BARE_LF, SLOW]


def test_the_list_is_by_category() -> None:
    assert list_text(CHECKS, colour=False).splitlines() == [
        "routing  2 checks",
        f"  routing/wrong-method   MUST    {WRONG_METHOD.title}",
        "  routing/literal-first  MUST    A literal wins",
        "",
        "framing  1 check",
        "  framing/bare-lf  SHOULD  A bare LF ends no line",
        "",
        "3 checks in 2 categories",
    ]


def test_the_list_as_json() -> None:
    data = json.loads(list_json(CHECKS))
    assert [one["id"] for one in data] == [check.id for check in CHECKS]
    assert data[0]["level"] == "MUST"
    assert data[0]["when"] == {"head_of_get": ["yes"]}
    assert data[0]["faults"] == ["answers-any-method"]
    assert data[0]["source"] == {
        "name": "RFC 9110",
        "section": "15.5.6",
        "quote": "The 405 (Method Not Allowed) status code indicates",
        "url": "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6",
    }
    assert data[1]["source"]["url"] is None


@pytest.mark.parametrize("wanted", ["routing/wrong-method", "wrong-method"])
def test_a_check_is_found_by_its_id_or_its_name(wanted: str) -> None:
    assert find(CHECKS, wanted) is WRONG_METHOD


@pytest.mark.parametrize(
    ("wanted", "close"),
    [
        ("routing/wrong-methd", "routing/wrong-method"),
        ("framing/wrong-method", "routing/wrong-method"),
        ("Wrong-Metod", "routing/wrong-method"),
        ("bare", "framing/bare-lf"),
    ],
)
def test_an_unknown_id_is_met_with_those_that_may_be_meant(wanted: str, close: str) -> None:
    with pytest.raises(UnknownCheck) as caught:
        find(CHECKS, wanted)
    assert caught.value.close[0] == close
    assert f"there is no check {wanted!r}; did you mean {close}" in str(caught.value)


def test_an_id_like_no_other() -> None:
    with pytest.raises(UnknownCheck, match="`trueline list` shows all"):
        find(CHECKS, "zzzzzz")


def test_explain_tells_everything() -> None:
    shown = explain(WRONG_METHOD, colour=False)
    for part in (
        "routing/wrong-method  MUST\n    A method that the path does not have",
        "rfc9110#section-15.5.6\n    | The 405 (Method Not Allowed)",
        "applies\n    where head_of_get is yes\n",
        "app\n    app(Route('item', 'GET', '/items/{name}'), ",
        "steps\n    1. ask POST /items/x, body 50% off\\n\n",
        "expected\n    - as wrong_method is declared: 405: status 405; ",
        "    - header Allow lists GET, HEAD\n",
        "by hand\n    printf ",
        "faults that fail it\n    answers-any-method\n",
    ):
        assert part in shown
    assert "1. send GET / HTTP/1.1\\r\\n\n       Host: @HOST@\\r\\n\n" in explain(
        BARE_LF, colour=False
    )
    assert "to every server" in explain(BARE_LF, colour=False)
    assert "applies" not in explain(SLOW, colour=False)
