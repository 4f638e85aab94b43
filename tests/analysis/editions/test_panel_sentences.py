"""What an edition says of perception and deployments can be translated, sentence by sentence."""

import dataclasses
import datetime

import numpy as np
import pytest

from analysis.editions import front, perception
from analysis.editions.chapters import panels
from analysis.statistics import association, interventions
from analysis.statistics.panel import PanelFit, PanelRefusal
from survey.editions.force import LagEffect
from survey.sentences import Sentence, sentence_sources, translated_sentences
from tests.analysis.editions.small_inputs import DAY, edition, inputs_of_week

FIT = PanelFit(
    beta=np.array([-2.0]),
    se=np.array([0.5]),
    df=np.array([31.0]),
    covariance=np.array([[0.25]]),
    cells=320,
    areas=32,
    periods=10,
    exposed=20,
    events=40,
    parameters=42,
)
NOTHING = LagEffect(lag=-1, beta=0.1, low=-1.0, high=1.2, p=0.8)


def with_beta(beta, se, **changes):
    return dataclasses.replace(FIT, beta=np.array([beta]), se=np.array([se]), **changes)


def parts_translated(sentence):
    """The sentence with every part that is translated alone in brackets."""

    def bracketed(source, values):
        words = source.message.format(**values)
        return words if source.message == "{first} {second}" else f"[{words}]"

    return translated_sentences((sentence,), sentence_sources((sentence,)), bracketed)[0]


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        (FIT, "had an index 2.0 points lower the following week (95% interval 0.98 to 3.0)"),
        (with_beta(3.0, 0.5), "had an index 3.0 points higher the following week"),
        (
            with_beta(0.1, 0.5),
            "No effect larger than 2 points per deployment per 10,000 residents in the following "
            "week: the estimate is 0.1 (95% interval -0.9 to 1.1).",
        ),
        (with_beta(1.9, 1.0), "unless it were huge: too few people answer"),
        (with_beta(1.9, 1.0), "Only an effect of more than 3.6 points per deployment per 10,000"),
        (with_beta(1.9, 1.0), "would usually have shown up; the estimate is 1.9 (95% interval"),
        (with_beta(1.9, 1.0, exposed_cells=0.2), "huge: most boroughs had no deployment in most"),
        (with_beta(1.2, 0.5), "No clear answer: the estimate is 1.2 points per deployment per"),
        (with_beta(3.0, 0.5, exposed=9), "Too few boroughs had a deployment to say"),
        (with_beta(-0.01, 0.5), "the estimate is 0.0 (95%"),
        # 8.4502, which three digits and then one make 8.4, as where the figure itself is shown.
        (
            with_beta(1.9, 8.4502 / association.smallest_detectable(with_beta(0, 1.0))),
            "more than 8.4 points per deployment",
        ),
    ],
)
def test_each_verdict_is_a_whole_message(fit, words):
    verdict = association.association_verdict(fit)
    found = association.verdict_sentence(fit, verdict, smallest=2.0)
    assert words in found
    assert parts_translated(found) == f"[{found}]"


@pytest.mark.parametrize(
    ("beta", "se", "words"),
    [
        (-1.2, 0.5, ("leaves out 0",)),
        (-6.0, 1.5, ("probably too large",)),
        (-3.0, 1.4, ("probably too large", "leaves out 0")),
        (2.3, 1.4, ("probably too large",)),
        (0.1, 0.5, ()),
        (0.1, 3.0, ()),
    ],
)
def test_an_estimate_that_is_large_by_chance_has_a_warning(beta, se, words):
    fit = with_beta(beta, se)
    found = association.size_caveats(fit, association.association_verdict(fit), smallest=2.0)
    assert len(found) == len(words)
    assert all(part in caveat for part, caveat in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("kind", "end", "expected"),
    [
        ("monthly", datetime.date(2026, 9, 30), None),
        ("monthly", datetime.date(2026, 12, 31), None),
        ("monthly", datetime.date(2026, 10, 31), datetime.date(2026, 12, 31)),
        ("weekly", datetime.date(2026, 9, 30), datetime.date(2026, 9, 30)),
        ("weekly", datetime.date(2026, 12, 6), datetime.date(2026, 12, 31)),
        ("weekly", datetime.date(2027, 1, 3), datetime.date(2027, 3, 31)),
    ],
)
def test_a_verdict_is_given_with_the_last_month_of_a_quarter(kind, end, expected):
    assert perception.next_look(kind, end) == expected


@pytest.mark.parametrize(
    ("kind", "end", "verdicts"),
    [
        ("monthly", datetime.date(2026, 9, 30), 1),
        ("monthly", datetime.date(2026, 10, 31), 0),
        ("weekly", datetime.date(2026, 9, 27), 0),
    ],
)
def test_the_headline_has_the_verdict_once_a_quarter(kind, end, verdicts):
    refusal = PanelRefusal(sentence=Sentence("Too little."), areas=9, periods=10, events=0)
    found = edition(
        inputs_of_week(kind=kind, start=end - 6 * DAY, end=end),
        association=association.refused_association(refusal),
    )
    told = [one for one in front.headline_sentences(found) if "Nothing can be said yet" in one]
    assert len(told) == verdicts


def test_a_refusal_keeps_its_reason_apart():
    refusal = PanelRefusal(
        sentence=Sentence("There are too few areas to compare ({areas}).", areas=9),
        areas=9,
        periods=10,
        events=0,
    )
    assert parts_translated(association.refused_association(refusal).sentence) == (
        "[[There are too few areas to compare (9).] "
        "Nothing can be said yet about perception and deployments.]"
    )


LOOK = panels.PilotStart(day=datetime.date(2026, 1, 5), week=30, look=True)


def limits_of(step, se):
    def limits(level):
        reach = 2.6 * se if level == 0.99 else 2 * se
        return step - reach, step + reach

    return limits


@pytest.mark.parametrize(
    "messages", [panels.OF_CITY, panels.OF_STARTS_IN_TURN, panels.OF_ONE_START]
)
def test_a_step_is_unclear_or_a_fall_or_a_rise(messages):
    # Judged as a look is: the 95% interval alone would leave out 0.
    unclear = LOOK.sentence(messages, -1.2, limits_of(-1.2, 0.5))
    assert unclear.startswith("There is no clear evidence that the index changed")
    assert "99% interval -2.5 to 0.1" in unclear
    fell = LOOK.sentence(messages, -2.0, limits_of(-2.0, 0.5))
    assert fell.startswith("The index fell by 2.0 points")
    assert "interval 1.0 to 3.0" in fell
    rose = LOOK.sentence(messages, 2.0, limits_of(2.0, 0.5))
    assert rose.startswith("The index rose by 2.0 points")


def test_between_looks_a_step_is_an_estimate():
    between = LOOK._replace(look=False)
    found = between.sentence(panels.OF_CITY, -2.0, limits_of(-2.0, 0.5))
    assert found.startswith("An estimate, not a verdict: at the start the index changed by -2.0")


def test_sentences_that_follow_each_other_are_translated_one_by_one():
    first = LOOK.sentence(panels.OF_CITY, 2.0, limits_of(2.0, 0.5))
    found = panels.joined_sentences(first, *interventions.series_caveats(10))
    assert parts_translated(found) == (
        f"[{first}] [Weak: there are only 10 weeks before the start; our minimum is 24.] "
        f"[{interventions.UNCONTROLLED}]"
    )


@pytest.mark.parametrize(
    ("placebo", "p", "fits", "words"),
    [
        (LagEffect(lag=-1, beta=1.0, low=0.2, high=1.8, p=0.01), 0.01, [FIT], "already differed"),
        (NOTHING, 0.009, [FIT], "this many weeks before: 0, 1."),
        (NOTHING, 0.02, [FIT], "no clear evidence of an association at any of 2 lags"),
        (
            NOTHING,
            0.5,
            [FIT],
            "we would usually miss one smaller than 1.8 points per deployment per",
        ),
        (NOTHING, None, [], "too few weeks have data for all of them"),
    ],
)
def test_what_the_lags_say_is_a_whole_message(placebo, p, fits, words):
    lags = [LagEffect(lag=lag, beta=-2.0, low=-3.0, high=-1.0, p=p) for lag in (0, 1)]
    found = panels.profile_sentence(lags, placebo, fits)
    assert words in found
    assert parts_translated(found) == f"[{found}]"
