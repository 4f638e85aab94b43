"""What the tiles of an edition print is about whom and when they say."""

import datetime

import msgspec
import pytest

from api import editions
from api.editions import charts
from api.editions.cells import rate_cell, rate_limits
from api.editions.chapters import received
from api.editions.chapters.history import CHANGE_WORDS
from api.editions.history import explorer
from api.editions.history.places import CHANCE, rounding_note, standing_sentence
from survey.editions.figures import Estimate, Rate
from survey.editions.perception import PerceptionComparison
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import LONDON, WEEK

INDEX = "How residents see the police"


def tile(edition, label):
    view = editions.report_view(edition, "c0ffee" * 10)
    return next(one for one in view.stats if one.label == label)


def test_people_with_a_condition_are_not_said_to_be_under_18():
    """Their number is in the chapter on children, older and disabled people alone."""
    for edition in (full_weekly_edition(), full_monthly_edition()):
        assert "condition" not in " ".join(words_of(tile(edition, "Uses on people under 18")))


def words_of(card):
    return (card.change, card.meaning, card.interval, card.base)


@pytest.mark.parametrize("edition", [full_weekly_edition(), full_monthly_edition()])
def test_every_main_figure_has_the_same_lines(edition):
    for card in editions.report_view(edition, "c0ffee" * 10).stats:
        assert all((card.label, card.change, card.meaning, card.stream)), card
        assert bool(card.unit) != card.value.withheld, card


def index_verdict(edition, verdict):
    first, *rest = edition.findings
    found = msgspec.structs.replace(first, was=59.8, verdict=verdict)
    return tile(msgspec.structs.replace(edition, findings=(found, *rest)), INDEX).word


def test_the_word_of_a_main_figure_is_that_of_the_rule_of_findings():
    week = full_weekly_edition()
    words = {verdict: index_verdict(week, verdict).text for verdict in CHANGE_WORDS}
    assert words == {
        "rose": "Rose",
        "fell": "Fell",
        "none_larger": "About the same",
        "unclear": "No clear change",
    }
    # An edition from before findings had a verdict says nothing, however its figures look.
    assert index_verdict(week, "") is None
    assert tile(week, "People who wrote in").word is None


def test_an_open_alert_of_the_city_is_the_word_of_its_figure():
    week = full_weekly_edition()
    raised = msgspec.structs.replace(
        next(one for one in week.alerts if one.rule == "under_18"), domain=week.city
    )
    for standing, look in (("new", True), ("closed", False)):
        alert = msgspec.structs.replace(raised, standing=standing)
        shown = msgspec.structs.replace(week, alerts=(alert,))
        assert bool(tile(shown, "Uses on people under 18").word) == look


def test_the_weeks_of_the_index_are_drawn_with_their_band_and_a_gap_where_one_is_withheld():
    week = full_weekly_edition()
    drawn = tile(week, INDEX).spark
    known = [point for point in week.index_series if point.estimate.value is not None]
    assert sum(len(line.split()) for line in drawn.lines) <= len(known)
    assert len(drawn.bands) == len(drawn.lines)
    hidden = msgspec.structs.replace(known[3].estimate, value=None, low=None, high=None)
    series = tuple(
        msgspec.structs.replace(point, estimate=hidden) if point == known[3] else point
        for point in week.index_series
    )
    gap = tile(msgspec.structs.replace(week, index_series=series), INDEX).spark
    assert len(gap.lines) == len(drawn.lines) + 1


def test_a_month_is_not_set_next_to_the_median_of_weeks():
    week, month = full_weekly_edition(), full_monthly_edition()
    assert month.about_taser.median is not None
    assert tile(week, "Complaints about Tasers").base.startswith("In a usual week")
    assert tile(month, "Complaints about Tasers").base == ""


def test_a_letter_sent_many_times_is_said_next_to_how_many_wrote_in():
    month = full_monthly_edition()
    first, *rest = month.received
    once = msgspec.structs.replace(first, open=315, open_voices=275)
    edition = msgspec.structs.replace(month, received=(once, *rest))
    found = tile(edition, "People who wrote in")
    assert found.value.text == "315"
    assert found.base.startswith("With each campaign counted once: 275.")
    same = msgspec.structs.replace(once, open_voices=315)
    assert list(received.voices_note(msgspec.structs.replace(month, received=(same,)))) == []


def rate(events, low):
    return Rate(
        domain="E09000003",
        events=events,
        population=389_000.0,
        per_10_000=0.39 if events else 0.0,
        low=low,
        high=0.65,
        method="",
    )


@pytest.mark.parametrize(
    ("events", "low", "limits"),
    [(15, 0.0, "up to 0.65"), (15, 0.21, "0.21 to 0.65"), (0, 0.0, "0.00 to 0.65")],
)
def test_a_recorded_count_has_no_interval_from_zero(events, low, limits):
    assert rate_limits(rate(events, low)).replace("\N{NO-BREAK SPACE}", " ") == limits


def test_no_rate_of_an_edition_that_counts_uses_is_printed_from_zero():
    for edition in (full_weekly_edition(), full_monthly_edition()):
        for one in (*edition.deployments, *edition.complaints):
            if one.events:
                assert "(0.00" not in rate_cell(one).text


def published(area, value):
    found = Estimate(
        domain=area,
        stream="published",
        n=100,
        effective_n=None,
        value=value,
        standard_error=None,
        low=value - 5.5,
        high=value + 5.5,
        method="as published",
    )
    end = datetime.date(2008, 3, 31)
    return PerceptionComparison(
        item="good_job", quarter_end=end, months=12, perception=found, deployments=None
    )


def test_a_tile_of_published_figures_says_what_its_own_rule_found():
    """Found: every tile was read out as withheld, as its zone is that of an index it has not."""
    month = full_monthly_edition()
    areas = [one.area for one in month.tiles][:3]
    rows = [published(LONDON, 47.0), *map(published, areas, (61.0, 47.5, 30.0))]
    tiles = tuple(
        msgspec.structs.replace(one, value=None, standing="withheld", zone="withheld")
        for one in month.tiles
    )
    view = editions.report_view(
        msgspec.structs.replace(month, beside=tuple(rows), tiles=tiles), "0" * 64
    )
    section = next(one for one in view.every_section if one.key == "published-good-job")
    said = {one.area: (one.value, one.said) for one in section.tiles}
    assert [said[area] for area in areas] == [
        ("61", "higher than the whole force"),
        ("47.5", "no clear difference from the whole force"),
        ("30", "lower than the whole force"),
    ]
    assert all(one.said == "no figure, or not compared" for one in section.tiles if not one.value)
    assert not [words for _, words in section.legend if "limits" in words]


def test_a_borough_page_says_in_words_whether_chance_explains_its_difference():
    week = full_weekly_edition()
    shown = next(one for one in week.tiles if one.value is not None)
    level = next(one.value for one in week.index if one.domain == LONDON)
    for standing, words in CHANCE.items():
        tiles = tuple(msgspec.structs.replace(one, standing=standing) for one in week.tiles)
        said = standing_sentence(msgspec.structs.replace(week, tiles=tiles), shown.area)
        assert f"{shown.value:.1f} of 100, and that of London {level:.1f}. {words}" in said
    withheld = next(one for one in week.tiles if one.value is None)
    assert standing_sentence(week, withheld.area) == ""


def test_one_step_of_rounding_is_never_drawn_as_a_change_on_the_dashboard():
    week = full_weekly_edition()

    def heights(*counts, rounded):
        starts = [WEEK + datetime.timedelta(weeks=at) for at in range(len(counts))]
        points = [
            charts.LinePoint(start, count / 10, None, None, count, flagged=False)
            for start, count in zip(starts, counts, strict=True)
        ]
        series = explorer.ExploreSeries("", "", points, dict.fromkeys(starts, rate_cell(None)))
        (line,) = explorer.panel(series, (0, 4), [week], rounded=rounded).lines
        return [pair.split(",")[1] for pair in line.split()]

    level = heights(20, 20, 15, 20, 30, rounded=True)
    assert len(set(level[:4])) == 1
    assert level[4] != level[3]
    assert len(set(heights(20, 15, rounded=False))) == 2


def test_a_line_of_rates_says_what_one_step_of_rounding_does_to_it():
    """Found: 20 and then 15 uses, to the nearest 5, were drawn as a fall of a quarter."""
    week = full_weekly_edition()
    one = next(one for one in week.deployments if one.domain != LONDON and one.population)
    (said,) = rounding_note("deployments", [(week, one)])
    assert f"a rise or fall of {50_000 / one.population:.2f} is one step of rounding" in said
    exact = msgspec.structs.replace(week, as_published="the Met")
    assert list(rounding_note("deployments", [(exact, one)])) == []
    assert list(rounding_note("complaints", [(exact, one)])) == [said]
