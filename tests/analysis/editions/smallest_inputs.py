"""The smallest inputs that a chapter can be made from: three boroughs and no figures."""

import datetime

import numpy as np

from analysis.editions.inputs import (
    CompleteIndexAnswers,
    EditionInputs,
    EditionTexts,
    EventCounts,
    SampledAnswers,
)
from survey.deployments import DeploymentCount
from survey.places import Area

FIRST = datetime.date(2025, 1, 6)
START = datetime.date(2026, 3, 2)
SUNDAY = datetime.timedelta(days=6)
WEEK = datetime.timedelta(weeks=1)
NAMES = ("Ash", "Beech", "Cedar")


def int_array(*values):
    return np.array(values, dtype=np.int64)


def nobody_sampled():
    nothing, words = int_array(), np.array([], dtype=np.str_)
    return SampledAnswers(
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


def no_texts():
    words = np.array([], dtype=np.str_)
    return EditionTexts(
        stream=words,
        weight=np.array([]),
        stratum=words,
        psu=words,
        day=int_array(),
        area=int_array(),
        polarity=np.array([]),
        spoken=np.zeros((0, 0), dtype=np.bool_),
    )


def woodland_inputs(**changes):
    """The inputs of the week from 2 March 2026; `changes` are the fields that a test sets
    itself.
    """
    none = EventCounts(day=int_array(), area=int_array(), persons=int_array())
    plain = {
        "kind": "weekly",
        "city": "Woodland",
        "areas": [Area(code=name[0], name=name, short=name, kind="borough") for name in NAMES],
        "first": FIRST,
        "start": START,
        "end": START + SUNDAY,
        "number": 1,
        "data_as_of": START + WEEK,
        "synthetic": False,
        "residents": np.array([100_000.0, 200_000.0, 300_000.0]),
        "targets": {},
        "population_basis": "counted",
        "sampled": nobody_sampled(),
        "drawn": none,
        "completed": CompleteIndexAnswers(day=int_array(), sums=np.zeros((0, 1), dtype=np.int64)),
        "index_weeks": (),
        "open": none,
        "complaints": none,
        "about_taser": none,
        "counts": (),
        "counts_basis": "",
        "texts": no_texts(),
        "themes": (),
        "codebook": 1,
    }
    return EditionInputs(**plain | changes)


def month_fields(year, number):
    """The fields that make an edition that of a whole month."""
    start = datetime.date(year, number, 1)
    end = (start + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    return {"kind": "monthly", "start": start, "end": end}


def count(start, number, *, area="A", end=None, **fields):
    """One published count, of a week unless `end` is given."""
    plain = {"measure": "incidents", "tactic": "drawn"} | fields
    return DeploymentCount(area=area, start=start, end=end or start + SUNDAY, count=number, **plain)


def weekly_counts(numbers, **fields):
    """One count a week, the last of them in the week of the edition."""
    return [
        count(START - WEEK * ago, number, **fields) for ago, number in enumerate(reversed(numbers))
    ]


def monthly_counts(numbers, start, **fields):
    """One count a month, from this month on."""
    found = []
    for number in numbers:
        whole_month = month_fields(start.year, start.month)
        found.append(count(start, number, end=whole_month["end"], **fields))
        start = whole_month["end"] + datetime.timedelta(days=1)
    return found
