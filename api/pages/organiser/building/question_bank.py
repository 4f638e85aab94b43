"""The question bank: every question that can be added to a draft, one by one or as a block."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import Slug
from api.pages.organiser.building.faults import form_errors
from api.pages.organiser.building.opening import (
    BASE,
    EMPTY_INSTRUMENT,
    load_survey_draft,
)
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from survey.problems import NotFound, Problem
from survey.store.database import Connection
from survey.store.surveys import surveys
from survey.surveys.instruments import AnyItem, all_parts, wording_text
from survey.surveys.instruments.drafts import InstrumentDraft, with_items
from survey.surveys.ready import load_question_bank


class BuilderBankQuestion(msgspec.Struct, frozen=True):
    """One question of the bank; `is_there` where the survey has it already."""

    name: str
    words: str
    type: str
    is_there: bool


class BuilderBankBlock(msgspec.Struct, frozen=True):
    name: str
    title: str
    about: str
    source: str
    licence: str
    questions: list[BuilderBankQuestion]


def block_titles() -> list[tuple[str, str, int]]:
    """Name and title of each block, and how many questions it has."""
    return [(one.name, one.title, question_count(one.items)) for one in load_question_bank()]


def question_count(items: Iterable[AnyItem]) -> int:
    return sum(one.is_asked for one in items)


def bank_blocks(draft: InstrumentDraft) -> list[BuilderBankBlock]:
    there = {part.name for part in all_parts(draft.instrument.items)}
    return [
        BuilderBankBlock(
            one.name,
            one.title,
            one.about,
            one.source,
            one.licence,
            [
                BuilderBankQuestion(
                    item.name,
                    wording_text(item.text),
                    item.builder_label,
                    item.name in there,
                )
                for item in one.items
                if item.is_asked
            ],
        )
        for one in load_question_bank()
    ]


@get(BASE + "/{slug:str}/bank")
async def show_bank(page: FromPage, slug: Slug) -> Template:
    return await bank_page(page, slug)


async def bank_page(page: StaffRequest, slug: str, **context: Any) -> Template:
    draft = await page.load(load_survey_draft, page.person, slug)
    given: dict[str, Any] = {"draft": draft, "blocks": bank_blocks(draft), "ticked": []}
    return page.show("surveys/bank", **(given | context))


@post(BASE + "/{slug:str}/bank")
async def add_bank_questions(page: FromPage, slug: Slug) -> Response[Any]:
    """Add what was ticked, or a whole block, at the end."""
    ticked = page.form.all("item")
    try:
        async with page.connection() as connection, connection.transaction():
            # Without the revision of the form: adding at the end overwrites nobody's change.
            draft = await load_survey_draft(connection, page.person, slug)
            wanted = (
                find_block_items(page.form["block"])
                if page.form["block"]
                else find_bank_items(ticked)
            )
            number = await append_items(connection, draft, wanted)
    except Problem as refused:
        page.form.refuse(refused, form_errors(refused, EMPTY_INSTRUMENT))
        return await bank_page(page, slug, ticked=ticked)
    return page.to(f"{BASE}/{slug}?done=block&added={number}")


def find_block_items(block: str) -> list[AnyItem]:
    found = next((one for one in load_question_bank() if one.name == block), None)
    if found is None:
        raise unknown_block()
    return list(found.items)


unknown_block = NotFound.of(
    "block.unknown", "Choose questions from the bank.", "Nothing was added."
)


def find_bank_items(names: list[str]) -> list[AnyItem]:
    found = [item for one in load_question_bank() for item in one.items if item.name in names]
    if not found:
        raise block_without_choice()
    return found


block_without_choice = NotFound.of(
    "block.unknown", "Tick the questions that you want.", "Nothing was added."
)


async def append_items(
    connection: Connection, draft: InstrumentDraft, items: Iterable[AnyItem]
) -> int:
    """Add questions at the end and save; returns how many were not there already."""
    # A second click, or a block that shares a question with another, must not add it twice.
    there = {part.name for part in all_parts(draft.instrument.items)}
    new = tuple(item for item in items if item.name not in there)
    number = question_count(new)
    if new:
        after = with_items(draft, (*draft.instrument.items, *new))
        label = "1 question" if number == 1 else f"{number} questions"
        await surveys.save_draft(connection, after, act=f"Added {label} from the bank")
    return number


PAGES = [StaffPage([show_bank, add_bank_questions], linked_from="/work/builder/{slug:str}")]
