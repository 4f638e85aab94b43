"""A withheld count has no twin: no other field of its row is the same count, or a part of it."""

import datetime
import random

import msgspec
import pytest

from analysis.editions import gate
from analysis.editions.gate import TREATMENTS
from survey.editions.caseload import ReceivedCounts
from survey.editions.figures import CountedDays
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.random_edition import random_full_edition

DAY = datetime.timedelta(days=1)
SEEDS = range(40)
# Rows of counts of different people or events, of which the gate decides each by itself and both
# together: one may be shown next to a blank.
APART = {
    "ReceivedCounts": "three streams",
    "SampleResponse": "what became of different people",
    "PeriodDeployments": "different days: the period, all since the start, those before",
    "VulnerableUses": "the period, and a window around it",
    "RestatedFigure": "of two publications, which are about different events",
    "EditionDisparity": "two groups",
    "FiredShare": "those fired at are a part of those drawn on, and pass next to them",
    "ThemeCodebookEffect": "two readings",
    "AskedGroup": "who answered is a part of who was asked, and passes next to them",
    "BoroughResponse": "how many letters were sent, and how many answered",
    "StratumMarks": "records by their colour, which pass one gate together",
    "PanelEstimate": "records, and how many were drawn",
    "MarkAgreement": "records",
    "AnswerCounts": "records by what the force answered",
    "Funnel": "numbers that limits are drawn with, not counts of anybody",
}


def structs_in(value):
    if isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            yield from structs_in(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from structs_in(one)


def counts_of(row):
    """The gated whole numbers of a row, by field."""
    gated = [name for name, how in TREATMENTS.get(type(row), {}).items() if how == "gated"]
    kinds = {field.name: field.type for field in msgspec.structs.fields(row)}
    return {name: getattr(row, name) for name in gated if kinds[name] in (int, int | None)}


@pytest.fixture(scope="module")
def rows():
    """Every row of many editions that have passed the gate."""
    return [
        row
        for seed in SEEDS
        for row in structs_in(gate.safe_edition(random_full_edition(random.Random(seed))))
    ]


def test_no_row_shows_a_count_next_to_a_blank_one_that_it_would_give_away(rows):
    """A new pair of counts has to be named as apart, or the second withheld with the first."""
    found = {
        (type(row).__name__, blank, shown)
        for row in rows
        for counts in [counts_of(row)]
        for blank, first in counts.items()
        for shown, second in counts.items()
        if first is None and second
    }
    assert found
    # The first count of a row that is not apart is the whole of the others.
    firsts = {type(row).__name__: next(iter(counts_of(row)), "") for row in rows}
    assert [one for one in found if one[0] not in APART and one[1] == firsts[one[0]]] == []


@pytest.mark.parametrize("stream", ["open", "complaints"])
def test_voices_are_withheld_with_the_count_that_they_are_of(rows, stream):
    voices = "open_voices" if stream == "open" else "complaint_voices"
    blank = [
        row for row in rows if isinstance(row, ReceivedCounts) and getattr(row, stream) is None
    ]
    assert blank
    assert {getattr(row, voices) for row in blank} == {None}


def test_the_voices_of_a_month_do_not_stand_next_to_its_withheld_complaints():
    """As in November: the rates count two days less, which would leave 0 to 4."""
    london, edition = made_up_edition.LONDON, made_up_edition.bare_edition()
    row = ReceivedCounts(
        domain=london, sampled=None, open=60, complaints=47, open_voices=60, complaint_voices=47
    )
    alone = msgspec.structs.replace(edition, received=(row,))
    shown = gate.safe_edition(alone).received[0]
    assert (shown.complaints, shown.complaint_voices) == (45, 45)
    days = CountedDays(
        start=edition.start,
        end=edition.end,
        first=edition.start + 2 * DAY,
        last=edition.end,
        days=29,
    )
    rates = (made_up_edition.rate(london, 43, 8e6),)
    both = msgspec.structs.replace(alone, rates_counted=days, complaints=rates)
    found = gate.safe_edition(both)
    assert found.complaints[0].events == 45
    after = found.received[0]
    assert (after.complaints, after.complaint_voices, after.open_voices) == (None, None, 60)
