"""Campaigns: edited copies are found, people who only speak alike are not."""

import datetime
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.text.copies import campaigns
from survey.coding.campaigns import matching_campaigns
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
