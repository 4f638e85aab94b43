"""Which cases of a large matrix the slow part runs; the long part runs the others."""

import pytest


def slow_and_long(cases, slow):
    """The cases for `parametrize`: `slow` of them, evenly spread, as they are; the rest long."""
    cases = list(cases)
    kept = {round(number * (len(cases) - 1) / max(slow - 1, 1)) for number in range(slow)}
    return [
        case if number in kept else pytest.param(*as_values(case), marks=pytest.mark.long)
        for number, case in enumerate(cases)
    ]


def as_values(case):
    return case if isinstance(case, tuple) else (case,)
