"""The same inputs give the same figures as before the walls moved: in the table and on the page.

The edition itself may be stored in another shape; then each of its numbers is still in it.
"""

import re

import pytest

from tests.house.figures import figures_of, kept_figures, read_inputs

NUMBER = re.compile(r" = (-?\d+\.?\d*(?:e-?\d+)?)$")


def lines_of(figures, place):
    return [line for line in figures if line.startswith(place)]


def numbers_of(figures):
    return {found[1] for line in lines_of(figures, "edition") if (found := NUMBER.search(line))}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_the_same_inputs_give_the_same_figures(kind):
    before, today = kept_figures(kind), figures_of(read_inputs(kind))
    assert len(before) > 5_000
    assert lines_of(today, "table") == lines_of(before, "table")
    assert lines_of(today, "page") == lines_of(before, "page")
    assert numbers_of(before) - numbers_of(today) == set()
