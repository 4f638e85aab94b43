"""Spoken complaints: what a machine wrote down, for the handler to correct and accept."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from analysis.speech import word_errors
from api.dependencies import Reference
from api.jobs.attachments import transcripts_count
from api.operations import case_commands
from api.pages.handing_out import file_name
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from survey.cases.transcripts import MOST_WORDS, Transcript, unknown_transcript
from survey.store.answers import attachments
from survey.store.cases import complaints, transcripts
from survey.store.cases.complaints import StoredCase
from survey.store.database import Connection

BASE = "/work/complaints/{reference:str}/spoken/{attachment:uuid}"
Attachment = Annotated[UUID, PathParameter()]
STATES = {
    "waiting": "A machine is writing down what is said",
    "ready": "Written down by a machine, and not checked",
    "failed": "A machine could not write it down",
    "accepted": "Checked and accepted",
    "discarded": "What a machine wrote down was thrown away",
}


class SpokenRow(msgspec.Struct, frozen=True):
    """A sound of a case: its name, what became of its words, and their page if there is one."""

    name: str
    state: str
    address: str


async def load_spoken(connection: Connection, case: StoredCase, account: str) -> list[SpokenRow]:
    """The sounds of a case that a machine listened to; only the handler may open their words."""
    files = {one.id: one for one in await attachments.load_for_case(connection, case.id)}
    return [
        SpokenRow(
            file_name(case.reference, one.attachment, files[one.attachment].media_type),
            f"{STATES[one.state]}{f' by {one.decided_by}' if one.decided_by else ''}",
            f"/work/complaints/{case.reference}/spoken/{one.attachment}"
            if case.handler == account and can_be_opened(one)
            else "",
        )
        for one in await transcripts.load_for_case(connection, case.id)
        if one.attachment in files
    ]


def can_be_opened(one: Transcript) -> bool:
    """Whether there are words to read: accepted ones that count are a text of the case."""
    return one.state in ("ready", "failed") or (one.state == "accepted" and not one.counted)


@get(BASE)
async def show_spoken(page: FromPage, reference: Reference, attachment: Attachment) -> Template:
    return await spoken_page(page, reference, str(attachment))


async def spoken_page(page: StaffRequest, reference: str, attachment: str) -> Template:
    """The words of a sound, as they were said; each time they are shown is an audit line."""
    async with page.write("spoken words read", reference, {"attachment": attachment}) as connection:
        case, found = await load_own_transcript(connection, page.person, reference, attachment)
        files = await attachments.load_for_case(connection, case.id)
    if not can_be_opened(found):
        raise unknown_transcript()
    media_type = next(one.media_type for one in files if one.id == attachment)
    return page.show(
        "cases/spoken",
        case=case,
        one=found,
        name=file_name(reference, attachment, media_type),
        base=f"/work/complaints/{reference}",
        counts=transcripts_count(page.request.app.state.settings),
    )


async def load_own_transcript(
    connection: Connection, person: Person, reference: str, attachment: str
) -> tuple[StoredCase, Transcript]:
    """The case and the transcript; raises unless this person handles the case."""
    case = await complaints.get(connection, reference)
    case_commands.require_caseworker(case, person.id)
    return case, await transcripts.get(connection, case.id, attachment)


@post(f"{BASE}/accept")
async def accept_spoken(
    page: FromPage, reference: Reference, attachment: Attachment
) -> Response[Any]:
    """Accept the words as the handler corrected them."""
    ident = str(attachment)
    wanted = f"Write what is said, in up to {MOST_WORDS:,} characters"
    page.form.require_length("words", 1, MOST_WORDS, wanted)
    if page.form.errors:
        return await spoken_page(page, reference, ident)
    counted = transcripts_count(page.request.app.state.settings)
    detail: dict[str, object] = {"attachment": ident, "counted": counted}
    async with page.write("spoken words accepted", reference, detail) as connection:
        _, found = await load_own_transcript(connection, page.person, reference, ident)
        await transcripts.accept(
            connection,
            ident,
            page.form["words"],
            by=page.person.id,
            changed=changed_share(found, page.form["words"]),
            counted=counted,
        )
    return page.to(f"/work/complaints/{reference}", "spoken#spoken")


def changed_share(found: Transcript, words: str) -> float | None:
    """The word error rate of the machine, if what the person accepted is what was said."""
    if found.state != "ready":
        return None
    errors, said = word_errors(words, found.words)
    return errors / said if said else None


@post(f"{BASE}/discard")
async def discard_spoken(
    page: FromPage, reference: Reference, attachment: Attachment
) -> Response[Any]:
    ident = str(attachment)
    async with page.write("spoken words discarded", reference, {"attachment": ident}) as connection:
        await load_own_transcript(connection, page.person, reference, ident)
        await transcripts.discard(connection, ident, by=page.person.id)
    return page.to(f"/work/complaints/{reference}", "unspoken#spoken")


PAGES = [
    StaffPage(
        [show_spoken, accept_spoken, discard_spoken],
        linked_from="/work/complaints/{reference:str}",
    )
]
