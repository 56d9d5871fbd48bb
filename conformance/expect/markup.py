"""What is expected of pages: that text in them is no markup.

Owns a reader of HTML that is as lenient as browsers are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from ..seen import Answer, Seen
from .answer import _OfAnswer

_READ_AS_MARKUP = ("html", "xml", "svg")


@dataclass(frozen=True)
class NoMarkup(_OfAnswer):
    name: str = ""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        kind = "".join(answer.values("Content-Type")).lower()
        if kind and not any(one in kind for one in _READ_AS_MARKUP):
            return
        reader = _Names()
        reader.feed(answer.body.decode("utf-8", "replace"))
        reader.close()
        if self.name in reader.elements:
            yield f"a browser finds an element {self.name!r} in the page"
        if self.name in reader.attributes:
            yield f"a browser finds an attribute {self.name!r} in the page"


def no_markup(name: str, of: str = "1", index: int = 0) -> NoMarkup:
    """Where the answer is read as HTML, no element and no attribute in it has this name."""
    return NoMarkup(of, index, name.lower())


class _Names(HTMLParser):
    """The names of all elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
