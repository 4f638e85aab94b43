"""The title of a chart is the word of a rule, and what is shown is below it."""

import datetime
import re

import msgspec
import pytest

from api.editions import drawing, report_view
from api.editions.areas import outside_title
from api.editions.chapters import sample
from api.editions.chapters.deployments import use_charts
from api.editions.chapters.titles import (
    RULES,
    groups_title,
    index_title,
    trend_title,
    uses_title,
)
from survey.deployments import SEVERITY
from survey.editions.actions import EditionFinding
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition

EDITIONS = [full_weekly_edition, full_monthly_edition]
DATE = re.compile(r"(\d{1,2} )?[A-Z][a-z]{2,8} \d{4}")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
UNITS = (
    "0 to 100",
    "per 10,000",
    "texts",
    "eployments",
    "Per cent",
    "times as often",
    "Index points",
)


def charts_of(edition):
    view = report_view(edition, "0" * 64)
    sections = (*view.front, *(one for chapter in view.chapters for one in chapter.sections))
    return [section.figure for section in sections if section.figure]


def standings(chart):
    return [row[-1].text for row in chart.table.rows]


@pytest.mark.parametrize("make", EDITIONS)
def test_every_title_is_the_word_of_its_rule_or_the_quantity(make):
    edition = make()
    messages = {chart: message for chart, rule in RULES.items() if (message := rule(edition))}
    assert {"uses", "funnel-index", "funnel-deployments", "funnel-complaints"} <= messages.keys()
    for chart in charts_of(edition):
        assert chart.title == messages.get(chart.chart, chart.title)
        if chart.chart not in messages:
            assert not re.search(r"\b(rose|fell|same|more|fewer|outside)\b", chart.title.lower())


@pytest.mark.parametrize("make", EDITIONS)
def test_a_title_has_no_figure_that_its_table_has_not(make):
    for chart in charts_of(make()):
        words = [cell.text for row in chart.table.rows for cell in row]
        known = {*NUMBER.findall(" ".join((*words, *chart.table.head)))}
        if chart.chart.startswith("funnel-"):
            compared = [one for one in standings(chart) if "expected range" in one]
            outside = [one for one in compared if not one.startswith("within")]
            known = {str(len(outside)), str(len(compared))}
        assert {*NUMBER.findall(DATE.sub("", chart.title))} <= known


@pytest.mark.parametrize("make", EDITIONS)
def test_below_a_title_are_the_days_and_the_unit(make):
    for chart in charts_of(make()):
        assert re.search(r"\b(19|20)\d\d\b", chart.subtitle), chart.chart
        assert any(unit in f"{chart.title} {chart.subtitle}" for unit in UNITS), chart.chart


@pytest.mark.parametrize(
    ("verdict", "title"),
    [
        ("rose", "The index for London rose, compared with June 2008"),
        ("fell", "The index for London fell, compared with June 2008"),
        ("none_larger", "The index for London is about the same, compared with June 2008"),
        ("unclear", "No clear change in the index for London, compared with June 2008"),
        ("", ""),
    ],
)
def test_the_line_of_the_city_says_what_its_finding_says(verdict, title):
    finding = EditionFinding(
        sentence="", confidence="likely", so_what="", brief="", was=59.1, verdict=verdict
    )
    edition = msgspec.structs.replace(
        full_monthly_edition(),
        start=datetime.date(2008, 7, 1),
        end=datetime.date(2008, 7, 31),
        findings=(finding,),
    )
    assert index_title(edition) == title


@pytest.mark.parametrize(
    ("limits", "title"),
    [
        ((1.0, 9.0), "deployments rose"),
        ((-9.0, -1.0), "deployments fell"),
        ((-1.0, 1.0), "no clear trend in deployments"),
        ((None, None), ""),
    ],
)
def test_a_trend_is_one_where_its_interval_leaves_out_no_change(limits, title):
    edition = full_monthly_edition()
    low, high = limits
    trends = tuple(msgspec.structs.replace(trend, low=low, high=high) for trend in edition.trends)
    assert title in trend_title(msgspec.structs.replace(edition, trends=trends))


@pytest.mark.parametrize(
    ("events", "title"),
    [
        (200, "All deployments together: more than expected, 30 Jun 2008 to 6 Jul 2008"),
        (1, "All deployments together: fewer than expected, 30 Jun 2008 to 6 Jul 2008"),
        (25, "All deployments together: as expected, 30 Jun 2008 to 6 Jul 2008"),
        (None, ""),
    ],
)
def test_uses_are_as_expected_or_not_by_the_range_of_the_period(events, title):
    edition = full_weekly_edition()
    period = msgspec.structs.replace(edition.this_period, events=events)
    assert uses_title(msgspec.structs.replace(edition, this_period=period)) == title


def below(edition, name):
    (said,) = (one.subtitle for one in charts_of(edition) if one.chart == name)
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("make", EDITIONS)
def test_below_weeks_is_what_was_expected_and_that_fired_alone_has_no_range(make):
    edition = make()
    period = msgspec.structs.replace(edition.this_period, events=45, low=40.0, high=60.0)
    tactics = (("fired", 15), ("drawn", 30))
    known = below(msgspec.structs.replace(edition, this_period=period, tactics=tactics), "uses")
    assert "45 deployments. Expected: 40 to 60. Fired: 15, for which there is no range." in known
    unknown = msgspec.structs.replace(edition, this_period=None)
    assert "for which there is no range" not in below(unknown, "uses")


@pytest.mark.parametrize("make", EDITIONS)
def test_below_areas_in_order_is_what_chance_does_and_why_some_are_not_drawn(make):
    for funnel in make().funnels:
        said = below(make(), f"funnel-{funnel.measure}")
        hidden = sum(spot.place == "withheld" for spot in funnel.spots)
        every = len(funnel.spots)
        chance = "about 2" if every - hidden >= 30 else "about 1"
        assert f"By chance, {chance} of {every - hidden} would be outside." in said
        assert (f"Withheld: {hidden} of {every}, " in said) == bool(hidden)
        far = any(spot.place in ("above", "below") for spot in funnel.spots)
        assert f"far outside ({'large triangles' if far else 'none'})." in said


@pytest.mark.parametrize("high", [61.0, 61.04, 61.06])
def test_below_boroughs_is_how_many_bars_leave_out_the_city_as_printed(high):
    """Found: a bar that ended a tenth of a point before the line seemed to reach it."""
    edition = full_weekly_edition()
    (city,) = (row for row in edition.index if row.domain == edition.city)
    boroughs = [row for row in edition.index if row.domain != edition.city and row.low]
    reaching = [msgspec.structs.replace(row, low=50.0, high=70.0) for row in boroughs[1:]]
    off = msgspec.structs.replace(boroughs[0], low=50.0, high=high)
    city = msgspec.structs.replace(city, value=61.1)
    edition = msgspec.structs.replace(edition, index=(city, off, *reaching))
    said = below(edition, "index-by-area")
    number = 0 if high > 61.05 else 1
    verb = "does" if number == 1 else "do"
    assert f"{number} of the {len(boroughs)} bars {verb} not reach the line." in said
    assert ("By chance, about 2 would not." in said) == bool(number)


def test_below_the_model_is_how_many_bars_leave_out_the_city_and_nothing_of_chance():
    said = below(full_monthly_edition(), "small-areas")
    assert re.search(r"\d+ of the \d+ bars? (does|do) not reach the line\. A borough's own", said)
    assert "By chance" not in said


def test_below_the_line_are_the_figures_that_its_title_compares():
    finding = EditionFinding(sentence="", confidence="", so_what="", brief="", was=59.1)
    edition = full_monthly_edition(findings=(finding,))
    city = next(one for one in edition.index if one.domain == edition.city)
    figures = f"{city.value:.1f} ({city.low:.1f} to {city.high:.1f}). May 2008: 59.1."
    assert figures in below(edition, "index-series")


def test_an_effect_is_told_for_a_week_as_usual():
    """0.8 in four weeks is 0.2 a week, and a fifth of 1.5 points is 0.3."""
    edition = full_monthly_edition()
    (first, *others) = (lag for lag in edition.profile.lags if lag.lag == 1)
    lag = msgspec.structs.replace(first, beta=-1.5, low=-5.0, high=2.0)
    rates = tuple(
        msgspec.structs.replace(rate, per_10_000=0.8) if rate.domain == edition.city else rate
        for rate in edition.deployments
    )
    counted = msgspec.structs.replace(edition.rates_counted or edition.period_counted, days=28)
    said = below(
        msgspec.structs.replace(
            edition,
            profile=msgspec.structs.replace(edition.profile, lags=(lag,)),
            deployments=rates,
            rates_counted=counted,
        ),
        "lags",
    )
    assert not others
    assert "Above 0: more deployments, higher index." in said
    # "The week after" is the placebo check, and this is no figure of it.
    assert said.endswith(
        "Twice as many (London: 0.20 per 10,000 a week) would go with −0.3 (−1.0 to 0.4) points a "
        "week later."
    )


def test_boroughs_that_are_not_compared_count_nowhere():
    assert outside_title(["withheld", "unknown"]) == ""
    none = "None of the 2 boroughs shown is outside the expected range"
    assert outside_title(["within", "within", "withheld"]) == none
    assert outside_title(["within", "high"]) == "1 of 2 boroughs is outside the expected range"
    assert outside_title(["low", "below"]) == "2 of 2 boroughs are outside the expected range"


def with_groups(*figures):
    """A month with these groups of age, each with an interval of two points on either side."""
    edition = full_monthly_edition()
    (group, *_others) = (one for one in edition.groups if one.measure == "index")
    groups = tuple(
        msgspec.structs.replace(
            group,
            dimension="age",
            category=category,
            estimate=msgspec.structs.replace(
                group.estimate, value=value, low=value - 2, high=value + 2
            ),
        )
        for category, value in zip(("16-24", "25-34", "35-44"), figures, strict=False)
    )
    city = (msgspec.structs.replace(edition.index[0], domain=edition.city, value=60.0),)
    return msgspec.structs.replace(edition, groups=groups, index=city)


@pytest.mark.parametrize(
    ("figures", "title"),
    [
        ((61, 59, 60), "By age, no group clearly differs from London"),
        # Outside its own 95% interval, which chance does too often among several groups.
        ((63, 59, 60), "By age, no group clearly differs from London"),
        ((64, 60, 60), "By age, clearly higher than London: 16 to 24"),
        ((60, 55, 55), "By age, clearly lower than London: 25 to 34, 35 to 44"),
        (
            (66, 55, 60),
            "By age, clearly higher than London: 16 to 24; clearly lower than London: 25 to 34",
        ),
    ],
)
def test_groups_differ_by_an_interval_that_allows_for_all_of_them(figures, title):
    assert groups_title(with_groups(*figures), "age") == title
    assert groups_title(with_groups(*figures), "sex") == ""


def test_charts_of_groups_say_what_their_marks_and_scale_are():
    edition = full_monthly_edition()
    for chart in charts_of(edition):
        if chart.chart.startswith("groups-"):
            assert "the scale does not begin at 0" in chart.subtitle
            few = any("*" in row[-1].text for row in chart.table.rows)
            assert ("Hollow dot: fewer than 100 answered." in chart.subtitle) is few
            drawn = dict(sample.group_charts(edition))[chart.chart]
            answers = [row[-1].text.removesuffix(" *") for row in chart.table.rows]
            assert [row.beside for row in drawn.rows] == answers
            assert set(answers) <= set(re.findall(">([^<]+)<", picture(chart.chart, drawn)))


def picture(name, chart):
    return drawing.render_named_charts([(name, chart)])[name]


def test_the_chart_of_boroughs_says_on_how_few_answers_they_rest():
    (chart,) = (one for one in charts_of(full_monthly_edition()) if one.chart == "small-areas")
    assert re.search(r"own figure rests on \d+ to \d+ answers\.$", chart.subtitle)


def test_uses_are_in_the_order_that_the_words_below_the_title_name():
    edition = full_monthly_edition()
    (chart,) = (one for one in charts_of(edition) if one.chart == "tactics")
    assert "From most to least severe. Drive-stun:" in chart.subtitle
    uses = [use for use, _count in edition.tactics]
    assert uses == [use for use in SEVERITY if use in uses]


def test_one_or_two_uses_are_a_table_without_a_chart():
    edition = full_monthly_edition()
    rare = tuple((use, 10 if use in ("drawn", "fired") else 0) for use, _count in edition.tactics)
    few = msgspec.structs.replace(edition, tactics=rare)
    assert "tactics" not in dict(use_charts(few))
    assert "tactics" in dict(use_charts(edition))
    view = report_view(few, "0" * 64)
    (part,) = (section for section in view.every_section if section.key == "tactics")
    assert part.figure is None
    assert "From most to least severe." in part.words[0]
    assert len(part.tables[0].rows) == len(rare)
