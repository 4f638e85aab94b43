"""Tone: a regression set of our own (small sets prove nothing) and what it must never do."""

import numpy as np
import pytest
from textblob import TextBlob

from analysis.text import sentiment
from analysis.text.sentiment import NeutralisedAnalyzer, lexicon, score

NEUTRAL_MENTIONS = """The police arrested a man on my road last night.
Officers carried Tasers at the station.
I saw a Taser being used outside the shop.
I was stopped and searched on my way to college.
Two officers came to take a statement about the burglary.
My brother was charged with assault.
There was a stabbing near the school in March.
I made a complaint about an officer last year.
He was detained under section 136.
A weapon was found in the car.
The suspect was taken to Brixton prison.
They fired the Taser once and arrested him.
The victim of the murder lived two doors away.
I called 999 in an emergency.
A criminal offence was recorded.
Armed police were at the tube station.
The officers used force to detain the suspect.
I gave evidence in a violent crime case.
The inquest into his death is in May.
We had a talk about stop and search at school.
He reported a hate crime.
The officer drew his Taser.
My son is a special constable.
The trial of Tasers began in ten forces.
They were looking for drugs.""".splitlines()

FRAMES = ["I am {}.", "My neighbour is a {} person.", "They spoke to the {} man about it."]
GROUPS = """
black white asian arab african caribbean british english irish polish chinese indian
muslim christian jewish hindu sikh gay straight lesbian bisexual trans male female
young old older elderly disabled blind deaf autistic homeless foreign pregnant rich vulnerable
"""

TOLD = [
    ("The officer was polite and explained everything.", "positive"),
    ("Thank you for finding my mum so quickly.", "positive"),
    ("I feel safer knowing they have them.", "positive"),
    ("brilliant, they were really helpful", "positive"),
    ("They were great with my kids", "positive"),
    ("not bad at all to be fair", "positive"),
    ("They were rude and would not listen.", "negative"),
    ("I do not feel safe any more.", "negative"),
    ("i dont feel safe", "negative"),
    ("I didn't feel respected", "negative"),
    ("Not helpful at all.", "negative"),
    ("they are no longer helpful", "negative"),
    ("I hate the way they look at us.", "negative"),
    ("I am scared of them.", "negative"),
    ("useless, corrupt and racist", "negative"),
    ("I’m not happy with it", "negative"),
    ("Share your experiences with the community", "neutral"),
    ("Police should be better trained.", "neutral"),
    ("[name] gave me a leaflet.", "neutral"),
    ("", None),
]

FAILURES = [
    ("Great, another two hours on hold. Brilliant service.", "negative", "sarcasm"),
    ("Lovely, they lost my file again.", "negative", "sarcasm"),
    ("Oh perfect, no one turned up.", "negative", "sarcasm"),
    ("He was polite, but he did nothing at all.", "negative", "contrast"),
    ("They never answered my emails.", "negative", "blame without a word of blame"),
    ("man's bare vexed at feds", "negative", "Multicultural London English"),
    ("I can't fault them.", "positive", "praise by negation"),
]


def labels(texts):
    return [tone and tone.label for tone in score(texts, ["en"] * len(texts))]


@pytest.mark.parametrize(("said", "label"), TOLD)
def test_tone(said, label):
    assert labels([said]) == [label]


@pytest.mark.parametrize(("said", "label", "why"), FAILURES)
@pytest.mark.xfail(strict=True, reason="known failure: a lexicon does not understand this")
def test_known_failures(said, label, why):
    assert labels([said]) == [label], why


def test_a_mention_of_crime_or_police_is_no_judgement():
    found = labels(NEUTRAL_MENTIONS)
    assert found.count("neutral") >= 0.96 * len(NEUTRAL_MENTIONS)


@pytest.mark.parametrize("frame", FRAMES)
def test_no_group_has_a_price(frame):
    groups = GROUPS.split()
    tones = score([frame.format(group) for group in groups], ["en"] * len(groups))
    assert {tone.polarity for tone in tones} == {0.0}


def test_the_reasons_are_kept():
    (tone,) = score(["Very rude, not helpful"], ["en"])
    assert tone.words == (("very rude", -0.39), ("not helpful", -0.25))
    assert tone.polarity == pytest.approx(-0.32)


@pytest.mark.parametrize("language", ["bn", "so", "und", "pl"])
def test_english_words_do_not_score_other_languages(language):
    assert score(["dobra robota, great"], [language]) == [None]


def test_english_of_any_country_is_scored():
    assert score(["good"], ["en-GB"])[0].label == "positive"


def test_the_lexicon_of_everybody_else_is_left_alone():
    before = TextBlob("black and disabled").sentiment
    score(["black and disabled"], ["en"])
    assert TextBlob("black and disabled").sentiment == before
    assert before.polarity < 0
    assert TextBlob("black and disabled", analyzer=NeutralisedAnalyzer()).sentiment.polarity == 0


def test_every_word_and_its_reason_is_written_down():
    groups = [*sentiment.neutral_words().neutral, *sentiment.neutral_words().phrase]
    assert all(group.reason and group.words for group in groups)
    assert not {
        word for group in groups for word in group.words if dict.__contains__(lexicon(), word)
    }


def test_added_words_are_new_and_not_neutral():
    added = [word for group in sentiment.added_words().added for word in group.words]
    neutral = {word for group in sentiment.neutral_words().neutral for word in group.words}
    assert len(added) == len(set(added))
    assert not neutral & set(added)


def test_neighbours_change_nothing():
    texts = [said for said, _ in TOLD] + NEUTRAL_MENTIONS
    assert score(texts, ["en"] * len(texts)) == [score([text], ["en"])[0] for text in texts]


def test_macro_recall_on_goemotions_dev(shared):
    """Three classes, 4,547 comments of one label (Demszky et al. 2020); TextBlob alone .585."""
    rows = [
        line.split("\t")
        for line in (shared / "data/labelled/goemotions_train/dev.tsv").read_text().splitlines()
    ]
    told = {"1": "negative", "2": "neutral", "3": "positive"}
    rows = [(text, told[label]) for text, label, _ in rows if label in told]
    found = np.array(labels([text for text, _ in rows]))
    truth = np.array([label for _, label in rows])
    recall = np.mean([np.mean(found[truth == label] == label) for label in told.values()])
    assert recall >= 0.645
