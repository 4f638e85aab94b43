"""What later editions know: every count that an edition published, as production hands it over."""

import datetime
import random

import msgspec
import pytest

from analysis.disclosure import complaints_window, edition_days
from analysis.disclosure.session import DisclosureSession
from analysis.editions import gate
from analysis.editions.chapters import twelve_months
from analysis.editions.gate import published_counts
from survey.editions import Edition
from tests.analysis.editions import random_edition
from tests.analysis.editions.full_editions import (
    a_campaign,
    demand_table,
    full_monthly_edition,
    full_weekly_edition,
)
from tests.analysis.editions.made_up_edition import LONDON, bare_edition
from tests.analysis.editions.random_edition import random_full_edition

FULL = [full_weekly_edition, full_monthly_edition]
START, END = datetime.date(2008, 6, 2), datetime.date(2008, 6, 29)
WEEK = datetime.timedelta(days=7)
# Reports of panels pass a gate of their own before an edition has them.
OWN_GATE = {"scrutiny"}


def without_field(edition, field):
    fields = {one.name: one for one in msgspec.structs.fields(Edition)}
    return msgspec.structs.replace(edition, **{field: fields[field].default})


@pytest.mark.parametrize("make", FULL)
def test_a_later_edition_knows_every_published_count(make):
    edition = make()
    assert [*published_counts(gate.edition_with_counts(edition))] == [*published_counts(edition)]


@pytest.mark.parametrize("field", gate.COUNTS)
def test_every_field_with_counts_is_handed_over_and_would_be_missed(field):
    """A full edition publishes some of each, or the test above could not see what is forgotten."""
    lost = []
    for make in FULL:
        known = gate.edition_with_counts(make())
        lost += {*published_counts(known)} - {*published_counts(without_field(known, field))}
    assert any(one.shown for one in lost), field


@pytest.mark.parametrize("kind", gate.TABLES)
def test_every_kind_of_table_is_handed_over_and_would_be_missed(kind):
    lost = []
    for make in FULL:
        known = gate.edition_with_counts(make())
        others = tuple(one for one in known.tables if one.kind != kind)
        without = msgspec.structs.replace(known, tables=others)
        lost += {*published_counts(known)} - {*published_counts(without)}
    assert any(one.shown for one in lost)


@pytest.fixture
def passed_counts(monkeypatch):
    """Every count that the gate lets pass, of an edition in which none is small."""
    found, add = [], DisclosureSession.add_published
    monkeypatch.setattr(
        DisclosureSession, "add_published", lambda self, one: found.append(one) or add(self, one)
    )
    monkeypatch.setattr(random_edition, "random_count", lambda dice: dice.randrange(100, 400))
    return found


def forgotten_counts(passed, edition):
    """The counts that passed the gate, and that the edition is not known to publish.

    Three are found in no table: texts with some theme, uses on a group without a name, and people
    met whose group is withheld once all groups are known.
    """
    hidden = ("texts by theme", "open", "some"), ("group", "ethnicity", "officer-defined", "")
    shown = {one[:4] for one in passed if one.shown and one.series not in hidden}
    met = {one for one in shown if one[0][0].startswith("met ") and " by " in one[0][0]}
    return shown - met - {one[:4] for one in published_counts(edition)}


@pytest.mark.parametrize("seed", range(4))
def test_the_gate_passes_no_count_that_a_chapter_does_not_name(seed, passed_counts):
    edition = gate.safe_edition(random_full_edition(random.Random(seed)))
    assert len(passed_counts) > 200
    assert forgotten_counts(passed_counts, edition) == set()


@pytest.mark.parametrize("field", gate.COUNTS.keys() - OWN_GATE)
def test_a_field_whose_counts_no_chapter_names_is_seen(field, passed_counts, monkeypatch):
    edition = gate.safe_edition(random_full_edition(random.Random(1)))
    monkeypatch.delitem(gate.COUNTS, field)
    assert forgotten_counts(passed_counts, edition)


def published(days, **fields):
    """An edition with these fields alone that has passed the gate."""
    start, end = days
    edition = msgspec.structs.replace(
        bare_edition(), kind="weekly", start=start, end=end, index_from=start, **fields
    )
    return edition


def demand(days, **counts):
    one = msgspec.structs.replace(demand_table(counts), first=days[0], last=days[1])
    return published(days, tables=(one,))


def campaign(days, texts):
    return published(days, campaigns=(msgspec.structs.replace(a_campaign(), texts=texts),))


def own_letter(edition):
    return edition.tables[0].count("own")


def texts_for(edition):
    return edition.tables[0].count("texts")


def texts_of_campaign(edition):
    return [one.texts for one in edition.campaigns]


NOW, LATER, WEEK_LATER = (
    (START, END + more) for more in (WEEK * 0, datetime.timedelta(days=3), WEEK)
)


@pytest.mark.parametrize(
    ("read", "first", "second", "shown"),
    [
        (own_letter, demand(NOW, texts=100, own=20), demand(WEEK_LATER, texts=200, own=22), 20),
        (texts_of_campaign, campaign(NOW, 33), campaign(LATER, 36), [35]),
        (texts_of_campaign, campaign(NOW, 63), campaign(WEEK_LATER, 66), [65]),
    ],
)
def test_three_more_texts_are_not_given_away(read, first, second, shown):
    """33 and then 36 texts are both 35: of the days between them a reader would know 0 to 4."""
    before = gate.safe_edition(first)
    assert read(before) == shown
    assert read(gate.safe_edition(second))
    after = gate.safe_edition(second, [gate.edition_with_counts(before)])
    assert not read(after)


def test_a_demand_that_few_texts_were_added_to_is_repeated():
    """33 and then 36 texts are both 35: what was published first is repeated, with its own days."""
    first = demand(NOW, texts=33, own=0)
    before = gate.safe_edition(first)
    later = demand(WEEK_LATER, texts=36, own=0)
    assert texts_for(gate.safe_edition(later)) == 35
    known = [gate.edition_with_counts(before)]
    assert texts_for(gate.safe_edition(later, known)) is None
    after = gate.safe_edition(later, known, [before.which])
    assert after.tables == before.tables
    more = gate.safe_edition(
        demand((START, END + 2 * WEEK), texts=52, own=0),
        [gate.edition_with_counts(one) for one in (before, after)],
        [before.which, after.which],
    )
    assert (texts_for(more), more.tables[0].last) == (50, END + 2 * WEEK)


def test_of_a_year_ago_complaints_and_uses_are_known_and_nothing_else():
    """What is summed over twelve months, with the windows of each count."""
    for make in FULL:
        edition = make()
        known = {*published_counts(gate.edition_with_year_counts(edition))}
        summed = {*twelve_months.SERIES.values()}
        assert {one for one in published_counts(edition) if one.series[0] in summed} <= known
        assert not [one for one in known if one.series[0] in ("theme", "demand", "met asked")]


def test_complaints_of_the_period_and_of_the_rates_are_both_known_a_year_later():
    edition = full_weekly_edition()
    known = published_counts(gate.edition_with_year_counts(edition))
    days = {one.days for one in known if one.series == ("complaints", LONDON) and one.shown}
    assert days == {edition_days(edition), complaints_window(edition)}
