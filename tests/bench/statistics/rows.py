"""One line of the table that `python -m tests.bench.statistics` prints, and when it passes."""

from typing import NamedTuple

import numpy as np

FULL_REPLICATIONS = 500


class Row(NamedTuple):
    """`target` was set in advance; `found` is our result; `beside` are those of other ways."""

    check: str
    replications: int
    target: str
    found: str
    beside: str
    passed: bool


def slack(replications, share=0.95):
    """How far a share may miss its band: 0 from 500 replications on, else 4 Monte Carlo errors."""
    return (
        0.0
        if replications >= FULL_REPLICATIONS
        else 4 * (share * (1 - share) / replications) ** 0.5
    )


def coverage(low, high, truth):
    """Share of intervals that contain the truth; one that is not a number does not."""
    return float(((np.asarray(low) <= truth) & (truth <= np.asarray(high))).mean())


def band_row(check, found, band, replications, note=""):
    """The row of a coverage (or another share) that must lie in a band."""
    low, high = band
    give = slack(replications)
    return Row(
        check,
        replications,
        f"{low:.3g} to {high:.3g}" + (f", ±{give:.3f} for so few" if give else ""),
        f"{found:.3f}",
        note,
        bool(low - give <= found <= high + give),
    )


def shares_text(**shares):
    """`pooled 0.27, lag 0 0.22`: the shares of the other ways, as text."""
    return ", ".join(f"{name.replace('_', ' ')} {share:.3f}" for name, share in shares.items())
