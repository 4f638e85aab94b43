"""Gates of themes: of each stream and each theme, withheld only where it is sure to be below."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from analysis.themes import double_coding
from survey.themes.double_coding import AccuracyEstimate, labels_to_settle, theme_status
from tests.oracles.coded_texts import labelled_texts, together

QUARTER = datetime.date(2024, 4, 1)
THEMES = ("fair", "taser")


def labels(n, *, of_theme, found, false=0, stream="open"):
    """n texts; the first `of_theme` are about fairness, and the machine finds `found` of these and
    `false` others. It reads the second theme, of every other text, without a mistake.
    """
    truth = np.zeros((n, 2), dtype=bool)
    truth[:of_theme, 0] = True
    truth[::2, 1] = True
    now = truth.copy()
    now[found:of_theme, 0] = False
    now[of_theme : of_theme + false, 0] = True
    tone = np.zeros(n)
    return labelled_texts(QUARTER, stream, tone, tone, truth, now)


def check_of(labelled, theme):
    return next(
        (one for one in double_coding.theme_checks(labelled, THEMES) if one.theme == theme), None
    )


def test_a_theme_that_is_surely_missed_is_withheld_and_another_of_the_stream_is_not():
    labelled = labels(120, of_theme=40, found=8)
    bad = check_of(labelled, "fair")
    assert (bad.status, bad.recall.n, bad.recall.value) == ("below", 40, pytest.approx(0.2))
    assert bad.recall.high < 0.5
    assert check_of(labelled, "taser").status == "passed"
    assert double_coding.badly_read(double_coding.theme_checks(labelled, THEMES)) == {
        ("open", "fair")
    }


def test_a_theme_that_mostly_counts_other_texts_is_withheld():
    bad = check_of(labels(160, of_theme=20, found=20, false=60), "fair")
    assert (bad.status, bad.precision.value) == ("below", pytest.approx(0.25))
    assert bad.recall.value == 1.0


def test_an_interval_that_holds_the_minimum_withholds_nothing():
    unsettled = check_of(labels(120, of_theme=24, found=11), "fair")
    assert unsettled.status == "unsettled"
    assert unsettled.recall.low < 0.5 < unsettled.recall.high


@pytest.mark.slow
def test_a_theme_as_good_as_the_minimum_is_seldom_withheld_by_chance():
    rng = np.random.default_rng(20_261_127)
    withheld = {}
    for found in (0.5, 0.6):
        statuses = [
            check_of(labels(60, of_theme=40, found=int(rng.binomial(40, found))), "fair").status
            for _ in range(200)
        ]
        withheld[found] = statuses.count("below")
    assert withheld[0.5] <= 10
    assert withheld[0.6] <= 2


def test_strata_of_the_machine_s_own_themes_do_not_make_an_interval_of_no_width():
    """What the machine finds is in one stratum, what it misses in another, as samples are drawn."""
    labelled = labels(120, of_theme=30, found=20)
    strata = np.where(labelled.now[:, 0], "open/en/fair", "open/en/none")
    recall = check_of(replace(labelled, stratum=strata), "fair").recall
    assert recall.value == pytest.approx(2 / 3)
    assert recall.high - recall.low > 0.1


def test_fewer_than_twenty_texts_judge_no_theme_and_fewer_than_a_hundred_no_stream():
    assert check_of(labels(120, of_theme=19, found=0), "fair") is None
    assert check_of(labels(99, of_theme=30, found=30), "") is None
    assert check_of(labels(100, of_theme=30, found=30), "").status == "passed"


def test_each_stream_has_gates_of_its_own():
    both = together(
        [
            labels(120, of_theme=40, found=40),
            labels(120, of_theme=100, found=5, stream="complaints"),
        ]
    )
    status = {
        (one.stream, one.theme): one.status for one in double_coding.theme_checks(both, THEMES)
    }
    assert status["open", ""] == "passed"
    assert status["complaints", ""] == "below"
    assert status["open", "fair"] == "passed"
    assert status["complaints", "fair"] == "below"


def test_as_many_labels_as_are_said_take_the_minimum_out_of_the_interval():
    found = AccuracyEstimate(n=100, value=0.80, low=0.70, high=0.88)
    assert labels_to_settle(found, 0.75) == 300
    assert labels_to_settle(found, 0.65) == 0
    assert labels_to_settle(found, 0.79) is None
    assert labels_to_settle(AccuracyEstimate(n=3), 0.75) is None


def test_a_theme_without_a_figure_is_unsettled():
    none, good = AccuracyEstimate(n=0), AccuracyEstimate(n=30, value=0.9, low=0.8, high=1.0)
    assert theme_status(none, good) == "unsettled"
    assert theme_status(good, good) == "passed"


def test_what_more_labels_would_earn_in_each_stream():
    both = together(
        [labels(120, of_theme=60, found=35), labels(60, of_theme=30, found=30, stream="complaints")]
    )
    open_, complaints = double_coding.stream_labels(both, THEMES)
    assert (open_.labels, open_.wanted) == (120, 0)
    assert open_.themes is not None
    assert (complaints.labels, complaints.wanted, complaints.themes) == (60, 40, None)
