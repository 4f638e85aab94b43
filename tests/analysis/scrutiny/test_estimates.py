"""The share that a panel would mark, against R's survey package, by hand and by simulation."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analysis.scrutiny import draw
from analysis.scrutiny.draw import StratumCounts
from survey.editions.scrutiny import StratumMarks
from tests.reference import FOLDER

NUMBERS = FOLDER / "scrutiny_estimates.json"
SCRIPT = Path(__file__).with_name("estimates.R")
DESIGNS = json.loads(NUMBERS.read_text())


def counts(size, drawn, marked):
    return StratumCounts(
        **{
            name: np.array(values, dtype=np.int64)
            for name, values in (("size", size), ("drawn", drawn), ("marked", marked))
        }
    )


def counts_of(design):
    return counts(design["size"], design["drawn"], design["marked"])


@pytest.mark.parametrize("name", DESIGNS)
def test_the_share_and_its_error_are_those_of_r(name):
    design = DESIGNS[name]
    found = draw.marked_share(counts_of(design))
    assert found.value == pytest.approx(design["mean"][0], abs=1e-12)
    assert found.standard_error == pytest.approx(design["se"][0], abs=1e-12)


@pytest.mark.parametrize("name", ["plain", "whole"])
def test_the_limits_are_those_of_r_and_never_narrower(name):
    """R's effective size has no end; ours is never larger than that of the design."""
    design = DESIGNS[name]
    found = counts_of(design)
    share, n_star = draw.part_of_means(found, value=design["mean"][0], error=design["se"][0])
    uncapped = draw.clopper_pearson(share * n_star, n_star, 0.025)
    low, high = design["beta"]
    if n_star < draw.design_size(found):
        assert uncapped == pytest.approx((low, high), abs=1e-9)
    assert uncapped[0] <= low + 1e-9
    assert uncapped[1] >= high - 1e-9


@pytest.mark.parametrize("name", DESIGNS)
def test_the_limits_of_a_stratum_are_those_of_r(name):
    design = DESIGNS[name]
    rows = zip(*(design[one] for one in ("size", "drawn", "marked", "low", "high")), strict=True)
    for *of, low, high in rows:
        assert draw.exact_stratum_limits(*map(int, of)) == pytest.approx((low, high))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_says_the_same_today():
    # The script is ours and in the repository.
    found = subprocess.run(["Rscript", SCRIPT], capture_output=True, check=True, text=True)
    assert json.loads(found.stdout) == DESIGNS


def test_what_was_taken_whole_has_no_error():
    found = draw.marked_share(counts([12, 9], [12, 9], [5, 2]))
    assert found.low == found.value == found.high == 7 / 21


def test_the_limits_never_leave_what_was_seen():
    found = draw.marked_share(counts([20, 30], [18, 3], [9, 0]))
    assert found.low >= 9 / 50
    assert found.high <= (50 - 12) / 50


def stratum(name="s", *, size=40, drawn=10, green=0, amber=0, red=0, unsure=0):
    return StratumMarks(
        name=name, size=size, drawn=drawn, green=green, amber=amber, red=red, unsure=unsure
    )


def test_cannot_tell_may_be_either():
    one = stratum(green=5, amber=2, red=1, unsure=2)
    found = draw.panel_estimate([one])
    assert (found.least, found.most) == (0.3, 0.5)
    assert found.low == draw.panel_estimate([stratum(green=7, amber=2, red=1)]).low
    assert found.high == draw.panel_estimate([stratum(green=5, amber=4, red=1)]).high


def test_nothing_drawn_is_no_estimate():
    assert draw.panel_estimate([]) is None
    assert draw.panel_estimate([stratum(drawn=0, size=12)]) is None


def test_a_stratum_shows_its_exact_limits():
    found = draw.with_limits(stratum(size=80, drawn=10, green=7, amber=3))
    assert (found.marked, found.least, found.most) == (3, 0.3, 0.3)
    assert (found.low, found.high) == pytest.approx((0.0875, 0.625))


POPULATIONS = [
    ((7, 80, 300), (7, 10, 20), (0.6, 0.4, 0.2)),
    ((5, 30, 40, 50), (5, 5, 5, 5), (0.6, 0.5, 0.3, 0.1)),
    ((60, 200, 100), (2, 2, 20), (0.5, 0.3, 0.2)),
    ((12, 60, 200, 100), (12, 8, 12, 8), (0.75, 0.5, 0.05, 0.02)),
    ((400, 400), (1, 30), (0.5, 0.1)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "drawn", "shares"), POPULATIONS)
def test_nineteen_of_twenty_intervals_hold_the_truth(sizes, drawn, shares):
    dice = np.random.default_rng(22)
    marked = [round(n * p) for n, p in zip(sizes, shares, strict=True)]
    truth, held, tries = sum(marked) / sum(sizes), 0, 1000
    for _ in range(tries):
        x = [dice.hypergeometric(m, n - m, k) for m, n, k in zip(marked, sizes, drawn, strict=True)]
        found = draw.marked_share(counts(sizes, drawn, x))
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
    assert held / tries > 0.94
