"""The division of a theme's examples that a split begins with."""

import numpy as np
import pytest

from analysis.themes.clusters import part_numbers

DIRECTIONS = np.eye(4, dtype=np.float32)


def rows_near(*directions):
    """Rows of length 1, each close to one of four directions, no two the same."""
    rows = DIRECTIONS[list(directions)] + 0.01 * np.arange(len(directions))[:, None]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("directions", "parts", "found"),
    [
        ((2, 0, 2, 0, 0), 2, [0, 1, 0, 1, 1]),
        ((3, 1, 0, 1, 3), 3, [0, 1, 2, 1, 0]),
        ((0,), 2, [0]),
        ((), 3, []),
    ],
)
def test_examples_that_are_alike_stand_in_one_part(directions, parts, found):
    assert part_numbers(rows_near(*directions).reshape(-1, 4), parts) == found


def test_examples_that_are_the_same_make_fewer_parts():
    assert part_numbers(DIRECTIONS[[1, 1, 1]], 3) == [0, 0, 0]
    assert part_numbers(DIRECTIONS[[1, 2, 1]], 3) == [0, 1, 0]


def test_the_division_is_the_same_each_time():
    rows = np.random.default_rng(7).normal(size=(40, 8)).astype(np.float32)
    assert part_numbers(rows, 4) == part_numbers(rows.copy(), 4)
