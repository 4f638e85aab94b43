"""The first screen of a report in the ten languages of the pages: whole, or in English."""

import re

import msgspec
import pytest
from babel.messages.extract import extract_from_file

from analysis.editions import make_edition
from api import locales
from api.editions import contents, first_lines, report_view, with_first_screen
from api.editions.chapters.themes import top_themes_section
from api.jobs.edition_inputs.editions import edition_from_inputs
from api.locales import LOCALES, use_edition_language
from survey.editions.actions import Alert
from survey.sentences import Sentence
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.simulated_inputs import inputs_of_city
from tests.house.figures import read_inputs
from tools.catalogues import FOLDER, KEYWORDS, ROOT, read_catalogue

OTHERS = sorted(set(LOCALES) - {"en"})
DIGITS = re.compile(r"\d+")
# Separators of thousands and decimals, which differ by language, between two digits.
SEPARATOR = re.compile(r"(?<=\d)[.,\u202f\u00a0](?=\d)")


# Where the sentences are written that an edition stores and its first screen shows.
WRITTEN_IN = [
    *("analysis/editions/findings.py", "analysis/editions/differences.py"),
    *("analysis/editions/campaigns.py", "analysis/editions/signals.py"),
    *("analysis/editions/chapters/alerts.py", "survey/editions/actions.py"),
    "survey/editions/force.py",
]
# Names of dimensions are in tables of the chapters only.
NOT_SHOWN = re.compile("^(ethnicity|age|sex) as ")


@pytest.fixture(scope="module", params=["weekly", "monthly"])
def edition(request):
    return make_edition(inputs_of_city(kind=request.param))


def first_view(edition, language):
    return with_first_screen(report_view(edition, "0" * 64), edition, language)


def card_figures(view):
    """The figures of the cards, without separators, in reading order."""
    texts = [part for card in view.stats for part in (card.value.text, card.interval, card.base)]
    return [DIGITS.findall(SEPARATOR.sub("", text)) for text in texts]


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_of_the_first_screen_is_left_in_english(edition, language):
    english, view = report_view(edition, "0" * 64), first_view(edition, language)
    assert view.language == language
    for name in ("title", "label", "strip"):
        assert getattr(view, name) != getattr(english, name)
    assert not set(view.lead) & set(english.lead)
    for card, before in zip(view.stats, english.stats, strict=True):
        assert card.label != before.label
        assert not card.meaning or card.meaning != before.meaning
    assert {part.key for part in view.front if part.language == language} >= {"alerts"}


@pytest.mark.parametrize("language", OTHERS)
def test_the_figures_are_those_of_the_english_screen(edition, language):
    view, english = first_view(edition, language), report_view(edition, "0" * 64)
    for said, before in zip(card_figures(view), card_figures(english), strict=True):
        assert sorted(said) == sorted(before)
    assert [card.value.withheld for card in view.stats] == [
        card.value.withheld for card in english.stats
    ]


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_below_the_first_screen_stays_as_it_is(edition, language):
    view, english = first_view(edition, language), report_view(edition, "0" * 64)
    assert view.chapters == english.chapters
    assert view.basis == english.basis


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("make", [full_weekly_edition, full_monthly_edition])
def test_every_message_of_a_full_first_screen_has_a_translation(make, language):
    """Whoever adds one puts it into first_screen.pot and translates it."""
    with use_edition_language(language):
        lines = first_lines(make())
        parts = [[*one(make())] for one in contents.FRONT if one != top_themes_section]
    assert lines["language"] == language
    assert {section.key for part in parts for section in part} >= {"alerts", "index", "boroughs"}


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_the_first_screen_of_a_demonstration_is_in_every_language(kind):
    """With cards of counts, which cover more weeks than those of a small city."""
    made = edition_from_inputs(read_inputs(kind))
    for language in OTHERS:
        view = first_view(made, language)
        assert view.language == language
        english = {part.key for part in view.front if part.language == "en"}
        assert english <= {"top-themes"}


@pytest.mark.parametrize("place", WRITTEN_IN)
def test_every_sentence_that_is_stored_for_the_first_screen_has_a_translation(place):
    listed = read_catalogue(FOLDER / "first_screen.pot")
    written = [found[1] for found in extract_from_file("python", ROOT / place, KEYWORDS)]
    missing = [one for one in written if one not in listed and not NOT_SHOWN.search(str(one))]
    assert missing == []


def test_a_sentence_without_a_translation_leaves_the_first_lines_in_english(edition):
    changed = msgspec.structs.replace(edition, lead=(*edition.lead, "Nobody translated this."))
    view = first_view(changed, "ar")
    assert view == report_view(changed, "0" * 64)


@pytest.mark.parametrize(
    ("sentence", "shown_in"),
    [
        (Sentence("The perception index is far lower here than citywide."), "pl"),
        (Sentence("Nobody translated this."), "en"),
        ("It is older than the sources of sentences.", "en"),
    ],
)
def test_a_section_is_whole_or_in_english(edition, sentence, shown_in):
    raised = Alert(
        key="k",
        rule="funnel_index",
        level="amber",
        domain=edition.city,
        sentence=str(sentence),
        standing="new",
        since=edition.end,
        until=edition.end,
    )
    sources = (sentence.source,) if isinstance(sentence, Sentence) else ()
    view = first_view(
        msgspec.structs.replace(
            edition, alerts=(raised,), sentences=(*edition.sentences, *sources)
        ),
        "pl",
    )
    assert view.language == "pl"
    [alerts] = [part for part in view.front if part.key == "alerts"]
    assert alerts.language == shown_in
    assert (alerts.boxes[0].sentence == str(sentence)) == (shown_in == "en")


@pytest.mark.parametrize("language", OTHERS)
def test_what_changed_in_a_week_is_in_the_language(language):
    view = first_view(make_edition(inputs_of_city(kind="weekly")), language)
    [changed] = [part for part in view.front if part.key == "changed"]
    assert changed.language == language


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("en", "1,430", "1,430"),
        ("fr", "1,430", "1\u202f430"),
        ("pl", "58.6", "58,6"),
        ("tr", "−1.7", "−1,7"),
        ("ar", "+0.6", "\N{FIRST STRONG ISOLATE}+0.6\N{POP DIRECTIONAL ISOLATE}"),
        ("ur", "Hackney", "\N{FIRST STRONG ISOLATE}Hackney\N{POP DIRECTIONAL ISOLATE}"),
        ("fr", "99.87%", "99,87%"),
        ("pt", "2026", "2026"),
        ("fr", "12 of 13", "12 of 13"),
    ],
)
def test_a_stored_number_takes_the_form_of_the_language(language, text, shown):
    assert locales.local_value(text, LOCALES[language]) == shown
