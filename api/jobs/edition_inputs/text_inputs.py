"""The texts of an edition as arrays: their codes, their double coding, and the demands in them."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np

from analysis.editions.inputs import EarlierCoding, EditionTexts, ToneInForce
from analysis.statistics.sampling.variance import Flags, Ints
from analysis.themes.accuracy import DoubleCodedTexts
from analysis.themes.stances import DemandTexts, StanceTexts
from api.jobs.edition_inputs.sampled_inputs import AreaDays
from api.jobs.texts import double_coding
from api.operations.answers.submissions import PERCEPTION_SURVEY
from survey.editions import Edition
from survey.editions.texts import WaitingProposal
from survey.store.database import Connection
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import codebooks, codes, tone_heads
from survey.store.themes import demands as demand_store
from survey.store.themes.codes import CodedText
from survey.store.themes.demands import StanceText
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook, current_themes
from survey.themes.demands import STANCES, CampaignCoding, Stance

ONE_DAY = datetime.timedelta(days=1)
LAST_DAY_OF_WEEK = datetime.timedelta(days=6)
POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
Instants = tuple[datetime.datetime, datetime.datetime]
ThemeNameList = Sequence[tuple[str, str]]
CodedRows = Sequence[CodedText]


class TextInputs(TypedDict):
    """The fields of `EditionInputs` about what people wrote."""

    texts: EditionTexts
    campaigns: Sequence[str]
    campaign_codings: Sequence[CampaignCoding]
    proposals: Sequence[WaitingProposal]
    themes: ThemeNameList
    codebook: int
    meanings: dict[str, str]
    labelled: DoubleCodedTexts
    before: EarlierCoding | None
    tone: ToneInForce
    demands: Sequence[DemandTexts]


async def text_inputs(
    connection: Connection, inside: Instants, where: AreaDays, last: Edition | None
) -> TextInputs:
    """Texts with their themes and campaigns, and the labels that people gave.

    `last` is the previous edition.
    """
    book = await codebooks.get_newest(connection)
    rows = await codes.load_coded_texts(connection, *inside, book.version, PERCEPTION_SURVEY)
    themes = await load_spoken_themes(connection, book, rows)
    campaigns = sorted({row.campaign for row in rows if row.campaign})
    return {
        "texts": text_arrays(rows, where, theme_flags(rows, book, themes), campaigns),
        "campaigns": campaigns,
        "campaign_codings": await campaign_store.load_codings(connection, book.version),
        "proposals": [
            WaitingProposal(
                id=str(proposal.id), until=proposal.week + LAST_DAY_OF_WEEK, texts=proposal.size
            )
            for proposal in await codebooks.load_open_theme_proposals(
                connection, (inside[1] - ONE_DAY).date() - LAST_DAY_OF_WEEK
            )
        ],
        "themes": themes,
        "codebook": book.version,
        "meanings": {theme.id: theme.description for theme in book.themes},
        "labelled": await double_coding.load_correction_labels(
            connection, book, themes, where.number
        ),
        "before": await load_previous_reading(connection, book, inside, rows, last),
        "tone": await load_tone_in_force(connection, rows, last),
        "demands": await demand_inputs(connection, inside),
    }


async def load_tone_in_force(
    connection: Connection, rows: CodedRows, last: Edition | None
) -> ToneInForce:
    """How tone is read, and the texts as the previous edition read them where that differs."""
    reading = await tone_heads.find_reading(connection)
    head = await tone_heads.get_head(connection, reading.head) if reading.head else None
    tone = ToneInForce(version=reading.version, labels=head.labels if head else 0)
    earlier = last.tone_version.number if last and last.tone_version else 0
    if last is None or earlier == reading.version:
        return tone
    then = await tone_heads.load_tones(connection, [row.text for row in rows], earlier)
    return replace(
        tone,
        before=np.array(
            [POLARITY.get(then.get(row.text, ""), np.nan) for row in rows], dtype=np.float64
        ),
    )


async def load_earlier_reading(
    connection: Connection, inside: Instants, last: Edition
) -> EarlierCoding | None:
    """The texts as read under the codebook of `last`; None unless that is older than the newest."""
    book = await codebooks.get_newest(connection)
    if last.codebook >= book.version:
        return None
    rows = await codes.load_coded_texts(connection, *inside, book.version, PERCEPTION_SURVEY)
    return await load_previous_reading(connection, book, inside, rows, last)


async def load_previous_reading(
    connection: Connection, newest: Codebook, inside: Instants, now: CodedRows, last: Edition | None
) -> EarlierCoding | None:
    """The texts as read under the previous edition's codebook; None unless that codebook is older
    than `newest`.
    """
    # Only a new codebook needs the old reading: it shows what the change of version alone did.
    if last is None or last.codebook >= newest.version:
        return None
    book = await codebooks.get(connection, last.codebook)
    rows = await codes.load_coded_texts(connection, *inside, book.version, PERCEPTION_SURVEY)
    themes = await load_spoken_themes(connection, book, rows)
    then = dict(zip((row.text for row in rows), theme_flags(rows, book, themes), strict=True))
    # For texts that came after the old codebook: `known` below says that they were not read.
    unread = np.zeros(len(themes), dtype=np.bool_)
    earlier = [then.get(row.text, unread) for row in now]
    return EarlierCoding(
        book=book,
        later=[
            await codebooks.get(connection, number)
            for number in range(book.version + 1, newest.version + 1)
        ],
        themes=themes,
        spoken=np.array(earlier, dtype=np.bool_).reshape(len(now), len(themes)),
        known=np.array([row.text in then for row in now], dtype=np.bool_),
    )


def themes_in_version(row: CodedText, book: Codebook) -> tuple[str, ...]:
    """A text's themes, carried into this version of the codebook."""
    return current_themes(book, row.themes, since=row.codebook)


async def load_spoken_themes(
    connection: Connection, book: Codebook, rows: CodedRows
) -> list[tuple[str, str]]:
    """Id and name of the version's themes, and of split themes that some text still has.

    A text still has a split theme if it was not re-coded since the split.
    """
    left = {theme for row in rows for theme in themes_in_version(row, book)} - book.ids()
    split = [descent for descent in book.descent if descent.theme in left]
    before = {
        descent.version: await codebooks.get(connection, descent.version - 1) for descent in split
    }
    themes = (*book.themes, *(before[descent.version].get(descent.theme) for descent in split))
    return [(theme.id, wording_text(theme.name)) for theme in themes]


def theme_flags(rows: CodedRows, book: Codebook, themes: ThemeNameList) -> Flags:
    """Which text has which theme: texts x themes."""
    place = {theme: i for i, (theme, _) in enumerate(themes)}
    flags = np.zeros((len(rows), len(place)), dtype=np.bool_)
    for i, row in enumerate(rows):
        flags[i, [place[theme] for theme in themes_in_version(row, book)]] = True
    return flags


def text_arrays(
    rows: CodedRows, where: AreaDays, spoken: Flags, campaigns: Sequence[str]
) -> EditionTexts:
    number = {campaign: i for i, campaign in enumerate(campaigns)}
    return EditionTexts(
        stream=np.array([row.stream for row in rows], dtype=np.str_),
        # Who chose to write was not drawn and has no probability: each text counts once.
        weight=np.array([1 / (row.probability or 1.0) for row in rows], dtype=np.float64),
        stratum=np.array([row.stratum or "" for row in rows], dtype=np.str_),
        psu=np.array([row.psu or "" for row in rows], dtype=np.str_),
        day=where.days([row.received_at for row in rows]),
        area=where.areas([row.area for row in rows]),
        polarity=np.array(
            [POLARITY.get(row.label or "", np.nan) for row in rows], dtype=np.float64
        ),
        spoken=spoken,
        campaign=np.array([number.get(row.campaign or "", -1) for row in rows], dtype=np.int64),
        by_person=np.array([row.by_person for row in rows], dtype=np.bool_),
        reworded=np.array([row.reworded for row in rows], dtype=np.bool_),
    )


LOOK_BACK = datetime.timedelta(weeks=52)


async def demand_inputs(connection: Connection, inside: Instants) -> list[DemandTexts]:
    """Each demand that editions report, the first one opened first."""
    reported = [demand for demand in await demand_store.load_all(connection) if demand.reported_by]
    demands = []
    for reported_demand in reversed(reported):
        head = await demand_store.find_stance_head(connection, reported_demand.id)
        demands.append(
            DemandTexts(
                id=reported_demand.id,
                sentence=reported_demand.sentence,
                texts=await load_stance_arrays(connection, reported_demand.id, inside),
                accuracy=head.accuracy if head else None,
            )
        )
    return demands


async def load_stance_arrays(connection: Connection, demand: str, inside: Instants) -> StanceTexts:
    """The texts about a demand that were received between two instants."""
    return stance_arrays(await demand_store.load_stance_texts(connection, demand, *inside))


def stance_arrays(rows: Sequence[StanceText]) -> StanceTexts:
    campaigns = sorted({row.campaign for row in rows if row.campaign})
    number = {campaign: i for i, campaign in enumerate(campaigns)}
    return StanceTexts(
        stream=np.array([row.stream for row in rows], dtype=np.str_),
        weight=np.array([1 / (row.probability or 1.0) for row in rows], dtype=np.float64),
        stratum=np.array([row.stratum or "" for row in rows], dtype=np.str_),
        psu=np.array([row.psu or "" for row in rows], dtype=np.str_),
        campaign=np.array([number.get(row.campaign or "", -1) for row in rows], dtype=np.int64),
        own=np.array([row.own for row in rows], dtype=np.bool_),
        chance=np.array([row.chance for row in rows], dtype=np.float64),
        read=stance_places([row.read for row in rows]),
        said=stance_places([row.said for row in rows]),
    )


def stance_places(stances: Sequence[Stance | None]) -> Ints:
    """The place of each stance in `STANCES`; -1 for a text without a stance."""
    return np.array([STANCES.index(stance) if stance else -1 for stance in stances], dtype=np.int64)
