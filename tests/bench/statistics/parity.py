"""How far our figures are from R's and svy's: `python -m tests.bench.statistics.parity`.

It runs the tests of parity and notes each figure that they compare. R's numbers are in
../shared/reference; without it only svy and the others are compared.
"""

# ruff: noqa: T201 - it prints its table

import contextlib
import datetime
import io
import re
from pathlib import Path

import numpy as np
import pytest

UNIT = Path(__file__).parents[2] / "unit"
FILES = {
    "test_statistics_parity.py": "R",
    "test_statistics_parity_models.py": "R",
    "test_statistics_oracles.py": "svy",
}


class Noting:
    """Puts a note before each comparison of two sets of figures; the comparison stays as it is."""

    def __init__(self):
        self.found = {}
        self.noted = set()
        self.test = ("", "")

    def pytest_runtest_setup(self, item):
        self.test = FILES[item.path.name], item.originalname
        if item.module not in self.noted:
            self.noted.add(item.module)
            for name in ("close", "same"):
                if hasattr(item.module, name):
                    setattr(item.module, name, self.before(getattr(item.module, name)))

    def before(self, compare):
        def noted(ours, theirs, relative=None):
            pairs = [(ours, theirs)]
            if hasattr(ours, "se"):
                told = theirs.estimates
                pairs = [(ours.value, [o.est for o in told]), (ours.se, [o.se for o in told])]
            for one, other in pairs:
                self.note(np.asarray(one, float), np.asarray(other, float))
            return compare(ours, theirs) if relative is None else compare(ours, theirs, relative)

        return noted

    def note(self, one, other):
        apart = np.abs(one - other) / np.maximum(np.abs(other), 1e-12)
        many, most = self.found.get(self.test, (0, 0.0))
        self.found[self.test] = many + apart.size, max(most, float(apart.max()))


def main():
    noting = Noting()
    with contextlib.redirect_stdout(io.StringIO()):
        ended = pytest.main(
            ["-q", "-p", "no:cacheprovider", *(str(UNIT / f) for f in FILES)], [noting]
        )
    now = datetime.datetime.now(datetime.UTC)
    print(f"Measured {now:%d %B %Y}; all tests of parity pass: {'yes' if ended == 0 else 'NO'}.\n")
    print("| what is compared | beside | figures | largest relative difference |")
    print("| --- | --- | --- | --- |")
    for (beside, test), (many, most) in noting.found.items():
        what = re.sub(r"^test_(svy_)?", "", test).replace("_", " ")
        print(f"| {what} | {beside} | {many} | {most:.0e} |")


if __name__ == "__main__":
    main()
