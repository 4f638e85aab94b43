"""How long something takes when some cases are still open: Kaplan and Meier's estimate."""

import numpy as np

from analysis.statistics.sampling.variance import Flags, Floats

TOLERANCE = 1e-9


def survival(time: Floats, over: Flags) -> tuple[Floats, Floats]:
    """Times at which something ended, and the share that lasts longer: S(t) = Π (1 - d_i/n_i).

    `time` one a case in any unit, to its end or to now; `over` false where it has not ended
    (censored). d_i ended at t_i, n_i lasted to t_i at least; one that is censored at t_i is among
    the n_i. Errors: ValueError for a time below 0. Source: Kaplan & Meier (1958).
    """
    if (time < 0).any():
        raise ValueError("nothing ends before it began")
    moments, ended = np.unique(time[over], return_counts=True)
    lasted = len(time) - np.searchsorted(np.sort(time), moments, side="left")
    return moments, np.cumprod(1.0 - ended / lasted)


def quantile(time: Floats, over: Flags, share: float) -> float | None:
    """The shortest time by which at least `share` are over: min {t: S(t) ≤ 1 - share}.

    Arguments and errors as for `survival`. None where too many are still open: the quantile is then
    longer than any time seen. A median of the ended cases alone would be too short, because the
    slow ones are still open.
    Source: Kaplan & Meier (1958); where S(t) is 1 - share over a stretch R `survfit` gives its
    middle, this its start.
    """
    moments, lasting = survival(time, over)
    reached = np.flatnonzero(lasting <= 1.0 - share + TOLERANCE)
    return float(moments[reached[0]]) if len(reached) else None
