"""A theme that the machine reads too badly is withheld, with the reason in its place."""

import csv
import datetime
import io
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from analysis.editions.codebook import campaigns_read_well
from api import editions
from api.editions import drawing, files, theme_tables
from survey.themes.demands import EditionCampaign
from tests.analysis.editions.test_tone import DAY, EARLIER, all_words, edition_of
from tests.oracles.coded_texts import edition_texts, labelled_texts, together, words

N = 240
DAY_ONE = datetime.date(2008, 6, 2)


def window():
    """Texts of the week on both themes, half of them each."""
    spoken = np.zeros((N, 2), dtype=bool)
    spoken[::2, 0] = True
    spoken[1::2, 1] = True
    return edition_texts("open", np.full(N, -1.0), spoken, day=DAY)


def labels(*, found):
    """400 labels of the stream: of 100 on fairness the machine finds so many, of 300 others all."""
    truth = np.zeros((400, 2), dtype=bool)
    truth[:100, 0] = True
    truth[100:, 1] = True
    now = truth.copy()
    now[found:100, 0] = False
    tone = np.full(400, -1.0)
    return labelled_texts(EARLIER, "open", tone, tone, truth, now)


@pytest.fixture(scope="module")
def withheld():
    return edition_of(window(), labels(found=30))


@pytest.fixture(scope="module")
def shown():
    return edition_of(window(), labels(found=95))


def city_themes(edition):
    return {
        one.theme: one
        for one in edition.themes
        if (one.domain, one.stream) == (edition.city, "open")
    }


def page_words(edition, key):
    view = editions.report_view(edition, "0" * 64)
    parts = [part for part in view.every_section if part.key == key]
    return " ".join(
        one for part in parts for one in (*all_words(part), str(part.for_statisticians))
    ).replace("\N{NO-BREAK SPACE}", " ")


def test_a_theme_that_is_read_well_enough_is_shown(shown):
    assert {one.missing for one in shown.themes} == {""}
    assert {one.status for one in shown.theme_checks} == {"passed"}
    assert "withheld where the whole interval is below" in page_words(shown, "themes")


def test_a_theme_that_is_read_too_badly_has_no_figure_anywhere(withheld):
    fair, taser = (city_themes(withheld)[one] for one in ("fair", "taser"))
    assert (fair.texts, fair.share, fair.machine_share, fair.voices) == (None,) * 4
    assert (fair.status, fair.missing) == ("withheld", "reading")
    assert taser.texts
    assert "fair" not in {one.theme for one in withheld.themes if one.domain != withheld.city}
    assert not [one for one in withheld.tones if one.theme == "fair" and one.value is not None]
    # The theme that is left is said in a sentence.
    assert "themes-open" not in drawing.render_charts(withheld)
    assert f"Taser: {taser.share:.0%} (" in page_words(withheld, "themes-open")


def test_the_reason_stands_in_its_place_and_among_the_caveats(withheld):
    page = page_words(withheld, "themes-open")
    assert "withheld: the machine reads this theme too badly" in page
    assert "fewer than 10 texts" not in page
    (caveat,) = [one for one in withheld.caveats if "“Fairness”" in one]
    assert "the machine misses too many of the texts that people place there" in caveat
    assert "below the minimum: withheld" in page_words(withheld, "themes")


def test_files_say_it_too_and_how_each_figure_was_read(withheld):
    rows = {
        row["measure"]: row
        for row in csv.DictReader(io.StringIO(files.render_csv(withheld).decode(), newline=""))
        if (row["table"], row["domain"], row["stream"]) == ("themes", withheld.city, "open")
    }
    fair, taser = rows["share of texts: Fairness"], rows["share of texts: Taser"]
    assert (fair["value"], fair["n"], fair["status"]) == ("", "", "withheld")
    assert fair["method"] == "withheld: the machine reads this theme too badly"
    assert taser["method"].startswith("corrected: PPI++")
    assert rows["machine share: Taser"]["method"] == "machine count"
    assert rows["recall: Fairness"]["method"] == "coded by people: below"
    assert float(rows["recall: Fairness"]["value"]) == pytest.approx(0.3)


def test_a_stream_that_is_read_too_badly_shows_no_theme_and_says_why():
    """Another stream is read without a mistake, so that the quarter as a whole passes."""
    good, bad = labels(found=100), labels(found=20)
    few_found = bad.only(np.arange(400) < 150)
    others = together([replace(good, stream=words("sampled", 400)), few_found])
    edition = edition_of(window(), others)
    assert edition.reading != "below"
    assert ("open", "", "below") in {
        (one.stream, one.theme, one.status) for one in edition.theme_checks
    }
    assert {one.missing for one in edition.themes if one.stream == "open"} == {"reading"}
    assert edition.themeless == ()
    assert "Themes of these texts are withheld" in page_words(edition, "themes-open")
    assert "themes-open" not in drawing.render_charts(edition)


@pytest.mark.parametrize(
    ("tone", "themes"), [("", ("Taser",)), ("negative", ("Fairness", "Taser"))]
)
def test_a_campaign_names_no_theme_by_the_machine_that_is_withheld(withheld, tone, themes):
    sent = made_up_campaign(tone=tone, themes=("Fairness", "Taser"))
    names = {"fair": "Fairness", "taser": "Taser"}
    (one,) = campaigns_read_well([sent], withheld.theme_checks, names, withheld=False)
    assert one.themes == themes
    (one,) = campaigns_read_well([sent], withheld.theme_checks, names, withheld=True)
    assert one.themes == (themes if tone else ())


def made_up_campaign(**given):
    return EditionCampaign(id="1", stream="open", texts=40, first=DAY_ONE, last=DAY_ONE, **given)


def test_checks_have_names_where_no_theme_is_shown(withheld):
    bare = msgspec.structs.replace(withheld, themes=())
    (table,) = theme_tables.theme_check_tables(bare)
    assert [row[1].text for row in table.rows] == ["all themes", "Fairness", "Taser"]


def test_each_figure_on_the_page_says_how_it_was_read(shown):
    view = editions.report_view(shown, "0" * 64)
    (part,) = (one for one in view.every_section if one.key == "themes-open")
    assert "Shares are corrected for misreading" in " ".join(part.words)
    head = [one.replace("\N{NO-BREAK SPACE}", " ") for one in part.tables[0].head]
    cells = dict(zip(head, part.tables[0].rows[0], strict=True))
    assert "Machine count" in head
    assert cells["Share (95% interval)"].under == "corrected"
