"""The list of files that came with the answers to a survey."""

import datetime
import re

import msgspec

from api.pages.handing_out import SCAN_LABELS, media_label
from survey.media import ENDINGS
from survey.store.database import Connection
from survey.store.surveys import attachments
from survey.store.surveys.attachments import AnswerFile
from survey.surveys.instruments import Instrument, wording_text

ON_A_PAGE = 50


class AnswerFileRow(msgspec.Struct, frozen=True):
    """A file in the list; we name it, because the resident's own name can identify a person."""

    address: str
    name: str
    question: str
    day: datetime.date
    kilobytes: int
    kind: str
    scan: str
    is_offered: bool


class AnswerFilesPage(msgspec.Struct, frozen=True):
    """One page of the list, and whether there is another."""

    shown: list[AnswerFileRow]
    total: int
    page: int
    more: bool


async def load_files_page(
    connection: Connection, chain: list[Instrument], page: int
) -> AnswerFilesPage:
    """The files with answers to any version of a survey."""
    slug = chain[-1].slug
    asked = {name: wording_text(item.text) for one in chain for name, item in one.files().items()}
    total = await attachments.count_for_survey(connection, slug)
    found = await attachments.load_answer_files(connection, slug, (page - 1) * ON_A_PAGE, ON_A_PAGE)
    shown = [answer_file_row(slug, one, asked.get(one.item, one.item)) for one in found]
    return AnswerFilesPage(shown, total, page, total > page * ON_A_PAGE)


def answer_file_row(slug: str, file: AnswerFile, question: str) -> AnswerFileRow:
    return AnswerFileRow(
        address=f"/work/surveys/{slug}/attachments/{file.id}",
        name=f"{file_stem(slug, file.id)}.{ENDINGS[file.media_type]}",
        question=question,
        day=file.day,
        kilobytes=max(1, round(file.size / 1_000)),
        kind=media_label(file.media_type),
        scan=SCAN_LABELS[file.scan],
        is_offered=file.scan in ("clean", "not_scanned"),
    )


def file_stem(slug: str, ident: str) -> str:
    return f"{slug}-{ident[:8]}"


def parse_page_number(asked: str) -> int:
    """The page number in the address; 1 if it is not a number."""
    return max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1
