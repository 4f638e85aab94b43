"""The head that learns stances from few labels: what it learns, and what is said of it."""

import numpy as np
import pytest

from analysis.text import stance
from analysis.text.model import reading
from survey.themes.demands import STANCES

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


def folds(said):
    return np.arange(len(said)) % stance.FOLDS


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
    fold = folds(said)
    guess = stance.guess_by_fold(stance.fit_heads(features, said, fold), features, fold).stance
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
    found = stance.judge_heads(features, slips, folds(said), np.ones(len(said), np.bool_))
    assert found.labels == len(said) == 45
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert [labels for labels, _ in found.curve] == [20, 40]
    assert all(0.5 < value < 1 for _, value in found.curve)


def test_with_few_random_labels_all_of_them_judge_it(learned):
    features, said = learned
    few, every = np.arange(len(said)) < 5, np.ones(len(said), np.bool_)
    found = [stance.judge_heads(features, said, folds(said), drawn) for drawn in (few, every)]
    assert found[0] == found[1]


def test_no_text_is_read_by_a_head_that_learned_from_it(learned):
    """A wrong label changes how other texts are read, and never its own."""
    features, said = learned
    fold, wrong = folds(said), said.copy()
    wrong[fold == 3] = (said[fold == 3] + 1) % 3
    before, after = (
        stance.guess_by_fold(stance.fit_heads(features, one, fold), features, fold)
        for one in (said, wrong)
    )
    assert (before.sureness == after.sureness)[fold == 3].all()
    assert (before.sureness != after.sureness)[fold != 3].all()


def test_equal_texts_are_in_one_fold():
    assert stance.fold_of("No Taser,  please.\n") == stance.fold_of("no taser, please.")
    assert len({stance.fold_of(f"text {n}") for n in range(200)}) == stance.FOLDS


def test_a_single_stance_teaches_nothing():
    said = np.zeros(30, np.int64)
    assert not stance.can_learn(said, folds(said))
    said[3] = 1
    assert not stance.can_learn(said, folds(said))
    said[4] = 1
    assert stance.can_learn(said, folds(said))


def test_a_text_without_passages_has_features():
    nothing = stance.ReadTexts(["..."], [np.zeros((0, 1), np.float32)], np.full((1, 3), 1 / 3))
    assert stance.stance_features(nothing, np.ones(384, np.float32)).shape == (1, 784)
