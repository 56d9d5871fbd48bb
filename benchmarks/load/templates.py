"""Octets in which each `{count}` becomes the number of a request. Pure."""

from collections.abc import Callable

from benchmarks.load.model import COUNTS, PLACEHOLDER


class Template:
    """`render(number)` fills the number in, modulo ten million, with seven digits: all that is
    rendered is equally long."""

    render: Callable[[int], bytes]

    def __init__(self, text: bytes) -> None:
        places = text.count(PLACEHOLDER)
        pattern = text.replace(b"%", b"%%").replace(PLACEHOLDER, b"%07d")
        self.is_constant = places == 0
        if places == 0:
            self.render = lambda number: text
        elif places == 1:
            self.render = lambda number: pattern % (number % COUNTS)
        else:
            self.render = lambda number: pattern % ((number % COUNTS,) * places)


def in_row(template: Template, copies: int) -> Callable[[int], bytes]:
    """What renders `copies` of a template, one behind the other, numbered from its argument."""
    render = template.render
    if copies == 1:
        return render
    if template.is_constant:
        whole = render(0) * copies
        return lambda first: whole
    return lambda first: b"".join(render(first + i) for i in range(copies))
