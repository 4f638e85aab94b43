"""What an edition says of perception and deployments can be translated, sentence by sentence."""

import dataclasses

import numpy as np
import pytest

from analysis.editions.chapters import panels
from analysis.statistics.changes import interventions
from analysis.statistics.panel import association
from analysis.statistics.panel.panel import PanelFit, PanelRefusal
from survey.editions.chapters.panels import LagEffect
from survey.sentences import Sentence, sentence_sources, translated_sentences

FIT = PanelFit(
    beta=np.array([-2.0]),
    covariance=np.array([[0.25]]),
    df=31,
    cells=320,
    areas=32,
    periods=10,
    exposed=20,
    events=40,
    parameters=42,
)
NOTHING = LagEffect(lag=-1, beta=0.1, low=-1.0, high=1.2, p=0.8)


def with_beta(beta, se, exposed=20):
    return dataclasses.replace(
        FIT, beta=np.array([beta]), covariance=np.array([[se**2]]), exposed=exposed
    )


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
        (with_beta(0.1, 0.5), "No association larger than 2 points"),
        (with_beta(1.9, 1.0), "Only an effect of more than 2.8 points"),
        (with_beta(1.2, 0.68), "No clear answer: the 95% interval, -0.2 to 2.6 points"),
        (with_beta(3.0, 0.5, exposed=9), "Too few deployments to say"),
    ],
)
def test_each_verdict_is_a_whole_message(fit, words):
    low, high = (float(limit[0]) for limit in fit.interval())
    verdict = association.association_verdict(low, high, smallest=2.0, exposed=fit.exposed)
    found = association.verdict_sentence(fit, verdict, smallest=2.0)
    assert words in found
    assert parts_translated(found) == f"[{found}]"


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


@pytest.mark.parametrize(
    "messages", [panels.OF_CITY, panels.OF_STARTS_IN_TURN, panels.OF_ONE_START]
)
def test_a_step_is_unclear_or_a_fall_or_a_rise(messages):
    unclear = panels.step_sentence(messages, -0.2, -1.0, 0.6)
    assert unclear.startswith("There is no clear evidence that the index changed")
    assert "interval -1.0 to 0.6" in unclear
    fell = panels.step_sentence(messages, -2.0, -3.0, -1.0)
    assert fell.startswith("The index fell by 2.0 points")
    assert "interval 1.0 to 3.0" in fell
    rose = panels.step_sentence(messages, 2.0, 1.0, 3.0)
    assert rose.startswith("The index rose by 2.0 points")


def test_sentences_that_follow_each_other_are_translated_one_by_one():
    first = panels.step_sentence(panels.OF_CITY, 2.0, 1.0, 3.0)
    found = panels.joined_sentences(first, *interventions.series_caveats(10))
    assert parts_translated(found) == (
        f"[{first}] [Weak: there are only 10 weeks before the start; our minimum is 24.] "
        f"[{interventions.UNCONTROLLED}]"
    )


@pytest.mark.parametrize(
    ("placebo", "p", "fits", "words"),
    [
        (LagEffect(lag=-1, beta=1.0, low=0.2, high=1.8, p=0.01), 0.01, [FIT], "already differed"),
        (NOTHING, 0.01, [FIT], "this many weeks before: 0, 1."),
        (NOTHING, 0.5, [FIT], "any of 2 lags; we would usually miss one smaller than 1.4 points"),
        (NOTHING, None, [], "too few weeks have data for all of them"),
    ],
)
def test_what_the_lags_say_is_a_whole_message(placebo, p, fits, words):
    lags = [LagEffect(lag=lag, beta=-2.0, low=-3.0, high=-1.0, p=p) for lag in (0, 1)]
    found = panels.profile_sentence(lags, placebo, fits)
    assert words in found
    assert parts_translated(found) == f"[{found}]"
