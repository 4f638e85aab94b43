"""Review a draft, publish it as the next version, or discard it."""

from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import Slug
from api.operations import imports
from api.pages.organiser.building.faults import draft_warnings, survey_faults
from api.pages.organiser.building.lengths import survey_length
from api.pages.organiser.building.opening import (
    BASE,
    load_survey_draft,
    survey_address,
)
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from survey.formats.expressions import logic as expressions
from survey.problems import Fault, Problem
from survey.store.database import Connection
from survey.store.surveys import instruments, sharing, surveys
from survey.surveys.instruments import (
    HarmonisedVersions,
    Instrument,
    all_parts,
    faults_of_instrument,
    faults_of_mapping,
    wording_text,
)
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.instrument import quoted_question, words_by_name
from survey.surveys.sharing import SHOWN_FIELDS


async def publish_page(page: FromPage, slug: Slug) -> Template:
    """What will be public, what changes since the last version, and what is still wrong."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
        live, closed = await instruments.get(connection, slug) if chain else (None, False)
    # In a thread, because every expression is tried out with sample answers.
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    now = (
        now
        if live is None
        else msgspec.structs.replace(with_settings_of(now, live), unlisted=live.unlisted)
    )
    return page.show(
        "surveys/publish",
        draft=draft,
        now=now,
        live=chain[-1] if chain else None,
        closed=closed,
        address=survey_address(page.request, slug),
        length=survey_length(now),
        kept=count_kept(now),
        own_words=[
            quoted_question(part) for part in all_parts(now.items) if part.name in now.texts()
        ],
        words=words_by_name(now.items) | (words_by_name(chain[-1].items) if chain else {}),
        options=option_texts([*chain, now]),
        breaks=HarmonisedVersions([*chain, now]).breaks() if chain and not faults else [],
        faults=survey_faults(now, faults),
        warnings=draft_warnings(draft),
    )


def draft_with_listing(draft: InstrumentDraft, *, unlisted: bool) -> InstrumentDraft:
    one = msgspec.structs.replace(draft.instrument, unlisted=unlisted)
    return msgspec.structs.replace(draft, instrument=one)


def option_texts(versions: list[Instrument]) -> dict[str, dict[str, str]]:
    """The texts of every option, by the name of its question and its own."""
    found: dict[str, dict[str, str]] = {}
    for part in (part for one in versions for part in all_parts(one.items)):
        for option in getattr(part, "options", ()):
            found.setdefault(part.name, {})[option.name] = wording_text(option.text)
    return found


def next_version(draft: InstrumentDraft, chain: list[Instrument]) -> tuple[Instrument, list[Fault]]:
    now = acts.next_version(draft, chain[-1] if chain else None)
    faults = faults_of_instrument(now)
    try:
        # An instrument with faults cannot be evaluated, so its expressions are only read.
        faults += (
            expressions.unreadable_expressions(now)
            if faults
            else expressions.faults_of_expressions(now)
        )
    except Problem as refused:
        # With faults found before, a refusal while reading is a consequence of them.
        faults += () if faults else refused.faults
    return now, faults or (faults_of_mapping(chain, now) if chain else [])


def count_kept(now: Instrument) -> int:
    """How many of the questions are those of the version before, a table counting once."""
    kept = set(now.follows.kept) if now.follows else set()
    asked = [one for one in all_parts(now.items) if one.is_asked]
    return sum(kept.issuperset(one.answer_names()) for one in asked)


@post(BASE + "/{slug:str}/publish")
async def publish_survey(page: FromPage, slug: Slug) -> Response[Any]:
    try:
        async with page.connection() as connection, connection.transaction():
            draft = await load_survey_draft(connection, page.person, slug, page.form)
            draft = draft_with_listing(draft, unlisted=page.form["listing"] == "unlisted")
            await publish_draft(connection, page.person, slug, draft)
    except Problem as refused:
        why = "You cannot publish it yet: correct what is listed below"
        page.form.refuse(
            refused, [("", why if refused.faults else f"{refused.sentence} {refused.remedy}")]
        )
        return await publish_page(page, slug)
    return page.to(f"/work/surveys/{slug}/share", "published")


async def publish_draft(
    connection: Connection, person: Person, slug: str, draft: InstrumentDraft
) -> None:
    chain = await instruments.load_history(connection, slug)
    now = acts.next_version(draft, chain[-1] if chain else None)
    if chain:
        now = with_settings_of(now, (await instruments.get(connection, slug))[0])
    # The caller's transaction holds both: a draft that stayed could be published once more.
    await imports.publish_instrument(connection, now, by=person)
    # This version says all of them, as they are now.
    await sharing.drop_shown(connection, slug, SHOWN_FIELDS)
    await surveys.delete_draft(connection, slug)


def with_settings_of(now: Instrument, live: Instrument) -> Instrument:
    """The next version with who asks as it is today: that may have changed since the draft began.

    Who can find it is chosen when it is published.
    """
    names = [one for one in SHOWN_FIELDS if one != "unlisted"]
    return msgspec.structs.replace(now, **{name: getattr(live, name) for name in names})


@get(BASE + "/{slug:str}/discard")
async def show_discard_form(page: FromPage, slug: Slug) -> Template:
    """Show the form that asks whether to discard the draft, because it cannot be restored."""
    return await discard_page(page, slug)


async def discard_page(page: StaffRequest, slug: str) -> Template:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
    return page.show(
        "surveys/discard",
        draft=draft,
        questions=len(draft.instrument.questions()),
        is_published=bool(chain),
    )


@post(BASE + "/{slug:str}/discard")
async def discard_draft(page: FromPage, slug: Slug) -> Response[Any]:
    """Discard the draft as it was shown: one that was changed since is shown again."""
    try:
        async with page.write("draft discarded", slug) as connection:
            await load_survey_draft(connection, page.person, slug, page.form)
            await surveys.delete_draft(connection, slug)
            await surveys.release(connection, slug)
    except Problem as refused:
        page.form.refuse(
            refused, [("", f"{refused.sentence} It is not discarded: look at it again.")]
        )
        return await discard_page(page, slug)
    return page.to(BASE, "discarded")


PAGES = [
    StaffPage(
        [
            get(BASE + "/{slug:str}/publish")(publish_page),
            publish_survey,
            show_discard_form,
            discard_draft,
        ],
        linked_from="/work/builder/{slug:str}",
    )
]
