"""Replay files: what was found once, as JSON that can be tried again without drawing anything.

Owns format 1, reading and writing it, and the verdict on a file: whether it still happens.

    {"trueline_replay": 1, "kind": "trial", "property": "differential",
     "subject": {"name": "aiohttp", "version": "3.13.2", "label": "aiohttp"},
     "reference": {"name": "reference", "version": "0.1.0", "label": "reference"},
     "dialect": {"subject": {...}, "reference": {...}},
     "trial": {"case": {...}, "variant": null},
     "differences": [{"aspect": "status", "request": "0.0", "left": "200", "right": "404"}],
     "found_by": {"seed": 7, "profile": "ci"}}

A file of kind "steps" has a script of `session` in the place of the trial.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from jsonschema.exceptions import best_match

from ..results import SubjectInfo
from ..spec import JsonValue
from .case import Case, case_from_json
from .compare import Difference
from .ground import Ground
from .player import Player
from .present import differences_json, trial_json
from .properties import PROPERTIES, Failure, NotExpressible, Trial
from .replay_schema import FORMAT, VALIDATOR
from .session import Breach, Step, play_script
from .stage import Stage


class ReplayError(Exception):
    """A file is no replay file that can be used; says which, and what is wrong where."""


@dataclass(frozen=True)
class Replay:
    """What a file tells.

    subject      on which it was found; `label` is how it was named then
    reference    what it was held against, or would have been
    trial        None for a file with steps
    differences  those that were seen; of a script one, without a left side
    found_by     the seed and the profile of the run
    """

    property_name: str
    subject: SubjectInfo
    reference: SubjectInfo | None
    trial: Trial | None
    steps: tuple[Step, ...]
    differences: tuple[Difference, ...]
    found_by: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def needs_reference(self) -> bool:
        """Whether the reference is to play it, too."""
        return self.trial is not None and PROPERTIES[self.property_name].against_reference

    @property
    def file_name(self) -> str:
        """The same for the same trial of the same property, whoever found it."""
        said = json.dumps(_of_kind(self), sort_keys=True).encode()
        return f"{self.property_name}-{hashlib.sha256(said).hexdigest()[:12]}.json"


# -- Writing ---------------------------------------------------------------------------------------


def write(
    folder: Path,
    failure: Failure | Breach,
    stage: Stage,
    *,
    seed: int | None = None,
    profile: str = "",
    label: str | None = None,
    script_name: str = "connections",
) -> Path:
    """Write what was found on the subject of a stage into a folder, made where it is not there.

    label        how the subject was named; that of its command, unless it is given
    script_name  of the property that a script breaks; a failure knows its own

    Whoever reads the folder meanwhile sees the whole file or none. Raises ReplayError.
    """
    subject = _info(stage.players[0], label)
    others = [_info(player, None) for player in stage.players[1:2]]
    found = Replay(
        script_name,
        subject,
        others[0] if others else None,
        None,
        (),
        (),
        {"seed": seed, "profile": profile},
    )
    if isinstance(failure, Breach):
        found = replace(found, steps=failure.steps, differences=(_difference(failure),))
    else:
        found = replace(
            found,
            property_name=failure.property.name,
            trial=failure.trial,
            differences=failure.differences,
        )
    return save(folder, found)


def save(folder: Path, found: Replay) -> Path:
    """Write a replay file. Raises ReplayError."""
    path = folder / found.file_name
    text = json.dumps(to_json(found), indent=1, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
            file.write(text.encode())
        os.replace(file.name, path)
    except OSError as exc:
        raise ReplayError(f"cannot write {path}: {exc.strerror}") from exc
    return path


def to_json(found: Replay) -> dict[str, JsonValue]:
    sides = {"subject": found.subject, "reference": found.reference}
    return {
        "trueline_replay": FORMAT,
        "kind": "steps" if found.trial is None else "trial",
        "property": found.property_name,
        **{side: None if info is None else _side(info) for side, info in sides.items()},
        "dialect": {side: dict(info.dialect) for side, info in sides.items() if info is not None},
        **_of_kind(found),
        "differences": differences_json(found.differences),
        "found_by": dict(found.found_by),
    }


def _of_kind(found: Replay) -> dict[str, JsonValue]:
    if found.trial is None:
        return {"steps": [list(step) for step in found.steps]}
    return {"trial": trial_json(found.trial.case, found.trial.variant)}


def _side(info: SubjectInfo) -> dict[str, JsonValue]:
    return {"name": info.name, "version": info.version, "label": info.label}


def _info(player: Player, label: str | None) -> SubjectInfo:
    hello = player.hello
    label = player.command.label if label is None else label
    return SubjectInfo(label, hello.name, hello.version, dialect=dict(hello.dialect))


def _difference(breach: Breach) -> Difference:
    return Difference(breach.problem.aspect, breach.problem.id, "", breach.problem.text)


# -- Reading ---------------------------------------------------------------------------------------


def replays(folder: Path) -> list[Path]:
    """The replay files of a folder, sorted. Raises ReplayError for one that is not there."""
    if not folder.is_dir():
        raise ReplayError(f"there is no folder {folder}")
    return sorted(folder.glob("[!.]*.json"))


def read(path: Path) -> Replay:
    """What a file tells. Raises ReplayError."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as exc:
        raise ReplayError(f"cannot read {path}: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:
        raise ReplayError(f"{path} is not JSON: {exc}") from exc
    try:
        return from_json(data)
    except ReplayError as exc:
        raise ReplayError(f"{path}: {exc}") from exc


def from_json(data: JsonValue) -> Replay:
    """The inverse of `to_json`. Raises ReplayError for anything else."""
    if not isinstance(data, dict) or "trueline_replay" not in data:
        raise ReplayError("this is no replay file: it has no member trueline_replay")
    if data["trueline_replay"] != FORMAT:
        raise ReplayError(
            f"format {data['trueline_replay']!r} is not known here: this trueline reads {FORMAT}"
        )
    error = best_match(VALIDATOR.iter_errors(data))
    if error is not None:
        raise ReplayError(f"at {error.json_path}: {error.message[:200]}")
    dialect = data.get("dialect", {})
    sides = {
        side: data[side] and SubjectInfo(**data[side], dialect=dialect.get(side, {}))
        for side in ("subject", "reference")
    }
    return Replay(
        data["property"],
        sides["subject"],
        sides["reference"],
        _trial(data) if data["kind"] == "trial" else None,
        tuple(data.get("steps", ())),
        tuple(Difference(**one) for one in data["differences"]),
        data.get("found_by", {}),
    )


def _trial(data: Mapping[str, JsonValue]) -> Trial:
    """The trial of a file whose form is right; what it says may still be impossible."""
    name, given = data["property"], data["trial"]
    if name not in PROPERTIES:
        raise ReplayError(f"no property {name!r}; there are {', '.join(PROPERTIES)}")
    case = _case(given["case"], "case")
    variant = None if given["variant"] is None else _case(given["variant"], "variant")
    if (variant is None) is not PROPERTIES[name].against_reference:
        has = "no variant" if variant is None else "a variant"
        raise ReplayError(f"at $.trial.variant: a trial of {name} that has {has}")
    if variant is not None and len(list(variant.requests())) != len(list(case.requests())):
        raise ReplayError("at $.trial.variant: it has not as many requests as the case")
    return Trial(case, variant)


def _case(data: Mapping[str, JsonValue], member: str) -> Case:
    try:
        case = case_from_json(data)
        for id, request in case.requests():
            request.octets(id)
    except ValueError as exc:  # base64 that is none, characters that are no octets
        raise ReplayError(f"at $.trial.{member}: {exc}") from exc
    return case


# -- The verdict -----------------------------------------------------------------------------------


class Word(StrEnum):
    """What became of what a file tells."""

    REPRODUCED = "reproduced"
    FIXED = "fixed"
    DIFFERENT = "different"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Verdict:
    """`failure` is what is seen now, if anything is; `reason` says why nothing could be."""

    word: Word
    failure: Failure | Breach | None = None
    reason: str = ""


def verdict(stage: Stage, found: Replay) -> Verdict:
    """Play a file on a stage with the subject and, where it is needed, the reference.

    Reproduced: the same aspects of the same requests differ; fixed: none does; different: others
    do. Not applicable: the subject cannot express the application, or has declared itself to read
    it otherwise than the reference. Raises AdapterError; ReplayError for a script that is none.
    """
    if found.trial is None:
        return _judged(found, _played(stage, found.steps))
    if found.needs_reference and (apart := _declared_apart(stage, found.trial.case)):
        options = ", ".join(apart)
        return Verdict(Word.NOT_APPLICABLE, reason=f"the two declare otherwise: {options}")
    try:
        return _judged(found, PROPERTIES[found.property_name].failure(stage, found.trial))
    except NotExpressible as exc:
        return Verdict(Word.NOT_APPLICABLE, reason=str(exc))


def _played(stage: Stage, steps: Sequence[Step]) -> Breach | None:
    try:
        return play_script(stage, steps)
    except (ValueError, KeyError, TypeError) as exc:
        raise ReplayError(f"a script that cannot be played: {exc}") from exc


def _judged(found: Replay, failure: Failure | Breach | None) -> Verdict:
    if failure is None:
        return Verdict(Word.FIXED)
    now = (_difference(failure),) if isinstance(failure, Breach) else failure.differences
    same = _kinds(now) == _kinds(found.differences)
    return Verdict(Word.REPRODUCED if same else Word.DIFFERENT, failure)


def _kinds(differences: Sequence[Difference]) -> set[tuple[str, str | None]]:
    return {(one.aspect, one.request) for one in differences}


def _declared_apart(stage: Stage, case: Case) -> list[str]:
    """The options that a case touches and on which the two differ by what they declare."""
    left, right = (hello.dialect for hello in stage.hellos[:2])
    ground = Ground(left, right)
    ground.common(case.app)
    for _, request in case.requests():
        ground.has_request(case.app, request)
    return sorted(ground.left_out)
