"""Planted faults are found by generated applications, and what is found is small."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.generate.planted import Finding, look_for, main, read, text
from conformance.miniature.faults import FOR_GENERATED

DOCUMENT = Path(__file__).parents[2] / "docs" / "planted.md"


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("later-routes-are-patterns", "differential"),
        ("blank-pair-in-the-middle-is-lost", "differential"),
        ("set-header-loses-cookies", "differential"),
        ("late-failure-skips-cleanup", "lifecycle"),
        ("third-chunk-is-lost", "body-framing"),
        ("query-stays", "differential"),
    ],
)
def test_the_fault_is_found(fault: str, found_by: str) -> None:
    found = look_for(fault, [found_by])
    assert found is not None
    assert found.is_small, found.shown


def test_a_property_that_a_fault_does_not_touch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.generate.planted.PROFILE", "quick")
    assert look_for("query-stays", ["lifecycle"]) is None


def test_the_document_says_that_every_fault_was_found() -> None:
    found = read(DOCUMENT.read_text(encoding="utf-8"))
    assert found.keys() == FOR_GENERATED.keys()
    assert [one.fault for one in found.values() if not one.is_small] == []


def test_the_document_is_current() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == text(read(document)), "run `python -m conformance.generate.planted docs`"


def test_what_is_written_is_read_again() -> None:
    small, large = (
        Finding("query-stays", "differential", 7, 1, 2, "`` GET /a|b ``"),
        Finding("body-stays", "body-framing", 190, 3, 1, "`` GET / ``"),
    )
    document = text({one.fault: one for one in (small, large)})
    assert read(document) == {"query-stays": small, "body-stays": large}
    assert f"Found 2 of {len(FOR_GENERATED)}." in document
    assert document.endswith("With more than 2 routes or 2 requests: body-stays.\n")


def test_a_fault_of_another_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "query-stays", "no-such"])
    assert ended.value.code == 2
    assert "nothing of that name is planted: no-such" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
