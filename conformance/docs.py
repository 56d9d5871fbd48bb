"""Writes the generated documents: `python -m conformance.docs FOLDER`, which `make docs` runs.

Owns what is generated: the schema of the protocol, the dialect options, the catalogue. A test
holds the files to what this gives.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from . import schema
from .catalogue import all_checks
from .check import Check
from .dialect import OPTIONS


def documents() -> dict[str, str]:
    """The text of every generated document, by file name."""
    return {
        "adapter-protocol-1.schema.json": json.dumps(schema.document(), indent=1) + "\n",
        "dialects.md": dialects(),
        "checks.md": checks(all_checks()),
    }


def dialects() -> str:
    lines = [
        "# Dialects",
        "",
        "Where correct frameworks differ. An adapter declares what its framework does; the suite",
        "holds the framework to it. What is not declared has the default, the first value.",
        "",
        "| option | question | values |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{option.name}` | {option.question} | "
        + ", ".join(f"`{value}`" for value in option.values)
        + " |"
        for option in OPTIONS.values()
    ]
    return "\n".join(lines) + "\n"


def checks(catalogue: Iterable[Check]) -> str:
    by_category: dict[str, list[Check]] = {}
    for check in catalogue:
        by_category.setdefault(check.category, []).append(check)
    count = sum(len(group) for group in by_category.values())
    lines = [
        "# The checks",
        "",
        f"{count} of them. `trueline explain ID` shows one whole: requirement, application, steps,",
        "expectations, and the miniatures that fail it. ‡ needs no adapter (`--url`).",
    ]
    for category, group in by_category.items():
        lines += [
            "",
            f"## {category}",
            "",
            "| check | | what must hold | source |",
            "|---|---|---|---|",
        ]
        for check in group:
            name = check.id + (" ‡" if check.any_server else "")
            url = check.source.url
            source = f"[{check.source}]({url})" if url else str(check.source)
            title = check.title.replace("|", "\\|")
            lines.append(f"| `{name}` | {check.level.value} | {title} | {source} |")
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
