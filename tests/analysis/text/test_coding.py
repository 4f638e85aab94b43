"""A text from redaction to themes, and the coder that learned the codebook."""

import csv

import msgspec
import numpy as np
import pytest

from analysis.text.codes import CODER, CODER_VERSION, code_texts
from analysis.themes import codebook
from tests.waiting import allowance

ALL = {theme.id for theme in codebook.STARTING_CODEBOOK.themes}

# Written after the code and the codebook were fixed; the first run decided the numbers below.
HELD_OUT = [
    ("White kids do the same and nobody looks at them twice", "fairness-between-groups"),
    ("They discriminate against Muslims, end of.", "fairness-between-groups"),
    ("Everyone was treated with equal courtesy", "fairness-between-groups"),
    ("my teenage daughter is afraid of them since that day", "young-people"),
    ("More youth workers in schools instead", "young-people"),
    ("They came to the youth centre and played football with the children", "young-people"),
    ("My nan is 85, she couldn't stand up as fast as they wanted", "older-and-disabled-people"),
    ("What about a person with a pacemaker or epilepsy", "older-and-disabled-people"),
    ("no thought for wheelchair users or deaf people", "older-and-disabled-people"),
    ("How many hours of training have they had", "officer-training"),
    ("they need to be taught how to de-escalate", "officer-training"),
    ("badly trained, badly supervised", "officer-training"),
    ("This turns the police into an army and us into the enemy", "message-to-communities"),
    ("It sends out completely the wrong signal", "message-to-communities"),
    ("policing by consent is finished", "message-to-communities"),
    ("I would feel a lot safer in the evening", "feeling-safer"),
    ("it protects officers from knife attacks", "feeling-safer"),
    ("I don't feel protected where I live", "feeling-safer"),
    ("A shock like that could stop your heart", "fear-of-the-weapon"),
    ("people die from tasers, they are lethal", "fear-of-the-weapon"),
    ("the sight of the red dot terrifies me", "fear-of-the-weapon"),
    ("I complained to the IOPC and got no answer", "accountability-and-complaints"),
    ("officers who lie should be sacked", "accountability-and-complaints"),
    ("turn your body camera on", "accountability-and-complaints"),
    ("been stopped 5 times this year, never found anything", "stop-and-search"),
    ("they searched my car for no reason", "stop-and-search"),
    ("never got a slip for the search", "stop-and-search"),
    ("we waited four hours for someone to come", "visibility-and-response"),
    ("Haven't seen an officer walking down here in years", "visibility-and-response"),
    ("999 call answered in seconds and they arrived fast", "visibility-and-response"),
    ("He was suicidal and they sent a dog unit", "mental-health-crisis"),
    ("my sister has bipolar, she needed a doctor", "mental-health-crisis"),
    ("Send a nurse to people who are psychotic", "mental-health-crisis"),
    ("no one consulted residents about this", "community-relations-and-information"),
    ("put the numbers on a website so we all can see", "community-relations-and-information"),
    ("hold a meeting in our community hall", "community-relations-and-information"),
]

ELSEWHERE = """The bins have not been collected for weeks
I love football
no idea
ok
nothing to add
The website is slow
Arsenal won yesterday
My cat likes fish
Lorem ipsum dolor sit amet
Pizza with extra cheese""".splitlines()


def assigned_themes(coder, texts):
    return [coding.themes for coding in code_texts(texts, [None] * len(texts), coder)]


def test_the_starting_codebook():
    themes = codebook.STARTING_CODEBOOK.themes
    assert len(themes) == len(ALL) == 17
    assert all(10 <= len(theme.examples) <= 40 and theme.name["en"] for theme in themes)
    examples = [example for theme in themes for example in theme.examples]
    assert len(set(examples)) == len(examples)


@pytest.mark.slow
def test_held_out_sentences(coder):
    found = [
        {code.theme for code in codes} for codes in assigned_themes(coder, [t for t, _ in HELD_OUT])
    ]
    right = [theme in themes for themes, (_, theme) in zip(found, HELD_OUT, strict=True)]
    wrong = [len(themes - {theme}) for themes, (_, theme) in zip(found, HELD_OUT, strict=True)]
    assert np.mean(right) >= 0.88  # .92; .83 by vectors alone, .75 by words alone
    assert np.mean(wrong) <= 0.25  # .22, of which half are right: a pacemaker is a disability too


@pytest.mark.slow
def test_what_is_about_something_else_has_no_theme(coder):
    assert sum(bool(codes) for codes in assigned_themes(coder, ELSEWHERE)) <= 1


@pytest.mark.slow
def test_examples_are_recognised(coder):
    for theme in codebook.STARTING_CODEBOOK.themes:
        found = assigned_themes(coder, list(theme.examples[::4]))
        assert np.mean([theme.id in {c.theme for c in codes} for codes in found]) >= 0.85


def test_several_themes_by_sentence(coder):
    said = "They searched my bag, no slip. Two hours on hold to 101. Great training."
    (codes,) = assigned_themes(coder, [said])
    assert {"stop-and-search", "visibility-and-response"} <= {code.theme for code in codes}


def test_codes_are_few_ordered_and_between_0_and_1(coder):
    everything = " ".join(e for theme in codebook.STARTING_CODEBOOK.themes for e in theme.examples)
    for codes in assigned_themes(coder, [everything, *[text for text, _ in HELD_OUT]]):
        strengths = [code.strength for code in codes]
        assert len(codes) <= 4
        assert {code.theme for code in codes} <= ALL
        assert strengths == sorted(strengths, reverse=True)
        assert all(0 < strength <= 1 for strength in strengths)


def test_an_example_may_stand_under_two_themes():
    first, second, *_ = codebook.STARTING_CODEBOOK.themes
    shared = "The search was unfair to Black men"
    themes = (
        msgspec.structs.replace(first, examples=(*first.examples, shared)),
        msgspec.structs.replace(second, examples=(*second.examples, shared)),
    )
    book = msgspec.structs.replace(codebook.STARTING_CODEBOOK, version=2, themes=themes)
    (codes,) = assigned_themes(codebook.Coder(book), [shared])
    assert {first.id, second.id} <= {code.theme for code in codes}


@pytest.mark.slow
def test_the_same_codebook_makes_the_same_coder(coder):
    again = codebook.Coder(codebook.STARTING_CODEBOOK)
    texts = [text for text, _ in HELD_OUT]
    assert again.threshold == coder.threshold
    assert assigned_themes(again, texts) == assigned_themes(coder, texts)


@pytest.mark.slow
def test_neighbours_change_nothing(coder):
    texts = [text for text, _ in HELD_OUT] + ELSEWHERE + ["", "PC Smith was rude"]
    together = code_texts(texts, [None] * len(texts), coder)
    assert together == [code_texts([text], [None], coder)[0] for text in texts]
    assert together[::-1] == code_texts(texts[::-1], [None] * len(texts), coder)


def test_a_text_is_redacted_scored_and_themed(coder):
    (coding,) = code_texts(
        ["PC Smith searched me and was very rude. Call 07700 900123"], ["en"], coder
    )
    assert coding.redacted == "PC [name] searched me and was very rude. Call [phone]"
    assert [span.kind for span in coding.spans] == ["name", "phone"]
    assert coding.language == "en"
    assert coding.sentiment.label == "negative"
    assert "stop-and-search" in {code.theme for code in coding.themes}
    assert (coding.coder, coding.coder_version, coding.codebook) == (CODER, CODER_VERSION, 1)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_nothing_said_has_no_themes(coder, text):
    (coding,) = code_texts([text], [None], coder)
    assert (coding.themes, coding.sentiment, coding.redacted) == ((), None, text)


def test_no_texts_no_codes(coder):
    assert code_texts([], [], coder) == []


@pytest.mark.slow
def test_another_language_is_themed_but_not_scored(coder):
    (coding,) = code_texts(["Funkcjonariusze byli niegrzeczni i nic nie wyjaśnili"], [None], coder)
    assert (coding.language, coding.sentiment) == ("pl", None)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        pytest.param("😀🚓" * 2_000, marks=pytest.mark.slow),
        "полиция police 警察 الشرطة " * 500,
        "a" * 20_000 + "!",
        "0" * 20_000,
    ],
    ids=["one word", "emoji", "scripts", "no end", "digits"],
)
def test_hostile_text_takes_no_work_that_grows_out_of_hand(coder, text):
    with allowance():
        code_texts([text], [None], coder)


@pytest.mark.slow
def test_ten_thousand_equal_texts_have_one_coding(coder):
    codings = code_texts(["They searched my bag for no reason"] * 10_000, [None] * 10_000, coder)
    assert len({msgspec.json.encode(coding) for coding in codings}) == 1


def csv_column(path, column):
    with path.open(encoding="utf-8") as file:
        return [row[column] for row in csv.DictReader(file)]


def test_young_londoners_on_policing(coder, shared):
    folder = shared / "data/freetext/polis_london_youth_policing"
    texts = csv_column(folder / "comments.csv", "comment-body")
    codings = code_texts(texts, [None] * len(texts), coder)
    assert {coding.language for coding in codings} == {"en"}
    assert not [span for coding in codings for span in coding.spans]
    about = [
        coding for coding in codings if "young" in coding.redacted and "people" in coding.redacted
    ]
    assert np.mean(["young-people" in {c.theme for c in coding.themes} for coding in about]) >= 0.3
    ethnic = [c.sentiment.label for c in codings if c.redacted.startswith("My ethnicity")]
    assert ethnic == ["neutral"] * 5


def test_complaints_of_a_real_city(coder, shared):
    texts = csv_column(shared / "data/freetext/ppd_complaints_2015-2020.csv", "summary")
    codings = code_texts(texts, [None] * len(texts), coder)
    english = [coding.language == "en" for coding in codings]
    assert np.mean(english) > 0.99
    assert (
        np.mean([coding.sentiment.label == "positive" for coding in codings if coding.sentiment])
        < 0.4
    )
    assert {c.theme for coding in codings for c in coding.themes} <= ALL
