"""In whatever order weekly and monthly editions are made, none hides a theme of another
and together they give no small number of texts away (decision 0035).
"""

import copy
import datetime
import random

import msgspec
import numpy as np
import pytest

from analysis import disclosure
from analysis.editions import gate
from analysis.editions.inputs import text_window
from survey.editions import INDEX_DAYS
from survey.editions.caseload import ReceivedCounts
from tests.analysis.disclosure.test_disclosure_attack import (
    DisclosureAttack,
    leaks,
    most_exposed,
    small_hidden_figures,
)
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON, bare_edition
from tests.analysis.editions.simulated_year import PLACES, SimulatedYear

TWO_YEARS, SEVEN_MONTHS = 854, 310
LOOK_BACK = datetime.timedelta(weeks=51)
ERASED = 0.02  # share of texts withdrawn before an edition is corrected


def days_later(**days):
    """A key that sorts editions by their end, those of one kind so many days later."""

    def made_on(period):
        kind, _, end = period
        return end + datetime.timedelta(days=days.get(kind, 0)), kind

    return made_on


def shuffled(period):
    """Up to two months late, by chance."""
    _, _, end = period
    return end + datetime.timedelta(days=random.Random(str(period)).randrange(60))


def latest_first(period):
    """Each quarter at once, its last edition first: October after November."""
    _, _, end = period
    return end.year, (end.month - 1) // 3, -end.toordinal()


ORDERS = {
    "weekly first": days_later(monthly=1),
    "monthly first": days_later(weekly=7),
    "months late": days_later(monthly=40),
    "weeks caught up": days_later(weekly=75),
    "latest first": latest_first,
    "shuffled": shuffled,
}


def four_weeks(_kind, _start, end):
    return text_window(end)


def calendar_month(kind, start, end):
    """As before decision 0035: four weeks in a weekly edition, the month in a monthly one."""
    return (end - datetime.timedelta(days=INDEX_DAYS - 1) if kind == "weekly" else start), end


def edition_of_texts(year, window, kind, start, end):
    """An edition with its counts of texts, before the gate."""
    days = window(kind, start, end)
    received = (
        ReceivedCounts(
            domain=name, sampled=None, complaints=None, open=year.true(("open", name), (start, end))
        )
        for name in (LONDON, *PLACES)
    )
    return msgspec.structs.replace(
        bare_edition(),
        kind=kind,
        start=start,
        end=end,
        index_from=days[0],
        texts_from=days[0],
        received=tuple(received),
        themes=tuple(year.themes(days)),
        campaigns=tuple(year.campaigns(days)),
    )


def published_in_order(year, order, window=four_weeks, *, corrected=None):
    """The editions, each through the gate with those made before it, as production hands them over.

    `corrected` is the city as it was known when each edition is made a second time.
    """
    found = []
    for kind, start, end in sorted(simulated_year.edition_periods(year.days), key=ORDERS[order]):
        for known in (year, corrected) if corrected else (year,):
            first = start - datetime.timedelta(days=start.weekday()) - LOOK_BACK
            before = [gate.edition_with_counts(one) for one in found if one.end >= first]
            full = edition_of_texts(known, window, kind, start, end)
            found.append(gate.safe_edition(full, before, [one.which for one in before]))
    return found


def blank_themes(year, editions):
    """The themes of the city that an edition does not show though ten texts or more are on them."""
    return [
        (edition.kind, edition.end, one.theme, texts)
        for edition in editions
        for one in edition.themes
        if one.domain == LONDON and one.texts is None
        for texts in [
            year.true(("theme", "open", one.theme, LONDON), disclosure.text_days(edition))
        ]
        if texts >= 10
    ]


def with_texts_erased(year):
    """The city after some people have withdrawn what they wrote."""
    found, open_texts = copy.copy(year), year.kinds["open"]
    kept = np.random.default_rng(7).random(len(open_texts.day)) >= ERASED
    columns = {name: one[kept] for name, one in open_texts.columns.items()}
    thinned = open_texts._replace(
        day=open_texts.day[kept], place=open_texts.place[kept], columns=columns
    )
    found.kinds = year.kinds | {"open": thinned}
    return found


def shown_themes(editions):
    return sum(one.texts is not None for edition in editions for one in edition.themes)


def assert_no_theme_is_blank(year, order, **how):
    editions = published_in_order(year, order, **how)
    assert blank_themes(year, editions) == []
    assert shown_themes(editions) > 2 * len(editions)
    return editions


@pytest.mark.parametrize("order", ["weekly first", "monthly first", "latest first"])
def test_no_edition_hides_the_themes_of_another(order):
    """The quick form of the test below."""
    year = SimulatedYear(2008, SEVEN_MONTHS)
    assert_no_theme_is_blank(year, order)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2008, 1, 2])
@pytest.mark.parametrize("order", ORDERS)
def test_in_two_years_no_edition_hides_the_themes_of_another(order, seed):
    year = SimulatedYear(seed, TWO_YEARS)
    assert_no_theme_is_blank(year, order)


@pytest.mark.parametrize("order", ["weekly first", "monthly first"])
def test_calendar_months_would_hide_large_themes(order):
    """Otherwise the tests above could not fail."""
    year = SimulatedYear(2008, SEVEN_MONTHS)
    blank = blank_themes(year, published_in_order(year, order, calendar_month))
    assert max(texts for *_, texts in blank) > 30


@pytest.mark.slow
def test_corrected_editions_hide_no_theme_of_the_city_as_it_is_now():
    """What was withdrawn is in earlier editions: these are about other texts."""
    year = SimulatedYear(2008, SEVEN_MONTHS)
    editions = published_in_order(year, "weekly first", corrected=with_texts_erased(year))
    first, again = editions[::2], editions[1::2]
    assert blank_themes(year, first) == []
    assert blank_themes(with_texts_erased(year), again) == []


def worked_out(year, editions, many):
    attack = DisclosureAttack("open", editions)
    rows = most_exposed(attack, small_hidden_figures(attack, year), many)
    assert len(rows) >= many
    return list(leaks(attack, rows))


@pytest.mark.slow
def test_half_a_year_with_the_months_first_tells_no_small_number_of_texts():
    year = SimulatedYear(2008, SEVEN_MONTHS)
    assert worked_out(year, published_in_order(year, "monthly first"), 6) == []


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS)
def test_two_years_in_any_order_tell_no_small_number_of_texts(order):
    year = SimulatedYear(1, TWO_YEARS)
    assert worked_out(year, published_in_order(year, order), 6) == []
