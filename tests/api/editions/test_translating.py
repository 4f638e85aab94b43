"""Every word of an edition can be translated: a made-up language marks what went through the
catalogue, and what is left must be data.
"""

import re

import msgspec
import pytest

from analysis import measures
from analysis.editions import make_edition
from api import locales
from api.editions import report_view
from api.editions.areas import short_names
from api.editions.files import PDF_TEMPLATE, paper_words
from api.locales import format_sentence, item_subjects
from survey.editions.texts import NewCodebook, ThemeCodebookEffect
from survey.sentences import strings_of
from survey.themes.demands import EditionCampaign
from survey.themes.double_coding import Accuracy, AccuracyEstimate
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.simulated_inputs import inputs_of_city
from tests.files.made_up_language import write_editions_catalogue

MADE_UP = "xx"
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")
# Months are written by Babel, which knows the languages; the rest is the same in each.
SAME = {
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep"),
    *("Sept", "Oct", "Nov", "Dec"),
}
THEME_PARTS = {
    *("codebook", "themes", "themes-complaints", "themes-open", "themes-sampled", "top-themes"),
}
OF_SOURCES = ("incidents",)  # what a publisher of figures counted, in the publisher's words
# What identifies a part for the program; nobody reads it.
NAMES = {
    *("name", "key", "kind", "stream", "standing", "level", "start", "chart", "address", "sha256"),
    "section",  # the key of one
    "language",
}


@pytest.fixture
def made_up_language(tmp_path, monkeypatch):
    """The catalogue of editions in a language that marks every word that it translates."""
    write_editions_catalogue(tmp_path / MADE_UP)
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    locales.load_catalogue.cache_clear()
    with locales.use_edition_language(MADE_UP):
        yield
    locales.load_catalogue.cache_clear()


def words_left(text, data):
    left = MARKED.sub(" ", text)
    for one in data:
        left = left.replace(one, " ")
    return [word for word in WORD.findall(left) if word not in SAME]


def shown_texts(one):
    """Every text of a view that somebody reads."""
    if isinstance(one, str):
        yield one
    elif isinstance(one, tuple):
        for part in one:
            yield from shown_texts(part)
    elif isinstance(one, msgspec.Struct):
        for field in one.__struct_fields__:
            if field not in NAMES:
                yield from shown_texts(getattr(one, field))


def stored_words(edition):
    """The texts of an edition that are data, longest first: names, sources, words of people."""
    titles = (one.title for one in measures.load_measures().values())
    known = {one.english for one in edition.sentences}
    stored = [text for text in strings_of(edition) if text not in known]
    found = {*stored, *map(format_sentence, stored), *titles, *OF_SOURCES}
    found |= {*short_names().values()}  # codes of boroughs
    # Questions are translated in their survey.
    found |= {*item_subjects("en").values()}
    return sorted(filter(WORD.search, found), key=len, reverse=True)


def untranslated(edition):
    """The words of each section that did not go through the catalogue."""
    view = report_view(edition, "0" * 64)
    data = stored_words(edition)
    titles = tuple(msgspec.structs.replace(one, sections=()) for one in view.chapters)
    front = msgspec.structs.replace(view, front=(), chapters=titles)
    parts = {"front": front, **{part.key: part for part in view.every_section}}
    found = {
        key: [(text, left) for text in shown_texts(part) if (left := words_left(text, data))]
        for key, part in parts.items()
    }
    return {key: texts for key, texts in found.items() if texts}


def read_and_recoded_edition(reading):
    """An edition with a campaign, a new codebook and coded texts, which the full ones leave out."""
    edition = full_weekly_edition()
    day, score = edition.start, AccuracyEstimate(n=295, value=0.853, low=0.801, high=0.894)
    effect = ThemeCodebookEffect(theme="a", name="Safety", stream="open", before=30, after=50)
    return msgspec.structs.replace(
        edition,
        themes=tuple(
            msgspec.structs.replace(one, corrected=True, labels=100 + n, voices=10)
            for n, one in enumerate(edition.themes)
        ),
        reading=reading,
        accuracy=Accuracy(quarter=day, labels=295, alpha=score, f1=score, tone_recall=score),
        campaigns=(
            EditionCampaign(id="c", stream="open", themes=(), texts=20, first=day, last=day),
        ),
        new_codebook=NewCodebook(before=1, reasons=(), changes=(), texts=80, recoded=(effect,)),
    )


@pytest.mark.parametrize("edition", [full_weekly_edition, full_monthly_edition])
def test_every_word_of_the_view_can_be_translated(edition, made_up_language):
    assert untranslated(edition()) == {}


def test_every_sentence_that_is_stored_can_be_translated(made_up_language):
    edition = make_edition(inputs_of_city())
    assert len(edition.sentences) > 10
    assert untranslated(edition) == {}


@pytest.mark.parametrize("reading", ["passed", "below"])
def test_every_word_on_campaigns_and_codebooks_can_be_translated(reading, made_up_language):
    found = read_and_recoded_edition(reading)
    shown = [part for part in report_view(found, "0" * 64).every_section if part.key in THEME_PARTS]
    assert len(shown) > 2
    data = stored_words(found)
    assert {text for text in shown_texts(tuple(shown)) if words_left(text, data)} == set()


def test_the_pdf_has_no_words_of_its_own(made_up_language):
    words = paper_words(report_view(full_weekly_edition(), "0" * 64))
    texts = [
        text
        for one in words.values()
        for text in (one.values() if isinstance(one, dict) else [one])
    ]
    data = ["{page}", "{pages}", "SHA-256", "method", "July"]
    assert [text for text in texts if words_left(text, data)] == []
    template = re.sub(r"//.*", "", PDF_TEMPLATE.read_text())
    literal = re.findall(r'"[A-Z][a-z][^"]*"|\[[^\]#]*[A-Z][a-z]+[^\]]*\]', template)
    assert literal == [
        '"Soundings"',
        "[Soundings · #sheet.title · #sheet.label]",
    ]


def test_an_edition_stays_english_where_editions_are_not_translated():
    edition = make_edition(inputs_of_city())
    token = locales.LANGUAGE.set("ar")
    view = report_view(edition, "0" * 64)
    locales.LANGUAGE.reset(token)
    assert view == report_view(edition, "0" * 64)
