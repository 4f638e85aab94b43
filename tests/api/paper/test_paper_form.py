"""A form on paper: every word of the instrument is on it, and conditions are put into words."""

import hashlib
import re
import subprocess
import sys
import unicodedata

import pypdfium2
import pytest

from api import paper
from api.locales import LOCALES
from api.paper.layout import form_layout
from api.paper.words import ENGLISH, condition_in_words, form_words, numbered_form, row_letters
from api.process.files import ToolError
from survey.surveys.instruments import (
    Agreement,
    Borough,
    Calculate,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    GridRow,
    Image,
    Instrument,
    Integer,
    Note,
    Option,
    Postcode,
    QuestionGroup,
    QuestionPage,
    Range,
    Rank,
    Repeat,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    Unsupported,
    all_parts,
    all_wordings,
    wording_text,
)
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.survey_of_everything import EVERYTHING, LABELS
from tests.london import CITY

BOROUGHS = CITY.local_areas()
AGAIN = (
    "import hashlib; from tests.api.paper.test_paper_form import ALL, BOROUGHS, paper;"
    "print(hashlib.sha256(paper.render_form_pdf(ALL, 'en', BOROUGHS)).hexdigest())"
)


def en(words):
    return {"en": words}


YES_NO = (Option("yes", en("Yes")), Option("no", en("No")))
TOWNS = (
    Option("bow", en("Bow"), traits={"side": "east"}),
    Option("acton", en("Acton"), traits={"side": "west"}),
)
SIDES = (Option("east", en("The east")), Option("west", en("The west")))

ALL = Instrument(
    slug="all-kinds",
    version=7,
    mode="sampled",
    kind="feedback",
    title={"en": "All kinds of questions"},
    summary={"en": "To see what a pen can do."},
    items=(
        Borough(name="home", text=en("Where do you live?"), required=True),
        Note(name="hello", text=en("Words between questions.")),
        SelectOne(name="seen", text=en("Did you see it?"), options=YES_NO, may_decline=True),
        Text(name="what", text=en("What did you see?"), relevant="${seen} = 'yes'", most=400),
        SelectMultiple(name="why", text=en("Why were you there?"), options=TOWNS + SIDES, most=2),
        Agreement(name="fair", text=en("It was fair."), labels=LABELS, may_decline=True),
        Agreement(name="calm", text=en("It was calm."), labels=LABELS, may_decline=True),
        Agreement(name="alone", text=en("I was alone."), labels=LABELS, hint=en("Or nearly so.")),
        Grid(
            name="rates",
            text=en("How were they?"),
            labels=LABELS,
            rows=(GridRow("polite", en("Being polite")), GridRow("quick", en("Coming quickly"))),
            may_decline=True,
        ),
        Scale(name="safe", text=en("How safe?"), low_label=en("not at all"), high_label=en("very")),
        Scale(name="warm", text=en("How warm?"), high=100, high_label=en("hot"), may_decline=True),
        QuestionGroup(
            name="journey",
            text=en("How you came"),
            relevant="${seen} != 'no' and (${safe} > 3 or selected(${why}, 'bow'))",
            items=(
                Range(name="part", text=en("Which part?"), high=1, step=0.25),
                Range(name="weight", text=en("Which weight?"), low=10, high=90, step=0.5),
                Integer(name="times", text=en("How often?"), most=50, required_when="${part} > 0"),
                Integer(name="balance", text=en("Which balance?"), least=None),
                Decimal(name="far", text=en("How far?"), may_decline=True),
            ),
        ),
        QuestionPage(
            name="table",
            text=en("Yes or no"),
            table=True,
            items=(
                SelectOne(name="tired", text=en("Were you tired?"), options=YES_NO, required=True),
                SelectOne(name="hungry", text=en("Were you hungry?"), options=YES_NO),
            ),
        ),
        Date(name="day", text=en("Which day?"), required=True),
        Time(name="hour", text=en("Which hour?")),
        DateTime(name="moment", text=en("Which moment?"), may_decline=True),
        Rank(name="order", text=en("Put these in order"), options=TOWNS),
        SelectOne(name="side", text=en("Which side?"), options=SIDES),
        SelectOne(name="town", text=en("Which town?"), options=TOWNS, filter="side = ${side}"),
        SelectOne(
            name="late", text=en("Which now?"), options=TOWNS, filter="side != ${side}"
        ),
        Calculate(name="sum", calculation="${times} + ${balance}"),
        Repeat(
            name="children",
            text=en("Child"),
            items=(
                Integer(name="years", text=en("Years old?"), most=30, relevant="${sum} > 2 * 3"),
                Text(name="called", text=en("A made-up name?"), long=False, most=30),
            ),
        ),
        Repeat(
            name="dogs", text=en("Dog"), count="2", items=(Date(name="born", text=en("Born?")),)
        ),
        Postcode(name="work", text=en("Where do you work, having said ${what}?")),
        Image(name="picture", text=en("A picture?")),
        File(name="letter", text=en("A letter?")),
        Unsupported(name="place", text=en("Where the phone is"), kind="geopoint"),
        Consent(name="may", text=en("May we?"), required=True),
        Note(name="bye", text=en("Words at the end."), relevant="${may} = 'OK'"),
    ),
)  # fmt: skip


def open_pdf(instrument, language="en"):
    document = pypdfium2.PdfDocument(paper.render_form_pdf(instrument, language, BOROUGHS))
    return document, [comparable_text(page.get_textpage().get_text_bounded()) for page in document]


def comparable_text(text):
    """Text to compare: without spaces, hyphens at the ends of lines, and places to break."""
    return re.sub(r"\s+", "", re.sub("[\u200b\ufffe\u00ad]|\x02", "", text))


def has_words(pages, words):
    return comparable_text(words) in "".join(pages)


@pytest.fixture(scope="module")
def full():
    return open_pdf(ALL)


def printed_words(instrument, language):
    """Every wording that is printed; those that only a screen needs are left out."""
    unseen = {p.name for p in all_parts(instrument.items) if isinstance(p, Unsupported | Calculate)}
    for where, wording in all_wordings(instrument):
        name, kind = where.partition(".")[0], where.rpartition(".")[2]
        if kind not in ("short", "required_message", "constraint_message") and name not in unseen:
            yield re.sub(r"\$\{\w+\}.*", "", wording_text(wording, language))


def test_it_is_a_pdf_the_same_each_time():
    body = paper.render_form_pdf(ALL, "en", BOROUGHS)
    assert body.startswith(b"%PDF")
    assert paper.render_form_pdf(ALL, "en", BOROUGHS) == body


def test_another_process_makes_the_same_bytes():
    again = subprocess.run(
        [sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True
    )
    here = hashlib.sha256(paper.render_form_pdf(ALL, "en", BOROUGHS)).hexdigest()
    assert again.stdout.strip() == here


def test_it_is_tagged_a4_with_title_and_language(full):
    document, pages = full
    body = paper.render_form_pdf(ALL, "en", BOROUGHS)
    assert document.is_tagged()
    assert b"pdfuaid:part>1<" in body
    assert b"/Lang(en)" in body
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert document.get_metadata_dict()["Title"] == "All kinds of questions"
    assert 4 <= len(pages) <= 8


@pytest.mark.parametrize(
    "instrument", [ALL, EVERYTHING, *load_ready_instruments()], ids=lambda one: one.slug
)
def test_every_word_of_the_instrument_is_on_it(instrument):
    _, pages = open_pdf(instrument)
    assert [words for words in printed_words(instrument, "en") if not has_words(pages, words)] == []
    assert [area.name for area in BOROUGHS if not has_words(pages, area.name)] == []
    for number, page in enumerate(pages, 1):
        assert comparable_text(f"{instrument.slug} · version {instrument.version}") in page
        assert f"page{number}of{len(pages)}" in page


@pytest.mark.parametrize(
    "instrument", [EVERYTHING, *load_ready_instruments()], ids=lambda one: one.slug
)
def test_it_is_no_longer_than_two_sheets_or_three_for_a_complaint(instrument):
    assert len(open_pdf(instrument)[0]) <= most_pages(instrument)


def most_pages(instrument):
    return 6 if instrument.kind == "complaint" else 4


def test_what_nobody_is_asked_is_not_on_it(full):
    assert not has_words(full[1], "Where the phone is")
    assert not has_words(full[1], "sum")


def test_it_says_what_is_kept_and_has_room_for_those_who_key_it_in(full):
    for words in (
        "We do not ask for your name",
        "We keep your borough, your answers, the language",
        "your letter was sent to",
        "If someone is in danger now, call 999.",
        "The access code from your letter",
        "You may quote my words",
        "Reference",
    ):
        assert has_words(full[1], words)


@pytest.mark.parametrize(
    "words",
    [
        "3 What did you see?",
        "8a Being polite",
        "Answer only if you ticked ‘Yes’ at question 2.",
        "Questions 11 to 15: answer only if you did not tick ‘No’ at question 2 and (your answer"
        " to question 9 is more than 3 or you ticked ‘Bow’ at question 4).",
        "must be answered if your answer to question 11 is more than 0",
        "Where do you live? (must be answered)",
        "No more than 2.",
        "From 0 to 100. 100 = hot.",
        "In steps of 0.5.",
        "Were you tired? (must be answered)",
        "Bow (The east)",
        "Choose only among those with your answer to question 22 in brackets.",
        "Bow (side: east)",
        "Choose only among those for which this is true: side != question 22.",
        "Child 3",
        "Answer only if this is true: (question 13 + question 14) > 2 * 3.",
        "There may be more: continue on another sheet",
        "having said [your answer to question 3]?",
        "Hand it over with this form, or send it online.",
        "only the borough is stored",
        "This is for you only if you ticked the box at question 31.",
    ],
)
def test_it_says_in_words_what_a_page_would_do(full, words):
    assert has_words(full[1], words), words


def test_rounds_are_as_many_as_are_counted_and_keep_their_numbers():
    blocks = form_layout(ALL, "en", BOROUGHS)["blocks"]
    headings = [one["text"] for one in blocks if one["kind"] == "heading"]
    assert headings[-5:] == ["Child 1", "Child 2", "Child 3", "Dog 1", "Dog 2"]
    assert [b["number"] for b in blocks if b.get("text") == "Years old?"] == ["25"] * 3
    many = Repeat(name="many", text=en("Cat"), count="40", items=(Time(name="at", text=en("At?")),))
    blocks = form_layout(instrument_of(many), "en", BOROUGHS)["blocks"]
    assert [one["text"] for one in blocks if one["kind"] == "heading"][-1] == "Cat 5"
    assert blocks[-1]["text"] == ENGLISH["more_rounds"]


def instrument_of(*items, title="A title", **more):
    given = {"slug": "one", "version": 1, "mode": "open", "kind": "survey", "summary": {}} | more
    return Instrument(title={"en": title}, items=items, **given)


CONDITIONS = {
    "${seen} = 'yes'": "you ticked ‘Yes’ at question 2",
    '"yes"=${ seen }': "you ticked ‘Yes’ at question 2",
    "${seen} != 'yes'": "you did not tick ‘Yes’ at question 2",
    "${seen} = 'prefer_not_to_say'": "you ticked ‘Prefer not to say’ at question 2",
    "${seen} != ''": "you answered question 2",
    "${what} = ''": "you did not answer question 3",
    "${what} = 'a cat'": "you answered ‘a cat’ at question 3",
    "selected(${why}, 'bow')": "you ticked ‘Bow’ at question 4",
    "not(selected(${why}, 'bow'))": "you did not tick ‘Bow’ at question 4",
    "selected(${why}, 'bow') or selected(${why},'east')":
        "you ticked ‘Bow’ or ‘The east’ at question 4",
    "selected(${why}, 'bow') and ${seen}='no'":
        "you ticked ‘Bow’ at question 4 and you ticked ‘No’ at question 2",
    "${seen}='no' or ${seen}='yes' and ${safe} <= 3":
        "you ticked ‘No’ at question 2 or (you ticked ‘Yes’ at question 2"
        " and your answer to question 9 is at most 3)",
    "(${seen}='no' or ${what}='x') and ((${safe} = 3))":
        "(you ticked ‘No’ at question 2 or you answered ‘x’ at question 3)"
        " and you answered ‘3’ at question 9",
    "${polite} = '1'": "you ticked ‘Very poor’ at question 8a",
    "${quick} >= 4": "you ticked ‘Good’ or ‘Very good’ at question 8b",
    "18 < ${times}": "your answer to question 13 is more than 18",
    "${may} = 'OK'": "you ticked the box at question 31",
    "${may} != 'OK'": "you did not tick the box at question 31",
}  # fmt: skip


@pytest.mark.parametrize(("expression", "words"), CONDITIONS.items())
def test_a_simple_condition_is_said_in_words(expression, words):
    assert condition_in_words(expression, numbered_form(ALL.items, "en", ENGLISH, 1)) == words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("count(${why}) > 1", "count(question 4) > 1"),
        ("${seen} = 'maybe'", "question 2 = 'maybe'"),
        ("${nobody} = 'x'", "nobody = 'x'"),
        ("${sum} > 3", "(question 13 + question 14) > 3"),
        ("not(${seen} = 'yes' and ${what} = 'x')", "not(question 2 = 'yes' and question 3 = 'x')"),
        ("${day} > '2020-01-01'", "question 18 > '2020-01-01'"),
        ("${quick} > 5", "question 8b > 5"),
        ("(" * 5_000, "(" * 2_000 + "…"),
        ("${seen} = 'yes", "question 2 = 'yes"),
        ("${seen} = 'yes' 'no'", "question 2 = 'yes' 'no'"),
        ("${may} = 'x'", "question 31 = 'x'"),
        ("", ""),
    ],
)
def test_any_other_condition_stands_as_it_is_with_numbers_for_names(expression, words):
    numbering = numbered_form(ALL.items, "en", ENGLISH, 1)
    assert condition_in_words(expression, numbering) == f"this is true: {words}"


def test_what_is_worked_out_from_itself_comes_to_an_end():
    numbering = numbered_form((Calculate(name="a", calculation="${a} + 1"),), "en", ENGLISH, 1)
    assert condition_in_words("${a} = 1 + 1", numbering).count("+ 1") < 20


def test_rows_are_lettered_on_and_on():
    assert [row_letters(place) for place in (0, 25, 26, 701, 702)] == ["a", "z", "aa", "zz", "aaa"]


HOSTILE = '#panic("x") $x$ *b* _i_ <label> @ref \\ `raw` // [c] {0} {number}'
LONG = "Donaudampfschifffahrts" * 12


def hostile_instrument():
    two = (Option("a", en(HOSTILE)), Option("empty", en("")), Option("long", en(LONG)))
    five = tuple(en(words) for words in (HOSTILE, "", LONG, "Unsatisfactory", "x\ny"))
    return instrument_of(
        SelectOne(name="a1", text=en(HOSTILE), hint=en(HOSTILE), options=two, filter=HOSTILE),
        SelectMultiple(name="a2", text=en(LONG), options=two, relevant=HOSTILE),
        Agreement(name="a3", text={}, labels=five),
        Agreement(name="a4", text=en(HOSTILE), labels=five, may_decline=True, required=True),
        Grid(
            name="a5", text=en(LONG), labels=five, rows=(GridRow("a5", en(LONG)), GridRow("r", {}))
        ),
        Scale(name="a6", text={}, low=-3, high=-3, low_label=en(LONG)),
        Range(name="a7", text={}, low=5, high=1, step=0),
        Range(name="a8", text={}, low=-1e6, high=1e6, step=4e5),
        Integer(name="a9", least=-(10**20), most=10**20),
        Repeat(name="none", count="0", items=(Time(name="b1"),)),
        QuestionGroup(name="empty", text=en(HOSTILE), relevant="true()", items=()),
        Rank(name="b2", options=two),
        Time(name="b4", text=en("bell\x07 \x00 \u202e back"), hint=en("so " * 3_000)),
        Text(name="b3", read_only=True, default="x"),
        SelectOne(name="many", options=tuple(Option(f"o{n}", en(LONG)) for n in range(120))),
        title=HOSTILE,
        summary=en(LONG),
    )


def test_hostile_words_are_only_text():
    document, pages = open_pdf(hostile_instrument())
    assert document.get_metadata_dict()["Title"] == HOSTILE
    assert has_words(pages, HOSTILE)
    assert has_words(pages, LONG)
    assert has_words(pages, "o119") or has_words(pages[-2:], LONG)
    assert len(pages) < 60


def test_nothing_is_printed_beyond_the_edge():
    document, _ = open_pdf(hostile_instrument())
    for page in document:
        text = page.get_textpage()
        boxes = [text.get_charbox(n) for n in range(text.count_chars())]
        assert all(left >= 20 and right <= 575 and bottom >= 20 for left, bottom, right, _ in boxes)


@pytest.mark.parametrize("instrument", load_ready_instruments(), ids=lambda one: one.slug)
def test_arabic_goes_from_right_to_left_and_every_letter_has_a_shape(instrument):
    document, _ = open_pdf(instrument, "ar")
    assert b"pdfuaid:part>1<" in paper.render_form_pdf(
        instrument, "ar", BOROUGHS
    )  # left out where a character has no shape
    assert b"/Lang(ar)" in paper.render_form_pdf(instrument, "ar", BOROUGHS)
    page = document[0].get_textpage()
    title = page.get_charbox(0)
    assert title[2] > 500
    text = unicodedata.normalize("NFKC", page.get_text_bounded())
    assert sum("\u0600" <= sign <= "\u06ff" for sign in text) > 300
    assert len(document) <= most_pages(instrument)


def test_a_language_that_the_instrument_lacks_is_its_first_instead():
    assert paper.render_form_pdf(EVERYTHING, "ar", BOROUGHS) == paper.render_form_pdf(
        EVERYTHING, "en", BOROUGHS
    )
    french = instrument_of(Time(name="a", text={"fr": "À quelle heure ?", "en": "When?"}))
    _, pages = open_pdf(french, "fr")
    assert has_words(pages, "À quelle heure ?")
    assert has_words(pages, "Comment remplir ce formulaire")


@pytest.mark.parametrize("language", LOCALES)
def test_the_fixed_words_are_in_every_language(language):
    words = form_words(language)
    assert list(words) == list(ENGLISH)
    for key, text in ENGLISH.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", words[key]))
    assert form_words("xx") == ENGLISH
    assert form_words("ar-EG") == form_words("ar") != ENGLISH


def test_a_character_that_no_font_has_is_an_empty_box_and_the_claim_is_dropped():
    instrument = instrument_of(Time(name="a", text=en("Before \U0010fffd after")))
    assert b"pdfuaid" not in paper.render_form_pdf(instrument, "en", BOROUGHS)
    document, pages = open_pdf(instrument)
    assert document.is_tagged()
    assert has_words(pages, "Before")
    assert has_words(pages, "after")


def test_what_else_goes_wrong_is_not_hidden(monkeypatch):
    monkeypatch.setattr(paper, "form_layout", lambda *_: {})
    with pytest.raises(ToolError, match=r"TypstError.*title"):
        paper.render_form_pdf(EVERYTHING, "en", BOROUGHS)
