"""Candidate themes keep the rules that themefinder keeps, on any heap of texts."""

import csv
import json
import random

import pytest

from analysis.text.codebook import STARTING
from analysis.text.labels import key_phrases, noun_phrases
from analysis.text.themes import discover

EXAMPLES = [example for theme in STARTING.themes for example in theme.examples]


def keeps_the_rules(found, texts, most=25):
    fewest = max(5, 0.001 * len(texts))
    assert len(found) <= most
    assert all(theme.size >= fewest or len(found) == 1 for theme in found)
    assert sum(theme.size for theme in found) <= len(texts)
    assert [theme.size for theme in found] == sorted((t.size for t in found), reverse=True)
    assert len({theme.label for theme in found}) == len(found)
    assert all(theme.quotes and len(set(theme.quotes)) == len(theme.quotes) for theme in found)
    assert all(alike(a.words, b.words) < 0.7 for a in found for b in found if a is not b)
    assert not {q for t in found for q in t.quotes} - {" ".join(text.split()) for text in texts}


def alike(one, other):
    first, second = set(one), set(other)
    return len(first & second) / max(1, len(first | second))


def test_the_rules_on_our_own_examples():
    found = discover(EXAMPLES)
    assert 6 <= len(found) <= 25
    keeps_the_rules(found, EXAMPLES)


def test_the_order_of_the_texts_does_not_matter():
    shuffled = random.Random(3).sample(EXAMPLES, len(EXAMPLES))
    assert discover(shuffled) == discover(EXAMPLES)


def test_thirty_texts_begin_it():
    assert discover(EXAMPLES[:29]) == []
    assert discover([*EXAMPLES[:29], "  ", "👍", "the"]) == []
    assert discover(EXAMPLES[:30])


def test_one_text_ten_thousand_times_is_one_theme():
    (theme,) = discover(["Stop using Tasers on kids please"] * 10_000)
    assert (theme.size, theme.quotes) == (10_000, ("Stop using Tasers on kids please",))


@pytest.mark.parametrize(
    "texts",
    [["taser"] * 40, [f"w{n}" for n in range(50)], ["a b"] * 50, ["aa" * 2_000] * 31],
    ids=["one word", "nothing in common", "nothing said", "one long word"],
)
def test_degenerate_heaps(texts):
    keeps_the_rules(discover(texts), texts)


def test_the_reader_sets_the_number():
    assert len(discover(EXAMPLES, most=7, fewest=3)) <= 7


def test_noun_phrases_need_no_corpora():
    assert "young people" in noun_phrases("We don't trust young people with the loud sirens.")


def test_key_phrases_do_not_repeat_themselves():
    weighed = {"young people": 1.0, "people": 0.9, "young": 0.8, "night bus": 0.5}
    assert key_phrases(weighed)[:2] == ("young people", "night bus")


def test_complaints_of_a_real_city(shared):
    path = shared / "data/freetext/ppd_complaints_2015-2020.csv"
    with path.open(encoding="utf-8") as file:
        texts = [row["summary"] for row in csv.DictReader(file)]
    found = discover(texts)
    assert len(found) >= 6
    keeps_the_rules(found, texts)


def test_a_consultation(shared):
    folder = shared / "data/freetext/themefinder_gambling_XS/evals/data/gambling_XS/inputs"
    lines = (folder / "question_part_1/responses.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["response"] for line in lines]
    found = discover(texts)
    assert len(found) >= 6
    keeps_the_rules(found, texts)
