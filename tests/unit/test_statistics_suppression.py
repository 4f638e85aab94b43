"""A11: no hidden cell can be narrowed to fewer than five values by what is shown."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.disclosure import suppression


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_A11_no_hidden_cell_is_narrow(seed):
    counts = np.random.default_rng(seed).poisson(9, (6, 4))
    hidden = suppression.suppressed_cells(counts)
    if hidden is None:
        return
    assert hidden[(counts > 0) & (counts < 5)].all()
    for (i, j), limits in suppression.audit(counts, hidden).items():
        assert limits.high - limits.low >= 5 - 1e-6
        assert limits.low - 1e-6 <= counts[i, j] <= limits.high + 1e-6


def test_a_table_without_small_cells_hides_none():
    assert not suppression.suppressed_cells(np.full((3, 3), 9)).any()


def test_a_row_alone_cannot_hide_anything():
    assert suppression.suppressed_cells(np.array([[3, 9, 20]])) is None
