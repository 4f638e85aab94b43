"""Campaigns: edited copies are found, people who only speak alike are not."""

import datetime
import random
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.text import campaigns
from analysis.text.copies import FEWEST_WORDS
from analysis.text.model import reading
from survey.themes.demands import matching_campaigns
from tests.bench.text.simulated import written

LETTER = (
    "I am writing to ask that officers in our borough stop carrying Taser on ordinary patrol, "
    "because children walk past them every day on the way to school and are frightened."
)
OTHER = (
    "Please keep the neighbourhood team at the market hall, the two officers know every trader by "
    "sight and the thefts have gone down since they came last spring."
)
WORDS = [
    "river", "lamp", "quietly", "over", "eleven", "garden",
    "brought", "stone", "paper", "window", "north", "seldom",
]  # fmt: skip
MONDAY = datetime.date(2026, 3, 2)
DICE = random.Random(3)


def edited_copy(text, share, dice=DICE):
    words = text.split()
    for _ in range(round(share * len(words))):
        at, what = dice.randrange(len(words)), dice.choice(("change", "drop", "add"))
        words[at : at + (what != "add")] = [] if what == "drop" else [dice.choice(WORDS)]
    return " ".join(words)


def unrelated_texts(n):
    """Texts that have no word in common."""
    return [" ".join(random_word() for _ in range(20)) for _ in range(n)]


def random_word():
    return "".join(DICE.choices("abcdefghilmnoprstu", k=DICE.randrange(3, 9)))


def test_edited_copies_are_one_campaign_and_nothing_else_is():
    copies = [edited_copy(LETTER, 0.3 * i / 20) for i in range(20)]
    found = campaigns.find_campaigns(["Nothing to say.", *unrelated_texts(30), *copies])
    assert [one.members for one in found] == [tuple(range(31, 51))]


def test_a_sentence_of_one_s_own_before_or_after_does_not_hide_a_copy():
    mine = "My own son was stopped twice this winter and he has done nothing wrong at all."
    copies = [LETTER] * 4 + [f"{mine} {LETTER}", f"{LETTER} {mine}"]
    assert campaigns.find_campaigns(copies)[0].members == tuple(range(6))


def test_two_campaigns_stay_two_and_the_larger_comes_first():
    found = campaigns.find_campaigns([edited_copy(OTHER, 0.1) for _ in range(6)] + [LETTER] * 9)
    assert [len(one.members) for one in found] == [9, 6]


def test_four_copies_are_no_campaign():
    assert campaigns.find_campaigns([LETTER] * 4) == []


@pytest.mark.parametrize("phrase", ["no comment", "Nothing.", "more police please", "N/A", ""])
def test_a_stock_phrase_is_no_campaign_however_often_it_comes(phrase):
    assert campaigns.find_campaigns([phrase] * 200) == []


def test_masks_case_and_punctuation_make_no_difference():
    copies = [
        LETTER,
        LETTER.upper(),
        f"[name] {LETTER}!!",
        LETTER.replace(",", " –"),
        LETTER + "\n",
    ]
    assert len(campaigns.find_campaigns(copies)) == 1


def test_texts_that_share_only_an_opening_are_no_campaign():
    """A beginning in common is no campaign: most of each text is its own."""
    form = "The reporting person states that on the day in question "
    assert campaigns.find_campaigns([form + text for text in unrelated_texts(40)]) == []


SHORT = "we want the old police station on the high street opened again"


def test_shorter_texts_need_a_burst():
    spread = [MONDAY + datetime.timedelta(days=30 * i) for i in range(6)]
    burst = [MONDAY + datetime.timedelta(days=i) for i in range(6)]
    assert campaigns.find_campaigns([SHORT] * 6, spread) == []
    assert len(campaigns.find_campaigns([SHORT] * 6, burst)) == 1


def test_a_few_like_texts_over_months_are_alike_by_chance():
    """Six of one wording between February and August are no campaign; ten are, or six at once."""
    months = [MONDAY + datetime.timedelta(days=30 * i) for i in range(10)]
    assert campaigns.find_campaigns([LETTER] * 6, months[:6]) == []
    assert len(campaigns.find_campaigns([LETTER] * 10, months)) == 1
    assert len(campaigns.find_campaigns([LETTER] * 6, [MONDAY] * 6)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 13])
def test_of_the_simulated_city_the_letter_is_the_only_campaign(seed):
    """Its writers use the same stock of sentences, so that many texts are twins by chance."""
    texts, days, sent = written(seed)
    (found,) = campaigns.find_campaigns(texts, days)
    assert set(found.members) == sent


@given(st.permutations(range(26)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_texts_changes_nothing(order):
    dice = random.Random(9)
    texts = [edited_copy(LETTER, 0.2, dice) for _ in range(10)] + [
        edited_copy(OTHER, 0.2, dice) for _ in range(8)
    ]
    texts += [" ".join(dice.choices(WORDS, k=20)) for _ in range(8)]
    mixed = [texts[i] for i in order]
    found = {frozenset(texts[i] for i in one.members) for one in campaigns.find_campaigns(texts)}
    again = campaigns.find_campaigns(mixed)
    assert {frozenset(mixed[i] for i in one.members) for one in again} == found
    assert {mixed[one.central] for one in again} == {
        texts[one.central] for one in campaigns.find_campaigns(texts)
    }


def test_nothing_gives_nothing():
    assert campaigns.find_campaigns([]) == []


def test_a_campaign_is_known_again_by_most_of_its_texts():
    before = {"a": "one", "b": "one", "c": "two", "d": "two", "e": "two"}
    assert matching_campaigns([["a", "b", "f"], ["c", "d", "e", "g"]], before) == ["one", "two"]


def test_when_a_campaign_falls_apart_its_larger_part_keeps_the_name():
    before = dict.fromkeys("abcde", "one")
    assert matching_campaigns([["a", "b"], ["c", "d", "e"], ["x"]], before) == [None, "one", None]


REWORDED = [
    one["letters"]
    for one in tomllib.loads(Path("tests/bench/text/rewritten_letters.toml").read_text())["demand"]
    if one["use"] == "tune"
]


def directions(n, dimensions=384):
    """Vectors of length 1 that are nearly at right angles."""
    drawn = np.random.default_rng(5).normal(size=(n, dimensions)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def near_to(direction, n, cosine=0.9):
    """n vectors with this cosine to a direction, and its square to each other."""
    found = cosine * direction + (1 - cosine**2) ** 0.5 * directions(n + 7)[7:]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def long_texts(n):
    return [f"{one} {two}" for one, two in zip(*[iter(unrelated_texts(2 * n))] * 2, strict=True)]


def spread_days(n):
    return [MONDAY + datetime.timedelta(days=5 * i) for i in range(n)]


def test_a_letter_in_other_words_is_a_campaign_if_it_comes_in_a_burst():
    texts = REWORDED[0] + long_texts(60)
    vectors = np.concatenate([near_to(directions(1)[0], 10), directions(70)[10:]])
    burst = [MONDAY + datetime.timedelta(days=i) for i in range(10)]
    (found,) = campaigns.find_campaigns(texts, burst + spread_days(60), vectors)
    assert found.members == tuple(range(10))
    assert set(found.reworded) == set(range(10))
    assert all(0.85 <= one <= 1 for one in found.reworded.values())
    assert campaigns.find_campaigns(texts, spread_days(70), vectors) == []
    assert campaigns.find_campaigns(texts, burst + spread_days(60)) == []


def test_texts_on_what_people_always_write_about_are_no_campaign():
    """On other days others write as much alike."""
    texts = REWORDED[0] + long_texts(60)
    vectors = np.concatenate([near_to(directions(1)[0], 40), directions(70)[40:]])
    burst = [MONDAY + datetime.timedelta(days=150 + i % 10) for i in range(10)]
    assert campaigns.find_campaigns(texts, burst + spread_days(60), vectors) == []


def test_texts_under_35_words_are_not_compared_by_what_they_say():
    texts = [" ".join(one.split()[:34]) for one in REWORDED[0]] + long_texts(60)
    vectors = np.concatenate([near_to(directions(1)[0], 10), directions(70)[10:]])
    assert campaigns.find_campaigns(texts, [MONDAY] * 10 + spread_days(60), vectors) == []


def test_letters_in_other_words_do_not_hide_copies():
    """Some keep a sentence or two: they were taken for strangers who use the same words."""
    copies, partly = mixed_run()
    texts = copies + partly + long_texts(100)
    vectors = np.concatenate([near_to(directions(1)[0], 26), directions(126)[26:]])
    days = [MONDAY] * 26 + spread_days(100)
    alone = campaigns.find_campaigns(texts, days)
    assert max(len(set(one.members) & set(range(10))) for one in alone) < 10
    (found,) = campaigns.find_campaigns(texts, days, vectors)
    assert found.members == tuple(range(26))
    assert not set(found.reworded) & set(range(10))


def mixed_run():
    """Ten copies of a letter, and sixteen letters that keep a part of it."""
    dice = random.Random(8)
    letters = REWORDED[3]
    own = re.split(r"(?<=[.?!])\s+", letters[0])
    others = [re.split(r"(?<=[.?!])\s+", one) for one in letters[1:]]
    partly = [
        " ".join([*own[: 1 + i % 2], *others[i % len(others)][1 + i % 2 :]])
        if i % 4 < 2
        else " ".join([*others[i % len(others)][: -1 - i % 2], *own[-1 - i % 2 :]])
        for i in range(16)
    ]
    return [edited_copy(letters[0], 0.3 * i / 10, dice) for i in range(10)], partly


def test_two_letters_that_are_about_one_thing_stay_two_campaigns():
    """For and against may be near each other; a letter in other words joins the larger one."""
    against = [edited_copy(REWORDED[0][0], 0.1) for _ in range(7)]
    in_favour = [edited_copy(REWORDED[1][0], 0.1) for _ in range(6)]
    texts = against + in_favour + REWORDED[2][:2] + long_texts(100)
    vectors = np.concatenate([near_to(directions(1)[0], 15), directions(115)[15:]])
    days = [MONDAY] * 15 + spread_days(100)
    found = campaigns.find_campaigns(texts, days, vectors)
    assert [one.members for one in found] == [(*range(7), 13, 14), tuple(range(7, 13))]


def test_letters_in_other_words_are_found_in_any_order():
    texts = REWORDED[0] + long_texts(40)
    vectors = np.concatenate([near_to(directions(1)[0], 10), directions(50)[10:]])
    days = [MONDAY] * 10 + spread_days(40)
    order = random.Random(2).sample(range(50), 50)
    (one,) = campaigns.find_campaigns(texts, days, vectors)
    (other,) = campaigns.find_campaigns(
        [texts[i] for i in order], [days[i] for i in order], vectors[order]
    )
    assert {order[i] for i in other.members} == set(one.members)
    assert order[other.central] == one.central


@pytest.mark.slow
def test_of_the_simulated_city_the_letter_is_the_only_campaign_by_vectors_too():
    texts, days, sent = written(1)
    long = list({text for text in texts if len(text.split()) >= FEWEST_WORDS})
    known = dict(zip(long, reading.text_vectors(long), strict=True))
    vectors = np.array([known.get(text, np.zeros(reading.DIMENSIONS)) for text in texts])
    (found,) = campaigns.find_campaigns(texts, days, vectors)
    assert set(found.members) == sent
