"""The head that learns stances from few labels: what it learns, and what is said of it."""

import numpy as np
import pytest

from analysis.text import reading, stance
from survey.coding.demands import STANCES

PLACES = ("our schools", "any school", "a primary school", "the sixth form", "school corridors")
FOR = (
    "Tasers should never be in {}.",
    "Please keep weapons out of {}, children are frightened.",
    "I do not want armed officers in {}.",
)
AGAINST = (
    "I would feel safer if officers with Taser were in {}.",
    "An officer with a Taser in {} protects our children.",
    "Yes, bring Tasers into {}, knives are there already.",
)
CONDITIONS = (
    "A Taser in {} is fine only if the head teacher agrees.",
    "In {} perhaps, as long as it is locked away.",
    "Only when somebody has a knife may a Taser come into {}.",
)
SAID = ("for", "against", "conditions")


def made_texts():
    return [
        (line.format(place), said)
        for place in PLACES
        for said, lines in zip(SAID, (FOR, AGAINST, CONDITIONS), strict=True)
        for line in lines
    ]


@pytest.fixture(scope="module")
def learned():
    texts, said = zip(*made_texts(), strict=True)
    read = reading.read_texts(list(texts))
    passages = [one.rows for one in read.placed]
    asked = stance.demand_vector("No Taser in schools")
    features = stance.stance_features(stance.ReadTexts(texts, passages, read.tone), asked)
    return features, np.array([STANCES.index(one) for one in said], np.int64)


def test_it_reads_texts_that_it_did_not_learn_from(learned):
    features, said = learned
    guess = stance.guess_left_out(features, said)
    assert (guess == said).mean() > 0.85


def test_the_same_labels_give_the_same_head(learned):
    features, said = learned
    heads = [stance.fit_head(features, said) for _ in range(2)]
    one, other = (stance.guess_stances(head, features) for head in heads)
    assert (one.stance == other.stance).all()
    assert (one.sureness == other.sureness).all()


def test_it_says_how_well_it_reads_and_with_how_many_labels(learned):
    features, said = learned
    slips = np.where(np.arange(len(said)) % 7 == 4, (said + 1) % 3, said)
    found = stance.judge_head(features, slips, np.ones(len(said), np.bool_))
    assert found.labels == len(said) == 45
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert [labels for labels, _ in found.curve] == [20, 36]
    assert all(0.5 < value < 1 for _, value in found.curve)


def test_with_few_random_labels_all_of_them_judge_it(learned):
    features, said = learned
    few = np.arange(len(said)) < 5
    every = np.ones(len(said), np.bool_)
    assert stance.judge_head(features, said, few) == stance.judge_head(features, said, every)


def test_a_single_stance_teaches_nothing():
    assert not stance.can_learn(np.array([0] * 30))
    assert not stance.can_learn(np.array([0] * 30 + [1]))
    assert stance.can_learn(np.array([0] * 30 + [1, 1]))


def test_a_text_without_passages_has_features():
    nothing = stance.ReadTexts(["..."], [np.zeros((0, 1), np.float32)], np.full((1, 3), 1 / 3))
    assert stance.stance_features(nothing, np.ones(384, np.float32)).shape == (1, 784)
