"""What tone is read with: scores of words, words without a tone, words that praise nobody."""

import functools
import re
import string
from pathlib import Path
from typing import NamedTuple

import msgspec
from textblob import en
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text.model.passages import sentence_bounds, with_blank_marks
from analysis.text.personal_data import CHARACTERS_READ, without_marks

NEGATIONS = (
    *("no", "not", "n't", "never", "without", "hardly", "cannot", "nor", "neither"),
    *("dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "wont", "aint", "cant"),
)
# VADER scores words from -4 to 4, TextBlob from -1 to 1.
VADER_SCALE = 4.0

# Words, emoticons and single marks: what TextBlob's rules look at, in a fifth of its own time.
TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*|[:;=][-o']?[)(DPpSsO/|]+|<3|\(!\)|[^\w\s]")
# TextBlob 0.20.1 splits "didn't" into "did n ' t", and the negation is lost.
CONTRACTED = re.compile(r"n't\b", re.IGNORECASE)
# It also drops a negation before a word it does not know: "not feel safe" would be praise.
NEGATED = re.compile(
    r"\b(not|never|no|cannot|(?:do|does|did|is|was|were|ca|could|wo|ai)nt)((?:\s+(?:feel|felt|feeling|be|been|being|seem|seemed|look"
    r"|looked|longer|think|thought|find|found|make|made|get|got|even|always|exactly|particularly"
    r"|they|it|were|was|is|are|as|any|all|that|me|us|you|the|in)\b){1,4})",
    re.IGNORECASE,
)
VICTIMS_VERSION = 1
FATES = (
    *("died", "is dead", "hes dead", "shes dead", "shot dead", "passed away", "lost his life"),
    *("lost her life", "lost their lives", "lost their life", "killed", "murdered", "murder"),
    *("stabbed", "stabbing", "was shot", "were shot", "been shot", "got shot", "was beaten"),
    *("were beaten", "been beaten", "got beaten", "beaten up", "attacked", "assaulted"),
    *("mugged", "robbed", "raped", "run over", "knocked down", "knocked over", "hit and run"),
    *("was injured", "were injured", "got hurt", "was hurt", "wounded", "victim", "victims"),
    *("suicide", "overdose", "shoved", "shocked him", "shocked her"),
    *("rip", "rest in peace", "rest easy", "sleep tight", "gone too soon"),
    *("taken too soon", "taken far too soon", "taken from us", "never forgotten", "in memory"),
    *("will be missed", "sorely missed", "much missed", "miss him", "miss her", "in heaven"),
    *("gained another angel", "gained an angel", "funeral", "vigil", "memorial", "condolences"),
    *("mourn", "mourning", "grieve", "grieving", "laid flowers", "late husband", "late wife"),
)
"""What happened to somebody, in small letters."""
HELPERS = (
    *("police", "policeman", "policewoman", "policemen", "policing", "officer", "officers", "pc"),
    *("pcs", "pcso", "pcsos", "cop", "cops", "copper", "coppers", "constable", "constables"),
    *("sergeant", "inspector", "detective", "detectives", "met", "force", "forces", "bobby"),
    *("bobbies", "team", "teams", "unit", "squad", "station", "liaison", "dispatcher", "operator"),
    *("call handler", "ambulance", "paramedic", "paramedics", "crew", "service", "services"),
    *("they", "theyre", "theyve", "theyd", "them", "you", "youve", "your", "yours", "thank"),
    *("thanks", "grateful", "arrested", "arrest", "caught", "investigation", "investigated"),
    *("999", "101", "response", "patrol", "patrols"),
)
"""Who may be praised for what was done about it; “they” and “you” may be the police."""
NO_WORD = re.compile(r"[^\w\s]|_")
WISHES_VERSION = 1
WISH_OPENINGS = (
    *("i hope", "we hope", "i do hope", "i just hope", "i really hope", "let us hope", "lets hope"),
    *("hopefully", "hoping", "fingers crossed", "i wish", "we wish", "i just wish", "i pray"),
    *("we pray", "i dream", "my dream is", "my wish is", "my hope is", "may everybody"),
    *("may everyone", "may we all", "i want to feel", "i want to be", "we want to feel"),
    *("we want to be", "i want my", "we want our", "i would love", "we would love", "id love"),
    *("i would like", "we would like", "id like", "wed like", "wed love", "it would be nice"),
    *("it would be good", "it would be great", "it would be lovely", "it would be wonderful"),
    *("itd be nice", "itd be good", "itd be great", "itd be lovely", "would be nice"),
    *("would be good", "would be great", "would be lovely", "wouldnt it be", "would like"),
    *("rest in peace", "rip"),
)
"""How such a sentence begins, in small letters and without apostrophes."""
WISH_THANKS = ("thank", "praise", "commend", "congratulate", "say well done", "recommend")
"""“I would like to thank the officer” is praise."""
BEFORE_WISHES = re.compile(r"^(?:and|but|so|also|honestly|personally|one day|all|well|anyway) ")


class WordGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    reason: str = ""
    polarity: float = 0.0
    subjectivity: float = 0.0


class NeutralWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    neutral: tuple[WordGroup, ...]
    phrase: tuple[WordGroup, ...]


class AddedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    added: tuple[WordGroup, ...]


class TextBlobScore(NamedTuple):
    """TextBlob's polarity in [-1, 1], subjectivity in [0, 1] and the words behind them."""

    polarity: float
    subjectivity: float
    words: tuple[tuple[str, float], ...]


class VaderScore(NamedTuple):
    """VADER's shares negative, neutral and positive, and its compound in [-1, 1]."""

    negative: float
    neutral: float
    positive: float
    compound: float


@functools.cache
def load_neutral_words() -> NeutralWords:
    written = Path(__file__).with_name("neutral_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=NeutralWords)


@functools.cache
def load_added_words() -> AddedWords:
    written = Path(__file__).with_name("added_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=AddedWords)


class TextBlobLexicon(en.Sentiment):  # type: ignore[misc]
    """TextBlob's lexicon and rules, fully loaded: nothing is looked up lazily any more."""

    __contains__ = dict.__contains__
    __getitem__ = dict.__getitem__


def lexicon_tokens(said: str) -> list[str]:
    """Words, emoticons and single marks; numbers become a word, not to be sought as emoticons."""
    return ["number" if token.isdigit() else token for token in TOKEN.findall(said)]


@functools.cache
def textblob_lexicon() -> TextBlobLexicon:
    """A lexicon of our own; `textblob.en.sentiment`, which others may use, is not changed."""
    ours = TextBlobLexicon(
        path=en.sentiment.path,
        synset="wordnet_id",
        negations=NEGATIONS,
        modifiers=("RB",),
        modifier=lambda word: word.endswith("ly"),
        tokenizer=lexicon_tokens,
        language="en",
    )
    ours.load()
    for group in load_added_words().added:
        for word in group.words:
            ours.annotate(word, "JJ", group.polarity, group.subjectivity)
    # Neutral words last, so that a word on both lists stays without a tone.
    for word in (word for group in load_neutral_words().neutral for word in group.words):
        if word in ours:
            dict.__delitem__(ours, word)
    return ours


@functools.cache
def vader_analyzer() -> SentimentIntensityAnalyzer:
    """VADER with our added words, where it lacks them, and without our neutral ones."""
    # Its time grows with the square of the text: some 20 ms for the CHARACTERS_READ that are read.
    ours = SentimentIntensityAnalyzer()
    for group in load_added_words().added:
        for word in group.words:
            ours.lexicon.setdefault(word, VADER_SCALE * group.polarity)
    for word in (word for group in load_neutral_words().neutral for word in group.words):
        ours.lexicon.pop(word, None)
    return ours


@functools.cache
def neutral_phrases() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """The phrases, longest first, and their pattern; a plain search first is cheaper."""
    phrases = {phrase for group in load_neutral_words().phrase for phrase in group.words}
    longest_first = tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
    return longest_first, re.compile(rf"\b(?:{'|'.join(longest_first)})\b", re.IGNORECASE)


def text_for_lexicons(text: str) -> str:
    """The text that lexicons read: without redaction marks and phrases that carry no tone."""
    said = without_marks(text[:CHARACTERS_READ]).replace("’", "'")
    phrases, pattern = neutral_phrases()
    small = said.lower()
    # A comma, so that a negation before the phrase does not reach the word after it.
    return pattern.sub(" , ", said) if any(phrase in small for phrase in phrases) else said


def textblob_score(said: str) -> TextBlobScore:
    """TextBlob 0.20's rules with our lexicon: each number is the mean over the words found.

    A negation reverses a word at half its strength, "very" makes it stronger (De Smedt and
    Daelemans 2012). `said` comes from `text_for_lexicons`.
    """
    score = textblob_lexicon()(NEGATED.sub(r"\1", CONTRACTED.sub(" not", said)))
    return TextBlobScore(
        float(score[0]),
        float(score[1]),
        tuple((" ".join(w), round(float(p), 4)) for w, p, *_ in score.assessments),
    )


def vader_score(said: str) -> VaderScore:
    """VADER 3.3's rules with our lexicon (Hutto and Gilbert 2014).

    `said` comes from `text_for_lexicons`.
    """
    scores = vader_analyzer().polarity_scores(said)
    return VaderScore(scores["neg"], scores["neu"], scores["pos"], scores["compound"])


def has_praise_and_blame(sentences: list[str]) -> bool:
    """Whether VADER finds praise in one sentence and blame in another, by its usual thresholds."""
    # A sentence without a word that VADER rates has the score 0, and reading it takes long.
    scores = [
        vader_score(text_for_lexicons(sentence)).compound
        for sentence in sentences
        if may_score(sentence)
    ]
    return len(scores) > 1 and min(scores) <= -0.05 and max(scores) >= 0.05


def may_score(sentence: str) -> bool:
    """Whether VADER may score the sentence: it has a word that VADER rates, or a non-ASCII sign."""
    rated = vader_analyzer().lexicon
    return not sentence.isascii() or any(
        word in rated or word.strip(string.punctuation) in rated
        for word in sentence.lower().split()
    )


def is_about_a_victim(text: str) -> bool:
    """True if the text tells of somebody who died or was hurt, and names nobody who helped."""
    said = f" {' '.join(NO_WORD.sub('', text.replace('-', ' ')).lower().split())} "
    return names_any(said, FATES) and not names_any(said, HELPERS)


def names_any(said: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in said for phrase in phrases)


def is_only_wishes(text: str) -> bool:
    """True if every sentence of the text begins as a hope or a wish and none thanks."""
    shown = with_blank_marks(text)
    said = [plain_words(shown[start:end]) for start, end in sentence_bounds(shown)]
    return bool(said) and all(map(is_wish, said))


def is_wish(said: str) -> bool:
    begins = said.startswith(tuple(f"{opening} " for opening in WISH_OPENINGS))
    return begins and not any(word in said for word in WISH_THANKS)


def plain_words(sentence: str) -> str:
    small = NO_WORD.sub("", sentence.replace("-", " ")).lower()
    return BEFORE_WISHES.sub("", " ".join(small.split()))
