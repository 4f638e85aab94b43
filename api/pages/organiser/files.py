"""The list of files that came with the answers to a survey."""

import datetime
import re

import msgspec

from api.pages.handing_out import SCANS, kind_of
from survey.attachments import ENDINGS
from survey.instruments import Instrument, said
from survey.store import attachments
from survey.store.attachments import AnswerFile
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
    found = await attachments.page_of_answers(connection, slug, (page - 1) * A_PAGE, A_PAGE)
    shown = [file_line(slug, one, asked.get(one.item, one.item)) for one in found]
    return Files(shown, total, page, total > page * A_PAGE)


def file_line(slug: str, file: AnswerFile, question: str) -> File:
    return File(
        address=f"/work/surveys/{slug}/attachments/{file.id}",
        name=f"{stem_of(slug, file.id)}.{ENDINGS[file.media_type]}",
        question=question,
        day=file.day,
        kilobytes=max(1, round(file.size / 1_000)),
        kind=kind_of(file.media_type),
        scan=SCANS[file.scan],
        is_offered=file.scan in ("clean", "not_scanned"),
    )


def stem_of(slug: str, ident: str) -> str:
    return f"{slug}-{ident[:8]}"


def page_in(asked: str) -> int:
    """Which page of the list an address asks for."""
    return max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1
