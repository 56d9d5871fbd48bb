"""Folders of inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.protocol import AdapterError

from ..campaign import corpus
from ..campaign.corpus import Corpus
from ..target import Violation, Wanted
from ..targets import TARGETS, opened


def test_reading(tmp_path: Path) -> None:
    for name, data in {"a.bin": b"bb", "b.txt": b"a", "c.bin": b"a", ".d.bin": b"x"}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "README.md").write_text("none")
    assert corpus.read(tmp_path) == [b"a", b"bb"]
    with pytest.raises(AdapterError, match="no folder that can be read"):
        corpus.read(tmp_path / "nowhere")


def test_the_smallest_of_each_signature_is_kept(tmp_path: Path) -> None:
    (tmp_path / "there.bin").write_bytes(b"aaaa")
    kept = Corpus(tmp_path, "parser")
    for data in (b"aaa", b"aa", b"a"):
        kept.keep("s", data)
    kept.keep("other", b"bb")
    assert corpus.read(tmp_path) == [b"a", b"bb", b"aaaa"]


def test_pruning(tmp_path: Path) -> None:
    for name, data in {"1.bin": b"a", "2.bin": b"a", "3.bin": b"bb"}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "README.md").write_text("stays")
    assert corpus.prune(tmp_path, "parser", [b"a", b"c"]) == (1, 2)
    assert corpus.read(tmp_path) == [b"a", b"c"]
    assert (tmp_path / "1.bin").exists()
    assert (tmp_path / "README.md").exists()


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_has_a_committed_corpus(target: str) -> None:
    found = corpus.committed(target)
    assert len(found) >= 24
    assert all(len(data) <= 4096 for data in found)


@pytest.mark.parametrize("name", ["parser", "server", "router"])
def test_the_committed_corpus_is_clean(name: str) -> None:
    """On the reference: what was found once is mended. Every cut is tried of the parser; of the
    whole server, which takes longer, those that a run tries."""
    target = opened(Wanted(name))
    broken = {}
    try:
        for path in corpus.files(corpus.COMMITTED / corpus.language_of(name)):
            try:
                target.check(path.read_bytes(), thorough=name != "server")
            except Violation as violation:
                broken[path.name] = violation
    finally:
        target.close()
    assert broken == {}
