"""Text tables."""

from benchmarks.table import render


def test_numbers_align_right_and_words_left() -> None:
    assert render(["peer", "req/s"], [["bare", "50000"], ["reference", "900"]]) == (
        "peer       req/s\n---------  -----\nbare       50000\nreference    900"
    )


def test_a_table_without_rows_is_its_header() -> None:
    assert render(["a", "bc"], []) == "a  bc\n-  --"
