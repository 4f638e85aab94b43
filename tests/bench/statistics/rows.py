"""One line of the table that `python -m tests.bench.statistics` prints, and when it passes."""

from typing import NamedTuple

import numpy as np

FULL = 500


class Row(NamedTuple):
    """`target` as it was frozen, `found` by this many replications, `beside` the wrong ways."""

    check: str
    replications: int
    target: str
    found: str
    beside: str
    passed: bool


def slack(replications, share=0.95):
    """What a share may miss its band by: nothing from 500 replications on, else 3 MC errors."""
    return 0.0 if replications >= FULL else 3 * (share * (1 - share) / replications) ** 0.5


def covers(low, high, truth):
    """Share of intervals that hold the truth; one that is not a number does not."""
    return float(((np.asarray(low) <= truth) & (truth <= np.asarray(high))).mean())


def banded(check, found, band, replications, beside=""):
    """A coverage (or another share) that must lie in a band."""
    low, high = band
    give = slack(replications)
    return Row(
        check,
        replications,
        f"{low:.3g} to {high:.3g}",
        f"{found:.3f}",
        beside,
        bool(low - give <= found <= high + give),
    )


def named(**shares):
    """`pooled 0.27, lag 0 0.22`: what stands beside the recommended way."""
    return ", ".join(f"{name.replace('_', ' ')} {share:.3f}" for name, share in shares.items())
