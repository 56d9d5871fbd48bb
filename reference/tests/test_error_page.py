"""The 500 page: which media type, what it shows in debug, and that it shows nothing outside."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from typing import NoReturn

import pytest

from reference.error_page import error_page, negotiate
from reference.response import encode

HTML, TEXT, JSON = "text/html", "text/plain", "application/json"
OFFERS = (HTML, TEXT, JSON)

SECRET = "s3cret-<b>&\"'"


class Secret(Exception):
    pass


def raised(exc: BaseException) -> BaseException:
    """`exc` with a traceback through a frame that holds secrets."""
    local_secret = SECRET

    def inner() -> NoReturn:
        assert local_secret
        raise exc

    try:
        inner()
    except BaseException as caught:  # noqa: BLE001 - any kind
        return caught


def shown(exc: BaseException, accept: str | None, debug: bool) -> str:
    response = error_page(exc, accept, debug=debug)
    assert response.status == 500
    assert response.reason == "Internal Server Error"
    return response.text


# --- negotiation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, HTML),
        ("", HTML),
        ("*/*", HTML),
        ("text/*", HTML),
        ("text/html", HTML),
        ("text/plain", TEXT),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/*", JSON),
        ("application/json, text/plain", TEXT),  # a tie: the earlier offer
        ("application/json;q=0.9, text/plain;q=0.8", JSON),
        ("text/html;q=0, */*", TEXT),
        ("text/*;q=0, */*;q=0.1", JSON),
        ("text/*, text/html;q=0.1", TEXT),  # the most specific range decides
        ("text/html;q=0.5;level=1, text/plain; Q = 0.6", TEXT),
        ("text/plain;format=flowed", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json;q=0.001", JSON),
        ("application/json;q=1.000,text/html;q=0.999", JSON),
        ("image/png", HTML),
        ("text/html;q=0", HTML),
        ("*/*;q=0", HTML),
        # What is malformed counts for nothing.
        ("text/plain;q=x", HTML),
        ("text/plain;q=", HTML),
        ("text/plain;q=nan", HTML),
        ("text/plain;q=nan, application/json;q=0.1", JSON),
        ("text/plain;q=-1, application/json;q=0.1", JSON),
        ("text/plain;q=9, text/html", HTML),
        (",;, ;q=1,/,*", HTML),
        ("garbage, application/json", JSON),
        ("\xff/\xff;q=\xff", HTML),
        (",".join(["a/b"] * 5000 + [JSON]), JSON),
    ],
)
def test_negotiation(accept: str | None, chosen: str) -> None:
    assert negotiate(accept, OFFERS) == chosen
    assert error_page(ValueError(), accept, debug=False).content_type == chosen


# --- outside debug ------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", OFFERS)
@pytest.mark.parametrize(
    "exc",
    [
        Secret(SECRET),
        KeyError(SECRET),
        ExceptionGroup(SECRET, [Secret(SECRET)]),
        SystemExit(SECRET),
        Secret("\ud800 {message} {0}"),
    ],
)
def test_nothing_of_the_exception_leaks(accept: str, exc: BaseException) -> None:
    response = error_page(raised(exc), accept, debug=False)
    # The page is the same whatever the exception was.
    other = error_page(OSError(), accept, debug=False)
    assert response.text == other.text
    assert response.headers == other.headers
    message = encode(response, response.text.encode(), 1, False, False)
    for text in ("s3cret", "Secret", "Traceback", "test_error_page", "KeyError", "{"):
        assert text not in message.decode() or (text == "{" and accept == JSON)


def test_page_is_neither_stored_nor_sniffed_and_depends_on_accept() -> None:
    headers = error_page(OSError(), None, debug=False).headers
    assert headers["Vary"] == "Accept"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_json_outside_debug() -> None:
    content = json.loads(shown(Secret(SECRET), JSON, debug=False))
    assert content == {"status": 500, "error": "Internal Server Error"}


# --- in debug -----------------------------------------------------------------------------------


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.data += data


MARKUP = "</pre><script>alert(1)</script><!-- &lt; \" ' {message}"


def test_html_in_debug_is_escaped() -> None:
    page = shown(raised(Secret(MARKUP)), HTML, debug=True)
    assert "<script" not in page
    assert page.count(html.escape(MARKUP)) == 2  # the summary and the end of the traceback
    parsed = _Page(page)
    assert parsed.tags == ["html", "head", "meta", "title", "body", "h1", "p", "pre"]
    assert parsed.data.count(f"Secret: {MARKUP}") == 2
    assert "Traceback (most recent call last)" in parsed.data
    assert "in inner" in parsed.data
    assert SECRET not in parsed.data  # source lines are shown, the values of locals are not


def test_text_in_debug() -> None:
    text = shown(raised(Secret(MARKUP)), TEXT, debug=True)
    assert text.startswith("500 Internal Server Error\n\nTraceback (most recent call last):\n")
    assert text.endswith(f"Secret: {MARKUP}\n\n")
    assert error_page(Secret(), TEXT, debug=True).content_type == TEXT


def test_json_in_debug() -> None:
    content = json.loads(shown(raised(Secret(MARKUP)), JSON, debug=True))
    assert (content["status"], content["error"]) == (500, "Internal Server Error")
    assert content["exception"].endswith(f"Secret: {MARKUP}")
    assert content["traceback"][0] == "Traceback (most recent call last):"
    assert content["traceback"][-1] == content["exception"]


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class Endless(Exception):
    @property
    def __suppress_context__(self) -> bool:  # type: ignore[override]
        return self.__suppress_context__


def with_cause() -> BaseException:
    exc = Secret("outer")
    exc.__cause__ = KeyError("inner")
    exc.add_note("a <note>")
    return exc


@pytest.mark.parametrize("accept", OFFERS)
@pytest.mark.parametrize(
    ("exc", "parts"),
    [
        (Secret("lone \ud800"), ["lone \\ud800"]),
        (Silent(), ["Silent", "str() failed"]),
        (ExceptionGroup("two", [Secret("a"), Silent()]), ["two (2 sub-exceptions)", "Secret: a"]),
        (with_cause(), ["KeyError: 'inner'", "direct cause", "Secret: outer", "a <note>"]),
        (SyntaxError("bad", ("f.py", 1, 2, "x = <y>\n")), ["x = <y>", "SyntaxError: bad"]),
        (KeyboardInterrupt(), ["KeyboardInterrupt"]),
        (Secret(), ["Secret"]),
    ],
)
def test_odd_exceptions_are_shown(accept: str, exc: BaseException, parts: list[str]) -> None:
    text = text_of(shown(raised(exc), accept, debug=True), accept)
    for part in parts:
        assert part in text


@pytest.mark.parametrize("accept", OFFERS)
def test_exception_whose_own_code_keeps_it_from_being_described(accept: str) -> None:
    text = text_of(shown(raised(Endless()), accept, debug=True), accept)
    assert "Endless (describing it raised RecursionError)" in text


def text_of(page: str, accept: str) -> str:
    """What a page of any type shows."""
    if accept == HTML:
        return _Page(page).data
    if accept == JSON:
        content = json.loads(page)
        return "\n".join([content["exception"], *content["traceback"]])
    return page
