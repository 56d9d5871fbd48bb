"""The file of declared disagreements: its form, and that nothing in it is stale."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from fuzz.choices import Chance
from fuzz.opinions.comparing import KINDS, Disagreement
from fuzz.opinions.probing import as_toml, inputs, probe, propose
from fuzz.opinions.quirks import QuirkError, Quirks, declared_quirks, loaded

ENTRY = {
    "id": '"h11/x"',
    "between": '["reference", "h11"]',
    "kind": '"accepted by one"',
    "outcomes": '["refused 400: bare [LF]*", "accepted*"]',
    "source": '"RFC 9112 §2.2"',
    "quote": '"words"',
    "why": '"it does"',
}
FOUND = Disagreement("accepted by one", "refused 400: bare [LF] there", "accepted, sized")


def entry(**changed: str) -> str:
    lines = [f"{key} = {value}" for key, value in (ENTRY | changed).items() if value]
    return "\n".join(("[[quirk]]", *lines, ""))


def load(tmp_path: Path, text: str) -> Quirks:
    path = tmp_path / "quirks.toml"
    path.write_text(text, encoding="utf-8")
    return loaded(path)


def test_an_entry_declares_its_family_from_both_sides(tmp_path: Path) -> None:
    quirks = load(tmp_path, entry())
    (quirk,) = quirks.all
    assert (quirk.source.name, quirk.source.section) == ("RFC 9112", "2.2")
    assert quirks.declared("reference", "h11", FOUND) == "h11/x"
    assert quirks.declared("h11", "reference", FOUND.turned()) == "h11/x"
    assert quirks.between("h11", "reference") == (quirk,)
    assert quirks.declared("h11", "reference", FOUND) is None
    assert quirks.declared("reference", "rules", FOUND) is None
    assert quirks.declared("reference", "h11", FOUND._replace(kind="another body")) is None
    assert quirks.declared("reference", "h11", FOUND._replace(left="refused 400: bare L")) is None
    assert quirks.declared("reference", "h11", FOUND._replace(right="incomplete")) is None


REFUSED = {
    "no TOML": ("[[quirk", "no TOML"),
    "another table": ("[[quirks]]\n", "there is no table 'quirks'"),
    "one table": ("[quirk]\n", "two brackets"),
    "no id": (entry(id=""), "entry 1 (without an id): id is missing"),
    "an empty quote": (entry(quote='""'), "entry 1 (h11/x): quote is missing or empty; the words"),
    "an empty source": (entry(source='""'), "source is missing or empty; an RFC"),
    "no reason why": (entry(why=""), "why is missing"),
    "another key": (entry(note='"x"'), "there is no key 'note'; the keys are id"),
    "one party": (entry(between='["h11"]'), "between must be a list of two strings"),
    "an unknown party": (entry(between='["h11", "nginx"]'), "there is no party 'nginx'"),
    "the same party": (entry(between='["h11", "h11"]'), "cannot disagree with itself"),
    "an unknown kind": (entry(kind='"slower"'), "there is no kind 'slower'; the kinds are"),
    "what fails nothing": (entry(kind='"rejects earlier"'), "need not be declared"),
    "a text that is a number": (entry(why="1"), "why must be a text"),
    "outcomes that are numbers": (entry(outcomes="[1, 2]"), "outcomes must be a list"),
    "everything": (entry(outcomes='["*", "**"]'), "it matches everything"),
    "every refusal": (entry(outcomes='["refused*", "accepted*"]'), "it matches every refusal"),
    "every refusal of a status": (entry(outcomes='["refused 400: *", "*"]'), "every refusal"),
    "every refusal on the right": (entry(outcomes='["*", "refused*"]'), "every refusal"),
    "twice": (entry() + entry(), "entry 2 (h11/x): another entry has this id"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(QuirkError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert str(tmp_path / "quirks.toml") in str(caught.value)


def test_the_file_of_the_project_is_in_order() -> None:
    quirks = declared_quirks().all
    assert len(quirks) > 60
    assert {quirk.kind for quirk in quirks} < set(KINDS)


PROBED = 6000


def test_httptools_and_h11_disagree_in_more_than_sixty_ways_and_all_are_declared() -> None:
    probed = probe(
        ("httptools", "h11"), islice(inputs(Chance("httptools, h11")), PROBED), declared_quirks()
    )
    assert probed.inputs == PROBED
    assert len(probed.buckets) >= 60
    assert [(*one.found, one.smallest) for one in probed.undeclared] == []
    assert len(probed.declared) > 25


HOST = b"Host: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: x\r\n"
RARE = (
    CHUNKED + UPGRADE + b"\r\n0\r\nX\r\n\r\n",
    CHUNKED + UPGRADE + b"\r\n0\r\n X: y\r\n\r\n",
    CHUNKED + UPGRADE + b"\r\n0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    CHUNKED + UPGRADE + b"\r\n0\r\nTransfer-Encoding: x\r\n\r\n",
    CHUNKED + UPGRADE + b"\r\n1\r\nab\r\n0\r\n\r\n",
    CHUNKED + UPGRADE + b"\r\nx\r\n",
    CHUNKED + b"\r\n1;a=\rb\r\na\r\n0\r\n\r\n",
    CHUNKED + b'\r\n1;a="\\\x01"\r\na\r\n0\r\n\r\n',
    CHUNKED + b'\r\n1;a="\x01"\r\na\r\n0\r\n\r\n',
    CHUNKED + b"\r\n1 \r\na\r\n0\r\n\r\n",
    CHUNKED + b"\r\n1;a\rb\r\na\r\n0\r\n\r\n",
    CHUNKED + b"\r\n0\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
    CHUNKED + b"\r\n0\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"PRI * HTTP/1.0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\n",
    b"PRI / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"DESCRIBE / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GETS / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\n\r",
    b"POST / HTTP/2.0\r\n" + HOST + b"Connection: close\r\nConnection: keep-alive\r\n"
    b"Content-Length: 0\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na",
    b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"0" * 21 + b"\r\n\r\n",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 1\r\n\r\na",
    b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n" + UPGRADE + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
)
"""What the two disagree on so seldom that a short run does not meet it."""


def test_no_entry_of_httptools_and_h11_is_stale() -> None:
    """An entry that nothing meets any more hides what is to come: remove it."""
    quirks = declared_quirks()
    drawn = [*RARE, *islice(inputs(Chance("stale")), 5000)]
    met = probe(("httptools", "h11"), drawn, quirks).declared
    assert [one.id for one in quirks.between("httptools", "h11") if one.id not in met] == []


def test_proposals_cite_the_rule_that_their_input_breaks(tmp_path: Path) -> None:
    """An entry with words of a rule needs a reason why; one without needs its source as well."""
    proposals = propose(0.6, ("httptools", "h11"), Chance(5), Quirks(()))
    assert len({one.id for one in proposals}) == len(proposals) > 10
    cited = next(one for one in proposals if one.source is not None)
    path = tmp_path / "quirks.toml"
    path.write_text(as_toml(cited), encoding="utf-8")
    with pytest.raises(QuirkError, match="why is missing"):
        loaded(path)
    path.write_text(as_toml(cited).replace('why = ""', 'why = "so"'), encoding="utf-8")
    quirks = loaded(path)
    assert quirks.declared("httptools", "h11", cited.bucket.found) == cited.id
    assert quirks.all[0].source == cited.source
    bare = next(one for one in proposals if one.source is None)
    path.write_text(as_toml(bare).replace('why = ""', 'why = "so"'), encoding="utf-8")
    with pytest.raises(QuirkError, match="source is missing"):
        loaded(path)


def test_what_is_declared_is_not_proposed() -> None:
    assert propose(0.3, ("httptools", "h11"), Chance(6), declared_quirks()) == []
