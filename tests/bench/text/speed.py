"""Texts a second on one core, in CPU time, with 40 words a text."""

import time

from analysis.text import coding, language, reading
from analysis.text.personal_data import redaction
from analysis.text.tone import sentiment
from tests.bench.text.rows import Row
from tests.bench.text.sentiment import lexicon_tones

WORDS = 40
FEW, MANY = 300, 6_000


def forty_words(n):
    """Answers of 40 words, a third with personal data, none the same as another."""
    said = coding.load_examples()
    sentences = [line for name in coding.TYPES for line in getattr(said, name).strip().splitlines()]
    personal = ["", "PC Smith told me to call 07700 900123.", "", "", "I am at SE15 4AB.", ""]
    made = []
    for row in range(n):
        parts = [sentences[(row * 7 + part * (1 + row // 250)) % 250] for part in range(8)]
        words = f"{personal[row % 6]} {' '.join(parts)}".split()
        made.append(" ".join(words[:WORDS]))
    return made


def texts_a_second(texts, work):
    work(texts[:3])  # models are loaded and examples learned before the clock starts
    begun = time.process_time()
    work(texts)
    return len(texts) / (time.process_time() - begun)


def read_and_score(texts):
    read = reading.read_texts(texts)
    languages = ["en"] * len(texts)
    sentiment.score_texts(texts, languages, read.tone)
    coding.guess_types(texts, languages, read)


def rows() -> list[Row]:
    many = forty_words(MANY)
    few = [text for text, _ in redaction.redact_texts(many[:FEW])]
    parts = [
        ("vector, tone and type", 110, few, read_and_score),
        ("tone by lexicons only", 5_000, many, lexicon_tones),
        ("redaction", 20_000, many, redaction.redact_texts),
        ("language", 20_000, many, lambda t: language.detect_languages(t, [None] * len(t))),
    ]
    found = [(what, target, texts_a_second(texts, work)) for what, target, texts, work in parts]
    return [
        Row(f"{what}, texts a second a core", f"{target:,}", f"{v:,.0f}", "", v >= target)
        for what, target, v in found
    ]
