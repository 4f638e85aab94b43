"""Small areas that borrow strength from all others: Fay-Herriot with smoothed variances."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Floats


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
