"""Mutants of the reference against the black-box suite: what the checks see of a changed program.

Cosmic Ray makes the mutants; each is a copy of `reference/` with one of them, served by the
reference's own adapter and judged by the catalogue alone, up to the first check that fails. No unit
test takes part. Mutants of lines that no check reaches are not run: nothing can kill them.

    python -m conformance.mutants docs --sample 300 --seed 1 --jobs 2

sample    which mutants      reach   what of the reference runs when the suite does
run       what becomes of them       report   docs/mutation.md, with why each survivor survives
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SUBJECT = "reference"
