"""Answers that a browser can come back to: the receipt and copy of sent ones, and saved ones."""

import secrets
from typing import Any, cast

import anyio
import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, paper
from api.dependencies import FromDatabase, FromKeyring, Reference
from api.locales import gettext
from api.operations import cases
from api.pages.filters import text_direction
from api.pages.forms import Form, read_form
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.start import form_paths
from api.pages.resident.questionnaire.walk import (
    FromWalk,
    Walk,
    draft_base,
    draft_contact,
    fitting_answers,
    full_address,
    load_files,
)
from api.pages.shell import AnyRequest, render_template, requested_language, use_language
from api.security import cookies
from survey.media import MOST_SAVED
from survey.problems import NotFound
from survey.receipts import parse_resume_code, passphrase_language
from survey.store import places
from survey.store.answers import attachments, responses
from survey.store.cases import case_owners, complaints
from survey.store.database import Database
from survey.surveys.instruments import Instrument, Repeat
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import answer_rounds, attachments_in

# Anyone may ask for a PDF, and each keeps a core busy for a moment.
PRINTING_LIMIT = anyio.CapacityLimiter(2)
FIELD = "resume_code"
MOST_TYPED = 60


@get(form_paths("/done/{reference:str}"), include_in_schema=False)
async def show_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Template:
    """The receipt, only for the browser that sent the answers; a complaint's until it is hidden."""
    if walk.draft is None or walk.draft.reference != reference:
        # The same whether the reference exists or not, so that nothing is learnt by trying.
        raise unknown_receipt()
    passphrase = ""
    if walk.instrument.kind == "complaint":
        async with database.connection() as connection:
            complaint = await case_owners.find_passphrase(connection, reference)
        if complaint is not None:
            passphrase_hash = complaint.passphrase_hash
            # The words are stored nowhere: they are derived again from the key in this browser.
            repeated = await cases.repeated_receipt(
                walk.keyring,
                walk.key,
                reference,
                passphrase_hash,
                requested_language(request),
            )
            passphrase = repeated.passphrase
    context = {
        "walk": walk,
        "reference": reference,
        "passphrase": passphrase,
        "passphrase_language": passphrase_language(passphrase) if passphrase else "",
        "desk": walk.draft.desk,
        "case_address": full_address(request, cookies.OWN_CASE),
    }
    return Template("resident/done.html", context=context)


unknown_receipt = NotFound.of("receipt.unknown", "This receipt is not shown here.")


@post("/surveys/{slug:str}/done/{reference:str}", include_in_schema=False)
async def close_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Redirect:
    """Delete the receipt in this browser, so that the next person finds neither it nor the copy."""
    if walk.draft is None or walk.draft.reference != reference:
        raise unknown_receipt()
    async with database.connection() as connection:
        await drafts.delete_draft(connection, walk.key)
    gone = drafts.draft_removal_cookie(request, walk.base)
    return Redirect("/", status_code=303, cookies=[gone])


@post("/complaints/done/{reference:str}", include_in_schema=False)
async def hide_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Response[Any]:
    """Ask first, then delete the draft, so that the next person here finds nothing."""
    if not (await read_form(request))["sure"]:
        return Template("resident/hide.html", context={"walk": walk, "reference": reference})
    async with database.connection() as connection:
        await drafts.delete_draft(connection, walk.key)
    gone = drafts.draft_removal_cookie(request, walk.base)
    by_staff = walk.draft is not None and walk.draft.desk and walk.draft.desk.by
    onward = f"/work/complaints/{reference}" if by_staff else f"/case?number={reference}"
    return Redirect(onward, status_code=303, cookies=[gone])


@get(form_paths(f"/{steps.COPY}"), include_in_schema=False)
async def show_copy(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Response[Any]:
    """The copy as a page made for print."""
    if walk.draft is None:
        return Redirect(walk.base)
    return Template("resident/copy.html", context=await copy_context(database, walk))


@get(form_paths(f"/{steps.COPY_FILE}"), include_in_schema=False)
async def download_copy(
    request: AnyRequest, database: FromDatabase, walk: FromWalk
) -> Response[Any]:
    """The copy as a PDF, with the questions and answers of the page."""
    if walk.draft is None:
        return Redirect(walk.base)
    language = requested_language(request)
    context = await copy_context(database, walk) | {"request": request}
    # The page itself is what is printed, so that the two can never differ.
    page = render_template(request, "resident/copy.html", context)
    made = await print_copy(page, language)
    named = {"Content-Disposition": f'attachment; filename="{walk.instrument.slug}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


async def print_copy(page: bytes, language: str) -> bytes:
    """The PDF of a copy; it waits while others are being printed."""
    with use_language(language):
        direction = text_direction(language)
        return await anyio.to_thread.run_sync(
            paper.render_copy_pdf, page, language, direction, limiter=PRINTING_LIMIT
        )


async def copy_context(database: Database, walk: Walk) -> dict[str, Any]:
    """What a copy shows: the draft's answers, or the answers that this browser sent."""
    assert walk.draft is not None
    reference = walk.draft.reference
    shown = await sent_walk(database, walk, reference) if reference else walk
    draft = cast(ResidentDraft, shown.draft)
    await load_files(database, shown)
    city = await database.load_cached(places.get_city)
    return {
        "walk": shown,
        "draft": draft,
        "reference": reference,
        "answers_on": steps.step_answers,
        "area": city.find(draft.area).name if draft.area else "",
        "contact": draft_contact(shown, draft),
        "areas": city.local_areas(),
    }


async def sent_walk(database: Database, walk: Walk, reference: str) -> Walk:
    """The walk through the survey with the answers that were sent under this reference."""
    async with database.connection() as connection:
        if walk.instrument.kind == "complaint":
            case = await complaints.get(connection, reference)
            area, answers = case.area, dict(case.answers)
            texts = await complaints.load_written_texts(connection, case.id)
        else:
            response = await responses.find_answers(connection, reference)
            if response is None:
                raise unknown_receipt()
            area, answers, texts = response.area, dict(response.answers), response.texts
    answers = answers_with_texts(walk.instrument, answers, texts)
    fitting = fitting_answers(walk.instrument, answers, walk.occasion)
    sent = drafts.ResidentDraft(slug=walk.instrument.slug, area=area, answers=fitting)
    shown = msgspec.structs.replace(walk, draft=sent, walked=None)
    await shown.settle()
    return shown


def answers_with_texts(instrument: Instrument, answers: Answers, texts: dict[str, str]) -> Answers:
    """The answers with the free texts put in; texts are stored apart, those of all rounds as one
    text.
    """
    within = {
        item.name: part.name
        for part in instrument.all_questions()
        if isinstance(part, Repeat)
        for item in part.items
    }
    all_answers = dict(answers)
    for name, text in texts.items():
        if (repeat := within.get(name)) is None:
            all_answers[name] = text
        elif rounds := answer_rounds(all_answers.get(repeat)):
            all_answers[repeat] = [rounds[0] | {name: text}, *rounds[1:]]
    return all_answers


async def save_for_later(
    request: AnyRequest, database: Database, walk: Walk, draft: ResidentDraft, page: str
) -> Redirect:
    """Save the draft for fourteen days under its code, and lead to the page that shows the code."""
    code = drafts.code_of(walk.keyring, walk.key)
    draft.until = clock.today() + drafts.SAVED_DAYS
    draft.paused_at = page
    draft.writer = walk.device or new_device()
    marks = [file.mark for file in attachments_in(walk.instrument, draft.answers)]
    async with database.connection() as connection, connection.transaction():
        if code != walk.key:
            await drafts.delete_draft(connection, walk.key)
        await drafts.save_draft(connection, walk.keyring, code, draft)
        until = drafts.end_of_saved(draft.until)
        await attachments.hold_until(connection, marks, until, most=MOST_SAVED)
    return Redirect(
        walk.address(steps.SAVED),
        status_code=303,
        cookies=[drafts.draft_cookie(request, f"{code}.{draft.writer}", walk.base)],
    )


def new_device() -> str:
    """A random mark for this browser in one saved draft; nothing about the device is in it."""
    return secrets.token_urlsafe(6)


@get(form_paths(f"/{steps.SAVED}"), include_in_schema=False)
async def show_code(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Response[Any]:
    """The code of the answers that this browser saved, and until when it works."""
    draft = walk.draft
    if draft is None or draft.until is None:
        return Redirect(walk.base, status_code=303)
    marks = [file.mark for file in attachments_in(walk.instrument, draft.answers)]
    async with database.connection() as connection:
        lost = await attachments.count_not_held(connection, marks, drafts.end_of_saved(draft.until))
    context = {
        "walk": walk,
        "code": walk.key,
        "until": draft.until,
        "lost_files": lost,
        "onward": walk.address(draft.paused_at),
        "resume_address": full_address(request, cookies.CONTINUE),
    }
    return Template("resident/saved.html", context=context)


@post(form_paths(f"/{steps.SAVED}"), include_in_schema=False)
async def leave_saved(request: AnyRequest, walk: FromWalk) -> Redirect:
    """Forget the code in this browser; what is saved stays for whoever has the code."""
    gone = drafts.draft_removal_cookie(request, walk.base)
    return Redirect("/", status_code=303, cookies=[gone])


@get(cookies.CONTINUE, include_in_schema=False)
async def show_resume_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Template:
    async with database.connection() as connection:
        asked = await drafts.find_apart(connection, keyring, form_key(request))
    return Template("resident/resume.html", context={"asked": asked or Form()})


def form_key(request: AnyRequest) -> str:
    return cookies.read_cookie(request, cookies.DRAFT, cookies.CONTINUE)


@post(cookies.CONTINUE, include_in_schema=False)
async def find_saved_answers(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Redirect:
    """Send the browser, with the code, to the survey whose answers the code opens."""
    form = await read_form(request)
    code = parse_resume_code(form[FIELD][:MOST_TYPED])
    async with database.connection() as connection:
        draft = await drafts.find_draft(connection, keyring, code) if code else None
    if draft is None or draft.reference:
        key = form_key(request) or secrets.token_urlsafe(32)
        with use_language(requested_language(request)):
            form.add_error(FIELD, refusal_sentence(form[FIELD], sent=draft is not None))
        # Only what the page shows again is stored, whatever else was sent.
        form.values = {FIELD: [form[FIELD][:MOST_TYPED]]}
        async with database.connection() as connection:
            await drafts.save_apart(connection, keyring, key, form)
        cookie = cookies.build_cookie(request, cookies.DRAFT, key, path=cookies.CONTINUE)
        return Redirect(cookies.CONTINUE, status_code=303, cookies=[cookie])
    gone = [cookies.build_removal(request, cookies.DRAFT, cookies.CONTINUE)]
    # 307 repeats the POST, so that the code travels in the body and is in no address or log.
    return Redirect(f"{draft_base(draft.slug)}/{steps.RESUME}", status_code=307, cookies=gone)


def refusal_sentence(typed: str, *, sent: bool) -> str:
    if sent:
        return gettext("These answers were sent already. You do not have to do anything")
    if not typed.strip():
        return gettext("Enter your code")
    if parse_resume_code(typed) is None:
        return gettext("There is a typing mistake in this code. Check it, letter by letter")
    return gettext(
        "This code does not work any more: its 14 days are over, or the answers were sent or "
        "deleted"
    )


@post(form_paths(f"/{steps.RESUME}"), include_in_schema=False)
async def resume_draft(
    request: AnyRequest, database: FromDatabase, walk: FromWalk
) -> Response[Any]:
    """Open the saved answers in this browser, at the page where they were left."""
    form = await read_form(request)
    code = parse_resume_code(form[FIELD][:MOST_TYPED]) or ""
    async with database.connection() as connection:
        draft = await drafts.find_draft(connection, walk.keyring, code, walk.instrument.slug)
    if draft is None or draft.reference:
        return Redirect(cookies.CONTINUE, status_code=303)
    is_other = walk.is_begun and walk.key != code
    if is_other and not form["sure"]:
        return Template("resident/resume_here.html", context={"walk": walk, "code": code})
    if is_other:
        await delete_unsaved(database, walk)
    return Redirect(
        walk.address(draft.paused_at),
        status_code=303,
        cookies=[open_cookie(request, walk, code, draft)],
    )


async def delete_unsaved(database: Database, walk: Walk) -> None:
    """Delete the draft that this browser has now, unless it was saved under a code."""
    if walk.draft is not None and walk.draft.until is None:
        async with database.connection() as connection:
            await drafts.delete_draft(connection, walk.key)


def open_cookie(request: AnyRequest, walk: Walk, code: str, draft: ResidentDraft) -> Any:
    """The cookie that opens saved answers in this browser; if the browser has them open already,
    its mark stays.
    """
    device = walk.device if walk.key == code and walk.device else new_device()
    return drafts.draft_cookie(request, f"{code}.{device}", walk.base)


RESUMING = [show_resume_form, find_saved_answers, resume_draft]


HANDLERS = [
    show_receipt,
    close_receipt,
    hide_receipt,
    show_copy,
    download_copy,
    show_code,
    leave_saved,
]
