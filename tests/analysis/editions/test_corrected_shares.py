"""A corrected share in an edition: on the page, on paper, in the chart and in the CSV."""

import csv
import datetime
import io

import msgspec
import pytest

from analysis.editions import front
from api import editions
from api.editions import drawing, files
from survey.editions.texts import without_theme_figures
from survey.themes.double_coding import Accuracy, AccuracyEstimate
from tests.analysis.editions.made_up_edition import THEMES, sample, theme

F1 = AccuracyEstimate(n=295, value=0.853, low=0.801, high=0.894)
ACCURACY = Accuracy(
    quarter=datetime.date(2008, 4, 1),
    labels=295,
    alpha=AccuracyEstimate(n=300, value=0.828, low=0.781, high=0.871),
    f1=F1,
    tone_recall=F1,
)


def corrected_theme(one):
    return msgspec.structs.replace(
        one,
        machine_share=one.share,
        share=0.275,
        low=0.22,
        high=0.33,
        corrected=True,
        labels=112,
        method="PPI++ (λ 0.82, 112 labels)",
    )


@pytest.fixture(params=["sampled", "open"])
def edition(request):
    themes = (
        corrected_theme(theme(THEMES[0], request.param, 800)),
        *(theme(other, request.param, 800) for other in THEMES[1:3]),
    )
    return msgspec.structs.replace(sample(), themes=themes, accuracy=ACCURACY, reading="passed")


def section_of(edition, key):
    return next(
        one for one in editions.report_view(edition, "0" * 64).every_section if one.key == key
    )


def with_plain_spaces(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_share_is_corrected_and_the_count_is_called_the_machine_s(edition):
    part = section_of(edition, f"themes-{edition.themes[0].stream}")
    assert [with_plain_spaces(one) for one in part.figure.table.head][1:3] == [
        "Machine count",
        "Share (95% interval)",
    ]
    assert with_plain_spaces(part.figure.table.rows[0][2].text) == "28% (22 to 33%)"
    said = " ".join(part.for_statisticians.words)
    assert "corrected using 112 texts coded by two people" in said


def test_without_labels_the_figures_are_called_machine_counts():
    for stream in ("sampled", "open"):
        part = section_of(sample(), f"themes-{stream}")
        assert "Machine count" in part.figure.table.head
        assert "machine counts: no share is corrected" in " ".join(part.for_statisticians.words)
    head = section_of(sample(), "themes-sampled").figure.table.head
    assert with_plain_spaces(head[2]) == "Share by machine count (95% interval)"


def test_the_themes_say_how_they_were_measured(edition):
    part = section_of(edition, "themes")
    words = with_plain_spaces(" ".join(part.for_statisticians.words))
    assert "Two people coded 295 texts of the quarter from 1 April 2008" in words
    assert "α 0.83 (0.78 to 0.87)" in words
    assert "F1 0.85 (0.80 to 0.89). Our minimum is 0.75." in words


def test_the_chart_shows_the_corrected_share(edition):
    stream = edition.themes[0].stream
    assert "28%" in drawing.render_charts(edition)[f"themes-{stream}"]


def test_the_csv_has_both_shares_and_how_each_was_made(edition):
    rows = list(csv.DictReader(io.StringIO(files.render_csv(edition).decode(), newline="")))
    name = THEMES[0][1]
    found = {row["measure"]: row for row in rows if row["table"] == "themes"}
    assert found[f"share of texts: {name}"]["value"] == "0.275"
    assert found[f"share of texts: {name}"]["method"] == "corrected: PPI++ (λ 0.82, 112 labels)"
    assert found[f"machine share: {name}"]["method"] == "machine count"
    assert found[f"share of texts: {THEMES[1][1]}"]["method"] == "machine count"
    assert f"machine share: {THEMES[1][1]}" not in found


def test_what_is_withheld_is_withheld_in_both_shares():
    few = corrected_theme(theme(THEMES[0], "sampled", 12))
    hidden = without_theme_figures(few)
    assert hidden.status == "withheld"
    assert (hidden.share, hidden.machine_share, hidden.low, hidden.texts) == (None,) * 4


@pytest.mark.parametrize("reading", ["dropped", "below"])
def test_withheld_themes_say_why_on_the_page_and_on_paper(reading):
    edition = msgspec.structs.replace(sample(), themes=(), accuracy=ACCURACY, reading=reading)
    part = section_of(edition, "themes")
    assert "Themes are withheld in this edition" in part.words[0]
    assert not any(
        one.key.startswith("themes-")
        for one in editions.report_view(edition, "0" * 64).every_section
    )
    assert files.render_edition_pdf(edition, "0" * 64).startswith(b"%PDF")


WORDS = {
    None: "machine counts",
    "passed": "reads well enough for its figures to be shown",
    "unsettled": "is not settled",
    "dropped": "much worse than the quarter before: themes are withheld",
    "below": "reads too badly: themes are withheld",
}


@pytest.mark.parametrize(("reading", "words"), WORDS.items())
def test_every_edition_says_how_its_themes_were_read(reading, words):
    assert words in front.machine_reading_sentence(reading, [ACCURACY] if reading else [])
