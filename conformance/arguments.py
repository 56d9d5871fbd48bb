"""Numbers on a command line, for argparse: what they may be, and what is said of others."""

from __future__ import annotations

import argparse


def positive(word: str) -> float:
    """A number above 0."""
    number = number_of(word)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{word} is not more than 0")
    return number


def count(word: str) -> int:
    """A whole number, 1 or more."""
    try:
        number = int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid whole number: {word!r}") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not 1 or more")
    return number


def number_of(word: str) -> float:
    """Any number."""
    try:
        return float(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid number: {word!r}") from None
