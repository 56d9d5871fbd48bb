"""The options of the suite, which pytest loads wherever trueline is installed.

Owns their names, all but one with a prefix of their own. It is loaded for people who test something
else, so it imports nothing until a subject is named.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trueline", "conformance of a web framework")
    group.addoption("--subject", metavar="NAME", help="bundled name, module or adapter file")
    group.addoption(
        "--trueline-python", metavar="PATH", help="interpreter or environment of the subject"
    )
    group.addoption(
        "--trueline-url", metavar="URL", help="a server that is running: its wire checks"
    )
    group.addoption(
        "--trueline-adapter-command", metavar="JSON", help="argv of an adapter, a JSON array"
    )
    group.addoption(
        "--trueline-strict", action="store_true", help="a SHOULD fails the run as a MUST does"
    )
    group.addoption("--trueline-baseline", metavar="FILE", help="checks that are known to fail")
    group.addoption(
        "--trueline-update-baseline",
        action="store_true",
        help="write what fails now into the baseline",
    )
    group.addoption(
        "--trueline-deadline", metavar="S", type=float, help="seconds that an answer may take"
    )
    group.addoption("--trueline-json", metavar="FILE", help="write the results there")
    group.addoption("--trueline-html", metavar="FILE", help="write one self-contained page there")
    group.addoption("--trueline-summary", metavar="FILE", help="append a summary in Markdown there")


def pytest_configure(config: pytest.Config) -> None:
    options = config.option
    if options.trueline_update_baseline and not options.trueline_baseline:
        raise pytest.UsageError("--update-baseline needs --baseline FILE")
    for name in ("json", "html", "summary", "baseline"):
        value = getattr(options, f"trueline_{name}")
        if value is not None and not Path(value).parent.is_dir():
            # Now, and not when the run is over and its results are lost.
            raise pytest.UsageError(f"--{name} {value}: there is no folder {Path(value).parent}")
    if options.subject or options.trueline_url or options.trueline_adapter_command:
        config.pluginmanager.import_plugin("conformance.suite.plugin")
