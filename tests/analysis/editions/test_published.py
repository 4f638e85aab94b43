"""Perception that others published: a verdict once a quarter, and the estimate in between."""

import datetime

import msgspec
import pytest

from analysis.editions.chapters import published
from survey.deployments import Perception
from tests.analysis.editions.made_up_edition import association_of

NEXT = datetime.date(2024, 12, 31)
USED = {datetime.date(2024, 6, 30): {"E1": 20}, datetime.date(2024, 9, 30): {}}


def perceptions(months):
    return [
        Perception(
            area="E1",
            quarter_end=end,
            item="good_job_local",
            proportion=0.6,
            base=400,
            window_months=months,
        )
        for end in USED
    ]


@pytest.mark.parametrize("months", [3, 12])
def test_between_looks_the_estimate_has_an_interval_and_no_verdict(months):
    fitted = association_of("inconclusive", -0.4, 0.55, 1044)
    found = published.estimated_association(fitted, perceptions(months))
    assert found.verdict == "between_looks"
    assert found.sentence == (
        "An estimate, not a verdict: -0.4 percentage points in the following quarter per "
        "deployment per 10,000 residents (95% interval -1.5 to 0.7). Published figures cannot "
        "give a verdict."
    )


def test_between_looks_a_panel_that_cannot_be_fitted_says_why():
    fitted = association_of("inconclusive", -0.4, 0.55, 1044)
    refused = msgspec.structs.replace(fitted, beta=None, low=None, high=None, sentence="Too few.")
    found = published.estimated_association(refused, perceptions(12))
    assert (found.verdict, found.sentence) == ("between_looks", "Too few.")


def test_at_a_look_the_verdict_says_in_plain_words_what_cannot_be_shown():
    fitted = association_of("inconclusive", -0.4, 0.55, 1044)
    found = published.judged_association(fitted, USED, perceptions(12))
    assert found.verdict == "inconclusive"
    assert found.sentence.startswith(
        "Published figures cannot show whether perception changed with deployments: these were "
        "reported for 1 of 2 quarters, and the published figures of neighbouring quarters share "
        "interviews."
    )
    short = published.judged_association(fitted, USED, perceptions(3))
    assert "share interviews" not in short.sentence
