"""How long something takes where some of it is not over yet: Kaplan and Meier's estimate."""

import numpy as np

from analysis.statistics.variance import Flags, Floats

EVEN = 1e-9


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
    """The least time by which at least `share` are over: min {t: S(t) ≤ 1 - share}.

    Arguments and errors as for `survival`. None where too many are not over to tell: then it is
    longer than any time that was seen. A median of the ended ones alone would be too short, for
    what takes long is still open. Source: Kaplan & Meier (1958); R `survfit` gives the middle
    where S(t) is 1 - share over a stretch, this its begin.
    """
    moments, lasting = survival(time, over)
    reached = np.flatnonzero(lasting <= 1.0 - share + EVEN)
    return float(moments[reached[0]]) if len(reached) else None
