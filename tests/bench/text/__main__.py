"""How well and how fast texts are read, compared with targets: `python -m tests.bench.text`.

With names of parts it runs only those: `python -m tests.bench.text sentiment speed`.
"""

# ruff: noqa: T201 - it prints its table; threads are set before numpy counts the cores

import datetime
import importlib
import os
import sys
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

PARTS = (
    *("sentiment", "invariances", "labels", "stance", "codebook", "themes", "privacy", "languages"),
    *("campaigns", "rewritten", "teaching", "drafts", "speech", "speed", "mpnet", "scale"),
)
SEED = 20_261_125
"""Every part that draws by chance takes this seed; most draw nothing."""


def main(asked: list[str]) -> None:
    here = [part for part in PARTS if Path(__file__).with_name(f"{part}.py").exists()]
    missing = sorted(set(asked) - set(here))
    if missing:
        sys.exit(f"No such part: {', '.join(missing)}. There are: {', '.join(here)}.")
    now = datetime.datetime.now(datetime.UTC)
    print(f"\nText, measured {now:%d %B %Y %H:%M} UTC, seed {SEED}\n")
    print("| | what | target | found | yardsticks |\n|---|---|---|---|---|")
    for part in asked or here:
        for row in importlib.import_module(f"tests.bench.text.{part}").rows():
            passed = "met" if row.passed else "NOT MET"
            print(f"| {passed} | {row.what} | {row.target} | {row.found} | {row.yardsticks} |")


if __name__ == "__main__":
    main(sys.argv[1:])
