"""Texts a second on one core, in CPU time, with 40 words a text."""

import statistics
import time
from functools import partial
from unittest import mock

from analysis.text import codes, language, personal_data, tone
from analysis.text.model import files, reading
from analysis.text.personal_data import named_entities
from analysis.themes import codebook
from tests.bench.text.rows import Row
from tests.bench.text.sentiment import lexicon_tones

WORDS = 40
FEW, MANY = 300, 6_000
ROUNDS = 5


def forty_words(n):
    """Answers of 40 words, a third with personal data, none the same as another."""
    said = codes.load_examples()
    sentences = [line for name in codes.TYPES for line in getattr(said, name).strip().splitlines()]
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
    tone.score_texts(texts, languages, read)
    codes.guess_types(texts, languages, read)


def pipelines(parts):
    """Everything that a text is coded by, with and without names, by each form of the model."""
    coder = codebook.Coder(codebook.STARTING_CODEBOOK)

    def code(texts, model, names=None):
        with mock.patch.object(reading, "load_parts", return_value=model):
            codes.code_texts(texts, [None] * len(texts), coder, names=names)

    found = {(form, ""): partial(code, model=model) for form, model in parts.items()}
    if named_entities.is_installed():
        for form, model in parts.items():
            found[form, "names"] = partial(code, model=model, names=named_entities.find_persons)
    return found


def pipeline_rows(texts):
    shipped = files.load_checked_file("two_heads.onnx")
    exact = reading.multiplies_signed_exactly()
    parts = {"unsigned": reading.make_parts(shipped)}
    if exact:
        parts["signed"] = reading.load_parts()
    works = pipelines(parts)
    # By turns, so that other programs of the machine slow all of them; the median of the rounds.
    taken = [
        {key: texts_a_second(texts, work) for key, work in works.items()} for _ in range(ROUNDS)
    ]
    found = {key: statistics.median(one[key] for one in taken) for key in works}
    for extra, target in (("", 110), ("names", None)):
        if ("unsigned", extra) not in found:
            continue
        slow, best = found["unsigned", extra], found["signed" if exact else "unsigned", extra]
        asked = target if exact else None
        yield Row(
            f"full pipeline{' with the extra of names' * bool(extra)}, texts a second a core",
            f"{asked} with VNNI" if asked else "none",
            f"{best:,.0f}",
            f"weights as shipped {slow:,.0f}" if exact else "weights as shipped: no VNNI here",
            best >= (asked or 0),
        )


def rows() -> list[Row]:
    many = forty_words(MANY)
    few = [text for text, _ in personal_data.redact_texts(many[:FEW])]
    parts = [
        ("vector, tone and type", 110, few, read_and_score),
        ("tone by lexicons only", 5_000, many, lexicon_tones),
        ("redaction", 20_000, many, personal_data.redact_texts),
        ("language", 20_000, many, lambda t: language.detect_languages(t, [None] * len(t))),
    ]
    found = [(what, target, texts_a_second(texts, work)) for what, target, texts, work in parts]
    return [
        *pipeline_rows(many[:FEW]),
        *(
            Row(f"{what}, texts a second a core", f"{target:,}", f"{v:,.0f}", "", v >= target)
            for what, target, v in found
        ),
    ]
