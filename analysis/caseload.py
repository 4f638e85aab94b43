"""Counts complaints as cases: four measures that are never mixed, waiting times, outcomes."""

import datetime
from dataclasses import dataclass

import numpy as np

from analysis.statistics import durations, rates
from analysis.statistics.variance import Flags, Floats, Ints
from survey.editions.caseload import (
    CHANNELS,
    MEASURES,
    OUTCOMES,
    STEPS,
    Caseload,
    CaseloadMeasures,
    CaseloadWait,
    OutcomeCounts,
)

PERCENTILES = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9}


@dataclass(frozen=True, eq=False, kw_only=True)
class PeriodComplaints:
    """Complaints submitted in the period, one an entry.

    `area` number of the borough, `channel` place in CHANNELS, `case` number of the case that it now
    belongs to (following merges to the end, possibly into another period), `same` whether it was
    merged as submitted by the same person.
    """

    area: Ints
    channel: Ints
    case: Ints
    same: Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class PeriodCases:
    """Cases of the period (complaints submitted in it that are not merged), and their allegations.

    `area` number of the borough of each case; `days` cases x STEPS: days of 24 hours from receipt
    to the step, to the end of the case if it closed without the step, or else to now; `reached` and
    `ended` cases x STEPS: the step was taken, the case ended before it. One entry per allegation
    (each kind once per case, over all complaints merged into it): `of` place of its case, `kind`
    place in the list of kinds, `outcome` place in OUTCOMES.
    """

    area: Ints
    days: Floats
    reached: Flags
    ended: Flags
    of: Ints
    kind: Ints
    outcome: Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseloadPeriod:
    """What the figures cover: days, boroughs with their residents, kinds of allegations.

    `rated` is false where a rate per resident would mislead; such a borough still counts in the
    city's rate. `erased` is how many complaints of the period were erased later.
    """

    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    city: str
    codes: tuple[str, ...]
    residents: Floats
    rated: Flags
    kinds: tuple[str, ...]
    erased: int


def caseload(period: CaseloadPeriod, lodged: PeriodComplaints, opened: PeriodCases) -> Caseload:
    """All figures of a period, before the gate.

    Counts are of complaints, cases, allegations or persons, waits in days, rates per 10,000
    residents. Errors: ValueError as for `rates.rate` and `durations.survival`.
    Source: statistics.md 2.8; Kaplan & Meier (1958).
    """
    table = allegations_by_outcome(opened, len(period.kinds))
    return Caseload(
        start=period.start,
        end=period.end,
        as_of=period.as_of,
        measures=measure_rows(period, lodged, opened),
        scatter=dispersion_by_measure(lodged, opened),
        channels=to_ints(np.bincount(lodged.channel, minlength=len(CHANNELS))),
        waits=tuple(step_wait(opened, i) for i in range(len(STEPS))),
        kinds=tuple(
            OutcomeCounts(kind=name, outcomes=to_ints(row), total=int(row.sum()))
            for name, row in zip(period.kinds, table, strict=True)
        ),
        outcomes=to_ints(table.sum(axis=0)),
        erased=period.erased,
    )


def to_ints(counts: Ints) -> tuple[int, ...]:
    return tuple(int(one) for one in counts)


def counts_by_area(lodged: PeriodComplaints, opened: PeriodCases, areas: int) -> dict[str, Ints]:
    """Each measure by borough.

    Complaints: all submitted. Cases: those not merged. Allegations: each kind once per case, in the
    borough of the case. Persons: complaints less those merged as by the same person. Hence cases ≤
    persons ≤ complaints, and allegations ≥ cases where every case has a kind.
    """
    return {
        "complaints": np.bincount(lodged.area, minlength=areas),
        "cases": np.bincount(opened.area, minlength=areas),
        "allegations": np.bincount(opened.area[opened.of], minlength=areas),
        "persons": np.bincount(lodged.area[~lodged.same], minlength=areas),
    }


def dispersion_by_measure(lodged: PeriodComplaints, opened: PeriodCases) -> dict[str, float]:
    """φ of each measure in the city: events that belong to one case come together, not one by one.

    To one decimal, because a finer value would reveal how many were merged.
    Source: `rates.cluster_dispersion`.
    """
    clusters = {
        "complaints": lodged.case,
        "cases": np.arange(len(opened.area)),
        "allegations": opened.of,
        "persons": lodged.case[~lodged.same],
    }
    return {name: round(rates.cluster_dispersion(clusters[name]), 1) for name in MEASURES}


def measure_rows(
    period: CaseloadPeriod, lodged: PeriodComplaints, opened: PeriodCases
) -> tuple[CaseloadMeasures, ...]:
    """The city, then each borough: rates per 10,000 residents with 95 % limits.

    No rate where nobody lives or a rate misleads. Source: statistics.md 2.8.
    """
    found, phi = (
        counts_by_area(lodged, opened, len(period.codes)),
        dispersion_by_measure(lodged, opened),
    )
    rows = [(period.city, {name: int(found[name].sum()) for name in MEASURES})]
    rows += [
        (code, {name: int(found[name][i]) for name in MEASURES})
        for i, code in enumerate(period.codes)
    ]
    lived = np.where(period.rated, period.residents, 0.0)
    people = [float(period.residents.sum()), *map(float, lived)]
    return tuple(
        CaseloadMeasures(
            domain=domain,
            **{
                name: rates.rate(domain, row[name], population=count, phi=phi[name])
                for name in MEASURES
            },
        )
        for (domain, row), count in zip(rows, people, strict=True)
    )


def allegations_by_outcome(opened: PeriodCases, kinds: int) -> Ints:
    """Number of allegations by kind and outcome."""
    table = np.zeros((kinds, len(OUTCOMES)), dtype=np.int64)
    np.add.at(table, (opened.kind, opened.outcome), 1)
    return table


def step_wait(opened: PeriodCases, step: int) -> CaseloadWait:
    """Percentiles of the days to a step, over all cases; open ones count as longer than until now.

    A case that ended before the step (withdrawn unacknowledged, closed undecided) counts as longer
    than its end.
    Source: `durations.quantile`.
    """
    days, reached, ended = opened.days[:, step], opened.reached[:, step], opened.ended[:, step]
    waiting = ~reached & ~ended
    found = {name: durations.quantile(days, reached, share) for name, share in PERCENTILES.items()}
    return CaseloadWait(
        step=STEPS[step],
        reached=int(reached.sum()),
        waiting=int(waiting.sum()),
        without=int(ended.sum()),
        **found,
        waited=float(np.median(days[waiting])) if waiting.any() else None,
        beyond=tuple(name for name in PERCENTILES if len(days) and found[name] is None),
    )
