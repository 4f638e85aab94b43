"""The page of a case with its files and what was spoken in them; and one entered for a caller."""

from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from analysis.speech import word_errors
from api import clock
from api.dependencies import FromKeyring, Reference
from api.jobs.attachments import transcripts_count
from api.operations import cases
from api.operations.answers import submissions
from api.operations.cases import DataEntry
from api.pages.forms import Form
from api.pages.resident.questionnaire import drafts
from api.pages.staff.cases import CHANNELS, OUTCOMES, case_history, load_handlers, parse_case_search
from api.pages.staff.cases.case_history import due_words
from api.pages.work import FromPage, StaffPage, StaffRequest, download_response, file_name, file_row
from api.security import cookies
from api.security.people import Person, key_digest
from survey.cases import (
    CaseState,
    Channel,
    allegation_kinds,
    allegation_outcomes,
    allegation_title,
    allowed_transitions,
)
from survey.cases.transcripts import MOST_WORDS, SPOKEN, Transcript, unknown_transcript
from survey.formats.expressions import logic as expressions
from survey.store import places
from survey.store.accounts import people
from survey.store.answers import attachments
from survey.store.cases import case_owners, complaints, events, inbox, transcripts
from survey.store.cases.case_owners import UndeliveredMail
from survey.store.cases.complaints import StoredCase
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.themes import codes
from survey.surveys.instruments import wording_text
from survey.surveys.ready import COMPLAINT

BASE = "/work/complaints/{reference:str}/spoken/{attachment:uuid}"
Attachment = Annotated[UUID, PathParameter()]
STATES = {
    "waiting": "A machine is writing down what is said",
    "ready": "Written down by a machine, and not checked",
    "failed": "A machine could not write it down",
    "accepted": "Checked and accepted",
    "discarded": "What a machine wrote down was thrown away",
}
SPOKEN_LABEL = "Spoken: written down by a machine, then corrected"
# The most likely next move by status: its form is shown open.
NEXT_MOVE = {"new": "acknowledged", "open": "outcome", "decided": "closed", "disputed": "reopened"}
DESK_CHANNELS: dict[Channel, str] = {
    "phone": "By telephone",
    "paper": "On paper, by post or handed in",
    "in_person": "In person",
}


class SpokenRow(msgspec.Struct, frozen=True):
    """A sound of a case: its name, what became of its words, and their page if there is one."""

    name: str
    state: str
    address: str


async def load_spoken(connection: Connection, case: StoredCase, account: str) -> list[SpokenRow]:
    """The sounds of a case that have a machine transcript; only the handler gets the address to
    read it.
    """
    files = {file.id: file for file in await attachments.load_for_case(connection, case.id)}
    return [
        SpokenRow(
            file_name(
                case.reference, transcript.attachment, files[transcript.attachment].media_type
            ),
            STATES[transcript.state]
            + (f" by {transcript.decided_by}" if transcript.decided_by else ""),
            f"/work/complaints/{case.reference}/spoken/{transcript.attachment}"
            if case.handler == account and can_be_opened(transcript)
            else "",
        )
        for transcript in await transcripts.load_for_case(connection, case.id)
        if transcript.attachment in files
    ]


def can_be_opened(transcript: Transcript) -> bool:
    """Whether the transcript can be opened: an accepted one that counts is already a text of the
    case.
    """
    return transcript.state in ("ready", "failed") or (
        transcript.state == "accepted" and not transcript.counted
    )


@get(BASE)
async def show_spoken(page: FromPage, reference: Reference, attachment: Attachment) -> Template:
    return await spoken_page(page, reference, str(attachment))


async def spoken_page(page: StaffRequest, reference: str, attachment: str) -> Template:
    """The words of a sound, as they were said; each time they are shown is an audit line."""
    async with page.write("spoken words read", reference, {"attachment": attachment}) as connection:
        case, transcript = await load_own_transcript(connection, page.person, reference, attachment)
        files = await attachments.load_for_case(connection, case.id)
    if not can_be_opened(transcript):
        raise unknown_transcript()
    media_type = next(file.media_type for file in files if file.id == attachment)
    return page.show(
        "cases/spoken",
        case=case,
        transcript=transcript,
        name=file_name(reference, attachment, media_type),
        base=f"/work/complaints/{reference}",
        counts=transcripts_count(page.request.app.state.settings),
    )


async def load_own_transcript(
    connection: Connection, person: Person, reference: str, attachment: str
) -> tuple[StoredCase, Transcript]:
    """The case and the transcript; raises unless this person handles the case."""
    case = await complaints.get(connection, reference)
    cases.require_caseworker(case, person.id)
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
        _, transcript = await load_own_transcript(connection, page.person, reference, ident)
        await transcripts.accept(
            connection,
            ident,
            page.form["words"],
            by=page.person.id,
            changed=changed_share(transcript, page.form["words"]),
            counted=counted,
        )
    return page.to(f"/work/complaints/{reference}", "spoken#spoken")


def changed_share(transcript: Transcript, words: str) -> float | None:
    """The word error rate of the machine's transcript, taking the corrected `words` as what was
    said.
    """
    if transcript.state != "ready":
        return None
    errors, said = word_errors(words, transcript.words)
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


@get("/work/complaints/{reference:str}/files/{attachment:uuid}")
async def download_case_file(
    page: FromPage, reference: Reference, attachment: Annotated[UUID, PathParameter()]
) -> Response[bytes]:
    """Download a file, never shown in our pages; the download is written to the audit."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with page.write("attachment downloaded", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        case_file = await attachments.find_for_case(connection, case.id, ident)
        return download_response(reference, ident, case_file)


@get("/work/complaints/{reference:str}")
async def show_case(page: FromPage, reference: Reference) -> Template:
    query = page.query.get("list", "")
    return await case_page(page, reference, list_query=query)


@post("/work/complaints/{reference:str}/contact")
async def read_contact(page: FromPage, keyring: FromKeyring, reference: Reference) -> Response[Any]:
    """Show the contact details, on this response only, to whoever handles the case."""
    async with page.write("contact read", reference) as connection:
        case = await complaints.get(connection, reference)
        # Only who handles the case needs to reach the person, so nobody else reads this.
        cases.require_caseworker(case, page.person.id)
        sealed = await case_owners.find_contact(connection, case.id)
        # Within the transaction: no details are shown without their line in the audit.
        contact = keyring.unseal(reference, sealed) if sealed else None
    page.form = Form()
    return await case_page(page, reference, contact=contact)


async def case_page(
    page: StaffRequest, reference: str, *, list_query: str = "", **context: Any
) -> Template:
    """The page of a case; `list_query` is the search of the inbox that the person came from."""
    # The search comes from the address, so it is checked as on the inbox itself.
    asked = parse_case_search(dict(parse_qsl(list_query or page.form["list"])))
    async with page.connection() as connection:
        shown = await load_case_view(connection, page.person, reference)
        # As whom somebody who does not handle a case opens it, as its owner reads it.
        opened_by: case_owners.OpenedBy = "reviewer"
        if page.person.role == "administrator":
            opened_by = "administrator"
        if shown["mine"]:
            opened_by = "handler"
        await case_owners.save_opening(connection, shown["case"].id, clock.today(), opened_by)
        wanted = asked.inbox_search(clock.today(), page.person.id)
        near = await inbox.find_neighbours(connection, wanted, reference)
    empty = {"words": None, "contact": None, "list_query": asked.query()}
    listed = {"before": near.before, "after": near.after}
    return page.show("cases/complaint", **(empty | listed | shown | context))


async def load_case_view(connection: Connection, person: Person, reference: str) -> dict[str, Any]:
    """Everything that the page shows of a case; its words without personal data."""
    case = await complaints.get(connection, reference)
    instrument, _ = await instruments.get(connection, COMPLAINT)
    city = await places.get_city(connection)
    areas = {area.code: area.name for area in city.areas}
    names = {kind: allegation_title(kind) for kind in (*allegation_kinds(), *case.allegations)}
    words: dict[str, Any] = {
        "shown": await codes.load_masked_texts(connection, case.id),
        "redactions": await codes.load_redactions(connection, case.id),
        "has_contact": await case_owners.find_contact(connection, case.id) is not None,
    }
    spoken_items = [text.item for text in words["shown"] if text.item.startswith(SPOKEN)]
    named = {question.name: wording_text(question.text) for question in instrument.questions()}
    questions = named | dict.fromkeys(spoken_items, SPOKEN_LABEL)
    staff = {account.id: account.name for account in await people.load_all(connection)}
    # Messages are in the words of the complainant, so only the handler reads them.
    mine = case.handler == person.id
    happened, messages = await case_history.load_timeline(connection, case.id, staff, mine=mine)
    earlier = await case_history.load_earlier_records(connection, case.id, areas, names)
    status = await cases.load_status(connection, case)
    return {
        "case": case,
        "areas": city.local_areas(),
        "area": areas.get(case.area, case.area),
        "channel": CHANNELS[case.channel],
        "items": [
            question for question in instrument.questions() if question.name != "allegations"
        ],
        "questions": questions,
        "names": names,
        "happened": happened,
        "messages": messages,
        "mine": mine,
        "handler": staff.get(case.handler or "", ""),
        "handlers": await load_handlers(connection),
        "decided": allegation_outcomes([entry.event for entry in happened], case.allegations),
        "outcomes": OUTCOMES,
        **status_context(status),
        **words,
        "explained": await events.is_explained(connection, case.id),
        "merged": await events.load_merged_references(connection, case.id),
        "candidates": await case_history.load_duplicates(connection, case, areas),
        "records": await case_history.load_deployment_records(connection, case),
        "earlier_records": earlier,
        "linked": case_history.linked_records(happened),
        **await load_files(connection, case, questions, person.id),
        "templates": await inbox.load_reply_templates(connection),
        "undelivered": await load_undelivered(connection, case),
    }


async def load_files(
    connection: Connection, case: StoredCase, questions: dict[str, str], account: str
) -> dict[str, Any]:
    """The files of a case, and what became of the words that are spoken in them."""
    folder = f"/work/complaints/{case.reference}/files"
    return {
        "files": [
            file_row(case.reference, folder, file, questions.get(file.item, file.item))
            for file in await attachments.load_for_case(connection, case.id)
        ],
        "spoken": await load_spoken(connection, case, account),
    }


async def load_undelivered(connection: Connection, case: StoredCase) -> list[UndeliveredMail]:
    """Mails that did not reach the complainant or the current handler."""
    mails = await case_owners.load_undelivered(connection, case.id)
    return [mail for mail in mails if mail.account in (None, case.handler)]


def status_context(status: CaseState) -> dict[str, Any]:
    """The status of the case, who has to act, the deadline, and the possible moves."""
    today = clock.today()
    theirs, over = status.status == "waiting", status.status in ("closed", "merged")
    return {
        "standing": status.status,
        "due": due_words(status.status, status.due, today),
        "overdue": status.is_overdue(today),
        "turn": "The person" if theirs else "Nobody" if over else "The working group",
        "disputable_until": status.disputable_until,
        "same_person": status.same_person,
        "possible": allowed_transitions(status, "reviewer", today),
        "next_move": NEXT_MOVE.get(status.status, ""),
    }


@get("/work/complaints/lodge")
async def show_entry_form(page: FromPage) -> Template:
    return page.show("cases/complaint_lodge", channels=DESK_CHANNELS)


@post("/work/complaints/lodge")
async def start_data_entry(page: FromPage) -> Response[Any]:
    channel = page.form["channel"]
    if channel not in DESK_CHANNELS:
        page.form.add_error("channel", "Choose how the complaint arrived")
        return page.show("cases/complaint_lodge", channels=DESK_CHANNELS)
    desk = DataEntry(channel=msgspec.convert(channel, Channel), by=page.person.id)
    async with page.connection() as connection:
        instrument = await submissions.load_open_instrument(connection, COMPLAINT)
        now = clock.now().replace(tzinfo=None)
        first = await submissions.run_evaluation(
            instrument, expressions.default_answers, instrument, now
        )
        # Signing out ends the draft: it holds what a caller said, and the computer may be shared.
        opened = key_digest(cookies.read_cookie(page.request, cookies.SESSION)).hex()
        key = await drafts.start_draft(connection, instrument, first, desk=desk, opened=opened)
    on_the_way = drafts.draft_cookie(page.request, key, "/complaints")
    return Redirect("/complaints/borough", status_code=303, cookies=[on_the_way])


PAGES = [
    StaffPage(
        [show_spoken, accept_spoken, discard_spoken],
        linked_from="/work/complaints/{reference:str}",
    ),
    StaffPage([download_case_file], linked_from="/work/complaints/{reference:str}"),
    StaffPage([show_case, read_contact], linked_from="/work/complaints"),
    StaffPage([show_entry_form, start_data_entry], linked_from="/work/complaints"),
]
