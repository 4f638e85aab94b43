"""Whatever is counted, no reader learns that it was one, two, three or four."""

import datetime
import random
import re
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import disclosure
from analysis.disclosure import EVENTS, gates
from analysis.disclosure.session import DisclosureSession, PublicCounts
from analysis.editions import gate
from analysis.editions.chapters import received
from analysis.editions.gate import TREATMENTS
from survey.editions import Edition, SafeEdition
from survey.editions.force import PeriodDeployments, VulnerableUses
from survey.editions.texts import ThemeShare
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.random_edition import AREAS, empty_fields, random_full_edition

CITY = made_up_edition.LONDON
# Not counts of people or of what happened to them: how many places, weeks, versions.
NOT_COUNTS = {
    "areas", "of_areas", "weeks", "of_weeks", "periods", "degrees", "number", "codebook",
    "labels", "column", "row", "id", "before_version", "gate", "months",
    "take", "drawn", "members", "overdue_actions", "per", "days", "of_days", "waves", "looked",
    "read", "recorded",
}  # fmt: skip
CHOICES = ("never", "always")


class StructWithoutRules(msgspec.Struct):
    """A struct that the gate has no rules for."""

    uses: int
    place: str | None = "Camden"
    when: Literal["never", "always"] = "never"
    rows: tuple[int, ...] = ()


SENTENCES = {"sentence", "method", "caveats"}
count = st.integers(0, 60)
areas = st.lists(count, min_size=2, max_size=33)
dice = st.integers(0, 10**9).map(random.Random)


def gated_rates(counts):
    """A table of rates after the gate, with the city's total first, as every table has it."""
    cells = [made_up_edition.rate(f"E{n:08d}", one, 250_000) for n, one in enumerate(counts)]
    table = (made_up_edition.rate(CITY, sum(counts), 250_000 * len(counts)), *cells)
    edition = msgspec.structs.replace(made_up_edition.bare_edition(), complaints=table)
    return gate.safe_edition(edition).complaints


def whole_numbers(found, name=""):
    """Each whole number in an edition that may be a count, with the name of its field."""
    if isinstance(found, dict):
        return [one for key, part in found.items() for one in whole_numbers(part, key)]
    if name == "facts":
        return whole_numbers(dict(found))
    if isinstance(found, list | tuple):
        return [one for part in found for one in whole_numbers(part, name)]
    whole = isinstance(found, int) and not isinstance(found, bool)
    return [(name, found)] if whole and name not in NOT_COUNTS else []


def public_fields(made):
    """An edition as readers get it, without the figures that a publisher released itself and the
    number of blanks.
    """
    built = msgspec.to_builtins(made)
    built["withheld"] = None
    built["new_codebook"] = built["new_codebook"] and built["new_codebook"] | {"before": None}
    for row in built["beside"]:
        row["perception"] = None
    return built


@given(dice)
@settings(max_examples=25, deadline=None)
def test_no_count_of_one_to_four_and_none_unrounded_stands_anywhere_in_an_edition(dice):
    found = whole_numbers(public_fields(gate.safe_edition(random_full_edition(dice))))
    assert found
    assert [one for one in found if one[1] % 5] == []


@pytest.mark.slow
@given(dice)
@settings(max_examples=25, deadline=None)
def test_to_withhold_twice_is_to_withhold_once(dice):
    once = gate.safe_edition(random_full_edition(dice))
    assert gate.safe_edition(once) == once


@pytest.mark.slow
@given(dice)
@settings(max_examples=25, deadline=None)
def test_published_figures_pass_the_gate_unchanged(dice):
    """Even as a plain Edition: nothing is rounded twice, and no figure that was shown is lost."""
    once = gate.safe_edition(random_full_edition(dice))
    plain = Edition(**{name: getattr(once, name) for name in once.__struct_fields__})
    again = gate.safe_edition(plain)
    assert [one.events for one in again.deployments] == [one.events for one in once.deployments]
    assert again.index == once.index


@given(dice)
@settings(max_examples=25, deadline=None)
def test_what_was_withheld_has_no_figure_left(dice):
    made = gate.safe_edition(random_full_edition(dice))
    tables = (made.complaints, made.deployments, made.index, made.themes, made.fired)
    for cell in (one for table in tables for one in table if one.status == "withheld"):
        figures = set(cell.__struct_fields__) & {
            "value", "standard_error", "low", "high", "per_10_000", "share", "events", "texts",
            "net_sentiment", "effective_n", "p",
        }  # fmt: skip
        assert {getattr(cell, name) for name in figures} == {None}


def test_an_edition_that_is_full_leaves_no_field_of_figures_out():
    """A new field of an edition has to be added here, and to the gate."""
    assert empty_fields(random_full_edition(random.Random(1))) == {
        "headline", "marks", "caveats", "attribution", "accuracy", "reading", "quotes", "seeds",
        "code_version", "inputs_sha256", "planted", "actions", "disparity_caveats", "disclosure",
        "published_association", "complained", "complained_same_week", "profile", "starts",
        "sentences", "lead", "last_figures", "compared_start", "correction", "as_published",
        "uncollected", "history", "recommendations", "trial",
        "published_past", "monthly_deployments", "trends",
    }  # fmt: skip


def test_only_the_gate_makes_an_edition_safe_and_logs_what_it_withheld():
    made = gate.safe_edition(random_full_edition(random.Random(3)))
    assert isinstance(made, SafeEdition)
    assert [line.kind for line in made.disclosure] == ["withheld"]


@pytest.mark.slow
@given(dice)
@settings(max_examples=25, deadline=None)
def test_the_log_of_the_gate_says_only_what_the_tables_show(dice):
    """A log line once said "n more, so that nothing can be worked out": it revealed of every other
    blank that it was below 5.
    """
    made = gate.safe_edition(random_full_edition(dice))
    tables = made.index, made.deployments, made.complaints, made.themes
    blanks = sum(one.status == "withheld" for table in tables for one in table)
    assert made.withheld == blanks
    (line,) = made.disclosure
    assert re.findall(r"\d[\d,]*", line.sentence) == ([f"{blanks:,}"] if blanks else [])


def test_a_field_that_the_gate_does_not_name_leaves_empty(monkeypatch):
    monkeypatch.delitem(received.CHAPTER.gates, "received")
    monkeypatch.delitem(TREATMENTS[ThemeShare], "voices")
    monkeypatch.delitem(TREATMENTS, VulnerableUses)
    one = random_full_edition(random.Random(1))
    made = gate.safe_edition(one)
    assert one.received
    assert made.received == ()
    assert {theme.voices for theme in made.themes} == {None}
    assert made.persons == ()
    assert made.deployments == gate.safe_edition(random_full_edition(random.Random(1))).deployments
    found = gates.with_named_fields_only(
        StructWithoutRules(uses=3, place="Hackney", when=CHOICES[1], rows=(1,)), TREATMENTS
    )
    assert found == StructWithoutRules(uses=0, place="Camden", when=CHOICES[0], rows=())


def test_a_cell_of_none_looks_like_one_that_is_withheld_and_a_city_may_have_none():
    nobody = gated_rates([0, 0, 0])
    assert nobody[0].events == 0
    assert {one.events for one in nobody[1:]} == {None}
    assert gated_rates([0, 30, 30])[1] == gated_rates([3, 30, 30])[1]


@pytest.mark.parametrize(("count", "shown"), [(0, None), (4, None), (13, 15), (None, None)])
def test_a_count_that_is_decided_alone_is_withheld_like_a_cell(count, shown):
    days = made_up_edition.WEEK, made_up_edition.WEEK
    assert DisclosureSession(CITY).cell(("campaign", "c", "open"), days, count) == shown
    assert PublicCounts().cell(("campaign", "c", "open"), days, count) == count


@given(st.integers(0, 12) | st.integers(0, 10**6))
@settings(deadline=None)
def test_a_count_is_withheld_or_rounded_to_five(n):
    shown = disclosure.rounded_count(n)
    if 1 <= n <= 4:
        assert shown is None
    else:
        assert shown % 5 == 0
        assert abs(shown - n) <= 2


@given(areas)
@settings(deadline=None)
def test_below_ten_events_there_is_no_rate_and_no_method_that_tells_of_ten(counts):
    for cell, n in zip(gated_rates(counts)[1:], counts, strict=True):
        assert n >= 10 or cell.per_10_000 is None
        assert cell.per_10_000 is not None or not cell.method


@given(areas)
@settings(deadline=None)
def test_a_rate_tells_no_more_than_its_count(counts):
    """Two exact counts that are published as one number have one rate and one interval."""
    rates = {}
    for cell in gated_rates(counts)[1:]:
        figures = cell.per_10_000, cell.low, cell.high, cell.method, cell.status
        assert rates.setdefault(cell.events, figures) == figures


@given(areas)
@settings(deadline=None)
def test_the_total_does_not_give_the_withheld_cells_back(counts):
    """By the intervals of total and shown cells, hidden cells may hold five together, or none
    each.
    """
    total, *cells = gated_rates(counts)
    if not total.events:
        return
    limits = EVENTS.bounds
    seen = [limits(one.events) for one in cells if one.events]
    hidden = len(cells) - len(seen)
    most = limits(total.events).high - sum(one.low for one in seen)
    least = limits(total.events).low - sum(one.high for one in seen)
    assert not hidden or not seen or (most >= 5 and least <= 4 * (hidden - 1))


@pytest.mark.parametrize(
    ("n", "status"), [(29, "withheld"), (30, "flagged"), (99, "flagged"), (100, "shown")]
)
def test_an_estimate_needs_thirty_answers_and_is_flagged_below_a_hundred(n, status):
    assert gates.gated_estimate(made_up_edition.estimate(CITY, n, 50.0)).status == status


@pytest.mark.parametrize(("n", "shown"), [(0, None), (9, None), (10, 10), (29, 25), (34, 30)])
def test_how_many_answered_is_told_from_ten_up_and_rounded_down(n, shown):
    assert gates.gated_estimate(made_up_edition.estimate(CITY, n, 50.0)).n == shown


def test_a_lone_withheld_mean_takes_the_next_smallest_with_it_where_it_could_be_worked_out():
    """Raked weights add up to known residents: the city less the others is the hidden one."""
    few = [
        made_up_edition.estimate(name, n, 50.0) for name, n in (("a", 28), ("b", 90), ("c", 120))
    ]
    city = made_up_edition.estimate(CITY, 238, 51.0)
    found = gates.gated_estimates((city, *few))
    assert [one.status for one in found[1:]] == ["withheld", "withheld", "shown"]
    alone = gates.gated_estimates((made_up_edition.estimate(CITY, 3400, 51.0), *few))
    assert [one.status for one in alone[1:]] == ["withheld", "flagged", "shown"]


def test_no_index_is_told_where_weights_cost_too_much():
    red = random_full_edition(random.Random(5))
    red = msgspec.structs.replace(red, weighting=msgspec.structs.replace(red.weighting, flag="red"))
    made = gate.safe_edition(red)
    figures = [
        *made.index,
        *(one.estimate for one in made.groups),
        *(a.agree for a in made.agreement),
    ]
    assert {one.value for one in figures} == {None}
    assert {one.value for one in (*made.tiles, *made.small_areas)} == {None}


def test_a_share_of_those_it_was_fired_at_needs_enough_on_both_sides():
    row = random_full_edition(random.Random(1)).fired[0]
    made = [
        gate.safe_edition(
            msgspec.structs.replace(
                made_up_edition.bare_edition(),
                fired=(msgspec.structs.replace(row, drawn=drawn, fired=hit),),
            )
        ).fired[0]
        for drawn, hit in ((100, 40), (100, 7), (43, 40))
    ]
    assert [one.share for one in made] == [0.4, None, None]


def test_a_count_of_every_place_stands_beside_that_of_the_boroughs():
    """A publisher's total also has places without residents: that is another count and hides
    none.
    """
    start, end = datetime.date(2008, 6, 1), datetime.date(2008, 6, 30)
    rated = (
        made_up_edition.rate(CITY, 474, 8e6),
        *(made_up_edition.rate(f"E{n}", 158, 2e6) for n in range(3)),
    )
    whole = PeriodDeployments(events=480, low=None, high=None, since=start, cumulative=480)
    edition = msgspec.structs.replace(
        made_up_edition.bare_edition(),
        kind="monthly",
        start=start,
        end=end,
        rates_from=start,
        deployments=rated,
        this_period=whole,
        tactics=(("fired", 100), ("drawn", 380)),
    )
    safe = gate.safe_edition(edition)
    assert (safe.deployments[0].events, safe.this_period.events) == (475, 480)
    assert safe.tactics == (("fired", 100), ("drawn", 380))


@pytest.mark.slow
@given(dice)
@settings(max_examples=25, deadline=None)
def test_what_moved_still_adds_up(dice):
    for one in gate.safe_edition(random_full_edition(dice)).moved:
        parts = [part for part in (one.answers, one.restated, one.recoded, one.method)]
        assert one.was + sum(parts) == pytest.approx(one.now)
        assert not [part for part in parts if part % 5]


def test_a_use_on_a_child_is_told_of_the_city_and_without_its_story():
    made = gate.safe_edition(random_full_edition(random.Random(1)))
    assert made.alerts[0].domain == CITY
    assert AREAS[0] not in made.alerts[0].sentence


def test_rounding_a_table_gives_the_rates_of_its_own_counts():
    city, *_ = gated_rates([31, 33])
    assert city.per_10_000 == round(65 / 50, 2)
    assert (
        gates.gated_rate(made_up_edition.rate("x", 64, 500_000), 65).per_10_000 == city.per_10_000
    )
