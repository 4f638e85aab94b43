"""One answer to a survey at a time, for those who made it: read, flag and delete."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import uploads
from api.operations.exports.answer_tables import Column, labels_by_question
from api.pages.organiser.results.coverage import unknown_single_answer
from api.pages.staff.themes.texts import language_name
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.problems import Conflict
from survey.store import places
from survey.store.answers import entries, erasure, results
from survey.store.answers.entries import HeldAnswer, Suspicion
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
    """The answers that can be read, and the place of this one among them; raises if it has none."""
    listed = await results.load_listed_answers(connection, slug)
    for at, one in enumerate(listed):
        if one.name == name:
            return listed, at
    raise unknown_single_answer()


async def answer_page(page: StaffRequest, slug: str, name: str) -> Template:
    async with page.connection() as connection:
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        written = await results.load_written_answer(connection, listed[at].id)
        chain = await instruments.load_history(connection, slug)
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
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
    """Delete an answer with all that was read in it; no figure counts it then."""
    sure = "Tick the box if you are sure: nobody can bring the answer back."
    page.form.require(page.form["sure"] == "yes", "sure", sure)
    if page.form.errors:
        await page.load(survey_rights.require_right, page.person, "delete answers", slug)
        return await answer_page(page, slug, name)
    async with page.write("answer deleted", slug, {"answer": name}) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        listed, at = await find_listed(connection, slug, name)
        answer = await results.get_single_answer(connection, listed[at].id)
        await erasure.erase(connection, answer.reference)
    return page.to(f"/work/surveys/{slug}/results/answers", "deleted")


HELD = "/work/surveys/{slug:str}/review"
MOST_SHOWN = 20
MOST_AT_ONCE = 2_000
WHY: dict[Suspicion, str] = {
    "burst": "Many came from one connection within ten minutes",
    "decoy": "A field was filled in that people do not see",
    "unproven": "The device did not solve the puzzle that keeps programs away",
}


class HeldRow(msgspec.Struct, frozen=True):
    """An answer that waits, in words and without personal data."""

    name: str
    why: str
    rows: list[tuple[str, str]]


@get(HELD)
async def show_review(page: FromPage, slug: Slug) -> Template:
    """Show the answers that wait; each look is written to the audit."""
    async with page.write("held answers read", slug) as connection:
        await survey_rights.require_right(connection, page.person, "read texts", slug)
    return await review_page(page, slug)


async def review_page(page: StaffRequest, slug: str) -> Template:
    async with page.connection() as connection, connection.transaction():
        instrument, _ = await survey_rights.get_survey(connection, page.person, "read texts", slug)
        waiting = await entries.count_held(connection, slug)
        shown = await entries.load_held(connection, slug, MOST_SHOWN)
        chain = await instruments.load_history(connection, slug)
        areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    return page.show(
        "surveys/review",
        instrument=instrument,
        waiting=waiting,
        shown=await anyio.to_thread.run_sync(held_rows, chain, shown, areas),
        chosen=page.form.all("answer"),
        most=MOST_AT_ONCE,
    )


def held_rows(
    chain: list[Instrument], shown: Sequence[HeldAnswer], areas: dict[str, str]
) -> list[HeldRow]:
    found = []
    for one in shown:
        redacted = redact_texts([*one.texts.values()])
        written = [
            WrittenAnswer(item, words) for item, words in zip(one.texts, redacted, strict=True)
        ]
        # Nothing by which the person could be found: no borough, no language, no month.
        answer = SingleAnswer(
            reference="",
            version=one.version,
            area="",
            language=one.language,
            month=one.month,
            answers=msgspec.json.encode(one.answers).decode(),
        )
        found.append(HeldRow(one.name, WHY[one.why], answer_rows(chain, answer, written, areas)))
    return found


def redact_texts(texts: list[str]) -> list[str]:
    """Texts without personal data, as the coder would leave them."""
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data  # slow to load
        from analysis.text.personal_data import named_entities

    names = named_entities.find_persons if named_entities.is_installed() else None
    return [words for words, _ in personal_data.redact_texts(texts, names)]


@post(HELD)
async def decide_on_answers(page: FromPage, slug: Slug) -> Response[Any]:
    """Count the chosen answers, or throw them away."""
    throws = page.form["act"] == "throw"
    chosen = page.form["all"] == "yes" or bool(page.form.all("answer"))
    page.form.require(chosen, "all", "Choose one answer or more")
    sure = "Tick the box if you are sure: nobody can bring the answers back."
    page.form.require(not throws or page.form["sure"] == "yes", "sure", sure)
    if not page.form.errors:
        try:
            done = await decide(page, slug, throws=throws)
            return page.to(f"/work/surveys/{slug}/review", done)
        except Conflict as refused:
            page.form.refuse(refused, [("all", f"{refused.sentence} {refused.remedy}")])
    return await review_page(page, slug)


async def decide(page: StaffRequest, slug: str, *, throws: bool) -> str:
    """Do what was decided; the word for what the page then says."""
    act = "held answers thrown away" if throws else "held answers counted"
    detail: dict[str, int] = {}
    async with page.write(act, slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        if page.form["all"] == "yes":
            found = await entries.load_held(connection, slug, MOST_AT_ONCE)
        else:
            found = await uploads.find_chosen(
                connection, slug, page.form.all("answer"), MOST_AT_ONCE
            )
        if throws:
            detail["answers"] = await entries.delete_held(
                connection, [one.reference for one in found]
            )
            return "thrown"
        refused = await uploads.count_answers(connection, slug, found)
        detail["answers"] = len(found) - len(refused)
        return "full" if refused else "counted"


PAGES = [
    StaffPage(
        [list_answers, show_answer, flag_answer, delete_answer],
        linked_from="/work/surveys/{slug:str}/results",
    ),
    StaffPage(
        [show_review, decide_on_answers],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser",),
    ),
]
