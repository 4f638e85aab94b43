"""Double coding: a quarter's sample, what its coders said as arrays, and how texts are read."""

import datetime
import functools
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypedDict, get_args

import numpy as np

from analysis import residents
from analysis.statistics import agreement
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.themes import accuracy, double_coding
from analysis.themes.accuracy import TONES, DoubleCodedTexts
from analysis.themes.double_coding import DoubleCodingResults, SamplingFrame, StreamLabels
from api import clock
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.installation import import_lock
from api.process.long_work import run_in_thread
from survey.deployments import quarter_after
from survey.places import Area
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks
from survey.store.themes import double_coding as store
from survey.store.themes.double_coding import TwiceCodedText
from survey.surveys.instruments import Instrument, Margin, wording_text
from survey.themes.codebooks import Codebook, CommentType, Sentiment, current_themes
from survey.themes.double_coding import (
    PURPOSES,
    SAMPLE_SIZE,
    Accuracy,
    CoderLabel,
    ReadingStatus,
)

TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
Forms = Mapping[tuple[str, int], Instrument]
GROUPS: dict[Margin, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
}
ThemeNames = Sequence[tuple[str, str]]
TextsByTheme = dict[str, list[tuple[str, str]]]
SETTLED_SHARE = 0.95


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

        A text that became an example counts with what the machine found before: the machine now
        reads such a text without a mistake, and would seem better than it is.
        """
        if text.redacted in self.taught:
            return self.carried_themes(text.then_themes, text.then_codebook)
        return self.carried_themes(text.now_themes, text.now_codebook)

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


class CoderArrays(TypedDict):
    """What the two coders said, by fields of `DoubleCodedTexts`."""

    marks: Ints
    tones: Ints
    comment_types: Ints


def label_arrays(
    texts: list[TwiceCodedText], carrier: ThemeCarrier, area: dict[str, int], forms: Forms
) -> DoubleCodedTexts:
    """What the coders and the machine said of each text, how it was drawn, and where it is from.

    Coding is in random order within strata, so the coded texts represent those not yet coded.
    """
    since = [text.codebook for text in texts]
    shape = len(texts), len(carrier.themes)
    labels = [text.counts for text in texts]

    def sets(labels: list[CoderLabel | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [
            carrier.carried_themes(label.themes, version) if label else None
            for label, version in both
        ]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([carrier.row(row) for row in rows], dtype=np.bool_).reshape(shape)

    counts = sets(labels)
    return DoubleCodedTexts(
        quarter=object_array([text.quarter for text in texts]),
        stream=words([text.stream for text in texts]),
        area=np.array([area.get(text.area, -1) for text in texts], dtype=np.int64),
        language=words([text.language for text in texts]),
        weight=float_array([text.weight for text in texts]),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        stratum=words([f"{text.quarter} {text.stratum}" for text in texts]),
        survey_weight=float_array([1 / (text.survey_probability or 1.0) for text in texts]),
        survey_stratum=words([text.survey_stratum or "" for text in texts]),
        psu=words([text.psu or "" for text in texts]),
        age=writer_groups(texts, "age", forms),
        sex=writer_groups(texts, "sex", forms),
        ethnicity=writer_groups(texts, "ethnicity", forms),
        settled=np.array([label is not None for label in labels], dtype=np.bool_),
        first=object_array(sets([text.first for text in texts])),
        second=object_array(sets([text.second for text in texts])),
        truth=flags(counts),
        told=flags(
            [
                None if themes is None else carrier.offered_themes(version)
                for themes, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags(
            [carrier.carried_themes(text.then_themes, text.then_codebook) for text in texts]
        ),
        now=flags([carrier.today(text) for text in texts]),
        tone=float_array([TONES.get(label.tone or "") if label else None for label in labels]),
        tone_then=float_array([tone_value(text.then_sentiment) for text in texts]),
        tone_now=float_array([tone_value(text.now_sentiment) for text in texts]),
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

    def positions(order: Sequence[str], said: Callable[[CoderLabel], str | None]) -> Ints:
        place: dict[str | None, int] = {name: at for at, name in enumerate(order)}
        rows = [[place.get(said(label), -1) for label in pair] for pair, _ in both]
        return np.array(rows, dtype=np.int64).reshape(len(texts), 2)

    both = [((text.first, text.second), text.codebook) for text in texts]
    rows = [[marks(label, since) for label in pair] for pair, since in both]
    return {
        "marks": np.array(rows, dtype=np.int64).reshape(len(texts), 2, len(carrier.themes)),
        "tones": positions(TONE_ORDER, lambda label: label.tone),
        "comment_types": positions(TYPES, lambda label: label.comment_type),
    }


def writer_groups(texts: list[TwiceCodedText], margin: Margin, forms: Forms) -> Labels:
    """What each writer said about themselves; "" if not asked, not answered, or another answer."""
    asked = {key: form.margins().get(margin) for key, form in forms.items()}
    said = [
        item.kind_of(text.answers) if (item := asked[text.instrument, text.version]) else ""
        for text in texts
    ]
    return words([group if group in GROUPS[margin] else "" for group in said])


def words(values: Sequence[str]) -> Labels:
    return np.array(values, dtype=np.str_)


def object_array(values: Sequence[object]) -> Labels:
    """An array with each value as one object, where numpy would unpack sequences."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def float_array(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_value(sentiment: Sentiment | None) -> float | None:
    return TONES.get(sentiment.label) if sentiment else None


class MisreadTexts(NamedTuple):
    """Texts, by id and words, that only people place under a theme, and texts that only the machine
    places there.
    """

    missed: TextsByTheme
    mistaken: TextsByTheme


async def draw_quarter_sample(connection: Connection, key: str) -> None:
    """Draw the sample of the quarter that begins on this day, unless it has one or nobody wrote."""
    with import_lock("api.jobs.texts.coding"):
        from api.jobs.texts import coding  # slow to load, and no page needs it

    # Strata are made of the machine's codes, so a text that still waits could not be drawn.
    await coding.code_all(connection)
    await draw_sample(connection, datetime.date.fromisoformat(key), seed=secrets.randbits(62))


async def draw_sample(connection: Connection, quarter: datetime.date, *, seed: int) -> int:
    """Draw the sample of a quarter, and choose texts to teach with next to it; returns how many
    texts in all.

    0 if the quarter has its sample already, or has no texts. Strata: stream, English or not, and
    the rarest theme that the machine found.
    """
    ends = (clock.midnight(quarter), clock.midnight(quarter_after(quarter)))
    rows = await store.load_frame(connection, *ends, PERCEPTION_SURVEY)
    # A second sample would give texts a probability that neither draw had.
    if not rows or await store.has_sample(connection, quarter):
        return 0
    rare = agreement.rarest_themes([row.themes for row in rows])
    strata = [
        f"{row.stream}/{'en' if row.language.startswith('en') else 'other'}/{theme}"
        for row, theme in zip(rows, rare, strict=True)
    ]
    picks = agreement.draw_sample([row.text for row in rows], strata, size=SAMPLE_SIZE, seed=seed)
    with import_lock("api.jobs.texts.discoveries"):
        from api.jobs.texts import discoveries  # it loads what reads texts

    teaching = await discoveries.choose_teaching_texts(
        connection, [row.text for row in rows], {pick.text for pick in picks}
    )
    stored = await store.insert_sample(
        connection,
        quarter,
        [store.PickedText(pick.text, pick.stratum, pick.probability) for pick in picks],
        teaching=teaching,
        seed=seed,
        codebook=(await codebooks.get_newest(connection)).version,
        texts=len(rows),
    )
    return len(picks) + len(teaching) if stored else 0


def theme_names(book: Codebook) -> ThemeNames:
    return [(theme.id, wording_text(theme.name)) for theme in book.themes]


async def load_correction_labels(
    connection: Connection, book: Codebook, themes: ThemeNames, area: dict[str, int]
) -> DoubleCodedTexts:
    """The labels that may correct figures: those of quarters that are nearly all settled.

    Texts not settled yet were the hardest to read, so a sample without them would be biased. Texts
    of a campaign that a person coded are left out: the machine's reading of them counts nowhere.
    """
    rows = await store.load_coded_twice(connection, book.version)
    labels = await to_labels(connection, book, themes, area, rows)
    done = [
        label_quarter
        for label_quarter in set(labels.quarter.tolist())
        if labels.settled[labels.in_quarter(label_quarter)].mean() >= SETTLED_SHARE
    ]
    by_person = await campaign_store.load_coded_texts(connection)
    kept = [
        quarter in done and row.text not in by_person
        for quarter, row in zip(labels.quarter, rows, strict=True)
    ]
    return labels.only(np.array(kept, dtype=np.bool_))


async def load_all_labels(
    connection: Connection, book: Codebook, themes: ThemeNames, area: dict[str, int]
) -> DoubleCodedTexts:
    """All texts that two people coded, with their labels carried into `themes` (id and name) of the
    version in force.
    """
    rows = await store.load_coded_twice(connection, book.version)
    return await to_labels(connection, book, themes, area, rows)


async def to_labels(
    connection: Connection,
    book: Codebook,
    themes: ThemeNames,
    area: dict[str, int],
    rows: list[TwiceCodedText],
) -> DoubleCodedTexts:
    known = {
        version: (await codebooks.get(connection, version)).ids()
        for version in {row.codebook for row in rows}
    }
    forms = await instruments.load_versions(connection)
    return label_arrays(
        rows, ThemeCarrier(book, [theme for theme, _ in themes], known), area, forms
    )


async def judge_reading(connection: Connection) -> tuple[ReadingStatus | None, list[Accuracy]]:
    """Whether themes may be shown, and how well each quarter was read, the newest first.

    The first is None before a quarter has been coded.
    """
    book = await codebooks.get_newest(connection)
    correction_labels = await load_correction_labels(connection, book, theme_names(book), {})
    quarters = await run_in_thread(accuracy.accuracy_by_quarter, correction_labels)
    return accuracy.newest_reading_status(quarters), quarters


async def judge_streams(connection: Connection) -> tuple[StreamLabels, ...]:
    """What the labels of the last year show of each stream, and what more labels would."""
    book = await codebooks.get_newest(connection)
    labels = await load_all_labels(connection, book, theme_names(book), {})
    if not len(labels):
        return ()
    year = accuracy.labels_of_year(labels, max(labels.quarter.tolist()))
    themes = [theme for theme, _ in theme_names(book)]
    return await run_in_thread(double_coding.stream_labels, year, themes)


async def find_misread_texts(connection: Connection, book: Codebook) -> MisreadTexts:
    """The texts of each theme that the machine missed or mistook: texts that people agreed on,
    without those that taught the machine.
    """
    carrier = ThemeCarrier(book, [], {})
    misreadings = MisreadTexts({}, {})
    # Examples teach: the texts chosen to teach are of use here, unlike in every figure.
    for row in await store.load_coded_twice(connection, book.version, PURPOSES):
        said = carrier.carried_themes(row.counts.themes, row.codebook) if row.counts else None
        if said is None or row.redacted in carrier.taught:
            continue
        today = carrier.today(row) or frozenset()
        for texts, themes in (
            (misreadings.missed, said - today),
            (misreadings.mistaken, today - said),
        ):
            for theme in sorted(themes):
                texts.setdefault(theme, []).append((row.text, row.redacted))
    return misreadings


async def load_frame(
    connection: Connection, book: Codebook, quarter: datetime.date
) -> SamplingFrame:
    """All texts of a quarter that its sample could have included, as the machine codes them
    today.
    """
    ends = (clock.midnight(quarter), clock.midnight(quarter_after(quarter)))
    rows = await store.load_frame(connection, *ends, PERCEPTION_SURVEY)
    carrier = ThemeCarrier(book, [theme.id for theme in book.themes], {})
    spoken = [carrier.row(carrier.carried_themes(row.themes, row.codebook)) for row in rows]
    return SamplingFrame(
        stream=words([row.stream for row in rows]),
        spoken=np.array(spoken, dtype=np.bool_).reshape(len(rows), len(carrier.themes)),
        tone=float_array([TONES.get(row.tone or "") for row in rows]),
        weight=float_array([1 / (row.probability or 1.0) for row in rows]),
        stratum=words([row.stratum or "" for row in rows]),
        psu=words([row.psu or "" for row in rows]),
    )


async def quarter_results(
    connection: Connection, quarter: datetime.date, areas: Sequence[Area]
) -> DoubleCodingResults | None:
    """All results of a quarter's labels, settled or not; None if there are no labels yet."""
    book = await codebooks.get_newest(connection)
    number = {area.code: i for i, area in enumerate(areas)}
    labels = await load_all_labels(connection, book, theme_names(book), number)
    if not labels.in_quarter(quarter).any():
        return None
    work = functools.partial(
        double_coding.double_coding_results,
        labels,
        await load_frame(connection, book, quarter),
        quarter,
        names=[name for _, name in theme_names(book)],
        areas=[area.name for area in areas],
    )
    return await run_in_thread(work)
