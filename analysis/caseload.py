"""Counts complaints as cases: four measures that are never mixed, waits, outcomes by kind."""

import datetime
from dataclasses import dataclass

import numpy as np

from analysis.statistics import durations, rates
from analysis.statistics.variance import Flags, Floats, Whole
from survey.caseload import (
    CHANNELS,
    MEASURES,
    OUTCOMES,
    STEPS,
    Caseload,
    Decided,
    Measured,
    Wait,
)

SHARES = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9}


@dataclass(frozen=True, eq=False, kw_only=True)
class Lodged:
    """Complaints that were lodged in the period, one an entry.

    `area` number of the borough, `channel` place in CHANNELS, `case` number of the case that it is
    now part of (a chain of merges followed to its end, which may lie in another period), `same`
    whether it was merged as lodged by the same person.
    """

    area: Whole
    channel: Whole
    case: Whole
    same: Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class Opened:
    """Cases of the period (complaints lodged in it that are not merged), and their allegations.

    `area` number of the borough of each case; `days` cases x STEPS in days of 24 hours from being
    received to the step, to its end where it was closed without, or else to now; `reached` and
    `ended` cases x STEPS, the step was taken, the case ended before it. One entry an allegation (a
    kind of a case, of all complaints merged into it, once): `of` place of its case, `kind` place
    in the list of kinds, `outcome` place in OUTCOMES.
    """

    area: Whole
    days: Floats
    reached: Flags
    ended: Flags
    of: Whole
    kind: Whole
    outcome: Whole


@dataclass(frozen=True, eq=False, kw_only=True)
class Period:
    """What the figures are of: days, boroughs with their residents, kinds of allegations.

    `rated` is false where a rate per resident would mislead; such a borough counts in the city's.
    `erased` how many complaints of the period were erased later.
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


def caseload(period: Period, lodged: Lodged, opened: Opened) -> Caseload:
    """All figures of a period, before the gate.

    Counts are of complaints, cases, allegations or persons, waits in days, rates per 10,000
    residents. Errors: ValueError as for `rates.rate` and `durations.survival`.
    Source: statistics.md 2.8; Kaplan & Meier (1958).
    """
    table = crossed(opened, len(period.kinds))
    return Caseload(
        start=period.start,
        end=period.end,
        as_of=period.as_of,
        measures=measures(period, lodged, opened),
        scatter=scatter(lodged, opened),
        channels=numbers(np.bincount(lodged.channel, minlength=len(CHANNELS))),
        waits=tuple(wait(opened, i) for i in range(len(STEPS))),
        kinds=tuple(
            Decided(kind=name, outcomes=numbers(row), total=int(row.sum()))
            for name, row in zip(period.kinds, table, strict=True)
        ),
        outcomes=numbers(table.sum(axis=0)),
        erased=period.erased,
    )


def numbers(counts: Whole) -> tuple[int, ...]:
    return tuple(int(one) for one in counts)


def counts(lodged: Lodged, opened: Opened, areas: int) -> dict[str, Whole]:
    """Each measure by borough.

    Complaints: all lodged. Cases: those not merged. Allegations: kinds of a case, each once, where
    the case is. Persons: complaints less those merged as by the same person. Hence
    cases ≤ persons ≤ complaints, and allegations ≥ cases where every case has a kind.
    """
    return {
        "complaints": np.bincount(lodged.area, minlength=areas),
        "cases": np.bincount(opened.area, minlength=areas),
        "allegations": np.bincount(opened.area[opened.of], minlength=areas),
        "persons": np.bincount(lodged.area[~lodged.same], minlength=areas),
    }


def scatter(lodged: Lodged, opened: Opened) -> dict[str, float]:
    """φ of each measure in the city: what belongs to one case came together, not one by one.

    Source: `rates.clustered`. To one decimal, for a finer one would tell how many were merged.
    """
    clusters = {
        "complaints": lodged.case,
        "cases": np.arange(len(opened.area)),
        "allegations": opened.of,
        "persons": lodged.case[~lodged.same],
    }
    return {name: round(rates.clustered(clusters[name]), 1) for name in MEASURES}


def measures(period: Period, lodged: Lodged, opened: Opened) -> tuple[Measured, ...]:
    """The city, then each borough: rates per 10,000 residents with 95 % limits.

    No rate where nobody lives or a rate misleads. Source: statistics.md 2.8.
    """
    found, phi = counts(lodged, opened, len(period.codes)), scatter(lodged, opened)
    rows = [(period.city, {name: int(found[name].sum()) for name in MEASURES})]
    rows += [
        (code, {name: int(found[name][i]) for name in MEASURES})
        for i, code in enumerate(period.codes)
    ]
    lived = np.where(period.rated, period.residents, 0.0)
    people = [float(period.residents.sum()), *map(float, lived)]
    return tuple(
        Measured(
            domain=domain,
            **{
                name: rates.rate(domain, row[name], population=count, phi=phi[name])
                for name in MEASURES
            },
        )
        for (domain, row), count in zip(rows, people, strict=True)
    )


def crossed(opened: Opened, kinds: int) -> Whole:
    """Allegations by kind and outcome."""
    table = np.zeros((kinds, len(OUTCOMES)), dtype=np.int64)
    np.add.at(table, (opened.kind, opened.outcome), 1)
    return table


def wait(opened: Opened, step: int) -> Wait:
    """Days to a step: percentiles over all cases, those that still wait held as longer than now.

    A case that ended before the step (withdrawn unacknowledged, closed with nothing decided) is
    held as longer than its end. Source: `durations.quantile`.
    """
    days, reached, ended = opened.days[:, step], opened.reached[:, step], opened.ended[:, step]
    waiting = ~reached & ~ended
    found = {name: durations.quantile(days, reached, share) for name, share in SHARES.items()}
    return Wait(
        step=STEPS[step],
        reached=int(reached.sum()),
        waiting=int(waiting.sum()),
        without=int(ended.sum()),
        **found,
        waited=float(np.median(days[waiting])) if waiting.any() else None,
        beyond=tuple(name for name in SHARES if len(days) and found[name] is None),
    )
