"""The file of known failures: read, applied, brought up to date, and written so that it can be
read again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.baseline import BaselineError, Entry, known, read, text, updated

IDS = ["framing/obs-fold", "framing/bare-lf", "routing/wrong-method"]
PATH = Path("known_failing.toml")
FOLD = Entry("framing/obs-fold", "upstream parser", "https://example.org/issues/1")
FRAMING = Entry("framing/*", "no parser at all")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known_failing.toml"


# -- Reading -------------------------------------------------------------------------------------


def test_a_file(path: Path) -> None:
    path.write_text(
        '# why\n[[known]]\ncheck = "framing/obs-fold"\nreason = "upstream parser"\n'
        'link = "https://example.org/issues/1"\n'
        '[[known]]\ncheck = "framing/*"\nreason = "no parser at all"\n'
    )
    assert read(path) == [FOLD, FRAMING]


def test_an_empty_file(path: Path) -> None:
    path.write_text("")
    assert read(path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[known]\n", " is no TOML: "),
        ("\xff", " is no TOML: 'utf-8' codec"),
        ("[[known]]\n", ': entry 1 has no `check = "..."`'),
        ('[[known]]\ncheck = ["a", "b"]\n', ': entry 1 has no `check = "..."`'),
        ("known = [1]\n", ': entry 1 has no `check = "..."`'),
        ('[[known]]\ncheck = "a/b"\n', ": entry 1 (a/b) gives no reason"),
        (
            '[[known]]\ncheck = "a/b"\nreason = "x"\n[[known]]\ncheck = "c/d"\nreason = ""\n',
            ": entry 2 (c/d) gives no reason",
        ),
        ("known = 5\n", ": there is nothing but [[known]] entries in a baseline"),
        ("[known]\n", ": there is nothing but [[known]] entries in a baseline"),
        ('[[knwon]]\ncheck = "a/b"\n', ": there is nothing but [[known]] entries in a baseline"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(path: Path, content: str, said: str) -> None:
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(BaselineError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}{said}")


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(BaselineError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: No such file or directory; --update-baseline makes one"


# -- Applying ------------------------------------------------------------------------------------


def test_why_each_check_is_known_to_fail() -> None:
    assert known([FOLD], IDS, PATH) == {
        "framing/obs-fold": "upstream parser (https://example.org/issues/1)"
    }
    assert known([FRAMING], IDS, PATH) == {
        "framing/obs-fold": "no parser at all",
        "framing/bare-lf": "no parser at all",
    }
    assert known([], IDS, PATH) == {}


def test_a_later_entry_says_more_of_one_check() -> None:
    reasons = known([FRAMING, FOLD], IDS, PATH)
    assert reasons["framing/obs-fold"].startswith("upstream parser")
    assert reasons["framing/bare-lf"] == "no parser at all"


@pytest.mark.parametrize("name", ["framing/obs-folds", "Framing/*", "framing", "*/nothing"])
def test_an_entry_that_matches_no_check(name: str) -> None:
    with pytest.raises(BaselineError) as caught:
        known([FOLD, Entry(name, "typo")], IDS, PATH)
    assert str(caught.value) == (
        f"known_failing.toml: {name!r} matches no check; `trueline list` has the names"
    )


# -- Bringing up to date -------------------------------------------------------------------------


def test_a_new_failure_is_added_with_what_was_seen() -> None:
    new = updated([FOLD], {IDS[2]: "status 404", IDS[1]: "status 200", IDS[0]: "cut"}, set())
    assert new == [
        FOLD,
        Entry("framing/bare-lf", "not looked into yet: status 200"),
        Entry("routing/wrong-method", "not looked into yet: status 404"),
    ]


def test_a_stale_entry_goes() -> None:
    assert updated([FOLD], {}, {"framing/obs-fold"}) == []
    assert updated([FRAMING], {}, {"framing/obs-fold", "framing/bare-lf"}) == []


def test_a_pattern_stays_while_one_of_its_checks_fails() -> None:
    assert updated([FRAMING], {"framing/bare-lf": "cut"}, {"framing/obs-fold"}) == [FRAMING]


def test_what_was_not_run_stays() -> None:
    assert updated([FOLD, FRAMING], {}, {"routing/wrong-method"}) == [FOLD, FRAMING]


def test_up_to_date_is_up_to_date() -> None:
    failed = {"routing/wrong-method": "status 404", "framing/bare-lf": "status 200"}
    once = updated([FOLD], failed, {"framing/obs-fold"})
    assert updated(once, failed, {"framing/obs-fold"}) == once
    assert set(known(once, IDS, PATH)) == set(failed)


# -- Writing -------------------------------------------------------------------------------------


def test_the_file_as_it_is_written() -> None:
    assert text([FOLD, FRAMING]) == (
        "# Checks that are known to fail. trueline runs them still, and says when one passes.\n"
        "\n"
        "[[known]]\n"
        'check = "framing/obs-fold"\n'
        'reason = "upstream parser"\n'
        'link = "https://example.org/issues/1"\n'
        "\n"
        "[[known]]\n"
        'check = "framing/*"\n'
        'reason = "no parser at all"\n'
    )
    assert tomllib.loads(text([])) == {}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(st.builds(Entry, TEXT, TEXT, TEXT | st.just("")), max_size=3))
def test_what_is_written_reads_the_same(entries: list[Entry]) -> None:
    written = tomllib.loads(text(entries)).get("known", [])
    found = [Entry(one["check"], one["reason"], one.get("link", "")) for one in written]
    assert found == entries


@pytest.mark.parametrize(
    ("reason", "written"),
    [("saw 'x\x7f\x00\\'", "saw 'x\x7f\x00\\'"), ("saw '🎉'", "saw '🎉'"), ("\udc80", "\\udc80")],
)
def test_whatever_was_seen_can_be_written(path: Path, reason: str, written: str) -> None:
    path.write_text(text([Entry("a/b", reason)]), encoding="utf-8")
    assert read(path) == [Entry("a/b", written)]
