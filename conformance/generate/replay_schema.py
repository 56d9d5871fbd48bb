"""The form of replay files, as a JSON Schema (draft 2020-12).

Owns the shapes of format 1. What a script consists of is checked when it is played.
"""

from __future__ import annotations

from jsonschema import Draft202012Validator

from ..schema import DEFINITIONS
from ..spec import JsonValue

FORMAT = 1


def _object(
    required: dict[str, JsonValue], optional: dict[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 1}
_NUMBERS = {"type": "array", "items": _WHOLE}
_PAIR = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
_REQUEST = _object(
    {"method": _TEXT, "target": _TEXT},
    {"headers": {"type": "array", "items": _PAIR}, "body_base64": _TEXT, "chunks": _NUMBERS},
)
_TALK = _object(
    {"requests": {"type": "array", "items": _REQUEST, "minItems": 1}},
    {"pipelined": {"type": "boolean"}, "cuts": _NUMBERS},
)
_CASE = _object(
    {"app": {"$ref": "#/$defs/app"}, "talks": {"type": "array", "items": _TALK}},
    {"stops": {"type": "boolean"}},
)
_SIDE = _object({"name": _TEXT, "version": _TEXT, "label": _TEXT})
_DIALECT = {"type": "object", "additionalProperties": _TEXT}
_DIFFERENCE = _object(
    {"aspect": _TEXT, "request": {"type": ["string", "null"]}, "left": _TEXT, "right": _TEXT}
)
_OPTIONAL_CASE = {"anyOf": [{"type": "null"}, _CASE]}
_COMMON = {
    "trueline_replay": {"const": FORMAT},
    "property": {"type": "string", "minLength": 1},
    "subject": _SIDE,
    "reference": {"anyOf": [{"type": "null"}, _SIDE]},
    "differences": {"type": "array", "items": _DIFFERENCE, "minItems": 1},
}
_MORE = {
    "dialect": _object({}, {"subject": _DIALECT, "reference": _DIALECT}),
    "found_by": {"type": "object"},
}
_STEPS = {"type": "array", "items": {"type": "array", "minItems": 1}, "minItems": 1}
_SCHEMA = {
    "$defs": DEFINITIONS,
    "properties": {"kind": {"enum": ["trial", "steps"]}},
    "required": ["kind"],
    "if": {"properties": {"kind": {"const": "steps"}}},
    "then": _object({"kind": {}, **_COMMON, "steps": _STEPS}, _MORE),
    "else": _object(
        {"kind": {}, **_COMMON, "trial": _object({"case": _CASE, "variant": _OPTIONAL_CASE})}, _MORE
    ),
}
VALIDATOR = Draft202012Validator(_SCHEMA)
