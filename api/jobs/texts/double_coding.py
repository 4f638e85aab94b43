"""Double coding: draws the sample of a quarter, and turns what the coders said into arrays."""

import datetime
import functools
import secrets
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.statistics import agreement
from analysis.themes import accuracy, double_coding
from analysis.themes.accuracy import TONES, DoubleCodedTexts
from analysis.themes.double_coding import DoubleCodingResults, SamplingFrame, StreamLabels
from api import clock
from api.jobs.texts.labels import ThemeCarrier, float_array, label_arrays
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.installation import import_lock
from api.process.threads import run_in_thread
from survey.places import Area
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks
from survey.store.themes import double_coding as store
from survey.store.themes.double_coding import TwiceCodedText
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook
from survey.themes.double_coding import (
    PURPOSES,
    SAMPLE_SIZE,
    Accuracy,
    ReadingStatus,
    quarter_after,
)

ThemeNames = Sequence[tuple[str, str]]
TextsByTheme = dict[str, list[tuple[str, str]]]
SETTLED_SHARE = 0.95


class MisreadTexts(NamedTuple):
    """Texts, by id and words, that only people place under a theme, and texts that only the machine
    places there.
    """

    missed: TextsByTheme
    mistaken: TextsByTheme


async def draw_quarter_sample(connection: Connection, key: str) -> None:
    """Draw the sample of the quarter that begins on this day, once; none if nobody wrote."""
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
        [(pick.text, pick.stratum, pick.probability) for pick in picks],
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
    found = await to_labels(connection, book, themes, area, rows)
    done = [
        one
        for one in set(found.quarter.tolist())
        if found.settled[found.in_quarter(one)].mean() >= SETTLED_SHARE
    ]
    by_person = await campaign_store.load_coded_texts(connection)
    kept = [
        quarter in done and row.text not in by_person
        for quarter, row in zip(found.quarter, rows, strict=True)
    ]
    return found.only(np.array(kept, dtype=np.bool_))


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

    None before a quarter has been coded.
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
    """The texts of each theme that the machine missed or mistook, among texts that people agreed on
    and did not teach it.
    """
    carrier = ThemeCarrier(book, [], {})
    found = MisreadTexts({}, {})
    # Examples teach: the texts chosen to teach are of use here, unlike in every figure.
    for one in await store.load_coded_twice(connection, book.version, PURPOSES):
        said = carrier.carried_themes(one.counts.themes, one.codebook) if one.counts else None
        if said is None or one.redacted in carrier.taught:
            continue
        today = carrier.today(one) or frozenset()
        for texts, themes in ((found.missed, said - today), (found.mistaken, today - said)):
            for theme in sorted(themes):
                texts.setdefault(theme, []).append((one.text, one.redacted))
    return found


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
        stream=np.array([row.stream for row in rows], dtype=np.str_),
        spoken=np.array(spoken, dtype=np.bool_).reshape(len(rows), len(carrier.themes)),
        tone=float_array([TONES.get(row.tone or "") for row in rows]),
        weight=float_array([1 / (row.probability or 1.0) for row in rows]),
        stratum=np.array([row.stratum or "" for row in rows], dtype=np.str_),
        psu=np.array([row.psu or "" for row in rows], dtype=np.str_),
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
