"""The tone of a text by TextBlob, with its reasons, and without a price on crime or on identity."""

import functools
import re
from pathlib import Path

import msgspec
from textblob import en
from textblob.sentiments import PatternAnalyzer

from analysis.text.marks import READ, without_marks
from survey.codes import Polarity, Sentiment

# Chosen for macro-recall on the 4,547 GoEmotions dev comments of one clear label (.652).
NEGATIVE_BELOW = -0.03
POSITIVE_ABOVE = 0.04
NEGATIONS = (
    *("no", "not", "n't", "never", "without", "hardly", "cannot", "nor", "neither"),
    *("dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "wont", "aint", "cant"),
)

# TextBlob 0.20.1 splits "didn't" into "did n ' t", and the negation is lost.
CONTRACTED = re.compile(r"n't\b", re.IGNORECASE)
# It also forgets a negation at the next word it does not know: "not feel safe" would be praise.
NEGATED = re.compile(
    r"\b(not|never|no|cannot|(?:do|does|did|is|was|were|ca|could|wo|ai)nt)((?:\s+(?:feel|felt|feeling|be|been|being|seem|seemed|look"
    r"|looked|longer|think|thought|find|found|make|made|get|got|even|always|exactly|particularly"
    r"|they|it|were|was|is|are|as|any|all|that|me|us|you|the|in)\b){1,4})",
    re.IGNORECASE,
)


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


@functools.cache
def neutral_words() -> NeutralWords:
    written = Path(__file__).with_name("neutral_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=NeutralWords)


@functools.cache
def added_words() -> AddedWords:
    written = Path(__file__).with_name("added_words.toml").read_bytes()
    return msgspec.toml.decode(written, type=AddedWords)


@functools.cache
def lexicon() -> en.Sentiment:
    """A lexicon of our own: `textblob.en.sentiment`, which others may use, stays as it is."""
    ours = en.Sentiment(
        path=en.sentiment.path,
        synset="wordnet_id",
        negations=NEGATIONS,
        modifiers=("RB",),
        modifier=lambda word: word.endswith("ly"),
        tokenizer=en.parser.find_tokens,
        language="en",
    )
    ours.load()
    for group in added_words().added:
        for word in group.words:
            ours.annotate(word, "JJ", group.polarity, group.subjectivity)
    for word in (word for group in neutral_words().neutral for word in group.words):
        if dict.__contains__(ours, word):
            dict.__delitem__(ours, word)
    return ours


class NeutralisedAnalyzer(PatternAnalyzer):  # type: ignore[misc]
    """TextBlob's PatternAnalyzer over our lexicon."""

    def analyze(self, text: str, keep_assessments: bool = False) -> Sentiment:
        """Polarity in [-1, 1] and subjectivity in [0, 1], each the mean over the words found."""
        score = lexicon()(readable(text))
        polarity, subjectivity = score
        return Sentiment(
            label=label(polarity),
            polarity=round(float(polarity), 4),
            subjectivity=round(float(subjectivity), 4),
            words=tuple((" ".join(w), round(float(p), 4)) for w, p, *_ in score.assessments),
        )


@functools.cache
def neutral_phrases() -> re.Pattern[str]:
    phrases = (phrase for group in neutral_words().phrase for phrase in group.words)
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b", re.IGNORECASE)


def readable(text: str) -> str:
    """What the lexicon reads: no marks, whole negations, no phrase that carries no tone."""
    plain = CONTRACTED.sub(" not", without_marks(text[:READ]).replace("’", "'"))
    return NEGATED.sub(r"\1", neutral_phrases().sub(" , ", plain))


def label(polarity: float) -> Polarity:
    if polarity < NEGATIVE_BELOW:
        return "negative"
    return "positive" if polarity > POSITIVE_ABOVE else "neutral"


def score(texts: list[str], languages: list[str]) -> list[Sentiment | None]:
    """The tone of each text; None where it is not English, because the lexicon is.

    Unknown words count for nothing, a negation turns a word over at half its strength, "very"
    makes it stronger: TextBlob 0.20's rules, and the words are kept beside the number. Irony is
    not understood: "great, another two hours on hold" counts as praise.
    """
    analyzer = NeutralisedAnalyzer()
    return [
        analyzer.analyze(text) if language.partition("-")[0] == "en" and text.strip() else None
        for text, language in zip(texts, languages, strict=True)
    ]
