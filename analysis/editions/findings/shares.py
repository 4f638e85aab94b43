"""How much of an edition's 5% each kind of finding may use.

An edition looks for findings of several kinds, each among many boroughs, questions or groups. If
each kind were held to 5%, an edition would have a false one far more often. So the kinds share the
5% (Bonferroni), and each is held to its share over all that it looks at (Holm): at most one edition
in twenty has a finding that is false, whatever is true.
"""

from collections.abc import Mapping
from typing import Literal

from analysis.statistics.changes.multiplicity import FAMILY_LEVEL
from analysis.statistics.panel.association import LOOK_LEVEL

FindingKind = Literal[
    "city", "boroughs", "questions", "groups", "outliers", "ratios", "deployments", "link"
]
# Three standard errors. The city's index moves by about its error from window to window, so much of
# a smaller change is chance.
CITY = 0.003
DEPLOYMENTS = 0.01
SHARES: Mapping[str, Mapping[FindingKind, float]] = {
    "weekly": {"city": CITY, "deployments": DEPLOYMENTS, "boroughs": 0.035},
    "monthly": {
        "city": CITY,
        "deployments": DEPLOYMENTS,
        # A verdict has its own plan of looks, in four editions a year.
        "link": LOOK_LEVEL,
        **dict.fromkeys(("boroughs", "questions", "groups", "outliers", "ratios"), 0.005),
    },
}


def edition_p(p: float, share: float) -> float:
    """p that allows for all kinds of findings of an edition: below 5% where it is below a share."""
    return min(1.0, p * FAMILY_LEVEL / share)
