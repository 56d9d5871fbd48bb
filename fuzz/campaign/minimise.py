"""Makes an input smaller that breaks a property, by leaving out pieces of it.

Owns the search (delta debugging, Zeller and Hildebrandt 2002) over the ways to cut that a language
has. Knows no target: `holds` says whether the input still does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

MOST_PIECES_IN_PAIRS = 48
Pieces = Callable[[bytes], Sequence[bytes]]


def octets(data: bytes) -> list[bytes]:
    """The finest pieces there are; they end what the pieces of a language begin."""
    return [data[at : at + 1] for at in range(len(data))]


def smaller(
    data: bytes,
    holds: Callable[[bytes], bool],
    pieces: Sequence[Pieces],
    over: Callable[[], bool] = lambda: False,
    *,
    in_pairs: bool = True,
) -> bytes:
    """The smallest input that was found for which it `holds`; `data` itself, at worst.

    Begins anew with the coarsest pieces as long as anything could be left out: what was needed
    for something that is gone may be needed no more.

    in_pairs   leave out two pieces at once as well, at the end; takes many attempts
    """
    tried: set[bytes] = {data}

    def holds_new(candidate: bytes) -> bool:
        if candidate in tried or over():
            return False
        tried.add(candidate)
        return holds(candidate)

    while not over():
        before = data
        for cut in (*pieces, octets):
            data = _without(data, cut, holds_new)
        if len(data) == len(before) and in_pairs:
            for cut in (*pieces, octets):
                data = _without_pairs(data, cut, holds_new)
        if len(data) == len(before):
            break
    return data


def _without_pairs(data: bytes, cut: Pieces, holds: Callable[[bytes], bool]) -> bytes:
    """Leave out two pieces at once, which only make sense together: brackets, a length and what
    it counts. Only of few pieces: it takes the square of their number."""
    kept = list(cut(data))
    if len(kept) > MOST_PIECES_IN_PAIRS or b"".join(kept) != data:
        return data
    first = 0
    while first < len(kept):
        for second in range(len(kept) - 1, first, -1):
            candidate = kept[:first] + kept[first + 1 : second] + kept[second + 1 :]
            if holds(b"".join(candidate)):
                kept = candidate
                break
        else:
            first += 1
    return b"".join(kept)


def _without(data: bytes, cut: Pieces, holds: Callable[[bytes], bool]) -> bytes:
    """Leave out runs of pieces: half of all first, one at last."""
    kept = list(cut(data))
    if b"".join(kept) != data:
        return data  # these are no pieces of this input: it is not of the language
    count = max(1, len(kept) // 2)
    while kept:
        # From the end on: what is behind it depends on a piece, seldom what is before it.
        at = len(kept) - count
        while at > -count:
            start = max(0, at)
            candidate = kept[:start] + kept[at + count :]
            if len(candidate) < len(kept) and holds(b"".join(candidate)):
                kept = candidate
            at -= count
        if count == 1:
            break
        count //= 2
    return b"".join(kept)
