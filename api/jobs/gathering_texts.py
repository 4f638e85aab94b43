"""Reads what people wrote, and what was made of it, for one edition."""

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.material import Before, Texts
from analysis.statistics.variance import Flags
from api.intake import PERCEPTION
from api.jobs import double_coding
from api.jobs.where import Where
from survey.codebooks import Codebook, carried
from survey.editions import Edition
from survey.instruments import said
from survey.store import codebooks, codes
from survey.store.codes import CodedText
from survey.store.database import Connection

POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
Instants = tuple[datetime.datetime, datetime.datetime]
Named = Sequence[tuple[str, str]]
Rows = Sequence[CodedText]


async def written(
    connection: Connection, inside: Instants, where: Where, last: Edition | None
) -> dict[str, Any]:
    """What was written, its themes and campaigns, and what people coded.

    `last` is the edition before.
    """
    book = await codebooks.newest(connection)
    rows = await codes.coded(connection, *inside, book.version, PERCEPTION)
    themes = await spoken_of(connection, book, rows)
    campaigns = sorted({row.campaign for row in rows if row.campaign})
    return {
        "texts": texts(rows, where, spoken(rows, book, themes), campaigns),
        "campaigns": campaigns,
        "themes": themes,
        "codebook": book.version,
        "meanings": {theme.id: theme.description for theme in book.themes},
        "labelled": await double_coding.labelled(connection, book, themes, where.number),
        "before": await before(connection, book, inside, rows, last),
    }


async def before(
    connection: Connection, newest: Codebook, inside: Instants, now: Rows, last: Edition | None
) -> Before | None:
    """The texts as the edition before would have told them, if its codebook was an older one."""
    if last is None or last.codebook >= newest.version:
        return None
    book = await codebooks.get(connection, last.codebook)
    rows = await codes.coded(connection, *inside, book.version, PERCEPTION)
    themes = await spoken_of(connection, book, rows)
    then = dict(zip((row.text for row in rows), spoken(rows, book, themes), strict=True))
    unread = np.zeros(len(themes), dtype=np.bool_)
    told = [then.get(row.text, unread) for row in now]
    return Before(
        book=book,
        later=[
            await codebooks.get(connection, number)
            for number in range(book.version + 1, newest.version + 1)
        ],
        themes=themes,
        spoken=np.array(told, dtype=np.bool_).reshape(len(now), len(themes)),
        known=np.array([row.text in then for row in now], dtype=np.bool_),
    )


def themes_of(row: CodedText, book: Codebook) -> tuple[str, ...]:
    """The themes of a text in those of this version."""
    return carried(book, row.themes, since=row.codebook)


async def spoken_of(connection: Connection, book: Codebook, rows: Rows) -> list[tuple[str, str]]:
    """Id and name of a version's themes, then of split ones that a text not re-coded speaks of."""
    left = {theme for row in rows for theme in themes_of(row, book)} - book.ids()
    split = [one for one in book.descent if one.theme in left]
    before = {one.version: await codebooks.get(connection, one.version - 1) for one in split}
    themes = (*book.themes, *(before[one.version].get(one.theme) for one in split))
    return [(theme.id, said(theme.name)) for theme in themes]


def spoken(rows: Rows, book: Codebook, themes: Named) -> Flags:
    """Which text speaks of which theme: texts x themes."""
    place = {theme: i for i, (theme, _) in enumerate(themes)}
    found = np.zeros((len(rows), len(place)), dtype=np.bool_)
    for i, row in enumerate(rows):
        found[i, [place[theme] for theme in themes_of(row, book)]] = True
    return found


def texts(rows: Rows, where: Where, spoken: Flags, campaigns: Sequence[str]) -> Texts:
    number = {campaign: i for i, campaign in enumerate(campaigns)}
    return Texts(
        stream=np.array([row.stream for row in rows], dtype=np.str_),
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
    )
