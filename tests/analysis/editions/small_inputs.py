"""The inputs of a small edition: four boroughs, few cells, no database."""

import datetime

import msgspec
import numpy as np

from analysis.editions.front import bare_edition
from analysis.editions.inputs import (
    CompleteIndexAnswers,
    EditionInputs,
    EditionTexts,
    EventCounts,
    SampledAnswers,
    index_windows,
)
from survey.deployments import DeploymentCount, RestatedCount
from survey.editions.figures import Estimate
from survey.editions.perception import IndexWeek
from survey.places import Area

FIRST = datetime.date(2024, 1, 1)
CITY = "Testham"
CODES = ("E1", "E2", "E3", "E4")
BOROUGHS = tuple(Area(code=code, name=code, short=code, kind="borough") for code in CODES)
BASIS = "incidents by their most severe use, source Force A"
THEMES = (("fair", "Fairness"), ("taser", "Taser"))
DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(weeks=1)


def int_array(values):
    return np.array(values, dtype=np.int64)


def events(rows=()):
    """Event counts from rows of day, area and persons."""
    day, area, persons = (int_array([row[i] for row in rows]) for i in range(3))
    return EventCounts(day=day, area=area, persons=persons)


def sampled_answers(rows=()):
    """Sampled answers from rows of day, area, persons and the mean of their index."""
    day, area, persons = (int_array([row[i] for row in rows]) for i in range(3))
    mean = np.array([row[3] for row in rows], dtype=np.float64)
    n = len(rows)
    nothing = np.zeros((n, 0), dtype=np.int64)
    return SampledAnswers(
        modes=np.full(n, "sampled"),
        day=day,
        area=area,
        persons=persons,
        weight=np.ones(n),
        stratum=np.array([CODES[i] for i in area], dtype=np.str_),
        psu=np.array([f"p{i}" for i in range(n)], dtype=np.str_),
        kinds={"area": area},
        scored=persons,
        score=persons * mean,
        squares=persons * (mean**2 + 400),
        items=(),
        answered=nothing,
        agree=nothing,
        disagree=nothing,
    )


def texts(rows=(), themes=2):
    """Texts from rows of stream, day, area and the numbers of their themes."""
    spoken = np.zeros((len(rows), themes), dtype=np.bool_)
    for i, row in enumerate(rows):
        spoken[i, list(row[3])] = True
    return EditionTexts(
        stream=np.array([row[0] for row in rows], dtype=np.str_),
        weight=np.ones(len(rows)),
        stratum=np.array([CODES[row[2]] for row in rows], dtype=np.str_),
        psu=np.array([f"t{i}" for i in range(len(rows))], dtype=np.str_),
        day=int_array([row[1] for row in rows]),
        area=int_array([row[2] for row in rows]),
        polarity=np.zeros(len(rows)),
        spoken=spoken,
    )


def count(area, week, number, tactic="drawn"):
    start = FIRST + week * WEEK
    return DeploymentCount(
        area=area,
        start=start,
        end=start + 6 * DAY,
        measure="incidents",
        tactic=tactic,
        count=number,
    )


def change(area, week, was, now, **other):
    one = count(area, week, 0)
    given = {"source": "Force A", "measure": "incidents", "tactic": "drawn", "group": "all"}
    return RestatedCount(
        area=area, start=one.start, end=one.end, was=was, now=now, **(given | other)
    )


def inputs_of_week(week=30, kind="weekly", **changes):
    """The inputs as known at the end of a week; weeks are counted from 0."""
    start = FIRST + week * WEEK
    given = {
        "kind": kind,
        "city": CITY,
        "areas": BOROUGHS,
        "first": FIRST,
        "start": start,
        "end": start + 6 * DAY,
        "number": 1,
        "data_as_of": start + WEEK,
        "synthetic": True,
        "residents": np.array([200_000.0, 300_000.0, 250_000.0, 350_000.0]),
        "targets": {"area": np.array([200_000.0, 300_000.0, 250_000.0, 350_000.0])},
        "population_basis": "invented",
        "sampled": sampled_answers(),
        "completed": CompleteIndexAnswers(day=int_array([]), sums=np.zeros((0, 1), dtype=np.int64)),
        "index_weeks": (),
        "open": events(),
        "complaints": events(),
        "about_taser": events(),
        "counts": (),
        "counts_basis": BASIS,
        "texts": texts(),
        "themes": THEMES,
        "codebook": 1,
    }
    given |= changes
    weekly = given["sampled"]
    since = (index_windows(given["kind"], given["start"], given["end"])[0] - FIRST).days
    return EditionInputs(
        **{"drawn": EventCounts(day=weekly.day, area=weekly.area, persons=weekly.persons)}
        | given
        | {"sampled": weekly.only(weekly.day >= since)}
    )


def edition(made_from, **changes):
    """An edition with no other figures than those in `changes`."""
    return msgspec.structs.replace(bare_edition(made_from), **changes)


def index_weeks(city, n=400, error=1.0, direct=None):
    """The city's index, week after week. `direct` are the boroughs' own values (boroughs x weeks),
    each from 12 effective answers.
    """
    for at, value in enumerate(city):
        found = Estimate(
            domain=CITY,
            stream="sampled",
            n=n,
            effective_n=n / 1.3,
            value=float(value),
            standard_error=error,
            low=None,
            high=None,
            method="invented",
        )
        own = (
            [] if direct is None else [(c, float(direct[i][at]), 12.0) for i, c in enumerate(CODES)]
        )
        yield IndexWeek(start=FIRST + at * WEEK, city=found, direct=tuple(own))
