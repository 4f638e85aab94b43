"""The list of files that came with the answers to a survey."""

import datetime
import re
from typing import Any

import msgspec

from api.pages.handing_out import SCANS, kind_of
from survey.attachments import ENDINGS
from survey.instruments import Instrument, said
from survey.store import attachments
from survey.store.database import Connection

A_PAGE = 50


class File(msgspec.Struct, frozen=True):
    """A file in the list; its name is ours, since a resident's own can name a person."""

    address: str
    name: str
    question: str
    day: datetime.date
    kilobytes: int
    kind: str
    scan: str
    is_offered: bool


class Files(msgspec.Struct, frozen=True):
    """One page of the list, and whether there is another."""

    shown: list[File]
    total: int
    page: int
    more: bool


async def page_of(connection: Connection, chain: list[Instrument], page: int) -> Files:
    """The files with answers to any version of a survey."""
    slug = chain[-1].slug
    asked = {name: said(item.text) for one in chain for name, item in one.files().items()}
    total = await attachments.number_of(connection, slug)
    rows = await attachments.listed(connection, slug, (page - 1) * A_PAGE, A_PAGE)
    shown = [listed(slug, row, asked.get(row["item"], row["item"])) for row in rows]
    return Files(shown, total, page, total > page * A_PAGE)


def listed(slug: str, row: Any, question: str) -> File:
    return File(
        address=f"/work/surveys/{slug}/attachments/{row['id']}",
        name=f"{stem_of(slug, row['id'])}.{ENDINGS[row['media_type']]}",
        question=question,
        day=row["day"],
        kilobytes=max(1, round(row["size"] / 1_000)),
        kind=kind_of(row["media_type"]),
        scan=SCANS[row["scan"]],
        is_offered=row["scan"] in ("clean", "not_scanned"),
    )


def stem_of(slug: str, ident: str) -> str:
    return f"{slug}-{ident[:8]}"


def page_in(asked: str) -> int:
    """Which page of the list an address asks for."""
    return max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1
