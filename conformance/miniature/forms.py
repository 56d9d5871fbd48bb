"""Forms: urlencoded ones (WHATWG URL §5.1) and multipart/form-data (RFC 7578).

Owns what the fields of a form are, and the bounds on them. Takes a whole body, as this is the
implementation that is easiest to read, not the one that takes the least memory.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from .response import HttpError
from .targets import split_query

FIELD_LIMIT = 1000
HEADER_LIMIT_BYTES = 8190

Fields: TypeAlias = list[tuple[Any, ...]]
"""Name and text of each field, or name, octets and file name."""

_PARAMETER = re.compile(
    r""";[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;" \t]*))"""
)


def parse_form(body: bytes, content_type: str, faults: frozenset[str]) -> Fields:
    """The fields in their order. Raises HttpError for what is no form."""
    kind = content_type.partition(";")[0].strip()
    if "form-type-to-the-letter" not in faults:
        kind = kind.lower()
    elif kind != content_type:
        raise HttpError(415)
    if "no-forms" in faults:
        raise HttpError(415)
    if kind == "application/x-www-form-urlencoded" or "any-body-is-a-form" in faults:
        return _urlencoded(body, faults)
    if kind == "multipart/form-data" and "no-multipart" not in faults:
        return _in_bounds(_multipart(body, _boundary(content_type, faults), faults), faults)
    if "no-form-crashes" in faults:
        raise RuntimeError("the body is no form")
    raise HttpError(415, "the body is no form")


def _urlencoded(body: bytes, faults: frozenset[str]) -> Fields:
    if not body and "empty-form-crashes" in faults:
        raise RuntimeError("there is no form")
    text = body.decode("utf-8", "replace")
    if "forms-are-latin-1" in faults:
        return [*parse_qsl(text, keep_blank_values=True, encoding="latin-1")]
    fields: Fields = [*split_query(text, faults)]
    if "empty-pieces-are-fields" in faults:
        fields += [("", "") for piece in text.split("&") if not piece]
    if "last-field-only" in faults:
        return fields[-1:]
    return fields[:100] if "few-fields" in faults else fields


# -- Multipart ------------------------------------------------------------------------------------


def _boundary(content_type: str, faults: frozenset[str]) -> bytes:
    boundary = _parameters(content_type).get("boundary", "")
    if "boundary-is-a-token" in faults:
        boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('"').split()[0]
    # RFC 2046 §5.1.1: one to 70 characters
    if not 0 < len(boundary) <= 70:
        raise _malformed(faults)
    return boundary.encode("latin-1")


def _multipart(body: bytes, boundary: bytes, faults: frozenset[str]) -> Fields:
    """RFC 2046 §5.1.1: a delimiter begins a line; what is in front of the first one and behind
    the last is no part."""
    if "splits-at-boundary-anywhere" in faults:
        sections = [one[2:-4] for one in body.split(boundary)[1:-1]]
        return [_field(section, faults) for section in sections]
    delimiter = re.compile(rb"(?:\A|\r\n)--%b(--)?[ \t]*(?:\r\n|\Z)" % re.escape(boundary))
    sections, start = [], None
    for match in delimiter.finditer(body):
        if start is None and match.start() and "preamble-is-an-error" in faults:
            raise _malformed(faults)
        if start is not None:
            sections.append(body[start : match.start()])
        start = match.end()
        if match[1]:
            if body[start:] and "epilogue-is-a-part" in faults:
                sections.append(body[start:])
            return [_field(section, faults) for section in sections]
    raise _malformed(faults)


def _field(section: bytes, faults: frozenset[str]) -> tuple[Any, ...]:
    head, _, content = (b"\r\n" + section).partition(b"\r\n\r\n")
    if len(head) > HEADER_LIMIT_BYTES:
        raise _too_much(400, faults)
    if "strips-line-ends-of-parts" in faults:
        content = content.strip(b"\r\n")
    if "parts-are-text" in faults:
        content = content.decode("utf-8", "replace").encode()
    charset = "latin-1" if "parts-are-latin-1" in faults else "utf-8"
    disposition = ""
    for line in head.decode(charset, "replace").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise _malformed(faults)
        if "part-headers-have-case" not in faults:
            name = name.title()
        if name == "Content-Disposition":
            disposition = value.strip(" \t")
    parameters = _parameters(disposition)
    if not disposition.startswith("form-data") or not parameters.get("name"):
        raise _malformed(faults)
    filename = parameters.get("filename")
    if filename is None:
        return parameters["name"], content.decode(charset, "replace")
    if not filename and "empty-file-name-crashes" in faults:
        raise RuntimeError("a file without a name")
    if re.search(r"[/\\;]", filename) and "odd-file-names-crash" in faults:
        raise RuntimeError("a file name that is none")
    return parameters["name"], content, filename


def _in_bounds(fields: Fields, faults: frozenset[str]) -> Fields:
    """The fields with what is told to go wrong with them. Raises HttpError for too many."""
    if "drops-parts-beyond-a-thousand" in faults:
        fields = fields[:FIELD_LIMIT]
    if len(fields) > FIELD_LIMIT:
        raise _too_much(413, faults)
    if "keeps-last-part-of-a-name" in faults:
        return list({field[0]: field for field in fields}.values())
    if "no-files" in faults:
        return [field for field in fields if len(field) == 2]
    if "drops-empty-files" in faults:
        return [field for field in fields if len(field) == 2 or field[1]]
    return fields


def _parameters(value: str) -> dict[str, str]:
    return {
        name.lower(): token or re.sub(r"\\(.)", r"\1", quoted)
        for name, quoted, token in _PARAMETER.findall(value)
    }


def _malformed(faults: frozenset[str]) -> Exception:
    if "malformed-multipart-crashes" in faults:
        return RuntimeError("the multipart body is none")
    return HttpError(400, "the multipart body is none")


def _too_much(status: int, faults: frozenset[str]) -> Exception:
    if "huge-forms-crash" in faults:
        return RuntimeError("the multipart body is too large")
    return HttpError(status, "the multipart body is too large")
