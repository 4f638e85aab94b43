"""What a machine says of simulated texts, in the form that the estimators take."""

from analysis.statistics.correction import MachineMean, ShareEstimate


def machine_mean(f):
    """The machine's mean on N texts that represent others like them, with variance V(f)/N."""
    return MachineMean(mean=float(f.mean()), variance=float(f.var(ddof=1) / len(f)))


def share_estimate(hits, n):
    """hits / n with p(1-p)/n."""
    p = hits / n
    return ShareEstimate(p, p * (1 - p) / n)
