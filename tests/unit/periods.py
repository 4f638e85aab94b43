"""What a small edition is made from: four boroughs, few cells, no database."""

import datetime

import numpy as np

from analysis.edition import identity
from analysis.material import Completed, Events, Material, Sampled, Texts, blocks
from survey.deployments import Change, Count
from survey.editions import Edition
from survey.places import Area
from survey.reports import Estimate
from survey.weeks import IndexWeek

FIRST = datetime.date(2024, 1, 1)
CITY = "Testham"
CODES = ("E1", "E2", "E3", "E4")
BOROUGHS = tuple(Area(code=code, name=code, short=code, kind="borough") for code in CODES)
BASIS = "incidents by their most severe use, source Force A"
THEMES = (("fair", "Fairness"), ("taser", "Taser"))
DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(weeks=1)


def whole(values):
    return np.array(values, dtype=np.int64)


def events(rows=()):
    """Rows of day, area and persons."""
    day, area, persons = (whole([row[i] for row in rows]) for i in range(3))
    return Events(day=day, area=area, persons=persons)


def sampled(rows=()):
    """Rows of day, area, persons and the mean of their index."""
    day, area, persons = (whole([row[i] for row in rows]) for i in range(3))
    mean = np.array([row[3] for row in rows], dtype=np.float64)
    n = len(rows)
    nothing = np.zeros((n, 0), dtype=np.int64)
    return Sampled(
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
    """Rows of stream, day, area and the themes that a text speaks of."""
    spoken = np.zeros((len(rows), themes), dtype=np.bool_)
    for i, row in enumerate(rows):
        spoken[i, list(row[3])] = True
    return Texts(
        stream=np.array([row[0] for row in rows], dtype=np.str_),
        weight=np.ones(len(rows)),
        stratum=np.array([CODES[row[2]] for row in rows], dtype=np.str_),
        psu=np.array([f"t{i}" for i in range(len(rows))], dtype=np.str_),
        day=whole([row[1] for row in rows]),
        area=whole([row[2] for row in rows]),
        polarity=np.zeros(len(rows)),
        spoken=spoken,
    )


def count(area, week, number, tactic="drawn"):
    start = FIRST + week * WEEK
    return Count(
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
    return Change(area=area, start=one.start, end=one.end, was=was, now=now, **(given | other))


def material(week=30, kind="weekly", **changes):
    """What is known at the end of a week, counted from 0."""
    start = FIRST + week * WEEK
    given = {
        "kind": kind,
        "city": CITY,
        "boroughs": BOROUGHS,
        "first": FIRST,
        "start": start,
        "end": start + 6 * DAY,
        "number": 1,
        "data_as_of": start + WEEK,
        "synthetic": True,
        "residents": np.array([200_000.0, 300_000.0, 250_000.0, 350_000.0]),
        "targets": {"area": np.array([200_000.0, 300_000.0, 250_000.0, 350_000.0])},
        "population_basis": "invented",
        "sampled": sampled(),
        "completed": Completed(day=whole([]), sums=np.zeros((0, 1), dtype=np.int64)),
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
    since = (blocks(given["kind"], given["start"], given["end"])[0] - FIRST).days
    return Material(
        **{"drawn": Events(day=weekly.day, area=weekly.area, persons=weekly.persons)}
        | given
        | {"sampled": weekly.only(weekly.day >= since)}
    )


def edition(made_from, **changes):
    """An edition that tells nothing but what `changes` say."""
    return Edition(**(identity(made_from) | changes))


def index_weeks(city, n=400, error=1.0, direct=None):
    """One week after another; `direct` boroughs x weeks, of 12 effective answers each."""
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
