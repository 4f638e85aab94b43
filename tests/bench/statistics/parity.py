"""Our figures and R's: `python -m tests.bench.statistics.parity > docs/method/parity.md`.

Runs the tests of parity and lists each figure that they compare, so that every figure on the
page is also checked by a test. R's numbers are in tests/reference.
"""

# ruff: noqa: T201 - it prints its page

import contextlib
import datetime
import functools
import io
import os
import sys
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
TESTS = [f"tests/analysis/statistics/test_{name}.py" for name in (
    "parity", "parity_models", "rscript", "oracles"
)]  # fmt: skip
LIBRARIES = ("svy", "linearmodels", "diff-diff")
MOST_ROWS = 8
NEGLIGIBLE = 1e-9
PAGE = """# Parity: our figures compared with those of R and of other libraries

Made by `python -m tests.bench.statistics.parity > docs/method/parity.md` on {now:%d %B %Y}.
It runs the tests named below and writes down each figure that they compare. The data are \
synthetic; they and R's numbers were written down once ({program}) and lie in \
`tests/reference`. R printed seven to ten digits, so a difference of 1e-7 is mostly R's \
rounding. What is fitted step by step (negative binomial, one factor, REML) may differ by 1e-5, \
all else by 1e-6.

*R* are R's own numbers. *worked* are examples worked out apart from this code, in Python: a check \
of the formula, not of R. *file* are columns that the data hold already. *library* are \
{libraries}, asked on the spot. The names are those of \
`reference_numbers.json`.

## Figure by figure

| quantity | theirs | ours | difference | allowed | test |
|---|---|---|---|---|---|"""
PAGE_END = """
{figures:,} of these figures are R's. The largest relative difference from one of them is \
{largest:.0e}, at *{where}*.

## Tests that ran and tests that did not

`test_rscript.py` asks R on the spot (1e-8; 1e-5 for what is fitted step by step), \
`test_oracles.py` asks svy (1e-9; raked weights 1e-7, the mean after raking 0.5 %), \
linearmodels (1e-8) and diff-diff (1e-9). They skip where these are \
not installed. What is skipped here was not shown by this run.

| file | passed | skipped | why |
|---|---|---|---|"""


SECTIONS = {"project_synthetic_R": "R", "python_worked_examples": "worked"}


class ReferenceFloat(float):
    """A number with its path in the file of reference numbers."""

    path = ()


class ReferenceInt(int):
    path = ()


class ComparedFigure(NamedTuple):
    path: tuple
    theirs: float
    ours: float
    relative: float
    absolute: float | None
    test: str

    @property
    def difference(self):
        away = abs(self.ours - self.theirs)
        return away if self.absolute or not self.theirs else away / abs(self.theirs)

    @property
    def allowed(self):
        return f"{self.absolute:.0e} absolute" if self.absolute else f"{self.relative:.0e}"

    @property
    def family(self):
        """The path without positions in a list: figures of one list share it."""
        return tuple(part for part in self.path if not part.replace(".", "").isdigit())


def with_paths(tree, path=()):
    """The same tree, with the path attached to each number."""
    if isinstance(tree, dict):
        return {name: with_paths(one, (*path, name)) for name, one in tree.items()}
    if isinstance(tree, list):
        return [with_paths(one, (*path, str(i))) for i, one in enumerate(tree)]
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        return tree
    kind = ReferenceInt if isinstance(tree, int) else ReferenceFloat
    number = kind(tree)
    number.path = (SECTIONS.get(path[0], path[0]), *path[1:])
    return number


def flattened(value):
    if isinstance(value, list | tuple | np.ndarray):
        return [one for each in value for one in flattened(each)]
    return [value]


class Recorder:
    """A pytest plugin that records every call of `close` in the tests."""

    def __init__(self):
        self.compared, self.now, self.outcomes, self.program = [], None, [], ""

    def pytest_collection_finish(self, session):
        for module in {item.module for item in session.items}:
            if hasattr(module, "close"):
                module.close = self.listening(module.close)
            if hasattr(module, "reference"):
                found = module.reference()
                self.program = "R " + found["meta"]["R"]
                module.reference = functools.partial(with_paths, found)

    def pytest_runtest_setup(self, item):
        self.now = item

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            why = report.longrepr[2] if report.skipped else ""
            file = Path(report.fspath).name
            self.outcomes.append((file, report.outcome, why.removeprefix("Skipped: ")))

    @property
    def source(self):
        """Where numbers that are not in the reference file come from."""
        sources = {"rscript": "R on the spot", "oracles": "library"}
        return next((words for of, words in sources.items() if of in self.now.nodeid), "file")

    def listening(self, close):
        allowed = close.__defaults__[0]

        def heard(ours, theirs, relative=allowed, absolute=None):
            close(ours, theirs, relative, **({"absolute": absolute} if absolute else {}))
            mine = [*ours.value, *ours.se] if hasattr(ours, "se") else ours
            unnamed = (self.source, self.now.name.removeprefix("test_").replace("_", " "))
            for one, other in zip(flattened(mine), flattened(theirs), strict=True):
                path = getattr(other, "path", unnamed)
                values = float(other), float(one), relative, absolute
                self.compared.append(ComparedFigure(path, *values, self.now.name))

        return heard


def figure_rows(compared):
    """A row for each figure; one row for all of them where there are many (boroughs, weeks)."""

    def row_key(one):
        return one.test, one.allowed, one.family if one.family != one.path else one.path[:-1]

    for (*_, name), group in groupby(compared, key=row_key):
        found = list(group)
        if len(found) <= MOST_ROWS:
            for one in found:
                yield figure_row(" ".join(one.path), f"{one.theirs:.7g}", f"{one.ours:.7g}", one)
        else:
            furthest = max(found, key=lambda one: one.difference)
            many = f"{len(found):,} figures"
            yield figure_row(
                " ".join(found[0].path if len(name) == 1 else name), many, many, furthest
            )


def figure_row(name, theirs, ours, one):
    difference = f"{one.difference:.0e}" if one.difference > NEGLIGIBLE else "below 1e-9"
    return f"| {name} | {theirs} | {ours} | {difference} | {one.allowed} | `{one.test}` |"


def libraries():
    with contextlib.suppress(metadata.PackageNotFoundError):
        return ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return f"{', '.join(LIBRARIES)} (not all of them are installed here)"


def main():
    recorder, said = Recorder(), io.StringIO()
    with contextlib.redirect_stdout(said):
        failed = pytest.main(["-q", "-p", "no:cacheprovider", *TESTS], plugins=[recorder])
    if failed:
        sys.exit(said.getvalue())
    now = datetime.datetime.now(datetime.UTC)
    print(PAGE.format(now=now, program=recorder.program, libraries=libraries()))
    print("\n".join(figure_rows(recorder.compared)))
    by_r = [one for one in recorder.compared if one.path[0].startswith("R")]
    worst = max(by_r, key=lambda one: one.difference)
    summary = {"largest": worst.difference, "where": " ".join(worst.path), "figures": len(by_r)}
    print(PAGE_END.format(**summary))
    for file, found in groupby(recorder.outcomes, key=lambda one: one[0]):
        each = list(found)
        passed = sum(outcome == "passed" for _, outcome, _ in each)
        why = "; ".join(sorted({why for _, _, why in each if why}))
        print(f"| `{file}` | {passed} | {len(each) - passed} | {why} |")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
