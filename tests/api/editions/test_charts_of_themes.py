"""The charts of themes: each tone in words, what is hidden counted once, one or two bars said."""

import re

import msgspec
import pytest

from api import editions
from api.editions import drawing
from api.editions.charts import ToneChart, ToneRow
from survey.editions.texts import NetSentiment, without_theme_figures
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import THEMES, sample, theme

HIDDEN = re.compile(r"(\d+) themes? (?:is|are) (?:not shown|withheld)")


def section_of(edition, key):
    return next(
        one for one in editions.report_view(edition, "0" * 64).every_section if one.key == key
    )


def tone(at, **how):
    key, name, _share, _value = THEMES[at]
    return NetSentiment(stream="complaints", domain="London", theme=key, name=name, **how)


def complaints(shown, misread=0, tones=()):
    """The made-up edition with `shown` themes of complaints that have a figure."""
    themes = [theme(one, "complaints", 200) for one in THEMES]
    hidden = [without_theme_figures(one) for one in themes[shown:]]
    hidden[:misread] = [msgspec.structs.replace(one, missing="reading") for one in hidden[:misread]]
    return msgspec.structs.replace(sample(), themes=(*themes[:shown], *hidden), tones=tones)


def words_of(edition, chart):
    return re.findall(">([^<]+)<", drawing.render_charts(edition)[chart])


@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition, sample])
def test_as_many_tones_are_unsure_in_the_picture_as_in_its_table(make):
    edition = make()
    for stream in ("sampled", "open", "complaints"):
        table = section_of(edition, f"themes-{stream}").figure.table
        unsure = [row for row in table.rows if "not sure" in {cell.text for cell in row}]
        assert words_of(edition, f"themes-{stream}").count("not sure") == len(unsure)


def test_a_tone_that_nobody_is_sure_of_is_not_left_blank():
    edition = complaints(3, tones=(tone(0, value=-34.0, low=-50.0, high=-18.0),))
    assert words_of(edition, "themes-complaints").count("not sure") == 2


@pytest.mark.parametrize(
    ("known", "picture", "table"),
    [
        ({"value": -34.0, "low": -50.0, "high": -18.0}, "−100 to", "Net sentiment (95% interval)"),
        ({"words": "worry"}, "Tone in a word", "Tone in a word"),
        ({}, "", ""),
    ],
)
def test_the_head_of_the_tone_promises_what_its_column_holds(known, picture, table):
    edition = complaints(3, tones=(tone(0, **known),))
    words = " ".join(words_of(edition, "themes-complaints"))
    head = section_of(edition, "themes-complaints").figure.table.head
    assert ("−100" in words) is ("−100" in picture)
    assert picture in words
    assert ("Net sentiment" in words) is ("value" in known)
    assert table in (*head, "")
    assert len(head) == 2 + bool(table)


@pytest.mark.parametrize("shown", [0, 1, 2, 3])
@pytest.mark.parametrize("misread", [0, 1])
def test_the_words_count_the_rows_without_a_figure(shown, misread):
    part = section_of(complaints(shown, misread), "themes-complaints")
    words = part.figure.subtitle if part.figure else " ".join(part.words)
    table = part.every_table[0] if part.every_table else None
    rows = [row for row in table.rows if row[1].withheld] if table else THEMES
    assert sum(map(int, HIDDEN.findall(words))) == len(rows) == len(THEMES) - shown


def test_of_one_or_two_themes_a_sentence_says_what_a_chart_would():
    edition = complaints(2, tones=(tone(0, words="worry"),))
    part = section_of(edition, "themes-complaints")
    assert "themes-complaints" not in drawing.render_charts(edition)
    assert part.figure is None
    said = "Fair and respectful treatment: 62 texts, tone mostly worry."
    assert said in " ".join(part.words)
    assert [row[1].text for row in part.tables[0].rows][:2] == ["62", "48"]
    assert section_of(complaints(3), "themes-complaints").figure.chart == "themes-complaints"


@pytest.mark.parametrize("make", [full_weekly_edition, sample])
@pytest.mark.parametrize("stream", ["sampled", "open"])
def test_a_share_is_drawn_with_the_interval_that_its_table_has(make, stream):
    """Found: nobody could see how sure a share is."""
    edition = make()
    shown = dict(drawing.translated_charts(edition))[f"themes-{stream}"]
    figure = section_of(edition, f"themes-{stream}").figure
    in_table = any(re.match(r"Share.*\(95% interval\)", head) for head in figure.table.head)
    assert bool([row for row in shown.rows if row.reach]) is in_table
    lined = in_table or any(row.low is not None for row in shown.rows)
    assert ("Thin lines: 95% intervals" in figure.subtitle) is lined


def test_the_words_of_a_bar_stand_behind_its_interval():
    """The scale is that of the longest interval, so the second theme is where it was."""

    def starts(reach):
        rows = (
            ToneRow("Young people", 20, "20% (40 texts)", None, reach=reach),
            ToneRow("Stop and search", 30, "30% (60 texts)", None, reach=(25.0, 40.0)),
        )
        chart = ToneChart(title="Themes", description="", rows=rows)
        svg = drawing.render_named_charts([("themes", chart)])["themes"]
        return re.findall(r"<text[^>]*translate\(([\d.]+),[\d.]+\)[^>]*>[23]0% ", svg)

    (short, same), (long, as_before) = starts(None), starts((12.0, 28.0))
    assert float(long) > float(short)
    assert as_before == same


@pytest.mark.parametrize(
    ("stream", "why"), [("sampled", "Shares are weighted to match residents"), ("open", "")]
)
def test_below_the_title_is_why_more_texts_can_be_a_smaller_share(stream, why):
    subtitle = section_of(sample(), f"themes-{stream}").figure.subtitle
    assert ("more texts can be a smaller share" in subtitle) is bool(why)
    assert why in subtitle
