"""Octets as text: escaped, in lines, long ones shortened, parts of them marked.

Owns the readable form of what went over the wire, and of text that a subject wrote. Everything
is printable ASCII when it leaves here, so no subject writes to the reader's terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]

_NAMED = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}
_ESCAPED = [
    _NAMED.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}")
    for octet in range(256)
]

HEAD_BYTES, HEAD_LINES, TAIL_BYTES = 2048, 32, 256
BEFORE_MARK_BYTES, BEHIND_MARK_BYTES = 128, 512


@dataclass(frozen=True)
class Line:
    """A line of the readable form. `marked` are the columns of `text` that are marked, in order;
    `is_elision` when it stands for octets that are left out."""

    text: str
    marked: tuple[Span, ...] = ()
    is_elision: bool = False

    @property
    def is_all_marked(self) -> bool:
        return self.marked == ((0, len(self.text)),)


def escape(data: bytes) -> str:
    r"""`b"a\r\n\xff"` as the text `a\r\n\xff`."""
    return "".join(_ESCAPED[octet] for octet in data)


def printable(text: str) -> str:
    r"""Text with everything that is not printable as `\x1b`, but for line ends and tabs."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def lines(data: bytes, marks: Sequence[Span] = (), width: int = 88) -> list[Line]:
    """The readable form: a line for each line of the data, longer ones cut at `width` columns.

    Of much data the beginning, the end and what is marked are shown, the rest is counted.
    """
    marks = [_inside(mark, len(data)) for mark in marks]
    shown: list[Line] = []
    position = 0
    for start, end in _windows(data, marks):
        if start > position:
            shown.append(Line(f"... {start - position} bytes ...", is_elision=True))
        shown.extend(_line(data, piece, marks) for piece in _pieces(data, start, end, width))
        position = end
    return shown


def _inside(mark: Span, size: int) -> Span:
    """A mark of at least one octet of the data, if it has any: an empty one would not show."""
    start = max(0, min(mark[0], size - 1))
    return start, max(min(mark[1], size), min(start + 1, size))


def _windows(data: bytes, marks: Sequence[Span]) -> Iterator[Span]:
    """The parts that are shown, in order, none touching the next."""
    size = len(data)
    wanted = [(0, _head_end(data)), (max(0, size - TAIL_BYTES), size)]
    for start, end in marks:
        wanted.append((max(0, start - BEFORE_MARK_BYTES), min(size, start + BEHIND_MARK_BYTES)))
        wanted.append((max(0, end - BEFORE_MARK_BYTES), min(size, end + BEFORE_MARK_BYTES)))
    wanted.sort()
    current_start, current_end = wanted[0]
    for start, end in wanted[1:]:
        if start <= current_end:
            current_end = max(current_end, end)
        else:
            yield current_start, current_end
            current_start, current_end = start, end
    yield current_start, current_end


def _head_end(data: bytes) -> int:
    end = 0
    for _ in range(HEAD_LINES):
        line_end = data.find(b"\n", end, HEAD_BYTES)
        if line_end < 0:
            return min(len(data), HEAD_BYTES)
        end = line_end + 1
    return end


def _pieces(data: bytes, start: int, end: int, width: int) -> Iterator[Span]:
    """Cuts behind each LF, and where a line would grow beyond the width."""
    begin, columns = start, 0
    for position in range(start, end):
        size = len(_ESCAPED[data[position]])
        if columns and columns + size > width and data[position] not in b"\r\n":
            yield begin, position
            begin, columns = position, 0
        columns += size
        if data[position] == 0x0A:
            yield begin, position + 1
            begin, columns = position + 1, 0
    if begin < end:
        yield begin, end


def _line(data: bytes, piece: Span, marks: Sequence[Span]) -> Line:
    text = ""
    marked: list[Span] = []
    for position in range(*piece):
        column = len(text)
        text += _ESCAPED[data[position]]
        if any(start <= position < end for start, end in marks):
            if marked and marked[-1][1] == column:
                marked[-1] = (marked[-1][0], len(text))
            else:
                marked.append((column, len(text)))
    return Line(text, tuple(marked))
