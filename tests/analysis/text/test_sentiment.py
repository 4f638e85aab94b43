"""Tone: a regression set of our own (small sets prove nothing) and what it must never do."""

import pytest
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text import lexicons
from analysis.text.model import reading
from analysis.text.tone import LABELS, lexicon_scores, lexicon_tone, score_texts

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

LABELLED = [
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
    ("He was polite, but he did nothing at all.", "negative"),
    ("They never answered my emails.", "negative"),
    ("I can't fault them.", "positive"),
    ("Nobody was hurt and they were not aggressive.", "positive"),
    ("", None),
]

WISHES = """
I want to feel safe and happy in my own street again.
We hope for justice for our son.
It would be lovely to see police and the young lads playing five a side again.
Hopefully the new recruits will be patient and caring people. I wish them a good start.
I'd love a friendly face on our road.
RIP to the boy who was stabbed, he had such a beautiful smile.
""".strip().splitlines()
NO_WISHES = """
I would like to thank the officer, she was wonderful.
We hope this helps. They were brilliant with my mum.
I wish to commend the two kind constables.
""".strip().splitlines()

KNOWN_FAILURES = [
    ("Great, another two hours on hold. Brilliant service.", "negative", "irony"),
    ("Love how they only show up for parking tickets.", "negative", "irony"),
    ("So glad my taxes pay for that.", "negative", "irony"),
    ("man's bare vexed at feds", "negative", "Multicultural London English"),
    ("They rang back on the ninth day.", "negative", "blame that only knowledge gives away"),
]


def test_hopes_and_wishes_are_no_praise():
    assert "positive" not in labels(WISHES)
    assert set(labels(NO_WISHES)) == {"positive"}


def test_a_wish_that_blames_stays_negative():
    (tone,) = score_texts(["I wish they had not kicked and beaten my brother."], ["en"])
    assert (tone.label, tone.polarity < -0.5) == ("negative", True)


def labels(texts):
    return [tone and tone.label for tone in score_texts(texts, ["en"] * len(texts))]


@pytest.mark.parametrize(("said", "label"), LABELLED)
def test_tone(said, label):
    assert labels([said]) == [label]


@pytest.mark.parametrize(("said", "label", "why"), KNOWN_FAILURES)
@pytest.mark.xfail(strict=True, reason="known failure: words alone do not say it")
def test_known_failures(said, label, why):
    assert labels([said]) == [label], why


def test_a_mention_of_crime_or_police_is_no_judgement():
    found = labels(NEUTRAL_MENTIONS)
    assert found.count("neutral") >= 0.96 * len(NEUTRAL_MENTIONS)


@pytest.mark.parametrize("frame", FRAMES)
def test_every_group_gets_the_same_neutral_tone(frame):
    groups = GROUPS.split()
    tones = score_texts([frame.format(group) for group in groups], ["en"] * len(groups))
    assert len({tone.polarity for tone in tones}) == 1
    assert {tone.label for tone in tones} == {"neutral"}


def test_the_reasons_are_kept():
    (tone,) = score_texts(["Very rude, not helpful"], ["en"])
    assert tone.words == (("very rude", -0.39), ("not helpful", -0.25))
    assert dict(tone.scorers)["TextBlob"] == pytest.approx(-0.32)
    assert [name for name, _ in tone.scorers] == ["TextBlob", "VADER", "model"]
    assert all(-1 <= value <= 1 for _, value in tone.scorers)


def test_polarity_and_confidence_are_of_one_distribution():
    for tone in score_texts([said for said, _ in LABELLED if said], ["en"] * len(LABELLED[:-1])):
        assert 1 / 3 <= tone.confidence <= 1
        assert abs(tone.polarity) <= tone.confidence + 1e-4 or tone.label == "neutral"


def test_what_was_read_once_is_not_read_again(monkeypatch):
    texts = ["They were rude.", "hola", "They were kind."]
    read = reading.read_texts(texts)
    before = score_texts(texts, ["en", "es", "en"])
    monkeypatch.setattr(reading, "read_texts", None)
    assert score_texts(texts, ["en", "es", "en"], read) == before


def test_each_sentence_of_a_text_has_a_tone_of_its_own():
    said = "The officer was kind and patient. Nobody ever called me back, which is a disgrace."
    one, two = score_texts([said, "The officer was kind."], ["en", "en"])
    assert [said[each.start : each.end] for each in one.statements] == [
        "The officer was kind and patient.",
        "Nobody ever called me back, which is a disgrace.",
    ]
    assert [each.label for each in one.statements] == ["positive", "negative"]
    assert two.statements == ()


def test_a_sentence_past_what_is_read_at_once_has_a_tone_too():
    said = "The officer was kind and patient with all of us that day. " * 30
    said += "He shouted at me and he was rude."
    assert score_texts(["The officer was kind. " * 3], ["en"])[0].statements == ()
    (tone,) = score_texts([said], ["en"])
    last = tone.statements[-1]
    assert said[last.start : last.end] == "He shouted at me and he was rude."
    assert last.label == "negative"


def test_lexicons_alone_agree_where_words_are_plain():
    said = ["They were rude and useless.", "Polite and really helpful.", "I live in Deptford."]
    found = lexicon_tone(lexicon_scores(said)).argmax(axis=1)
    assert [LABELS[n] for n in found] == ["negative", "positive", "neutral"]


def test_our_vader_has_its_makers_rules():
    analyzer = lexicons.vader_analyzer()
    for said in (
        [t for t, _ in LABELLED] + NEUTRAL_MENTIONS + ["VERY rude!!! but kind of sweet :)", "😀 no"]
    ):
        assert analyzer.polarity_scores(said) == SentimentIntensityAnalyzer.polarity_scores(
            analyzer, said
        )


@pytest.mark.parametrize("language", ["bn", "so", "und", "pl"])
def test_english_words_do_not_score_other_languages(language):
    assert score_texts(["dobra robota, great"], [language]) == [None]


def test_english_of_any_country_is_scored():
    assert score_texts(["good"], ["en-GB"])[0].label == "positive"


def test_the_lexicons_of_everybody_else_are_left_alone():
    said = "black and disabled, a violent crime"
    before = TextBlob(said).sentiment
    assert lexicons.textblob_score(said).polarity == 0
    assert TextBlob(said).sentiment == before
    assert before.polarity < 0
    assert lexicons.vader_score(said).compound == 0
    assert SentimentIntensityAnalyzer().polarity_scores(said)["compound"] < 0


def test_every_word_and_its_reason_is_written_down():
    groups = [*lexicons.load_neutral_words().neutral, *lexicons.load_neutral_words().phrase]
    assert all(group.reason and group.words for group in groups)
    words = [word for group in lexicons.load_neutral_words().neutral for word in group.words]
    assert len(words) == len(set(words))
    assert not [
        w
        for w in words
        if w in lexicons.textblob_lexicon() or w in lexicons.vader_analyzer().lexicon
    ]


def test_added_words_are_new_and_not_neutral():
    added = [word for group in lexicons.load_added_words().added for word in group.words]
    neutral = {word for group in lexicons.load_neutral_words().neutral for word in group.words}
    assert len(added) == len(set(added))
    assert not neutral & set(added)


def test_neighbours_change_nothing():
    texts = [said for said, _ in LABELLED] + NEUTRAL_MENTIONS
    assert score_texts(texts, ["en"] * len(texts)) == [
        score_texts([text], ["en"])[0] for text in texts
    ]


def test_a_sentence_that_vader_is_not_asked_about_has_no_score():
    """Two thousand sentences, of which a third have no word that VADER rates."""
    said = [*reading.load_example_readings(), *NEUTRAL_MENTIONS, ":-) fine :D", "😡"]
    skipped = [text for text in said if not lexicons.may_score(text)]
    assert len(skipped) > 100
    found = [lexicons.vader_score(lexicons.text_for_lexicons(text)).compound for text in skipped]
    assert not any(found)
