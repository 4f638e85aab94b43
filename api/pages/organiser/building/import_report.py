"""The report on an imported survey file: what could not be imported and what to correct."""

from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import Slug
from api.pages.forms import read_file
from api.pages.organiser.building.faults import SurveyFault, survey_faults
from api.pages.organiser.building.opening import (
    BASE,
    MOST_SENT,
    load_survey_draft,
)
from api.pages.organiser.publishing import next_version
from api.pages.registry import StaffPage
from api.pages.work import FromPage
from survey.formats.answer_lists import missing_list_files, read_answers_in_child, with_answer_list
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import NotFound, Problem
from survey.store.surveys import instruments, surveys
from survey.surveys.instruments import QuestionGroup, all_parts
from survey.surveys.instruments.drafts import InstrumentDraft, NotImported


async def import_report_page(page: FromPage, slug: Slug) -> Template:
    """Show how much of a file was imported, what was not, and what has to be corrected first."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
    # In a thread, because every expression of the survey is tried out.
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    waiting = missing_list_files(draft)
    return page.show(
        "surveys/report",
        draft=draft,
        questions=len(draft.instrument.answer_names()),
        groups=sum(isinstance(part, QuestionGroup) for part in all_parts(draft.instrument.items)),
        kinds=left_by_place(draft.left),
        faults=[waiting_list_fault(one, draft, waiting) for one in survey_faults(now, faults)],
        waiting=waiting,
        spoken=[ENGLISH_NAMES.get(code, code) for code in draft.all_languages()],
    )


@post(BASE + "/{slug:str}/report", request_max_body_size=MOST_SENT)
async def add_answer_list(page: FromPage, slug: Slug) -> Response[Any]:
    """Add an answer list that the survey needs and that came in a separate file."""
    name, content = await read_file(page.request)
    wanted = page.form["list"]
    page.form.require(content, wanted, "Choose a file")
    if page.form.errors:
        return await import_report_page(page, slug)
    try:
        draft = await page.load(load_survey_draft, page.person, slug, page.form)
        if wanted not in missing_list_files(draft):
            raise unknown_answer_list()
        columns, language = draft.lists[wanted], draft.all_languages()[0]
        # Read in a child process, and without a connection: a hostile file may take its whole time.
        options = await anyio.to_thread.run_sync(
            read_answers_in_child, name, content, columns, language
        )
        async with page.connection() as connection, connection.transaction():
            # Saving compares the revision, so a change made while the file was read is not lost.
            await surveys.save_draft(connection, with_answer_list(draft, wanted, options))
    except Problem as refused:
        page.form.refuse(refused, [(wanted, f"{refused.sentence} {refused.remedy}")])
        return await import_report_page(page, slug)
    return page.to(f"{BASE}/{slug}/report")


unknown_answer_list = NotFound.of("list.unknown", "This survey does not need that list.")


def waiting_list_fault(
    fault: SurveyFault, draft: InstrumentDraft, waiting: list[str]
) -> SurveyFault:
    """The fault of a question; for one that waits for its list of answers, only that the list is
    missing.
    """
    part = draft.find(fault.name) if fault.name else None
    if getattr(part, "list", "") not in waiting:
        return fault
    return msgspec.structs.replace(fault, sentence="has no answers yet: add its list below")


def left_by_place(left: tuple[NotImported, ...]) -> dict[str, list[NotImported]]:
    """What could not be imported, by its place in the file, in file order."""
    found: dict[str, list[NotImported]] = {}
    for one in left:
        found.setdefault(one.where, []).append(one)
    return found


PAGES = [
    StaffPage(
        [get(BASE + "/{slug:str}/report")(import_report_page), add_answer_list],
        linked_from="/work/builder/{slug:str}",
    )
]
