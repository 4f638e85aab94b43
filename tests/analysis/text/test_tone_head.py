"""Tone heads: what they learn, what they must not have seen, and when one may be used."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.correction import MachineMean, ppi
from analysis.statistics.sampling.samples import Design
from analysis.text.tone import (
    TaughtTones,
    ToneEvidence,
    as_shipped,
    fit_fold_heads,
    fit_head,
    read_tones,
    tone_probabilities,
    tones_by_head,
)
from analysis.themes import tone_heads
from analysis.themes.tone_heads import JudgedTones, calibration_error, fit_tone_head, label_curves
from survey.themes.codebooks import Passages, Sentiment
from survey.themes.tone_heads import FOLDS, CurvePoint, LabelCurve, MoreLabels, ToneHead, fold_of

SHARES = [0.5, 0.3, 0.2]


def simulated_labels(seed, n, *, shipped=1.0, vector=0.0, width=24):
    """Labels whose tone as shipped and whose vectors tell so much of the tone."""
    rng = np.random.default_rng(seed)
    tone = rng.choice(3, n, p=SHARES)
    p = np.exp(rng.normal(0, 1, (n, 3)) + shipped * np.eye(3)[tone])
    vectors = rng.normal(0, 1, (n, width)) + vector * np.eye(3, width)[tone]
    return TaughtTones(
        evidence=ToneEvidence(
            shipped=p / p.sum(axis=1, keepdims=True),
            scorers=rng.uniform(-1, 1, (n, 3)),
            vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        ),
        tone=tone,
        weight=rng.choice([1.0, 2.0, 4.0], n),
        fold=rng.integers(0, FOLDS, n),
    )


def judged(taught, *, drawn=None):
    n = len(taught)
    return JudgedTones(
        taught=taught,
        stream=np.full(n, "open"),
        stratum=np.array([str(i % 5) for i in range(n)]),
        drawn=np.ones(n, dtype=bool) if drawn is None else drawn,
        in_force=taught.evidence.shipped.argmax(axis=1),
    )


def test_a_head_learns_what_vectors_tell_and_may_then_be_used():
    found, checked = fit_tone_head(judged(simulated_labels(1, 300, vector=2.0)), "r1")
    assert checked.after.value > checked.before.value + 0.15
    assert checked.beats
    assert (found.labels, len(found.folds), found.reader) == (300, FOLDS, "r1")
    assert [one.name for one in checked.tones] == ["negative", "neutral", "positive"]
    assert [one.name for one in checked.streams] == ["open"]


def test_a_tone_whose_labels_are_all_of_one_fold_is_too_few():
    """Ten copies of one "thank you" are in one fold: the heads that read it knew no praise."""
    taught = simulated_labels(5, 200)
    alone = np.where(taught.tone == 2, 3, taught.fold)
    assert judged(taught).suffice()
    assert not judged(replace(taught, fold=alone)).suffice()


def test_a_curve_of_one_size_is_flat():
    """Nearly all labels are of equal texts, so that others are too few for a second size."""
    taught = simulated_labels(6, 150)
    crowded = np.where(np.arange(150) < 105, 0, taught.fold)
    (whole, *_) = label_curves(judged(replace(taught, fold=crowded)))
    assert len(whole.measured) == 1
    assert {point.recall for point in whole.expected} == {whole.measured[0].recall}


def test_with_few_labels_a_head_stays_near_the_tone_as_shipped():
    taught = simulated_labels(2, 40, shipped=2.0)
    heads = [fit_head(taught)] * FOLDS
    others = simulated_labels(3, 400, shipped=2.0)
    read = read_tones(heads, others.evidence, others.fold).argmax(axis=1)
    assert (read == others.evidence.shipped.argmax(axis=1)).mean() > 0.85


def test_the_head_that_reads_a_text_has_not_learned_from_it():
    taught = simulated_labels(4, 160)
    before = read_tones(fit_fold_heads(taught), taught.evidence, taught.fold)
    place = 7
    other = taught.tone.copy()
    other[place] = (other[place] + 1) % 3
    changed = TaughtTones(
        evidence=taught.evidence, tone=other, weight=taught.weight, fold=taught.fold
    )
    after = read_tones(fit_fold_heads(changed), taught.evidence, taught.fold)
    mine = taught.fold == taught.fold[place]
    assert (before[mine] == after[mine]).all()
    assert (before[~mine] != after[~mine]).any()


def test_equal_words_are_in_one_fold_and_folds_are_alike_in_size():
    assert fold_of("No Taser in schools.") == fold_of("No Taser in schools.")
    sizes = np.bincount([fold_of(f"text {n}") for n in range(4_000)], minlength=FOLDS)
    assert sizes.min() > 200


def test_a_tone_without_a_text_cannot_be_learned():
    taught = simulated_labels(5, 60)
    with pytest.raises(ValueError, match="each tone"):
        fit_head(taught.only(taught.tone != 2))


def test_labels_picked_to_teach_judge_nothing():
    taught = simulated_labels(6, 260)
    drawn = np.arange(260) < 130
    _, checked = fit_tone_head(judged(taught, drawn=drawn), "r1")
    assert checked.after.n == 130
    assert not judged(taught, drawn=np.arange(260) < 99).suffice()


@pytest.mark.slow
def test_where_nothing_can_be_gained_hardly_any_head_may_be_used():
    """At most 5 % of them, in both of the ways in which nothing can be gained."""
    used = 0
    for seed in range(100):
        taught = simulated_labels(seed, 200, shipped=1.5 if seed % 2 else 0.0, width=100)
        used += fit_tone_head(judged(taught), "r1")[1].beats
    assert used <= 5


def corrected_mean(taught, read, chosen):
    """Net sentiment of all texts, corrected by the labels of the chosen ones."""
    value = np.array([-100.0, 0.0, 100.0])
    design = Design(weight=np.ones(len(chosen)), stratum=np.full(len(chosen), ""))
    y, f = value[taught.tone[chosen]], value[read[chosen]]
    machine = MachineMean(mean=float(value[read].mean()))
    found = ppi(y, f, design, machine, bounds=(-100.0, 100.0))
    return found.low <= value[taught.tone].mean() <= found.high, found.high - found.low


@pytest.mark.slow
def test_labels_that_taught_a_head_may_correct_what_it_reads():
    """300 of 2,000 texts have labels, 100 times. By folds the intervals hold the truth and are
    narrower than without a head; one head for all texts would flatter itself.
    """
    found = {"shipped": [], "by fold": [], "by one head": []}
    for seed in range(100):
        every = simulated_labels(seed, 2_000, vector=1.2, width=40)
        chosen = np.random.default_rng(10_000 + seed).permutation(2_000)[:300]
        taught = every.only(chosen)
        taught = TaughtTones(
            evidence=taught.evidence, tone=taught.tone, weight=np.ones(300), fold=taught.fold
        )
        one = [fit_head(taught)] * FOLDS
        ways = {"by fold": fit_fold_heads(taught), "by one head": one}
        found["shipped"].append(
            corrected_mean(every, every.evidence.shipped.argmax(axis=1), chosen)
        )
        for way, heads in ways.items():
            read = read_tones(heads, every.evidence, every.fold).argmax(axis=1)
            found[way].append(corrected_mean(every, read, chosen))
    held, width = (
        {way: np.mean([pair[i] for pair in pairs]) for way, pairs in found.items()} for i in (0, 1)
    )
    assert held["by fold"] >= 0.91
    assert held["by one head"] < held["by fold"]
    assert width["by fold"] < 0.95 * width["shipped"]


def tone_of(p):
    return Sentiment(
        label=("negative", "neutral", "positive")[int(p.argmax())],
        polarity=float(p[2] - p[0]),
        subjectivity=0.0,
        words=(),
        confidence=float(p.max()),
    )


@given(st.tuples(*[st.floats(0.01, 1)] * 3))
def test_a_tone_holds_the_three_probabilities_it_was_made_from(parts):
    p = np.array(parts) / sum(parts)
    assert tone_probabilities(tone_of(p)) == pytest.approx(p, abs=1e-9)


def test_a_tone_read_by_a_head_still_holds_the_one_as_shipped():
    taught = simulated_labels(7, 200, vector=2.0, width=384)
    found, _ = fit_tone_head(judged(taught), "r1")
    one = tone_of(np.array([0.4, 0.35, 0.25]))
    vectors = np.eye(1, 384, 2, dtype="<f2").tobytes()
    passages = Passages(reader="r1", spans=((0, 3),), vectors=vectors)
    (read,) = tones_by_head(found, [one], [passages], [0], ["open"])
    assert (read.label, read.shipped.label) == ("positive", "negative")
    (again,) = tones_by_head(found, [read], [passages], [0], ["open"])
    assert again == read
    assert as_shipped(read) == one


def test_confidence_has_a_scale_only_where_it_comes_out_right():
    taught = simulated_labels(8, 800, vector=1.5)
    found, _ = fit_tone_head(judged(taught), "r1")
    (scale,) = found.confidences
    assert (scale.stream, scale.labels) == ("open", 800)
    assert scale.error <= tone_heads.LARGEST_ERROR
    few, _ = fit_tone_head(judged(simulated_labels(8, 150, vector=1.5)), "r1")
    assert few.confidences == ()


def test_the_calibration_error_is_what_confidence_is_off():
    rng = np.random.default_rng(1)
    sure = rng.uniform(0.4, 1.0, 20_000)
    right = (rng.random(20_000) < sure - 0.1).astype(float)
    assert calibration_error(sure, right, np.ones(20_000)) == pytest.approx(0.1, abs=0.02)


def test_the_curve_rises_with_labels_and_says_nothing_beyond_twice_as_many():
    whole, mine = label_curves(judged(simulated_labels(9, 400, vector=1.5)))
    assert (whole.stream, mine.stream, whole.labels) == ("", "open", 400)
    assert [one.labels for one in whole.measured][:3] == [50, 100, 200]
    recalls = [one.recall for one in whole.expected]
    assert recalls == sorted(recalls)
    assert whole.expected[-1].labels == 800
    assert all(one.low <= one.recall <= one.high for one in whole.measured)


def test_a_curve_says_how_many_more_labels_are_needed():
    points = [(100, 0.6), (140, 0.65), (180, 0.7), (200, 0.72)]
    curve = LabelCurve(
        stream="complaints",
        labels=140,
        shipped=0.5,
        measured=(),
        expected=tuple(
            CurvePoint(labels=n, recall=r, low=r - 0.05, high=r + 0.05) for n, r in points
        ),
    )
    assert curve.more_labels(0.70) == MoreLabels(likely=40, soonest=0, latest=None)
    assert curve.more_labels(0.64) == MoreLabels(likely=0, soonest=0, latest=40)


def test_a_stored_head_reads_the_same():
    taught = simulated_labels(10, 120)
    found, _ = fit_tone_head(judged(taught), "r1")
    back = msgspec.json.decode(msgspec.json.encode(found), type=ToneHead)
    args = taught.evidence, taught.fold
    assert (read_tones(back.folds, *args) == read_tones(found.folds, *args)).all()
