"""What people whose case was closed said in a quarter: usual numbers, and random ones."""

import datetime

from survey.editions.caseload import HANDLING_QUESTIONS, POINTS, HandlingQuarter
from survey.surveys.item_types.answers import DECLINED

QUARTER = datetime.date(2008, 1, 1)
# By statement: how many chose each point, from strongly disagree to strongly agree.
GIVEN = {
    "fairly": (21, 25, 22, 41, 32),
    "informed": (30, 38, 21, 32, 17),
    "understood": (14, 20, 18, 51, 38),
    "speed": (33, 31, 21, 30, 24),
    "again": (16, 12, 11, 52, 49),
}


def quarter(given=GIVEN, **changes):
    """A quarter of 260 closed cases; of 143 people who answered some did not say everything."""
    answered = changes.get("answered", 143)
    fields = {
        "quarter": QUARTER,
        "closed": 260,
        "returned": 188,
        "answered": answered,
        "answers": {
            name: dict(zip(POINTS, counts, strict=True)) | {DECLINED: answered - sum(counts)}
            for name, counts in given.items()
        },
    }
    return HandlingQuarter(**fields | changes)


def random_quarter(dice):
    """A quarter of random size, with small answers among them."""
    given = {
        name: tuple(dice.choice((0, 1, 3, 8, dice.randrange(60))) for _ in POINTS)
        for name in HANDLING_QUESTIONS.answer_names()
    }
    answered = max(map(sum, given.values())) + dice.choice((0, 0, 2))
    returned = answered + dice.choice((0, 1, 3, dice.randrange(40)))
    closed = returned + dice.choice((0, 2, dice.randrange(90)))
    return quarter(given, answered=answered, returned=returned, closed=closed)
