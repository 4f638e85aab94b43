"""The guard of quotes: where one character of a text has changed, nothing is printed."""

import datetime
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.themes import quotes
from survey.editions.texts import ThemeShare
from survey.problems import Conflict
from survey.themes.codebooks import ThemeCode
from survey.themes.quotes import (
    ChosenQuote,
    QuoteSourceText,
    content_words,
    quotable_spans,
    sentence_spans,
    text_sha256,
)

TEXT = "They stopped [name] twice. Nobody said why! I would like an answer."
SOURCE = QuoteSourceText(
    redacted=TEXT, again=TEXT, redaction="2", consent="yes", stream="open", area="E09000012"
)
CHOSEN = ChosenQuote(
    id=7,
    theme="fairness",
    received=datetime.date(2026, 3, 2),
    start=27,
    end=43,
    sha256=text_sha256(TEXT),
    redaction="2",
    approved_by="Cindy Marsh",
    source=SOURCE,
)


def theme_cell(domain, status="shown"):
    return ThemeShare(
        theme="fairness",
        name="Fair treatment",
        stream="open",
        domain=domain,
        texts=12,
        share=None,
        low=None,
        high=None,
        status=status,
    )


def printed_quotes(chosen, *cells):
    return quotes.guarded_quotes([chosen], "London", cells or (theme_cell("London"),))


def refusal_code(chosen):
    with pytest.raises(Conflict, match="Quote 7") as refused:
        printed_quotes(chosen)
    return refused.value.code


def quote_with_source(**fields):
    return msgspec.structs.replace(CHOSEN, source=msgspec.structs.replace(SOURCE, **fields))


def test_a_quote_that_stands_is_printed_word_for_word():
    assert [one.words for one in printed_quotes(CHOSEN)] == ["Nobody said why!"]


@given(st.integers(0, len(TEXT) - 1), st.characters(blacklist_categories=("Cs",)))
def test_one_character_changed_anywhere_in_the_text_is_refused(at, sign):
    text = TEXT[:at] + sign + TEXT[at + 1 :]
    if text != TEXT:
        assert refusal_code(quote_with_source(redacted=text)) == "quote.changed"
        assert refusal_code(quote_with_source(again=text)) == "quote.changed"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (msgspec.structs.replace(CHOSEN, approved_by=None), "quote.unapproved"),
        (msgspec.structs.replace(CHOSEN, source=None), "quote.changed"),
        (msgspec.structs.replace(CHOSEN, sha256=text_sha256(TEXT + " ")), "quote.changed"),
        (quote_with_source(consent="withdrawn"), "quote.withdrawn"),
        (quote_with_source(consent="no"), "quote.no_consent"),
        (quote_with_source(redaction="3", redacted="They stopped [name]."), "quote.changed"),
    ],
)
def test_what_does_not_hold_is_refused_and_names_the_quote(broken, code):
    assert refusal_code(broken) == code


def test_a_newer_redaction_that_leaves_the_text_as_it_was_is_no_change():
    assert printed_quotes(quote_with_source(redaction="3"))


def test_one_bad_quote_stops_them_all():
    with pytest.raises(Conflict, match="Quote 7"):
        quotes.guarded_quotes(
            [CHOSEN, quote_with_source(consent="no")], "London", (theme_cell("London"),)
        )


def test_a_borough_is_named_only_where_ten_texts_stand_behind_it():
    assert (
        printed_quotes(CHOSEN, theme_cell("London"), theme_cell("E09000012"))[0].domain
        == "E09000012"
    )
    assert (
        printed_quotes(CHOSEN, theme_cell("London"), theme_cell("E09000012", "withheld"))[0].domain
        == "London"
    )
    assert printed_quotes(CHOSEN, theme_cell("London", "withheld")) == ()


def test_a_text_is_offered_by_its_sentences_and_as_a_whole():
    assert [TEXT[a:b] for a, b in sentence_spans(TEXT)] == [
        "They stopped [name] twice.",
        "Nobody said why!",
        "I would like an answer.",
        TEXT,
    ]
    assert sentence_spans("لماذا أوقفوني مرتين؟ لم يقل أحد شيئًا.")[0] == (0, 20)


OPENING = "We talked about this at our youth club."
WORRY = "My son is fifteen and small for his age, a Taser could kill him."
BOTH = f"{OPENING} {WORRY} Just being honest."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (OPENING, 3),
        ("I am a student.", 1),
        ("Thank you for asking.", 2),
        (WORRY, 6),
        ("Don’t send officers, send nurses!", 4),
        ("لماذا أوقفوني مرتين؟ لم يقل أحد شيئًا.", 7),
        ("警察は夜に来ませんでした", 6),
    ],
)
def test_words_that_only_hold_a_sentence_together_are_no_content(words, expected):
    assert content_words(words) == expected


def quotable(words, mark=None):
    """What may be quoted of a text whose theme was recognised in `mark`, and how many there."""
    start = words.index(mark) if mark else 0
    code = ThemeCode("young-people", 0.8, start, start + len(mark) if mark else 0)
    spans, marked = quotable_spans(words, [code], "young-people")
    return [words[a:b] for a, b in spans], marked


def test_what_may_be_quoted_is_where_the_theme_was_recognised():
    other = "They rang three times about the dealing and nobody came."
    assert quotable(f"{other} {WORRY}", WORRY) == ([WORRY, other, f"{other} {WORRY}"], 1)


def test_a_text_of_which_only_an_opening_gave_the_theme_is_not_offered():
    assert quotable(BOTH, OPENING) == ([], 0)
    assert quotable(BOTH, WORRY) == ([WORRY, BOTH], 1)


def test_where_the_passage_is_not_known_it_is_the_whole_text():
    assert quotable(BOTH) == ([WORRY, BOTH], 1)
    assert quotable(TEXT) == ([TEXT], 1)


def quote_of(number, tone, theme="fairness"):
    # Other words each: the same words are not printed twice.
    return msgspec.structs.replace(
        quote_with_source(tone=tone), id=number, theme=theme, start=0, end=number
    )


def numbers_printed(*chosen):
    cells = [theme_cell("London"), msgspec.structs.replace(theme_cell("London"), theme="other")]
    printed = quotes.guarded_quotes(chosen, "London", cells)
    return [one.id for one in quotes.balanced_quotes(printed, chosen)]


def test_an_edition_prints_two_quotes_a_theme_of_different_tones():
    three = quote_of(1, "positive"), quote_of(2, "negative"), quote_of(3, "negative")
    assert numbers_printed(*three) == [1, 3]
    assert numbers_printed(*three, quote_of(4, "negative", "other")) == [1, 3, 4]
    assert numbers_printed(*(quote_of(n, "negative") for n in (1, 2, 3))) == [2, 3]
    again = msgspec.structs.replace(quote_of(5, "negative"), end=4)
    assert numbers_printed(quote_of(1, "positive"), quote_of(4, "negative"), again) == [1, 5]


def test_a_quote_that_is_left_out_still_stops_the_edition_if_it_is_wrong():
    wrong = msgspec.structs.replace(quote_of(1, "negative"), approved_by=None)
    with pytest.raises(Conflict):
        numbers_printed(wrong, quote_of(2, "negative"), quote_of(3, "positive"))


API = Path(__file__).parents[3] / "api"
MARKS = re.compile(r"[“”„«»]|&[lr]dquo;|&#822[01];|<q\b|<blockquote|\bquote\(")
PUBLIC = [
    *(API / "pages/templates/report").glob("*.html"),
    *(API / "pages/templates/resident").glob("*.html"),
    *(API / "pages/templates").glob("*.html"),
    *(API / "paper").glob("*.typ"),
    *(API / "editions").rglob("*.typ"),
    *(API / "editions").rglob("*.py"),
    API.parent / "analysis/editions/front.py",
]


def test_nothing_else_can_stand_between_quotation_marks():
    """A macro on the page, a function on paper and a line of slides, which all take a Quote."""
    found = {
        file.name: [line for line in file.read_text().splitlines() if MARKS.search(line)]
        for file in PUBLIC
    }
    assert {name: len(lines) for name, lines in found.items() if lines} == {
        "parts.html": 1,
        "edition.typ": 1,
        "powerpoint.py": 1,
    }
    assert "quote.words" in found["parts.html"][0]
    assert "one.quote.words" in found["edition.typ"][0]
    assert "said.quote.words" in found["powerpoint.py"][0]
