"""`python -m fuzz.oss_fuzz.seeds FOLDER`: seed corpora and dictionaries, as OSS-Fuzz names them.

Owns what is in them: the committed corpus, and as many inputs drawn by the grammar.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

from ..campaign.corpus import committed, file_of
from ..choices import Chance
from ..engines.atheris import dictionary
from ..http import HTTP
from ..table import TABLE

LANGUAGES = {"parser": HTTP, "server": HTTP, "router": TABLE}
FEWEST_DRAWN = 100


def write(folder: Path) -> None:
    for target, language in LANGUAGES.items():
        seeds = committed(target)
        chance = Chance(target)
        seeds += [language.draw(chance) for _ in range(max(FEWEST_DRAWN, len(seeds)))]
        with ZipFile(folder / f"fuzz_{target}_seed_corpus.zip", "w") as corpus:
            for name, data in {file_of(target, data): data for data in seeds if data}.items():
                corpus.writestr(name, data)
        (folder / f"fuzz_{target}.dict").write_text(dictionary(language.dictionary))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
