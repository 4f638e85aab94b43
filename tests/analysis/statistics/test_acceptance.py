"""A2 to A13 on few replications; `python -m tests.bench.statistics` runs all of them in full.

A band is that of the criterion, made wider by four Monte Carlo errors on either side: the worlds
are those of the seed of the run, and of ten thousand rows less than one may leave it by chance.
"""

import pytest
from threadpoolctl import threadpool_limits

from tests.bench.statistics import areas, events, exact, findings, panels, reading, series, surveys

REPLICATIONS = 60
CRITERIA = [
    criterion
    for part in (exact, surveys, panels, series, events, areas, reading, findings)
    for criterion in part.CRITERIA
    if criterion not in (exact.A1, exact.A13)  # the tests of parity themselves; a time
]


@pytest.mark.slow
@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: one.__name__)
def test_criterion(criterion, drawn_seed):
    with threadpool_limits(limits=1):  # two threads on small matrices wait for each other
        found = criterion(REPLICATIONS, drawn_seed)
    assert [row for row in found if not row.passed] == []
