"""One answer to a survey at a time, for those who made it: read, flag and delete."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.exports.answer_tables import Column, labels_by_question
from api.pages.organiser.results.coverage import unknown_single_answer
from api.pages.registry import StaffPage
from api.pages.staff.texts.texts import language_name
from api.pages.work import FromPage, StaffRequest
from survey.store import places
from survey.store.answers import erasure, results
from survey.store.answers.results import ListedAnswer, SingleAnswer, WrittenAnswer
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import FileItem, HarmonisedVersions, Instrument

AnswerName = Annotated[str, PathParameter(max_length=60)]
BASE = "/work/surveys/{slug:str}/results/answers"


@get(BASE)
async def list_answers(page: FromPage, slug: Slug) -> Template:
    """List the answers that can be read, those that were flagged first."""
    async with page.connection() as connection, connection.transaction():
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await results.show_more_answers(connection, slug)
        listed = await results.load_listed_answers(connection, slug)
        instrument, _ = await instruments.get(connection, slug)
    return page.show(
        "surveys/results/answers",
        instrument=instrument,
        listed=listed,
        flagged=[(at, one) for at, one in enumerate(listed, 1) if one.flagged],
    )


@get(BASE + "/{name:str}")
async def show_answer(page: FromPage, slug: Slug, name: AnswerName) -> Template:
    """Show one answer; each look is written to the audit."""
    async with page.write("single answer read", slug, {"answer": name}) as connection:
        # Inside the transaction, so that a refused look leaves no line in the audit.
        await survey_rights.require_right(connection, page.person, "read texts", slug)
        await find_listed(connection, slug, name)
    return await answer_page(page, slug, name)


async def find_listed(
    connection: Connection, slug: str, name: str
) -> tuple[list[ListedAnswer], int]:
    """The answers that can be read, and the place of this one among them; raises if it is none."""
    listed = await results.load_listed_answers(connection, slug)
    for at, one in enumerate(listed):
        if one.name == name:
            return listed, at
    raise unknown_single_answer()


async def answer_page(page: StaffRequest, slug: str, name: str, **context: Any) -> Template:
    async with page.connection() as connection:
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        written = await results.load_written_answer(connection, listed[at].id)
        chain = await instruments.load_history(connection, slug)
        areas = {one.code: one.name for one in (await places.get_city(connection)).areas}
    return page.show(
        "surveys/results/answer",
        instrument=chain[-1],
        answer=answer,
        shown=listed[at],
        number=at + 1,
        total=len(listed),
        before=listed[at - 1].name if at else "",
        after=listed[at + 1].name if at + 1 < len(listed) else "",
        area=areas.get(answer.area, answer.area),
        answer_language=language_name(answer.language),
        rows=answer_rows(chain, answer, written, areas),
        **context,
    )


def answer_rows(
    chain: list[Instrument],
    answer: SingleAnswer,
    written: list[WrittenAnswer],
    areas: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Each question that was answered, in its words of today, with the answer."""
    harmony = HarmonisedVersions(chain)
    labels = labels_by_question(harmony, areas)
    given: dict[str, object] = dict(
        harmony.answers(answer.version, msgspec.json.decode(answer.answers))
    )
    words = {harmony.name_today(answer.version, one.item): one.redacted for one in written}
    files = {item.name for one in chain for item in one.questions() if isinstance(item, FileItem)}
    found = []
    for name, label in labels.items():
        cell = Column(name).cell(given.get(name), labels)
        if name in words:
            found.append((label.words, words[name]))
        elif cell is not None:
            found.append((label.words, "A file" if name in files else str(cell)))
    return found


@post(BASE + "/{name:str}/flag")
async def flag_answer(page: FromPage, slug: Slug, name: AnswerName) -> Redirect:
    """Flag an answer to find it again, or take the flag away."""
    flagged = page.form["flag"] == "yes"
    act = "answer flagged" if flagged else "answer unflagged"
    async with page.write(act, slug, {"answer": name}) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        listed, at = await find_listed(connection, slug, name)
        await results.flag_answer(connection, listed[at].id, by=page.person.id, flagged=flagged)
    done = "flagged" if flagged else "unflagged"
    return page.to(f"/work/surveys/{slug}/results/answers/{name}", done)


@post(BASE + "/{name:str}/delete")
async def delete_answer(page: FromPage, slug: Slug, name: AnswerName) -> Response[Any]:
    """Delete an answer with all that was read in it; it leaves every figure."""
    sure = "Tick the box if you are sure: nobody can bring the answer back."
    page.form.require(page.form["sure"] == "yes", "sure", sure)
    if page.form.errors:
        return await refuse_deleting(page, slug, name)
    async with page.write("answer deleted", slug, {"answer": name}) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        await erasure.erase(connection, answer.reference)
    return page.to(f"/work/surveys/{slug}/results/answers", "deleted")


async def refuse_deleting(page: StaffRequest, slug: str, name: str) -> Template:
    await page.load(survey_rights.require_right, page.person, "delete answers", slug)
    return await answer_page(page, slug, name)


PAGES = [
    StaffPage(
        [list_answers, show_answer, flag_answer, delete_answer],
        linked_from="/work/surveys/{slug:str}/results",
    )
]
