"""How often chance alone sets off a trigger."""

import datetime

import numpy as np
import pytest

from analysis.scrutiny.gate import expected_a_year
from survey.scrutiny import DAYS_OF_PAST, CommunityTrigger


def trigger(kind="number", least=5, period="month"):
    return CommunityTrigger(
        id="t",
        panel="p",
        kind=kind,
        allegation="",
        least=least,
        period=period,
        days=28,
        since=datetime.date(2008, 1, 1),
    )


def test_a_number_is_reached_as_often_as_poisson_says():
    past, months = [30, 12, 0], 200_000
    dice = np.random.default_rng(46)
    means = [count * 365.25 / DAYS_OF_PAST / 12 for count in past]
    seen = sum((dice.poisson(mean, months) >= 5).mean() * 12 for mean in means)
    assert expected_a_year(trigger(), past) == pytest.approx(seen, rel=0.02)


def test_each_complaint_sets_off_its_trigger():
    assert expected_a_year(trigger("each", least=1), [30, 12]) == pytest.approx(42.14, abs=0.01)
    assert expected_a_year(trigger("child", least=1), [0, 0]) == 0.0
