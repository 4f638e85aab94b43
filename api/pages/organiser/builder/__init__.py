"""The outline of a draft: its questions added, ordered and removed, and what it is about."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import Slug
from api.pages.forms import Form, day_fields, example_day, filled_form, whole_number
from api.pages.organiser.builder import drafts
from api.pages.organiser.builder.drafts import (
    BASE,
    EMPTY_INSTRUMENT,
    load_survey_draft,
    survey_length,
)
from api.pages.organiser.builder.questions import QUESTION_TYPES, new_part, parse_wording
from api.pages.organiser.builder.sentences import conditions_in_words, draft_warnings, form_errors
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.paper.layout import number_questions
from survey.formats.languages import ENGLISH_NAMES, OFFERED_NAMES
from survey.problems import Invalid, NotFound, Problem
from survey.store import surveys
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    AnyItem,
    AnyPart,
    Container,
    all_parts,
    in_languages_only,
    quoted_question,
    wording_text,
)
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft, duplicate, with_items
from survey.surveys.instruments.options import find_other, may_have_other
from survey.surveys.ready import load_question_bank
from survey.words import has_postcodes

ACT_FIELDS = {"add": "words", "block": "block"}
ADDING_ACTS = ("add", "block")  # safe on a newer revision: they overwrite nobody's change
ACT_LABEL = "Changed title, languages and dates"
MOST_LINE = 200


def question_count(items: Iterable[AnyItem]) -> int:
    return sum(item.is_asked for item in items)


async def bank_page(page: FromPage, slug: Slug) -> Template:
    draft = await page.load(load_survey_draft, page.person, slug)
    return page.show(
        "surveys/bank",
        draft=draft,
        blocks=load_question_bank(),
        there={part.name for part in all_parts(draft.instrument.items)},
        ticked=[],
        wording_of=wording_text,
    )


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
        return await bank_page(page.add(ticked=ticked), slug)
    return page.to(f"{BASE}/{slug}?done=block&added={number}")


def find_block_items(block: str) -> list[AnyItem]:
    bank_block = next(
        (bank_block for bank_block in load_question_bank() if bank_block.name == block), None
    )
    if bank_block is None:
        raise unknown_block()
    return list(bank_block.items)


unknown_block = NotFound.of(
    "block.unknown", "Choose questions from the bank.", "Nothing was added."
)


def find_bank_items(names: list[str]) -> list[AnyItem]:
    items = [item for block in load_question_bank() for item in block.items if item.name in names]
    if not items:
        raise block_without_choice()
    return items


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


@get(BASE + "/{slug:str}")
async def show_builder(page: FromPage, slug: Slug) -> Template:
    after = page.query.get("after", "")
    return await builder_page(
        page,
        slug,
        added=whole_number(page.query.get("added", "")) or 0,
        form=filled_form({"where": f"after:{after}"} if after else {}),
        is_adding=bool(after),
    )


async def builder_page(page: StaffRequest, slug: str, **context: Any) -> Template:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        live = await instruments.load_history(connection, slug)
        last_act = await surveys.find_last_act(connection, slug)
        undone_act = await surveys.find_undone_act(connection, slug)
    numbered_form = number_questions(draft.instrument, draft.all_languages()[0])
    parts = list(all_parts(draft.instrument.items))
    return page.show(
        "surveys/draft",
        draft=draft,
        live=live[-1] if live else None,
        numbers={name: known.number for name, known in numbered_form.questions.items()},
        kinds={
            name: kind
            for name, kind in QUESTION_TYPES.items()
            if name != "postcode" or has_postcodes()
        },
        blocks=[
            (block.name, block.title, question_count(block.items)) for block in load_question_bank()
        ],
        places=insertion_places(parts),
        last_act=last_act,
        undone_act=undone_act,
        length=survey_length(draft.instrument),
        warnings=draft_warnings(draft),
        conditions=conditions_in_words(draft),
        **({"added": 0, "is_adding": False} | context),
    )


def insertion_places(parts: list[AnyPart]) -> list[tuple[str, str]]:
    """Where a new question can go: at the end, after each question, at the end of each group."""
    places = [("", "At the end")]
    for part in parts:
        places.append((f"after:{part.name}", f"After {quoted_question(part)}"))
        if isinstance(part, Container):
            places.append((f"in:{part.name}", f"In {quoted_question(part)}, at the end"))
    return places


@post(BASE + "/{slug:str}/act")
async def change_draft(page: FromPage, slug: Slug) -> Response[Any]:
    """Change the list of questions; a refused change alters nothing and is explained."""
    wanted = page.form["act"]
    try:
        async with page.connection() as connection, connection.transaction():
            draft = await load_survey_draft(
                connection, page.person, slug, None if wanted in ADDING_ACTS else page.form
            )
            onward = await save_act(connection, draft, page.form)
    except Problem as refused:
        errors = [
            (field or ACT_FIELDS.get(wanted, ""), sentence)
            for field, sentence in form_errors(refused, drafts.EMPTY_INSTRUMENT)
        ]
        page.form.refuse(refused, errors)
        return await builder_page(page, slug)
    return page.to(f"{BASE}/{slug}{onward}")


async def save_act(connection: Connection, draft: InstrumentDraft, form: Form) -> str:
    """Do what a button of the builder asks, save it, and return the end of the address to go on
    to.
    """
    wanted = form["act"]
    if wanted == "undo":
        await surveys.undo(connection, draft)
        return "?done=undone"
    if wanted == "redo":
        await surveys.redo(connection, draft)
        return "?done=redone"
    if wanted == "add":
        if form["kind"] not in QUESTION_TYPES or not form["words"]:
            raise act_without_question()
        lines = [line.strip() for line in form["answers"].splitlines()]
        part = new_part(draft, form["kind"], form["words"], [line for line in lines if line])
        place, _, name = form["where"].partition(":")
        if place == "after":
            draft = acts.add_part(draft, part, behind=name)
        else:
            draft = acts.add_part(draft, part, into=name if place == "in" else "")
        await surveys.save_draft(connection, draft, act=f"Added {quoted_question(part)}")
        if form["then"] == "stay":
            return f"?after={part.name}"
        return f"/questions/{part.name}?done=added"
    if wanted == "block":
        number = await append_items(connection, draft, find_block_items(form["block"]))
        return f"?done=block&added={number}"
    after, anchor, label = draft_after_act(draft, form)
    # An act that changed nothing makes no revision, which others would meet as a conflict.
    if after is not draft:
        await surveys.save_draft(connection, after, act=label)
    return f"#part-{anchor}" if anchor else ""


act_without_question = Invalid.of("act.incomplete", "Enter the question", "")


def draft_after_act(draft: InstrumentDraft, form: Form) -> tuple[InstrumentDraft, str, str]:
    """The draft after a change of the list, the part to scroll to, and what was done."""
    name, wanted = form["name"], form["act"]
    if wanted == "arrange":
        return acts.arrange_parts(draft, form["order"].split()), "", "Moved a question"
    part = draft.find(name)
    if wanted in ("up", "down"):
        moved = acts.move_part(draft, name, -1 if wanted == "up" else 1)
        return moved, name, f"Moved {quoted_question(part)}"
    if wanted == "duplicate":
        after, copy = duplicate(draft, name)
        return after, copy, f"Duplicated {quoted_question(part)}"
    if wanted == "remove":
        return draft_without(draft, part), "", f"Removed {quoted_question(part)}"
    raise unknown_act()


unknown_act = Invalid.of(
    "act.unknown", "This cannot be done with a question.", "Nothing was changed."
)


def draft_without(draft: InstrumentDraft, part: AnyPart) -> InstrumentDraft:
    """The draft without a question, and without the question about its “other” answer."""
    # Alone it would ask for an explanation of an answer that is not offered any more.
    if may_have_other(part) and (other := find_other(draft, part)):
        draft = acts.remove_part(draft, other.name)
    return acts.remove_part(draft, part.name)


@get(BASE + "/{slug:str}/about")
async def show_about(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        published = await instruments.load_history(connection, slug)
    return about_page(page, draft, published=bool(published))


def about_page(page: StaffRequest, draft: InstrumentDraft, **context: Any) -> Template:
    languages = [(code, ENGLISH_NAMES.get(code, code)) for code in draft.all_languages()]
    instrument = draft.instrument
    days = (day_fields("opens", instrument.opens) if instrument.opens else {}) | (
        day_fields("closes", instrument.closes) if instrument.closes else {}
    )
    page.fill(days)
    given: dict[str, Any] = {
        "draft": draft,
        "languages_of": languages,
        "names": OFFERED_NAMES,
        "chosen": draft.all_languages(),
    }
    return page.show("surveys/about", **(given | context))


@post(BASE + "/{slug:str}/about")
async def save_about(page: FromPage, slug: Slug) -> Response[Any]:
    chosen = [code for code in page.form.all("languages") if code in OFFERED_NAMES]
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        published = bool(await instruments.load_history(connection, slug))
    changed = parse_about(draft, page.form, chosen)
    if not page.form.errors:
        try:
            async with page.connection() as connection, connection.transaction():
                # Loaded once more inside the transaction: another window may have saved since.
                await load_survey_draft(connection, page.person, slug, page.form)
                await surveys.save_draft(connection, changed, act=ACT_LABEL)
        except Problem as refused:
            page.form.errors += form_errors(refused, changed.instrument)
    if page.form.errors:
        return about_page(page, draft, chosen=chosen, published=published)
    return page.to(f"{BASE}/{slug}", "about")


def parse_about(draft: InstrumentDraft, form: Form, languages: list[str]) -> InstrumentDraft:
    """The draft with what was typed; what is wrong with it is added to the form."""
    spoken = draft.all_languages()
    title, summary = (parse_wording(form, field, spoken) for field in ("title", "summary"))
    form.require(title, f"title-{spoken[0]}", "Enter a title")
    opens, closes = form.day("opens"), form.day("closes")
    for field, day in (("opens", opens), ("closes", closes)):
        real = day or not form.has_day(field)
        form.require(real, f"{field}-day", f"Enter a real date, such as {example_day()}")
    for field in ("organisation", "contact"):
        form.require_length(field, 0, MOST_LINE, f"Use {MOST_LINE} characters or fewer")
    if opens and closes and closes < opens:
        form.add_error("closes-day", "The last day must not be before the day it opens")
    instrument = msgspec.structs.replace(
        draft.instrument, title=title, summary=summary, opens=opens, closes=closes
    )
    # The page of a published survey does not ask these: they are changed on its page Share.
    if "organisation" in form:
        instrument = msgspec.structs.replace(
            instrument,
            organisation=form["organisation"],
            contact=form["contact"],
            thanks=parse_wording(form, "thanks", spoken),
        )
    # Without a language no text could be shown, so an empty choice changes nothing.
    offered = languages or spoken
    # The form has no box for the others, so those were not unticked.
    if unticked := {*spoken} & {*OFFERED_NAMES} - {*offered}:
        instrument = in_languages_only(
            instrument, [code for code in spoken if code not in unticked]
        )
    return msgspec.structs.replace(draft, instrument=instrument, languages=tuple(offered))


PAGES = [
    StaffPage(
        [get(BASE + "/{slug:str}/bank")(bank_page), add_bank_questions],
        linked_from="/work/builder/{slug:str}",
    ),
    StaffPage([show_builder, change_draft], linked_from="/work/surveys"),
    StaffPage([show_about, save_about], linked_from="/work/builder/{slug:str}"),
]
