"""What two people and the machine said of texts, as arrays."""

import functools
from collections.abc import Mapping, Sequence
from typing import TypedDict, get_args

import numpy as np

from analysis import residents
from analysis.coding import teaching
from analysis.coding.accuracy import TONES, DoubleCodedTexts
from analysis.coding.teaching import ReadTexts, label_curves
from analysis.coding.tone_heads import JudgedTones, fit_tone_head
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.text import reading
from analysis.text.tone import head
from analysis.text.tone.head import TaughtTones, evidence_of
from analysis.text.tone.sentiment import LABELS
from api.jobs.texts import coding, rereading
from api.jobs.texts.proposals import text_vectors
from api.jobs.texts.rereading import find_head, tones_of, usable_texts
from api.jobs.threads import run_in_thread
from survey.coding.codebooks import Codebook, current_themes
from survey.coding.codes import CommentType, Sentiment
from survey.coding.double_coding import PURPOSES, TEACHING_SIZE, CoderLabel
from survey.coding.tone_heads import FEWEST_TONES, HeadCheck, LabelCurve, ToneHead
from survey.store.coding import codebooks, codes, double_coding, recodings, tone_heads
from survey.store.coding.codes import ReadText
from survey.store.coding.double_coding import TwiceCodedText
from survey.store.coding.tone_heads import TextToReread
from survey.store.database import Connection
from survey.surveys.instruments import Instrument, Margin

TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
Forms = Mapping[tuple[str, int], Instrument]
GROUPS: dict[Margin, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
}


class ThemeCarrier:
    """Carries themes coded under an older version into the themes of this codebook."""

    def __init__(
        self, book: Codebook, themes: Sequence[str], known: dict[int, frozenset[str]]
    ) -> None:
        self.book = book
        self.themes = list(themes)
        self.known = known
        self.taught = {text for theme in book.themes for text in theme.examples}

    def carried_themes(self, themes: Sequence[str] | None, since: int) -> frozenset[str] | None:
        return None if themes is None else frozenset(current_themes(self.book, themes, since=since))

    def offered_themes(self, since: int) -> frozenset[str]:
        """The themes that coders could choose under version `since`, carried into this version."""
        return self.carried_themes(sorted(self.known[since]), since) or frozenset()

    def today(self, text: TwiceCodedText) -> frozenset[str] | None:
        """The themes that the machine finds in a text now, carried into this codebook.

        For a text that became an example of a theme it is what the machine found before: it would
        now code such a text without a mistake, and seem better than it is.
        """
        if text.redacted in self.taught:
            return self.carried_themes(text.then_themes, text.then_codebook)
        return self.carried_themes(text.now_themes, text.now_codebook)

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


class SampleArrays(TypedDict):
    """How texts were drawn for coding, by fields of `DoubleCodedTexts`."""

    quarter: Labels
    stream: Labels
    area: Labels
    language: Labels
    weight: Floats
    stratum: Labels
    survey_weight: Floats
    survey_stratum: Labels
    psu: Labels


class CoderArrays(TypedDict):
    """What the two coders said, by fields of `DoubleCodedTexts`."""

    marks: Ints
    tones: Ints
    comment_types: Ints


def label_arrays(
    texts: list[TwiceCodedText], carrier: ThemeCarrier, area: dict[str, int], forms: Forms
) -> DoubleCodedTexts:
    since = [one.codebook for one in texts]
    shape = len(texts), len(carrier.themes)
    labels = [one.counts for one in texts]

    def sets(labels: list[CoderLabel | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [
            carrier.carried_themes(one.themes, version) if one else None for one, version in both
        ]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([carrier.row(one) for one in rows], dtype=np.bool_).reshape(shape)

    counts = sets(labels)
    return DoubleCodedTexts(
        **sample_arrays(texts, area),
        age=writer_groups(texts, "age", forms),
        sex=writer_groups(texts, "sex", forms),
        ethnicity=writer_groups(texts, "ethnicity", forms),
        settled=np.array([label is not None for label in labels], dtype=np.bool_),
        first=object_array(sets([one.first for one in texts])),
        second=object_array(sets([one.second for one in texts])),
        truth=flags(counts),
        told=flags(
            [
                None if one is None else carrier.offered_themes(version)
                for one, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags([carrier.carried_themes(one.then_themes, one.then_codebook) for one in texts]),
        now=flags([carrier.today(one) for one in texts]),
        tone=float_array([TONES.get(label.tone or "") if label else None for label in labels]),
        tone_then=float_array([tone_value(one.then_sentiment) for one in texts]),
        tone_now=float_array([tone_value(one.now_sentiment) for one in texts]),
        **coder_arrays(texts, carrier),
    )


def coder_arrays(texts: list[TwiceCodedText], carrier: ThemeCarrier) -> CoderArrays:
    """What each of the two coders said as numbers; -1 where they could not tell."""

    def marks(label: CoderLabel, since: int) -> list[int]:
        said = carrier.carried_themes(label.themes, since)
        asked = carrier.offered_themes(since)
        # A theme that their version did not have was not looked for: that is not a no.
        known = [said is not None and theme in asked for theme in carrier.themes]
        return [int(mark) if k else -1 for mark, k in zip(carrier.row(said), known, strict=True)]

    both = [((one.first, one.second), one.codebook) for one in texts]
    n = len(texts)
    return {
        "marks": np.array(
            [[marks(label, since) for label in pair] for pair, since in both], dtype=np.int64
        ).reshape(n, 2, len(carrier.themes)),
        "tones": np.array(
            [[position_in(TONE_ORDER, label.tone) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
        "comment_types": np.array(
            [[position_in(TYPES, label.comment_type) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
    }


def position_in(order: Sequence[str], name: str | None) -> int:
    return order.index(name) if name in order else -1


def sample_arrays(texts: list[TwiceCodedText], area: dict[str, int]) -> SampleArrays:
    """How each text was drawn for coding, and where it comes from.

    Coding is in random order within strata, so the coded texts represent those not yet coded.
    """
    return {
        "quarter": object_array([one.quarter for one in texts]),
        "stream": np.array([one.stream for one in texts], dtype=np.str_),
        "area": np.array([area.get(one.area, -1) for one in texts], dtype=np.int64),
        "language": np.array([one.language for one in texts], dtype=np.str_),
        "weight": float_array([one.weight for one in texts]),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        "stratum": np.array([f"{one.quarter} {one.stratum}" for one in texts], dtype=np.str_),
        "survey_weight": float_array([1 / (one.survey_probability or 1.0) for one in texts]),
        "survey_stratum": np.array([one.survey_stratum or "" for one in texts], dtype=np.str_),
        "psu": np.array([one.psu or "" for one in texts], dtype=np.str_),
    }


def writer_groups(texts: list[TwiceCodedText], margin: Margin, forms: Forms) -> Labels:
    """What each writer said about themselves; "" if not asked, not answered, or another answer."""
    asked = {key: form.margins().get(margin) for key, form in forms.items()}
    said = [
        item.kind_of(one.answers) if (item := asked[one.instrument, one.version]) else ""
        for one in texts
    ]
    return np.array([one if one in GROUPS[margin] else "" for one in said], dtype=np.str_)


def object_array(values: Sequence[object]) -> Labels:
    """An array of objects that numpy would otherwise unpack."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def float_array(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_value(sentiment: Sentiment | None) -> float | None:
    return TONES.get(sentiment.label) if sentiment else None


Learned = tuple[ToneHead, HeadCheck, tuple[LabelCurve, ...]]


async def learn_tone(connection: Connection, _: str) -> None:
    """Learn a head, unless nothing was coded since the last one."""
    await learn_tone_head(connection)


async def learn_tone_head(connection: Connection) -> int | None:
    """The number of a new head; None with fewer than 100 labels or 10 of a tone, or none new.

    What people settled before today's coder read it is read again first.
    """
    book = await codebooks.get_newest(connection)
    coded = await double_coding.load_coded_twice(connection, book.version, PURPOSES)
    labels = {one.text: one for one in coded if one.counts and one.counts.tone}
    usable = await load_usable(connection, list(labels))
    newest = await tone_heads.find_newest(connection)
    # A head of an older model reads nothing, so it is learned again from the same labels.
    is_known = newest and (newest.labels, newest.reader) == (len(usable), reading.VERSION)
    if len(usable) < FEWEST_TONES or is_known:
        return None
    force = await find_head(connection, await tone_heads.find_reading(connection))
    found = await run_in_thread(
        learned_head, [labels[str(one.id)] for one in usable], usable, force
    )
    return await tone_heads.insert(connection, *found) if found else None


async def load_usable(connection: Connection, texts: list[str]) -> list[TextToReread]:
    """These texts as a head reads them, after coding those again that it cannot read."""
    rows = await tone_heads.load_readable(connection, texts)
    usable = await run_in_thread(usable_texts, rows)
    if len(usable) == len(rows):
        return usable
    known = {row.id for row in usable}
    await recodings.mark_due(connection, [row.id for row in rows if row.id not in known])
    await coding.code_all(connection)
    return await run_in_thread(usable_texts, await tone_heads.load_readable(connection, texts))


def learned_head(
    labels: Sequence[TwiceCodedText], texts: list[TextToReread], force: ToneHead | None
) -> Learned | None:
    judged = judged_tones(labels, texts, force)
    if not judged.suffice():
        return None
    head, checked = fit_tone_head(judged, reading.VERSION)
    return head, checked, label_curves(judged)


def judged_tones(
    labels: Sequence[TwiceCodedText], texts: list[TextToReread], force: ToneHead | None
) -> JudgedTones:
    """The labels as a head learns from them. Texts picked to teach weigh what others do in the
    mean, and judge nothing.
    """
    drawn = np.array([one.purpose == "estimate" for one in labels], dtype=np.bool_)
    weight = np.array([one.weight for one in labels], dtype=np.float64)
    weight[~drawn] = weight[drawn].mean() if drawn.any() else 1.0
    places = [LABELS.index(one.counts.tone) for one in labels if one.counts and one.counts.tone]
    in_force = [LABELS.index(one.label) for one in tones_of(force, texts)]
    return JudgedTones(
        taught=TaughtTones(
            evidence=evidence_of(
                [one.sentiment for one in texts], [one.passages for one in texts if one.passages]
            ),
            tone=np.array(places, dtype=np.int64),
            weight=weight,
            fold=np.array([one.fold for one in texts], dtype=np.int64),
        ),
        stream=np.array([one.stream for one in texts], dtype=np.str_),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        stratum=np.array([f"{one.quarter} {one.stratum}" for one in labels], dtype=np.str_),
        drawn=drawn,
        in_force=np.array(in_force, dtype=np.int64),
    )


async def use_newest_head(connection: Connection, *, by: str | None) -> bool:
    """Learn a head and read tone by it from now on, if it reads better; all texts at once."""
    number = await learn_tone_head(connection)
    newest = await tone_heads.find_newest(connection)
    if number is None or newest is None or not newest.checked.beats:
        return False
    before = await tone_heads.find_reading(connection)
    await rereading.switch_tone_head(connection, number, after=before.version, by=by)
    await rereading.reread_all(connection)
    return True


NO_TONE = (np.nan, np.nan, np.nan)


async def choose_teaching_texts(
    connection: Connection, frame: Sequence[str], drawn: set[str]
) -> list[str]:
    """The ids of the texts of a quarter to teach with; `frame` are all, `drawn` those that chance
    drew.

    Texts in other languages are not among them: nothing compares their vectors with the others'.
    """
    rows = await codes.load_read_texts(connection, frame, reading.VERSION)
    if not rows:
        return []
    work = functools.partial(
        teaching.teaching_texts,
        read_texts(rows),
        np.array([row.text in drawn for row in rows], dtype=np.bool_),
        size=TEACHING_SIZE,
    )
    return [rows[place].text for place in await run_in_thread(work)]


def read_texts(rows: Sequence[ReadText]) -> ReadTexts:
    return ReadTexts(
        vectors=text_vectors(rows),
        tone=np.array([tone_probabilities(row.sentiment) for row in rows], dtype=np.float64),
        strengths=theme_strengths(rows),
    )


def tone_probabilities(found: Sentiment | None) -> Sequence[float]:
    return NO_TONE if found is None else head.tone_probabilities(found).tolist()


def theme_strengths(rows: Sequence[ReadText]) -> Floats:
    """Texts x themes: the strength of each theme that was found, 0 of the others."""
    themes = sorted({code.theme for row in rows for code in row.themes})
    place = {theme: i for i, theme in enumerate(themes)}
    found = np.zeros((len(rows), len(themes)))
    for i, row in enumerate(rows):
        for code in row.themes:
            found[i, place[code.theme]] = code.strength
    return found
