"""The estimates compared with known truth, A1 to A13 and more: `python -m tests.bench.statistics`.

`--replications 200` runs fewer than the 500 of the criteria; names of parts run only those:
`python -m tests.bench.statistics panels series`. It prints a page in Markdown; that of a full
run is docs/method/acceptance.md.
"""

# ruff: noqa: T201 - it prints its table; threads are set before numpy counts the cores

import argparse
import datetime
import importlib
import os
import sys

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

PARTS = (
    *("exact", "surveys", "panels", "looks", "series", "events", "areas", "reading", "findings"),
)
SEED = 6107
PAGE = """# Acceptance: the estimates against known truth

Made by `python -m tests.bench.statistics --replications {replications}{parts}` on {now:%d %B %Y}, \
{now:%H:%M} UTC, seed {seed}.
The criteria A1 to A13 were set down before the estimators were written; the other rows were \
added later. A11, that no small count can be worked out, is held by \
`tests/analysis/disclosure/test_disclosure_attack.py`. Most rows invent worlds whose truth is \
known, estimate it, and count how often that goes right. *Target* is what was set down, *found* \
what this run gave, *compared with* what other ways give on the same worlds: most are wrong on \
purpose. The Monte Carlo error of a share from 500 replications is about one point. *Code* is \
the function in `tests/bench/statistics` that made the row; what it does is below the table.

| | check | replications | target | found | compared with | code |
|---|---|---|---|---|---|---|"""


def main(asked: list[str]) -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench.statistics")
    reader.add_argument("parts", nargs="*", choices=[*PARTS, []])
    reader.add_argument("--replications", type=int, default=500)
    given = reader.parse_args(asked)
    parts = "".join(f" {part}" for part in given.parts)
    now = datetime.datetime.now(datetime.UTC)
    print(PAGE.format(replications=given.replications, parts=parts, now=now, seed=SEED))
    criteria = [
        (f"{part}.{criterion.__name__}", criterion)
        for part in given.parts or PARTS
        for criterion in importlib.import_module(f"tests.bench.statistics.{part}").CRITERIA
    ]
    missed = 0
    for code, criterion in criteria:
        for row in criterion(given.replications, SEED):
            missed += not row.passed
            passed = "met" if row.passed else "NOT MET"
            print(
                f"| {passed} | {row.check} | {row.replications:,} | {row.target} "
                f"| {row.found} | {row.beside} | `{code}` |",
                flush=True,
            )
    print(f"\nRows not met: {missed}.\n\n## What each row does\n")
    for code, criterion in criteria:
        print(f"- `{code}`: {' '.join((criterion.__doc__ or '').split())}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main(sys.argv[1:])
