"""Shares of stances, corrected by the labels that chance chose, against what is true."""

import numpy as np
import pytest

from analysis.themes import stances
from analysis.themes.stances import StanceTexts
from survey.themes.demands import STANCES, TAKEN

SHARES = (0.55, 0.2, 0.1, 0.15)


def made_texts(seed, *, texts=140, right=0.7, own=40, labels=60, taught=0.1):
    """Texts with their true stances: the machine reads `right` of them, others at random; `labels`
    have a label by chance and a share of the others because they taught much. Twelve copies of a
    letter are against, and `own` are of the demand's own campaign.
    """
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, texts, p=SHARES)
    truth[:12] = STANCES.index("against")
    read = np.where(rng.random(texts) < right, truth, rng.integers(0, 4, texts))
    n = texts + own
    truth, read = np.r_[truth, np.zeros(own, int)], np.r_[read, np.full(own, -1)]
    chance, is_own = rng.random(n), np.arange(n) >= texts
    said = np.full(n, -1)
    first = np.argsort(np.where(is_own, 2.0, chance))[:labels]
    more = (rng.random(n) < taught) & ~is_own
    said[first], said[more] = truth[first], truth[more]
    campaign = np.select([np.arange(n) < 12, is_own], [1, 0], -1)
    names = np.full(n, "")
    return truth, StanceTexts(
        stream=np.full(n, "open"), weight=np.ones(n), stratum=names, psu=names, campaign=campaign,
        own=is_own, chance=chance, read=read, said=said,
    )  # fmt: skip


def true_share(truth, texts, stance, *, once):
    weight = texts.once_weights() if once else texts.weight
    taking = truth != STANCES.index("none")
    return weight[truth == STANCES.index(stance)].sum() / weight[taking].sum()


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("right", "labels"), [(0.7, 60), (0.4, 100)])
@pytest.mark.slow
def test_the_intervals_hold_the_truth(right, labels, once):
    held = []
    for seed in range(60):
        truth, texts = made_texts(seed, right=right, labels=labels)
        for stance, found in stances.stance_shares(texts, once=once).items():
            true = true_share(truth, texts, stance, once=once)
            held.append(found.low <= true <= found.high)
    assert len(held) == 60 * len(TAKEN)
    assert np.mean(held) >= 0.92


def test_with_every_text_labelled_nothing_is_left_to_err_about():
    truth, texts = made_texts(3, labels=140)
    for once in (False, True):
        for stance, found in stances.stance_shares(texts, once=once).items():
            true = true_share(truth, texts, stance, once=once)
            assert found.value == pytest.approx(true)
            assert found.low == pytest.approx(true, abs=1e-6)
            assert found.high == pytest.approx(true, abs=1e-6)
    assert stances.number_taking(texts) == (truth != STANCES.index("none")).sum()


def test_a_machine_that_reads_everything_as_one_stance_is_put_right():
    truth, texts = made_texts(8, right=1.0, texts=400, labels=200, taught=0)
    texts.read[:] = np.where(texts.own, -1, STANCES.index("against"))
    found = stances.stance_shares(texts)["for"]
    assert found.low <= true_share(truth, texts, "for", once=False) <= found.high


def test_the_random_part_ends_at_the_first_text_without_a_label():
    _, texts = made_texts(5, labels=30, taught=0)
    assert texts.random_part().sum() == 30
    first = np.argmin(np.where(texts.own, 2.0, texts.chance))
    texts.said[first] = -1
    assert not texts.random_part().any()
    assert stances.stance_shares(texts) == {}


def test_labels_that_were_chosen_to_teach_count_only_where_chance_reaches_them():
    """Labelling hard texts first must not move the shares."""
    truth, texts = made_texts(11, labels=60, taught=0)
    before = stances.stance_shares(texts)["for"]
    unlabelled = (texts.said < 0) & ~texts.own
    # The text that comes next by chance stays without a label, so the sample ends where it did.
    unlabelled[np.argmin(np.where(unlabelled, texts.chance, 2.0))] = False
    hard = unlabelled & (truth == STANCES.index("against"))
    texts.said[hard] = truth[hard]
    assert stances.stance_shares(texts)["for"] == before


def test_each_campaign_counts_once_in_the_second_figure():
    _truth, texts = made_texts(2, labels=140)
    every, once = (stances.stance_shares(texts, once=one)["for"].value for one in (False, True))
    assert every > once
    assert stances.number_taking(texts, once=True) < stances.number_taking(texts)
