"""The page: well formed, whole in itself, and nothing of a subject's is markup in it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from conformance.judge import Outcome
from conformance.report.html import OUTCOMES, page

from .report_samples import ERROR, FAILING, OTHER, PASSING, STALE, WARNING, run

VOID = {"meta", "input", "br"}
Attributes = list[tuple[str, str | None]]


@dataclass
class Parsed(HTMLParser):
    """What the tests ask of a page."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open_tags:
            self.texts.setdefault(self.open_tags[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def parse(text: str) -> Parsed:
    parsed = Parsed()
    parsed.feed(text)
    parsed.close()
    assert parsed.open_tags == []
    return parsed


@pytest.fixture(scope="module")
def text() -> str:
    return page(
        [
            run(FAILING, WARNING, PASSING, notes=("restarted <once>",)),
            run(ERROR, subject=OTHER),
        ]
    )


def test_names_are_unique_and_every_link_into_the_page_arrives(text: str) -> None:
    parsed = parse(text)
    names = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(names) == len(set(names))
    links = [str(attributes["href"]) for attributes in parsed.all("a")]
    inside = {unquote(link[1:]) for link in links if link.startswith("#")}
    assert inside <= set(names)
    assert "routing/wrong-method" in inside
    assert "routing/wrong-method~0" in inside


def test_the_page_loads_nothing(text: str) -> None:
    parsed = parse(text)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"link", "img", "iframe", "object", "base"}
    for _, attributes in parsed.elements:
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in text
    assert "@import" not in text


def test_the_policy_lets_the_own_script_run_and_no_other(text: str) -> None:
    parsed = parse(text)
    [script] = parsed.texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = [one["content"] for one in parsed.all("meta") if "http-equiv" in one]
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_what_a_subject_says_is_text(text: str) -> None:
    parsed = parse(text)
    assert len(parsed.all("script")) == 1
    assert not parsed.all("b")
    assert "alert(1)" in "".join(parsed.texts["pre"])
    assert "\\x1b[2J<b>&`|\\ud800" in "".join(parsed.texts["pre"])
    assert "restarted <once>" in "".join(parsed.texts["p"])
    text.encode()


def test_a_homepage_that_is_no_web_address_is_no_link(text: str) -> None:
    links = [str(attributes["href"]) for attributes in parse(text).all("a")]
    assert "https://docs.aiohttp.org/" in links
    assert all(link.startswith(("https://", "#")) for link in links)


def test_the_matrix_has_a_cell_for_each_subject(text: str) -> None:
    rows = re.findall(r"<tr data-check.*?</tr>", text)
    assert len(rows) == 3
    assert [row.count("<td") for row in rows] == [4, 4, 4]
    assert "✗ fail" in rows[0]
    assert "not run" in rows[0]
    assert 'data-differs="yes"' in rows[0]
    assert 'data-outcomes="fail"' in rows[0]


def test_the_marked_part_is_marked(text: str) -> None:
    assert r"HTTP/1.1 <mark>200</mark> OK\r\n" in text


def test_one_run_opens_what_fails_and_has_no_filter_for_differences() -> None:
    text = page([run(FAILING, PASSING)])
    checks = [one for one in parse(text).all("details") if one.get("class") == "check"]
    assert ["open" in one for one in checks] == [True, False]
    assert "differing" not in [one.get("name") for one in parse(text).all("input")]


def test_filters_offer_what_occurs(text: str) -> None:
    offered = [one["value"] for one in parse(text).all("option")]
    assert offered == ["", "routing", "framing", "", "pass", "fail", "warn", "error"]


def test_every_outcome_has_a_look() -> None:
    assert set(OUTCOMES) == set(Outcome)
    text = page([run(STALE)])
    for name, _ in OUTCOMES.values():
        assert f".o-{name} {{" in text


def test_a_page_needs_a_run() -> None:
    with pytest.raises(ValueError, match="a page needs a run"):
        page([])
