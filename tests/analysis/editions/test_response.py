"""Who answered and who did not: counts and rates of an edition, before and after the gate."""

import dataclasses

import msgspec
import numpy as np
import pytest

from analysis import residents
from analysis.editions import edition_workings, gate
from analysis.editions.chapters import response
from api.editions.chapters import response as sections
from api.editions.rows import export_periods
from survey.editions.perception import GroupRepresentation
from survey.surveys.samples import LETTER_OUTCOMES, StratumResponse
from tests.analysis.editions import made_up_edition, simulated_inputs, small_inputs

CITY = made_up_edition.LONDON
SINCE, DAY = small_inputs.FIRST, small_inputs.DAY


def stratum(code, invited, answered, scored, complete, **outcomes):
    return StratumResponse(
        stratum=code,
        invited=invited,
        since=SINCE,
        answered=answered,
        scored=scored,
        complete=complete,
        outcomes=outcomes,
    )


STRATA = (
    stratum("E1", 400, 120, 115, 101, refused=12, ineligible=20),
    stratum("E2", 300, 61, 60, 52, undelivered=9),
)


def response_fields(strata):
    inputs = small_inputs.inputs_of_week(kind="monthly")
    return response.compute(edition_workings(dataclasses.replace(inputs, response=strata)))


def gated(strata, **more):
    """The edition's fields after the gate."""
    edition = msgspec.structs.replace(
        made_up_edition.bare_edition(), kind="monthly", **(response_fields(strata) | more)
    )
    return gate.safe_edition(edition)


def test_dispositions_come_from_answers_and_from_what_is_written_down():
    found = response_fields(STRATA)["response"]
    assert (found.invited, found.answered) == (700, 181)
    assert (found.complete, found.partial, found.broken_off) == (153, 22, 6)
    assert [getattr(found, name) for name in LETTER_OUTCOMES] == [12, 0, 0, 9, 20]
    assert (found.recorded, found.silent) == (True, 700 - 181 - 41)
    assert found.rr1 == round(153 / 680, 3)
    assert found.rr3 > found.rr1


def test_an_edition_says_where_outcomes_are_from():
    visited = msgspec.structs.replace(STRATA[0], by_visits=True)
    none = msgspec.structs.replace(STRATA[1], outcomes={}, by_visits=True)
    found = [
        response_fields(strata)["response"].source
        for strata in (STRATA, (visited, STRATA[1]), (visited, none))
    ]
    assert found == ["letters", "both", "visits"]
    assert gated((visited, none)).response.source == "visits"


def test_a_borough_has_the_least_rate():
    [first, second] = response_fields(STRATA)["response_by_area"]
    assert (first.area, first.invited, first.complete, first.rr1) == ("E1", 400, 101, 0.253)
    assert second.rr1 == round(52 / 300, 3)


def test_there_is_no_rate_where_somebody_answered_uninvited():
    found = response_fields((*STRATA, stratum("E3", 0, 5, 5, 5)))
    assert "response" not in found
    assert "response" not in response_fields(())


def test_published_rates_are_of_published_counts():
    made = gated(STRATA)
    found = made.response
    assert (found.invited, found.answered, found.complete) == (700, 180, 150)
    assert found.broken_off is None
    assert found.undelivered == 10
    assert found.rr1 == round(150 / (700 - 20), 3)
    assert [(one.complete, one.rr1) for one in made.response_by_area] == [
        (100, 0.25),
        (50, round(50 / 300, 3)),
    ]


def test_a_borough_with_few_answers_shows_none():
    made = gated((*STRATA, stratum("E3", 40, 4, 4, 4), stratum("E4", 90, 31, 31, 30)))
    shown = {one.area: (one.complete, one.rr1) for one in made.response_by_area}
    assert shown["E3"] == (None, None)
    assert shown["E4"] == (30, 0.333)


def test_partial_answers_are_told_apart_where_neither_they_nor_break_offs_are_few():
    found = gated((stratum("E1", 4000, 1200, 1150, 1000),)).response
    assert (found.complete, found.partial, found.broken_off) == (1000, 150, 50)
    assert (found.rr1, found.rr2) == (0.25, round(1150 / 4000, 3))


def test_a_later_edition_gives_away_no_small_number_of_new_answers():
    first = gated(STRATA)
    later = (stratum("E1", 400, 124, 119, 105), STRATA[1])
    fields = response_fields(later)
    edition = msgspec.structs.replace(made_up_edition.bare_edition(), kind="monthly", **fields)
    month = {"start": first.end + DAY, "end": first.end + 30 * DAY}
    again = gate.safe_edition(msgspec.structs.replace(edition, **month), earlier=[first])
    assert first.response_by_area[0].complete == 100
    assert again.response_by_area[0].complete is None


@pytest.fixture(scope="module")
def month():
    return simulated_inputs.inputs_of_city()


@pytest.mark.slow
def test_groups_are_compared_with_the_residents(month):
    found = response.compute(edition_workings(month))["represented"]
    ages = [one for one in found if one.dimension == "age"]
    assert [one.category for one in ages] == list(residents.AGES)
    assert [one.residents for one in ages] == pytest.approx(simulated_inputs.SHARES["age"])
    for shares in ("answers", "drawn", "weighted", "residents"):
        assert sum(getattr(one, shares) for one in ages) == pytest.approx(1)
    # The simulation's people of 16 to 24 answer less often than they live there.
    assert ages[0].answers < ages[0].residents
    assert ages[0].weighted == pytest.approx(ages[0].residents, abs=0.01)
    persons = month.sampled.scored[month.window(month.sampled.day)]
    assert sum(one.n for one in ages) <= np.sum(persons)


def group(category, n, share):
    return GroupRepresentation(
        dimension="sex",
        category=category,
        n=n,
        answers=share,
        drawn=share,
        weighted=0.51234,
        residents=0.51234,
    )


def test_a_small_group_hides_the_shares_of_all_its_kind():
    rows = (group("female", 152, 0.95), group("male", 8, 0.05))
    shown = gated(STRATA, represented=rows).represented
    assert [one.n for one in shown] == [150, None]
    assert {one.answers for one in shown} | {one.drawn for one in shown} == {None}
    assert [one.residents for one in shown] == [0.512, 0.512]
    large = (group("female", 152, 0.7612), group("male", 48, 0.2388))
    shown = gated(STRATA, represented=large).represented
    assert [(one.answers, one.drawn) for one in shown] == [(0.77, 0.76), (0.23, 0.24)]


RECORDED = {"refused": 42, "not_reached": 30, "unable": 21, "undelivered": 25, "ineligible": 18}
MONTHS = [(SINCE + 30 * n * DAY, SINCE + (30 * n + 29) * DAY) for n in range(3)]


def monthly_editions(*strata):
    """Editions of months in a row, each through the gate with those before it."""
    found = []
    for month, one in zip(MONTHS, strata, strict=False):
        edition = msgspec.structs.replace(
            made_up_edition.bare_edition(),
            kind="monthly",
            start=month[0],
            end=month[1],
            **response_fields(one),
        )
        known = [gate.edition_with_counts(before) for before in found]
        found.append(gate.safe_edition(edition, known, [one.which for one in known]))
    return found


def recorded(complete, **changed):
    scored = complete + complete // 10
    answered = scored + complete // 20
    return (stratum("E1", 4000, answered, scored, complete, **RECORDED | changed),)


def test_outcomes_that_nobody_adds_to_are_repeated_with_their_rates():
    """Otherwise the rates that tell refusals from silence are shown once, and then never again."""
    editions = monthly_editions(recorded(1000), recorded(1200), recorded(1400))
    first, *later = (one.response for one in editions)
    assert first.as_of == ()
    for one in later:
        assert dict(one.as_of) == dict.fromkeys(RECORDED, MONTHS[0][1])
        assert [getattr(one, name) for name in RECORDED] == [
            getattr(first, name) for name in RECORDED
        ]
        assert None not in (one.rr3, one.rr4, one.coop1, one.coop2, one.eligible)
    assert [one.complete for one in later] == [1200, 1400]


def test_what_is_repeated_says_nothing_new_to_the_gate_and_is_counted_again_once_it_may():
    editions = monthly_editions(recorded(1000), recorded(1200), recorded(1400, refused=60))
    first, second, third = ({*gate.published_counts(one)} for one in editions)
    letters = {one for one in second if one.series[0] == "letters"}
    assert letters <= first
    assert editions[2].response.refused == 60
    assert "refused" not in dict(editions[2].response.as_of)
    assert {one.days for one in third if one.series == ("letters", "refused")} == {
        (SINCE, MONTHS[2][1])
    }


def test_a_page_and_a_file_say_up_to_which_day_a_repeated_count_goes():
    _, edition = monthly_editions(recorded(1000), recorded(1200))
    [section] = sections.response_sections(edition)
    (words,) = (one for one in section.for_statisticians.words if "Repeated" in one)
    assert "counted to 30 January 2024" in words
    assert "Refused (R)" in words
    rows = {row[4]: row[1] for row in sections.response_rows(edition, export_periods(edition))}
    assert rows["refused"].endswith(f"/{MONTHS[0][1]}")
    assert rows["complete"].endswith(f"/{MONTHS[1][1]}")


def test_an_edition_of_an_earlier_month_repeats_nothing_of_a_later_one():
    strata = recorded(1000), recorded(1200)
    later = gate.safe_edition(
        msgspec.structs.replace(
            made_up_edition.bare_edition(),
            kind="monthly", start=MONTHS[1][0], end=MONTHS[1][1], **response_fields(strata[1]),
        )
    )  # fmt: skip
    earlier = msgspec.structs.replace(
        made_up_edition.bare_edition(),
        kind="monthly", start=MONTHS[0][0], end=MONTHS[0][1], **response_fields(strata[0]),
    )  # fmt: skip
    known = [gate.edition_with_counts(later)]
    found = gate.safe_edition(earlier, known, [one.which for one in known]).response
    assert (found.refused, found.as_of) == (None, ())
