"""A request while it is put together: a list of fragments.

Owns which is where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Parts: TypeAlias = list[bytes]
Below: TypeAlias = Callable[[int], int]
"""`below` of the choices, bound: it is called some twenty times for each input."""

# What is in front of a request, its request line, all fields but those of the framing, these, the
# line that ends the head, and what is behind it.
LEAD, METHOD, FIRST_SPACE, TARGET, SECOND_SPACE, VERSION, LINE_END = range(7)
FIELDS, FRAMING, BLANK, BODY = range(7, 11)
