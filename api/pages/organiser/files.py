"""The list of files that came with the answers to a survey."""

import re

import msgspec

from api.pages.handing_out import FileRow, file_row
from survey.store.database import Connection
from survey.store.surveys import attachments
from survey.surveys.instruments import Instrument, wording_text

ON_A_PAGE = 50


class AnswerFilesPage(msgspec.Struct, frozen=True):
    """One page of the list, and whether there is another."""

    shown: list[FileRow]
    total: int
    page: int
    more: bool


async def load_files_page(
    connection: Connection, chain: list[Instrument], page: int
) -> AnswerFilesPage:
    """The files with answers to any version of a survey."""
    slug = chain[-1].slug
    # Over all versions: a file may answer a question that the newest one does not have.
    asked = {name: wording_text(item.text) for one in chain for name, item in one.files().items()}
    total = await attachments.count_for_survey(connection, slug)
    found = await attachments.load_answer_files(connection, slug, (page - 1) * ON_A_PAGE, ON_A_PAGE)
    folder = f"/work/surveys/{slug}/attachments"
    shown = [file_row(slug, folder, one, asked.get(one.item, one.item)) for one in found]
    return AnswerFilesPage(shown, total, page, total > page * ON_A_PAGE)


def parse_page_number(asked: str) -> int:
    """The page number in the address; 1 if it is not a number."""
    return max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1
