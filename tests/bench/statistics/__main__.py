"""The estimates against known truth, A1 to A13 and more: `python -m tests.bench.statistics`.

`--replications 200` runs fewer than the 500 of the criteria; names of parts run only those:
`python -m tests.bench.statistics panels series`. The table is printed in Markdown.
"""

# ruff: noqa: T201 - it prints its table; threads are set before numpy counts the cores

import argparse
import datetime
import importlib
import os
import sys

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

PARTS = ("exact", "surveys", "panels", "series", "events", "areas", "reading")
SEED = 6107


def main(asked: list[str]) -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench.statistics")
    reader.add_argument("parts", nargs="*", choices=[*PARTS, []])
    reader.add_argument("--replications", type=int, default=500)
    given = reader.parse_args(asked)
    now = datetime.datetime.now(datetime.UTC)
    print(
        f"\nEstimates, measured {now:%d %B %Y %H:%M} UTC, seed {SEED}, "
        f"{given.replications} replications\n"
    )
    print("| | check | replications | target | found | beside it |\n|---|---|---|---|---|---|")
    missed = 0
    for part in given.parts or PARTS:
        for criterion in importlib.import_module(f"tests.bench.statistics.{part}").CRITERIA:
            for row in criterion(given.replications, SEED):
                missed += not row.passed
                passed = "met" if row.passed else "NOT MET"
                print(
                    f"| {passed} | {row.check} | {row.replications:,} | {row.target} "
                    f"| {row.found} | {row.beside} |",
                    flush=True,
                )
    sys.exit(bool(missed))


if __name__ == "__main__":
    main(sys.argv[1:])
