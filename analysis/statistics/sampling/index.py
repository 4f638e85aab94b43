"""The perception index, 0 to 100: from Likert answers, how reliable it is, and of small areas."""

from dataclasses import dataclass
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
    uniquenesses = scipy.optimize.minimize(
        unexplained_discrepancy,
        np.full(k, 0.5),
        (correlation,),
        method="L-BFGS-B",
        # 0.005 is also the least uniqueness of R's `factanal`.
        bounds=[(0.005, 1.0)] * k,
        options={"ftol": 1e-15, "gtol": 1e-9},
    ).x
    root = np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    loading = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0)) * root
    common = float(loading.sum()) ** 2
    return common / (common + float(uniquenesses.sum()))


def unexplained_discrepancy(unique: Floats, correlation: Floats) -> float:
    """Likelihood discrepancy left by one factor: Σ(θ - log θ - 1) of all roots but the largest."""
    root = np.sqrt(unique)
    left = np.linalg.eigvalsh(correlation / np.outer(root, root))[:-1]
    return float((left - np.log(left) - 1).sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class SmallAreas:
    """θ̂ of every area, the mean squared error, and how far each area's own answers counted (γ).

    `between` A, the variance of the areas about the line; `beta` the line. An area without answers
    has γ = 0: its estimate is that of areas like it.
    """

    value: Floats
    mse: Floats
    gamma: Floats
    between: float
    beta: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """θ̂ ± z·√MSE."""
        reach = float(scipy.stats.norm.ppf(0.5 + level / 2)) * np.sqrt(self.mse)
        return self.value - reach, self.value + reach


def fay_herriot(y: Floats, psi: Floats, x: Floats) -> SmallAreas:
    """θ̂ = γy + (1-γ)x'β, γ = A/(A+ψ), A by restricted maximum likelihood (0 or more).

    `y` direct estimates, `psi` their (smoothed) variances, `x` areas x p with a column of ones:
    the census, never deployments where the result is compared with these. NaN in `y` or an
    infinite ψ is an area without answers. MSE = g₁ + g₂ + 2g₃, g₁ = γψ,
    g₂ = (1-γ)²·x'(X'WX)⁻¹x, g₃ = ψ²/(A+ψ)³ · 2/Σ(A+ψ)⁻². Errors: ValueError with no more areas
    than columns, or a variance of 0 or less.
    Source: Fay & Herriot (1979); Datta & Lahiri (2000); as R `sae::mseFH(method="REML")`.
    """
    known = np.isfinite(y) & np.isfinite(psi)
    if known.sum() <= x.shape[1]:
        raise ValueError("more areas with answers than columns are needed")
    if (psi[known] <= 0).any():
        raise ValueError("the variance of an estimate is larger than 0")
    own, spread, line = y[known], psi[known], x[known]
    between = variance_between_areas(own, spread, line)
    weight = 1 / (between + spread)
    bread = np.linalg.inv(line.T @ (line * weight[:, None]))
    beta = bread @ (line.T @ (weight * own))
    gamma = np.where(known, between / (between + np.where(known, psi, 1.0)), 0.0)
    value = gamma * np.nan_to_num(y) + (1 - gamma) * (x @ beta)
    # An area without answers has the whole variance between areas as its error.
    inner = np.where(known, gamma * np.where(known, psi, 0.0), between)
    drawn = (1 - gamma) ** 2 * np.einsum("bi,ij,bj->b", x, bread, x)
    rough = np.where(known, psi, 0.0) ** 2 / (between + np.where(known, psi, 1.0)) ** 3
    mse = inner + drawn + 2 * rough * 2 / (weight**2).sum()
    return SmallAreas(value=value, mse=mse, gamma=gamma, between=between, beta=beta)


def variance_between_areas(y: Floats, psi: Floats, x: Floats) -> float:
    """The A ≥ 0 where the REML score y'PPy - tr P is 0; 0 where it is negative from the start."""

    def score(a: float) -> float:
        weight = 1 / (a + psi)
        scaled = x * weight[:, None]
        bread = np.linalg.inv(x.T @ scaled)
        left = weight * y - scaled @ (bread @ (scaled.T @ y))
        trace = weight.sum() - np.einsum("bi,ij,bj->", scaled, bread, scaled)
        return float(left @ left - trace)

    if score(0.0) <= 0:
        return 0.0
    high = float(y.var() + psi.mean())
    # For a large A the score is below 0, so doubling ends.
    while score(high) > 0:
        high *= 2
    return float(scipy.optimize.brentq(score, 0.0, high, xtol=1e-12, rtol=1e-14))
