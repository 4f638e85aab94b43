"""The two streams as two types: a sample can carry an interval, feedback never can."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analysis.statistics.sampling.refusals import mixed_streams
from analysis.statistics.sampling.variance import Clusters, Floats, Labels, to_clusters
from survey.surveys.instruments import Mode


@dataclass(frozen=True, eq=False, kw_only=True)
class Design:
    """How the respondents were drawn: one entry a respondent in every array.

    `weight` residents that a respondent represents (any scale for means and ratios); `stratum` and
    `psu` any labels (None: one stratum; each respondent drawn alone); `fpc` PSUs in the population
    of the respondent's stratum, only where units were drawn without replacement and that number is
    known.
    Errors: ValueError where lengths differ, a weight is negative or not a number, or more PSUs were
    drawn than there are.
    """

    weight: Floats
    stratum: Labels | None = None
    psu: Labels | None = None
    fpc: Floats | None = None

    def __post_init__(self) -> None:
        for entry in (self.stratum, self.psu, self.fpc):
            if entry is not None and len(entry) != len(self.weight):
                raise ValueError("every array of a design has one entry a respondent")
        if not (np.isfinite(self.weight).all() and (self.weight >= 0).all()):
            raise ValueError("a weight is a number of 0 or more")
        if self.fpc is not None and (self.clusters.sizes > self.clusters.population).any():
            raise ValueError("a stratum has no fewer PSUs in the population than in the sample")

    @cached_property
    def clusters(self) -> Clusters:
        n = len(self.weight)
        stratum = np.zeros(n, dtype=np.int64) if self.stratum is None else self.stratum
        return to_clusters(stratum, np.arange(n) if self.psu is None else self.psu, self.fpc)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Answers of people drawn by chance, the only input that estimators accept.

    `modes` the collection mode of each respondent.
    Errors: Problem `streams.mixed` where any of them is not 'sampled'.
    """

    modes: Labels
    design: Design
    # Not an argument, so that no caller can declare open answers to be sampled.
    mode: Mode = field(default="sampled", init=False)

    def __post_init__(self) -> None:
        require_mode(self.modes, "sampled")
        if len(self.modes) != len(self.design.weight):
            raise ValueError("every respondent has one collection mode")

    def __len__(self) -> int:
        return len(self.modes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Feedback:
    """What people chose to send; it can be counted and read, not generalised.

    Errors: Problem `streams.mixed` where any mode is not 'open'.
    """

    modes: Labels
    mode: Mode = field(default="open", init=False)

    def __post_init__(self) -> None:
        require_mode(self.modes, "open")

    def __len__(self) -> int:
        return len(self.modes)


def require_mode(modes: Labels, mode: Mode) -> None:
    if not (np.asarray(modes) == mode).all():
        raise mixed_streams()


def design_of(sample: Sample) -> Design:
    """The design of a sample; refuses anything else at run time too.

    Errors: Problem `streams.mixed` for anything that is not a `Sample`.
    """
    if not isinstance(sample, Sample):
        raise mixed_streams()
    return sample.design
