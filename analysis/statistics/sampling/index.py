"""The perception index, 0 to 100, from Likert answers, and how reliable it is."""

from typing import NamedTuple

import msgspec
import numpy as np
import scipy

from analysis.statistics.sampling.variance import Floats

LEAST_ALPHA, LEAST_ITEM_REST = 0.70, 0.30


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Cronbach's alpha of k items on the n people who answered all, with Feldt's interval."""

    alpha: float
    low: float
    high: float
    n: int
    k: int

    @property
    def sufficient(self) -> bool:
        """Whether the index may be published: even the lower limit is 0.70 or more."""
        return self.low >= LEAST_ALPHA


class ItemSums(NamedTuple):
    """Sums over the people who answered all k items, reversed items turned round.

    `n` people, `sums` of each item, `products` k x k sums of products.
    """

    n: int
    sums: Floats
    products: Floats

    @property
    def covariance(self) -> Floats:
        """The k x k covariance of the items (divisor n - 1); NaN for fewer than two people."""
        centre = np.outer(self.sums, self.sums) / max(self.n, 1)
        return (self.products - centre) / (self.n - 1 if self.n > 1 else np.nan)


def cronbach_alpha(given: ItemSums, *, level: float = 0.95) -> Reliability | None:
    """α = k/(k-1)·(1 - Σs²_i/s²_T); limits 1-(1-α)·F on n-1 and (n-1)(k-1) df.

    None with fewer than two items, three complete answers, or no spread in the sums.
    Source: Cronbach (1951); Feldt (1965). Unweighted, complete cases.
    """
    n, k = given.n, len(given.sums)
    # Sums of products leave a rounding error where nobody differed, so not against 0 itself.
    if k < 2 or n < 3 or (spread := float((covariance := given.covariance).sum())) <= 1e-12:
        return None
    alpha = k / (k - 1) * (1 - float(np.trace(covariance)) / spread)
    low, high = scipy.stats.f.ppf([0.5 + level / 2, 0.5 - level / 2], n - 1, (n - 1) * (k - 1))
    return Reliability(
        alpha=alpha, low=1 - (1 - alpha) * float(low), high=1 - (1 - alpha) * float(high), n=n, k=k
    )


def item_rest_correlations(given: ItemSums) -> Floats | None:
    """Correlation of each item with the sum of the others, on the people who answered all.

    An index is published only where each is 0.3 or more. NaN for an item without spread; None with
    fewer than two items or three people. Source: Nunnally & Bernstein (1994) ch. 8.
    """
    if len(given.sums) < 2 or given.n < 3:
        return None
    covariance = given.covariance
    own = np.diag(covariance)
    rest = covariance.sum(axis=1) - own
    below = own * (covariance.sum() - 2 * covariance.sum(axis=1) + own)
    return np.asarray(rest / np.sqrt(np.where(below > 1e-12, below, np.nan)))


def is_publishable(given: ItemSums) -> bool:
    """Whether Feldt's lower limit of α is ≥ 0.70 and every item-rest correlation is ≥ 0.3.

    False where either cannot be computed. Source: Feldt (1965); Nunnally & Bernstein (1994).
    """
    whole, apart = cronbach_alpha(given), item_rest_correlations(given)
    if whole is None or apart is None or not whole.sufficient:
        return False
    # An item that everybody answers alike has no correlation (NaN), and then counts as 0.
    return bool((np.nan_to_num(apart) >= LEAST_ITEM_REST).all())


def mcdonald_omega(given: ItemSums) -> float | None:
    """McDonald's ω = (Σλ)² / ((Σλ)² + Σψ) of one factor, by maximum likelihood.

    Profile over the uniquenesses ψ of the correlation matrix (Jöreskog 1967), the items
    standardised as in R `factanal`. Complete cases; None below three items, or where
    one has no spread or follows from the others.
    """
    k = len(given.sums)
    if k < 3 or given.n <= k or (np.diag(covariance := given.covariance) <= 1e-12).any():
        return None
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-8:
        return None
    found = scipy.optimize.minimize(
        unexplained_discrepancy,
        np.full(k, 0.5),
        (correlation,),
        method="L-BFGS-B",
        # 0.005 is also the least uniqueness of R's `factanal`.
        bounds=[(0.005, 1.0)] * k,
        options={"ftol": 1e-15, "gtol": 1e-9},
    ).x
    root = np.sqrt(found)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    loading = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0)) * root
    common = float(loading.sum()) ** 2
    return common / (common + float(found.sum()))


def unexplained_discrepancy(unique: Floats, correlation: Floats) -> float:
    """Likelihood discrepancy left by one factor: Σ(θ - log θ - 1) of all roots but the largest."""
    root = np.sqrt(unique)
    left = np.linalg.eigvalsh(correlation / np.outer(root, root))[:-1]
    return float((left - np.log(left) - 1).sum())
