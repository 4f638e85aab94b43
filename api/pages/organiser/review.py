"""Answers to a survey that look like spam: look at them, count them or throw them away."""

from collections.abc import Sequence
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import uploads
from api.pages.forms import Form
from api.pages.organiser.results.single import answer_rows
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.process.installation import import_lock
from survey.problems import Conflict
from survey.store import places
from survey.store.answers import entries
from survey.store.answers.entries import HeldAnswer, Suspicion
from survey.store.answers.results import SingleAnswer, WrittenAnswer
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument

BASE = "/work/surveys/{slug:str}/review"
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


@get(BASE)
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
        areas = {one.code: one.name for one in (await places.get_city(connection)).areas}
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
    with import_lock("analysis.text.personal_data.redaction"):
        from analysis.text.personal_data import named_entities, redaction  # slow to load

    names = named_entities.find_persons if named_entities.is_installed() else None
    return [words for words, _ in redaction.redact_texts(texts, names)]


@post(BASE)
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
        found = await find_decided(connection, slug, page.form)
        if throws:
            detail["answers"] = await entries.delete_held(
                connection, [one.reference for one in found]
            )
            return "thrown"
        refused = await uploads.count_answers(connection, slug, found)
        detail["answers"] = len(found) - len(refused)
        return "full" if refused else "counted"


async def find_decided(connection: Connection, slug: str, form: Form) -> list[HeldAnswer]:
    if form["all"] == "yes":
        return await entries.load_held(connection, slug, MOST_AT_ONCE)
    return await uploads.find_chosen(connection, slug, form.all("answer"), MOST_AT_ONCE)


PAGES = [StaffPage([show_review, decide_on_answers], linked_from="/work/surveys/{slug:str}")]
