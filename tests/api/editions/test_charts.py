"""Charts: each is one image with one title and one description, and keeps the security policy."""

import datetime
import io
import re
from xml.etree import ElementTree

import msgspec
import pytest
from PIL import Image

from api import editions
from api.editions import drawing as charts
from api.editions.charts import Chart, LineChart, LinePoint, RatioChart, RatioRow, steady_points
from api.editions.drawing import bars, lines
from api.editions.drawing.svg import (
    BRAND,
    FONT,
    QUIET,
    TEXT,
    WARM,
    picture_as_png,
    polish_svg,
    vega_svg,
)
from survey.editions.figures import SeriesMark
from survey.editions.perception import AreaTile
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import LONDON, bare_edition, sample
from tests.house.trees import ROOT

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    return charts.render_charts(sample())


@pytest.fixture(scope="module")
def month():
    return charts.render_charts(full_monthly_edition())


def svg_words(svg):
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_chart_of_a_full_edition_is_drawn(drawn):
    assert list(drawn) == [
        "index-series",
        "index-by-area",
        "tactics",
        "themes-sampled",
        "themes-open",
        "themes-complaints",
    ]


def test_an_empty_edition_has_no_charts():
    assert charts.render_charts(bare_edition()) == {}


def test_a_chart_is_one_image_with_a_name_and_a_description(drawn):
    for name, svg in drawn.items():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
        assert root[0].tag == f"{SVG}title"
        assert root[0].text
        assert root[1].tag == f"{SVG}desc"
        assert root[1].text


def test_a_chart_stays_svg_where_another_library_takes_the_prefix(monkeypatch):
    """pyxform registers the empty prefix for XForms, for the whole process."""
    monkeypatch.setattr(ElementTree, "_namespace_map", {"http://www.w3.org/2002/xforms": ""})
    svg = polish_svg(f'<svg xmlns="{SVG[1:-1]}" viewBox="0 0 1 1"><g/></svg>', "a", "Title", "")
    assert svg.startswith(f'<svg xmlns="{SVG[1:-1]}"')
    assert "ns0" not in svg


def test_no_mark_speaks_for_itself_and_no_style_breaks_the_policy(drawn):
    for svg in drawn.values():
        assert len(re.findall(r"\brole=", svg)) == 1
        assert "aria-label=" not in svg
        assert "aria-roledescription" not in svg
        assert "style=" not in svg
        assert "<script" not in svg


def test_ids_are_unique_on_a_page_with_all_charts(drawn):
    ids = re.findall(r'\bid="([^"]+)"', "".join(drawn.values()))
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", "".join(drawn.values()))
    assert set(used) <= set(ids)


def test_all_charts_together_are_light(drawn):
    assert sum(map(len, drawn.values())) < 100_000


def test_boroughs_stand_by_name_and_withheld_ones_say_so(drawn):
    words = svg_words(drawn["index-by-area"])
    names = [one.name for one in sample().tiles]
    shown = [word for word in words if word in names]
    assert shown == sorted(names)
    assert words.count("withheld") == 3
    assert "London 58.4" in words


def test_nothing_and_withheld_are_the_same_word(drawn):
    words = svg_words(drawn["tactics"])
    assert words.count("none recorded") == 0
    assert words.count("withheld") == 3


def test_a_tone_has_a_sign_whatever_its_colour(drawn):
    words = svg_words(drawn["themes-sampled"])
    assert {"−34", "+13"} <= set(words)
    assert "31% (590 texts)" in words


def test_what_was_written_freely_shows_counts_and_no_share(drawn):
    assert "90 texts" in svg_words(drawn["themes-open"])
    assert not any("%" in word for word in svg_words(drawn["themes-open"]))


def test_the_description_tells_the_first_last_lowest_and_highest(drawn):
    description = ElementTree.fromstring(drawn["index-series"])[1].text
    assert "1 October 2007" in description
    assert "30 June 2008" in description
    assert "10 December 2007: Pilot begins." in description


def test_a_hostile_name_is_only_text():
    edition = sample()
    hostile = '<script>alert("1")</script>'
    tiles = (AreaTile(**msgspec.structs.asdict(edition.tiles[1]) | {"name": hostile}),)
    svg = charts.render_charts(msgspec.structs.replace(edition, tiles=tiles))["index-by-area"]
    assert "<script" not in svg
    assert hostile in svg_words(svg)


def test_the_same_data_are_drawn_once(drawn):
    before = vega_svg.cache_info().misses
    assert charts.render_charts(sample()) == drawn
    assert vega_svg.cache_info().misses == before


def test_the_fonts_are_ours(drawn):
    families = re.findall(r'font-family="([^"]+)"', "".join(drawn.values()))
    assert set(families) == {FONT}
    assert LONDON in drawn["index-by-area"]


def test_a_zero_has_no_slash_in_charts():
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">'
        '<rect width="400" height="400" fill="#ffffff"/>'
        f'<text x="200" y="267" font-family="{FONT}" font-size="200" text-anchor="middle">0</text>'
        "</svg>"
    )
    image = Image.open(io.BytesIO(picture_as_png(picture))).convert("L")
    assert image.getextrema()[0] < 10
    assert image.getpixel((image.width // 2, image.height // 2)) > 250


def test_every_chart_of_a_full_month_is_drawn(month):
    assert list(month) == [
        "index-series",
        "small-areas",
        "groups-age",
        "groups-sex",
        "groups-ethnicity",
        "groups-disability",
        "uses",
        "tactics",
        "funnel-index",
        "funnel-deployments",
        "funnel-complaints",
        "disparities-ethnicity_officer",
        "disparities-sex",
        "lags",
        "bins-event-study",
        "themes-sampled",
        "themes-open",
        "themes-complaints",
        "past-good-job-local",
        "months",
    ]


def test_every_chart_of_a_sheet_is_drawn_and_every_drawn_chart_stands_on_it():
    for edition in (full_weekly_edition(), full_monthly_edition(), sample()):
        found = editions.report_view(edition, "")
        placed = [one.figure.chart for one in found.every_section if one.figure]
        assert sorted(placed) == sorted(charts.render_charts(edition))


def test_charts_of_a_full_month_speak_once_and_keep_the_policy(month):
    for name, svg in month.items():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root[0].text
        assert len(root[1].text) > 20, name
        assert len(re.findall(r"\brole=", svg)) == 1
        assert "style=" not in svg
    ids = re.findall(r'\bid="([^"]+)"', "".join(month.values()))
    assert len(ids) == len(set(ids))
    assert sum(map(len, month.values())) < 250_000


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_and_marks_stand_out_from_the_paper():
    for colour in (TEXT, QUIET):
        assert contrast(colour, "#ffffff") >= 4.5
    for colour in (BRAND, WARM):
        assert contrast(colour, "#ffffff") >= 3


def test_uses_that_were_fired_are_darker_and_every_piece_has_an_edge_that_shows():
    shades = [luminance(shade) for shade in bars.SHADES]
    assert shades == sorted(shades)
    assert contrast(BRAND, "#ffffff") >= 3


def test_weeks_have_two_parts_named_at_the_newest_bar_and_no_legend(month):
    words = svg_words(month["uses"])
    assert words.count("Fired") == 1
    assert words.count("All other uses") == 1
    assert not {"Arced", "Red-dotted", "Aimed", "Drawn"} & set(words)
    edition = full_monthly_edition()
    shown = [dict(week.tactics) for week in edition.uses_by_week]
    fired = sum(week.get("fired") or 0 for week in shown)
    others = sum(n or 0 for week in shown for n in week.values()) - fired
    description = ElementTree.fromstring(month["uses"])[1].text
    assert description.startswith("Most in the week from ")
    assert f"Fired: about {fired:,}, All other uses: about {others:,}." in description


def test_the_expected_range_stands_at_the_newest_week_of_a_week():
    """The range of a month would be five times as high as the bars of its weeks."""
    week = full_weekly_edition()
    known = msgspec.structs.replace(week.this_period, low=88.0, high=138.0)
    start = week.uses_by_week[-1].start
    edition = msgspec.structs.replace(week, this_period=known, period_counted=None, start=start)
    description = ElementTree.fromstring(charts.render_charts(edition)["uses"])[1].text
    assert description.replace("\N{NO-BREAK SPACE}", " ").endswith("Expected 88 to 138.")
    later = msgspec.structs.replace(edition, start=start + datetime.timedelta(days=7))
    assert "Expected" not in charts.render_charts(later)["uses"]
    month = msgspec.structs.replace(edition, kind="monthly")
    assert "Expected" not in charts.render_charts(month)["uses"]


def test_a_line_has_its_newest_figure_next_to_its_last_point(drawn):
    newest = sample().index_series[-1].estimate
    words = svg_words(drawn["index-series"])
    assert words.count(f"{newest.value:.1f}") == 1
    interval = f"{newest.low:.1f} to {newest.high:.1f}"
    assert interval in [word.replace("\N{NO-BREAK SPACE}", " ") for word in words if word]


def counted(*counts):
    day = datetime.date(2008, 6, 2)
    return [
        LinePoint(day + k * datetime.timedelta(days=7), n and n / 10, None, None, n, flagged=False)
        for k, n in enumerate(counts)
    ]


def test_one_step_of_rounding_is_drawn_level():
    """Counts of 17 and 18 round to 15 and 20."""
    levels = [point.level for point in steady_points(counted(20, 15, 20, None, 15, 30, 25), 5)]
    assert levels == [2.0, 2.0, 2.0, None, 2.0, 3.0, 3.0]
    # A slow fall is drawn as soon as it is more than one step.
    assert [point.level for point in steady_points(counted(20, 15, 10), 5)] == [2.0, 2.0, 1.0]


@pytest.mark.parametrize(("ratio", "anchor"), [(6.0, "end"), (0.2, "start")])
def test_a_withheld_ratio_has_its_word_beside_the_line_at_one(ratio, anchor):
    rows = (
        RatioRow("Black", "residents", ratio, 0.9 * ratio, 1.1 * ratio),
        RatioRow("Asian", "residents", None, None, None),
    )
    drawn = charts.draw("ratios", RatioChart(title="", description="", rows=rows), charts.PHONE)
    words = ElementTree.fromstring(drawn).iter(f"{SVG}text")
    (word,) = (one for one in words if one.text == "withheld")
    assert word.get("text-anchor") == anchor


def test_the_forms_of_charts_are_those_of_the_design():
    """Every kind of chart has one form, and docs/design.md lists the forms."""
    page = (ROOT / "docs/design.md").read_text().partition("| the reader asks | form |")[2]
    listed = [line.split("|")[2].strip() for line in page.splitlines() if line.count("|") == 3][1:]
    assert len(listed) == len(charts.FORMS)
    assert all(words.startswith(form) for words, form in zip(listed, charts.FORMS, strict=True))
    kinds = [kind for drawn in charts.FORMS.values() for kind in drawn]
    assert sorted(kinds, key=str) == sorted(Chart.__subclasses__(), key=str)


def test_the_dots_and_the_figure_of_a_level_line_lie_on_it():
    """A dot beside the line would show a step of rounding as a change."""
    points = tuple(steady_points(counted(20, 15, 20, 15), 5))
    named = [point._replace(row=f"Row {at}") for at, point in enumerate(points)]
    picture = LineChart(
        title="Made up", description="Made up", points=tuple(named), marks=(), end=("1.50", "")
    )
    drawn = lines.line_chart("made-up", picture, 640)
    dots = [
        re.search(r"translate\([^,]+,([^)]+)\)", one.get("transform")).group(1)
        for one in ElementTree.fromstring(drawn).iter(f"{SVG}path")
        if "Row" in "".join(map(str, one.attrib.values())) and one.get("transform")
    ]
    assert len(dots) == 4
    assert len(set(dots)) == 1


def test_a_ratio_stands_on_a_doubling_axis_with_its_benchmark(month):
    words = svg_words(month["disparities-ethnicity_officer"])
    assert {"1", "2", "4"} <= set(words)
    assert "Black, per stop and search" in words
    assert "withheld" in words
    description = ElementTree.fromstring(month["disparities-ethnicity_officer"])[1].text
    plain = description.replace("\N{NO-BREAK SPACE}", " ")
    assert "Black, per resident: 4.20 times, 2.90 to 6.20; with unknowns 3.36 to 5.46." in plain


def test_a_ratio_has_its_figure_and_what_unknowns_would_make_of_it(month):
    picture = month["disparities-ethnicity_officer"]
    assert {"4.20", "1.10", "1.30", "0.80"} <= set(svg_words(picture))
    thin = [
        one
        for one in ElementTree.fromstring(picture).iter(f"{SVG}line")
        if (one.get("stroke"), one.get("stroke-width")) == (TEXT, "1.4")
    ]
    assert len(thin) == 4
    sections = editions.report_view(full_monthly_edition(), "").every_section
    (figure,) = (
        one.figure
        for one in sections
        if one.figure and one.figure.chart == "disparities-ethnicity_officer"
    )
    assert figure.subtitle.endswith("recorded. This does not show why.")
    assert figure.table.head[2] == "Range with unknowns"
    assert figure.table.rows[0][2].text.replace("\N{NO-BREAK SPACE}", " ") == "3.36 to 5.46"


def test_a_hollow_dot_has_one_meaning(drawn, month):
    """Fewer than 100 answers: the model's own answers and a placebo have marks of their own."""
    for pictures, edition in ((drawn, sample()), (month, full_monthly_edition())):
        for name, picture in pictures.items():
            hollow = [
                one
                for one in ElementTree.fromstring(picture).iter(f"{SVG}path")
                if one.get("fill") == "white" and one.get("data-row")
            ]
            few = {
                row[0].text
                for one in editions.report_view(edition, "").every_section
                if one.figure and one.figure.chart == name
                for row in one.figure.table.rows
                if any("*" in cell.text for cell in row)
            }
            assert {one.get("data-row") for one in hollow} <= few, name
    said = editions.report_view(sample(), "").every_section
    (by_area,) = (one.figure for one in said if one.figure and one.figure.chart == "index-by-area")
    assert by_area.subtitle.endswith("A hollow point has fewer than 100 answers.")
    assert 'fill="white"' in drawn["index-by-area"]
    assert 'fill="white"' not in month["small-areas"] + month["lags"] + month["bins-event-study"]


def test_a_label_that_has_no_room_is_not_in_the_picture():
    """Found: the text of a PDF had years over each other that nobody could see."""
    days = [datetime.date(2015 + n // 4, 3 * (n % 4) + 1, 1) for n in range(36)]
    points = tuple(LinePoint(day, 50.0, 45.0, 55.0, None, flagged=False) for day in days)
    line = LineChart(title="Trust", description="", points=points, marks=(), end=("50", "45 to 55"))
    drawn = charts.draw("trust", line, charts.PHONE)
    assert 'opacity="0"' not in drawn
    assert {"2017", "2019"} <= set(svg_words(drawn))
    assert "2018" not in svg_words(drawn)


def test_a_small_ratio_lies_between_two_ticks():
    rows = (RatioRow("65 and over", "residents", 0.14, 0.11, 0.18, 0.13, 0.36),)
    drawn = charts.draw("ratios", RatioChart(title="", description="", rows=rows), charts.PAPER)
    assert {"0.125", "0.25"} <= set(svg_words(drawn))


def test_a_placebo_and_what_is_too_few_are_told(month):
    description = ElementTree.fromstring(month["lags"])[1].text
    assert description.replace("\N{NO-BREAK SPACE}", " ").startswith(
        "Placebo check: 0.2 (−1.3 to 1.7)."
    )
    assert "Lag 4: not enough data." in description


def test_withheld_groups_are_named_and_say_so(month):
    words = svg_words(month["groups-ethnicity"])
    assert "Other" in words
    assert "withheld" in words


def test_empty_chapters_have_no_charts():
    edition = full_monthly_edition(
        profile=None, starts=(), funnels=(), disparities=(), uses_by_week=()
    )
    names = set(charts.render_charts(edition))
    assert not {"lags", "uses", "funnel-index", "disparities-sex", "bins-event-study"} & names


@pytest.mark.parametrize("make_edition", [sample, full_weekly_edition, full_monthly_edition])
def test_each_mark_is_named_as_a_row_of_its_table(make_edition):
    """A label has the words of that row, so a mark of another name would have none."""
    edition = make_edition()
    drawn = charts.render_charts(edition)
    sections = editions.report_view(edition, "").every_section
    figures = {one.figure.chart: one.figure.table for one in sections if one.figure}
    assert drawn.keys() <= figures.keys()
    for name, svg in drawn.items():
        marks = [one.get("data-row") for one in ElementTree.fromstring(svg).iter()]
        rows = [row[0].text for row in figures[name].rows]
        assert len(rows) == len(set(rows))
        assert set(marks) - {None}
        assert set(marks) - {None} <= set(rows), name


def test_a_mark_says_how_it_lies_next_to_others(drawn, month):
    def order(svg):
        return ElementTree.fromstring(svg).get("data-marks")

    assert order(drawn["index-series"]) == "across"
    assert order(drawn["index-by-area"]) == "down"
    assert order(month["funnel-complaints"]) == "down"


def test_labels_of_neighbouring_events_are_in_different_rows():
    """Of ten years on a phone's chart, the names of events a year apart met."""
    days = [datetime.date(2014 + n // 4, 3 * (n % 4) + 1, 1) for n in range(40)]
    points = tuple(LinePoint(day, 60.0, 58.0, 62.0, None, flagged=False) for day in days)
    events = (SeriesMark(days[19], "First"), SeriesMark(days[22], "Second"))
    line = LineChart(title="Trust", description="", points=points, marks=events)
    drawn = charts.draw("trust", line, charts.PHONE)
    first, second = (
        re.search(rf'translate\([\d.]+,([\d.]+)\)"[^>]*>{one.label}</text>', drawn)[1]
        for one in events
    )
    assert first != second
    # Years, and not forty names of months.
    assert {">2014</text>", ">2022</text>"} <= set(re.findall(r">20\d\d</text>", drawn))


def test_a_bar_ends_where_its_interval_ends(drawn, month):
    """A rounded end runs over it, and touches a line that the interval does not hold."""
    for name, picture in (*drawn.items(), *month.items()):
        assert "stroke-linecap" not in picture, name
