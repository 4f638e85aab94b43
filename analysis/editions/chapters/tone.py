"""In what tone people wrote: net sentiment by stream and by theme, corrected by people's codes."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import FEWEST_TEXTS
from analysis.disclosure.gates import rounded_fields, treatments
from analysis.editions.campaigns import texts_coded_by_person
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.themes import sample_of_rows
from analysis.editions.codebook import TEXTS
from analysis.editions.inputs import EditionInputs, text_window
from analysis.editions.workings import Workings
from analysis.statistics.sampling.variance import Flags, Floats
from analysis.themes import accuracy, tone
from analysis.themes.tone import ScoredTexts, ToneCorrection
from survey.editions.texts import NetSentiment, ToneShift, ToneVersion
from survey.sentences import N_, Sentence
from survey.themes.double_coding import STREAMS, ToneCheck

TONE_WITHHELD = N_(
    "The tone of {texts} is withheld: the machine misses too much of what people call worry."
)
TONE_UNSETTLED = N_("Whether the machine finds enough of the worry in {texts} is not settled.")
TONE_READINGS = {"dropped": TONE_WITHHELD, "below": TONE_WITHHELD, "unsettled": TONE_UNSETTLED}


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    withheld = tone.withheld_streams(workings.tone_checks)
    return {
        "tone_version": tone_version(inputs, workings.recent_texts),
        "tone_checks": workings.tone_checks,
        "tones": tuple(
            replace(sentiment, value=None, low=None, high=None, words="", missing="gate")
            if sentiment.stream in withheld
            else sentiment
            for sentiment in net_sentiments(inputs, workings.recent_texts)
        ),
    }


def tone_version(inputs: EditionInputs, inside: Flags) -> ToneVersion | None:
    """How tone is read, and what a new way of reading it changed since the previous edition.

    Texts that arrived after the change were never read in the earlier way and are left out, as are
    those of a campaign to which a person gave its tone.
    """
    reading = inputs.tone
    if reading is None:
        return None
    version = ToneVersion(number=reading.version, labels=reading.labels)
    if reading.before is None or inputs.last is None:
        return version
    last = inputs.last.tone_version
    return replace(
        version,
        before_version=last.number if last else 0,
        shifts=tuple(tone_shifts(inputs, inside, reading.before)),
    )


def tone_shifts(inputs: EditionInputs, inside: Flags, before: Floats) -> Iterator[ToneShift]:
    now = inputs.texts.polarity
    both = inside & np.isfinite(before) & np.isfinite(now) & ~texts_coded_by_person(inputs, inside)
    for stream in STREAMS:
        rows = both & (inputs.texts.stream == stream)
        if rows.any():
            yield ToneShift(
                stream=stream,
                texts=int(rows.sum()),
                before=100 * float(before[rows].mean()),
                after=100 * float(now[rows].mean()),
            )


def net_sentiments(inputs: EditionInputs, inside: Flags) -> Iterator[NetSentiment]:
    """Net sentiment of each stream's texts in the city, then of themes with enough labels.

    With a campaign in the window each figure is given twice: of every text, and with each campaign
    counted once.
    """
    start, end = text_window(inputs.end)
    window = accuracy.CorrectionWindow(start=start, end=end)
    for stream in STREAMS:
        rows = inside & (inputs.texts.stream == stream) & np.isfinite(inputs.texts.polarity)
        if not rows.any():
            continue
        correction = None
        if inputs.labelled is not None:
            correction = tone.tone_correction(inputs.labelled, stream, window)
        twice = stream != "sampled" and (inputs.texts.voice_weights(rows) < 1).any()
        for once in (False, True) if twice else (False,):
            texts = scored_texts(inputs, rows, stream, once=once)
            yield from tones_of_stream(
                inputs,
                texts,
                correction,
                NetSentiment(stream=stream, domain=inputs.city, once=once, texts=int(rows.sum())),
            )


def scored_texts(inputs: EditionInputs, rows: Flags, stream: str, *, once: bool) -> ScoredTexts:
    texts = inputs.texts
    return ScoredTexts(
        tone=texts.polarity[rows],
        spoken=texts.spoken[rows],
        weight=texts.voice_weights(rows) if once else np.ones(int(rows.sum())),
        unit=texts.copies(rows),
        read=~texts_coded_by_person(inputs, rows)[rows],
        sample=sample_of_rows(inputs, rows) if stream == "sampled" else None,
    )


def tones_of_stream(
    inputs: EditionInputs,
    texts: ScoredTexts,
    correction: ToneCorrection | None,
    blank: NetSentiment,
) -> Iterator[NetSentiment]:
    whole = replace(blank, machine=texts.mean(100 * texts.tone).mean)
    if correction is None:
        yield tone.with_correction(whole, None, 0)
        return
    yield tone.with_correction(whole, tone.stream_tone(texts, correction), len(correction.labels))
    for place, (theme, name) in enumerate(inputs.themes):
        corrected = tone.theme_tone(texts, correction, place)
        if corrected is not None and not tone.misses_worry(correction, place):
            sentiment = replace(blank, theme=theme, name=name)
            width = tone.expected_width(texts, correction, place, corrected)
            sentiment = tone.with_correction(
                sentiment, corrected, len(correction.labels), width=width
            )
            # A theme of which nothing is sure has no line.
            if sentiment.value is not None or sentiment.words:
                yield sentiment


def gated_tones(step: GateStep) -> tuple[NetSentiment, ...]:
    """Tones of ten texts or more, to whole points; of a theme only where its count is shown."""
    cells = {
        (theme.stream, theme.theme): theme
        for theme in step.gated.themes
        if theme.domain == step.computed.city and theme.texts
    }
    sentiments = []
    for sentiment in step.computed.tones:
        cell = cells.get((sentiment.stream, sentiment.theme))
        # With each campaign counted once, fewer than ten voices may be left of many texts.
        shown = cell is not None and (cell.voices is not None or not sentiment.once)
        many = sentiment.texts is None or sentiment.texts >= FEWEST_TEXTS
        if many and (shown or not sentiment.theme):
            sentiments.append(rounded_fields(sentiment, "value low high machine", 0))
    return tuple(sentiments)


def gated_tone_version(step: GateStep) -> ToneVersion | None:
    """Means of ten texts or more that were read in both ways, to whole points; no counts."""
    version = step.computed.tone_version
    return version and replace(
        version,
        shifts=tuple(
            replace(rounded_fields(shift, "before after", 0), texts=None)
            for shift in version.shifts
            if (shift.texts or 0) >= FEWEST_TEXTS
        ),
    )


def tone_reading_sentences(checks: Sequence[ToneCheck]) -> Iterator[Sentence]:
    """Sentences on streams in which the machine recognises too little worry, or may do so."""
    for check in checks:
        if check.status in TONE_READINGS:
            yield Sentence(TONE_READINGS[check.status], texts=Sentence(TEXTS[check.stream]))


CHAPTER = Chapter(
    name="tone",
    compute=compute,
    gates={
        "tones": gated_tones,
        "tone_checks": "plain",
        "tone_version": gated_tone_version,
    },
    structs={
        NetSentiment: treatments(
            plain="stream domain theme name once words missing labels method",
            gated="value low high machine",
            # The number of scored texts would be one more count to protect.
            withheld="texts",
        ),
        ToneVersion: treatments(plain="number labels before_version", gated="shifts"),
        ToneShift: treatments(plain="stream", gated="before after", withheld="texts"),
        ToneCheck: treatments(plain="quarter stream status", gated="recall"),
    },
)
