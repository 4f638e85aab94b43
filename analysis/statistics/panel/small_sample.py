"""CR2 and Satterthwaite for the panel: a stricter error where few areas had any deployment."""

from typing import NamedTuple

import numpy as np

from analysis.statistics.panel.panel import (
    Panel,
    PanelRefusal,
    UsableCells,
    demeaned_grids,
    fit_panel,
    usable_cells,
)
from analysis.statistics.sampling.variance import Floats, Ints


class Cr2(NamedTuple):
    """The CR2 standard error of β at one lag, and the degrees of freedom of its t."""

    se: float
    df: float


def cr2(panel: Panel, *, lag: int = 1) -> Cr2 | None:
    """V = Σ_g (s_g'W_g A_g e_g)², A_g = [((I-H)(I-H)')_gg]^(-1/2), s = x̃/(x̃'Wx̃).

    x̃ is the exposure without area and period effects, H the hat matrix with them, the working
    variance the identity; df = (Σ P_gg)² / Σ P_gh². None where `fit_panel` refuses. Takes about a
    third of a second for 1,250 cells.
    Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018); agrees with R clubSandwich.
    """
    if isinstance(fit_panel(panel, lags=(lag,)), PanelRefusal):
        return None
    cells = usable_cells(panel, (lag,))
    area, period = np.nonzero(cells.weight)
    weight, y = cells.weight[area, period], cells.outcome[area, period]
    within = demeaned_grids(cells.exposure, cells.weight)[0][0][area, period]
    pull = weight * within / (weight @ within**2)
    left = np.eye(len(y)) - hat_matrix(design_matrix(cells, area, period), weight)
    error = left @ y
    squares, paths = 0.0, []
    for g in range(len(cells.weight)):
        own = area == g
        adjusted = pull[own] @ inverse_square_root(left[own] @ left[own].T)
        squares += float(adjusted @ error[own]) ** 2
        paths.append(adjusted @ left[own])
    inner = np.array(paths) @ np.array(paths).T
    return Cr2(se=squares**0.5, df=float(np.trace(inner) ** 2 / (inner**2).sum()))


def design_matrix(cells: UsableCells, area: Ints, period: Ints) -> Floats:
    areas, periods = cells.weight.shape
    dummies = [np.eye(areas)[area], np.eye(periods)[period], cells.exposure[0][area, period, None]]
    return np.hstack(dummies)


def hat_matrix(x: Floats, weight: Floats) -> Floats:
    """H = X(X'WX)⁺X'W, from an orthonormal basis of √W·X."""
    root = np.sqrt(weight)
    basis, size, _ = np.linalg.svd(x * root[:, None], full_matrices=False)
    basis = basis[:, size > 1e-10 * size[0]]
    return np.asarray((basis / root[:, None]) @ (basis * root[:, None]).T)


def inverse_square_root(square: Floats) -> Floats:
    """The symmetric inverse square root; directions without variance stay 0."""
    values, vectors = np.linalg.eigh(square)
    sound = values > 1e-10 * max(float(values[-1]), 0.0)
    scale = np.where(sound, np.where(sound, values, 1.0) ** -0.5, 0.0)
    return np.asarray((vectors * scale) @ vectors.T)
