"""What somebody can work out from published sums: one linear program for each question."""

import numpy as np
import scipy

UNBOUNDED = 3


def cell_bound(sums, low, high, cell, *, least=False):
    """The most (or least) that a cell can hold given every published figure.

    `sums` figures x cells of 0 and 1 (which cells a figure is the sum of; may be sparse), each
    published as between `low` and `high`; cells are 0 or more. Where the two are equal a row may
    also subtract cells. Infinite where nothing limits it.
    Errors: ValueError where the figures contradict each other.
    Source: Fischetti & Salazar (2001).
    """
    rows, exact = scipy.sparse.csr_array(sums), low == high
    above, below = np.isfinite(high) & ~exact, (low > 0) & ~exact
    aim = np.zeros(rows.shape[1])
    aim[cell] = 1.0 if least else -1.0
    found = scipy.optimize.linprog(
        aim,
        A_ub=scipy.sparse.vstack([rows[above], -rows[below]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        A_eq=rows[exact],
        b_eq=low[exact],
        method="highs",
    )
    if found.status == UNBOUNDED:
        return float(np.inf)
    if found.fun is None:
        raise ValueError("the figures contradict each other")
    return float(found.fun if least else -found.fun)


def hidden_cell_bounds(counts, hidden):
    """The least and the most of each hidden cell of a table whose row and column sums are known."""
    rows, columns = np.nonzero(hidden)
    sums = np.vstack(
        [rows == np.arange(len(counts))[:, None], columns == np.arange(counts.shape[1])[:, None]]
    ).astype(float)
    unseen = np.where(hidden, counts, 0)
    totals = np.concatenate([unseen.sum(axis=1), unseen.sum(axis=0)]).astype(float)
    return {
        (int(i), int(j)): tuple(
            cell_bound(sums, totals, totals, n, least=of) for of in (True, False)
        )
        for n, (i, j) in enumerate(zip(rows, columns, strict=True))
    }
