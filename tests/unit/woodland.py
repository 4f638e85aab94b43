"""The smallest material that a chapter can be made from: three boroughs and nothing told."""

import datetime

import numpy as np

from analysis.material import Completed, Events, Material, Sampled, Texts
from survey.deployments import Count
from survey.places import Area

FIRST = datetime.date(2025, 1, 6)
START = datetime.date(2026, 3, 2)
SUNDAY = datetime.timedelta(days=6)
WEEK = datetime.timedelta(weeks=1)
NAMES = ("Ash", "Beech", "Cedar")


def whole(*values):
    return np.array(values, dtype=np.int64)


def nobody():
    nothing, words = whole(), np.array([], dtype=np.str_)
    return Sampled(
        modes=words,
        day=nothing,
        area=nothing,
        persons=nothing,
        weight=np.array([]),
        stratum=words,
        psu=words,
        kinds={},
        scored=nothing,
        score=np.array([]),
        squares=np.array([]),
        items=(),
        answered=nothing,
        agree=nothing,
        disagree=nothing,
    )


def unwritten():
    words = np.array([], dtype=np.str_)
    return Texts(
        stream=words,
        weight=np.array([]),
        stratum=words,
        psu=words,
        day=whole(),
        area=whole(),
        polarity=np.array([]),
        spoken=np.zeros((0, 0), dtype=np.bool_),
    )


def material(**changes):
    """A week from 2 March 2026; `changes` are fields that a test wants otherwise."""
    none = Events(day=whole(), area=whole(), persons=whole())
    plain = {
        "kind": "weekly",
        "city": "Woodland",
        "boroughs": [Area(code=name[0], name=name, short=name, kind="borough") for name in NAMES],
        "first": FIRST,
        "start": START,
        "end": START + SUNDAY,
        "number": 1,
        "data_as_of": START + WEEK,
        "synthetic": False,
        "residents": np.array([100_000.0, 200_000.0, 300_000.0]),
        "targets": {},
        "population_basis": "counted",
        "sampled": nobody(),
        "drawn": none,
        "completed": Completed(day=whole(), sums=np.zeros((0, 0), dtype=np.int64)),
        "index_weeks": (),
        "open": none,
        "complaints": none,
        "about_taser": none,
        "counts": (),
        "counts_basis": "",
        "texts": unwritten(),
        "themes": (),
        "codebook": 1,
    }
    return Material(**plain | changes)


def month(year, number):
    """A whole month, and what makes an edition one of that month."""
    start = datetime.date(year, number, 1)
    end = (start + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    return {"kind": "monthly", "start": start, "end": end}


def count(start, number, *, area="A", end=None, **fields):
    """One published figure: of a week unless it says otherwise."""
    plain = {"measure": "incidents", "tactic": "drawn"} | fields
    return Count(area=area, start=start, end=end or start + SUNDAY, count=number, **plain)


def weekly(numbers, **fields):
    """So many each week, the last of them in the week of the edition."""
    return [
        count(START - WEEK * ago, number, **fields) for ago, number in enumerate(reversed(numbers))
    ]


def monthly(numbers, start, **fields):
    """So many each month from this one."""
    found = []
    for number in numbers:
        whole_month = month(start.year, start.month)
        found.append(count(start, number, end=whole_month["end"], **fields))
        start = whole_month["end"] + datetime.timedelta(days=1)
    return found
