"""Handlers of the questionnaire: show a page, save its answers, check and send."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.exceptions import HTTPException
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase
from api.locales import gettext
from api.operations import cases
from api.operations.answers import submissions
from api.operations.cases import ComplaintSubmission
from api.pages.forms import Form, Values, first_value, form_values, read_form
from api.pages.resident.questionnaire import (
    drafts,
    kept_answers,
    refusals,
    step_forms,
    steps,
    uploads,
)
from api.pages.resident.questionnaire.drafts import ResidentDraft, skipped_questions
from api.pages.resident.questionnaire.start import TEST_BASE, form_paths
from api.pages.resident.questionnaire.step_forms import saved_form
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.uploads import file_error, file_questions
from api.pages.resident.questionnaire.walk import (
    FromWalk,
    Walk,
    count_way,
    draft_contact,
    draft_submission,
    load_files,
    may_quote,
)
from api.pages.shell import AnyRequest, requested_language, use_language
from api.security import cookies, limits
from api.security.limits import burst_suspicion, opens_results
from survey import media
from survey.places import City
from survey.problems import Problem
from survey.receipts import Receipt
from survey.store import places
from survey.store.answers import attachments as attachment_store
from survey.store.answers.entries import Suspicion
from survey.store.database import Database
from survey.surveys.responses import SubmissionReceipt

SAVE = "save"
STEP_PATH = "/{step:str}"
StepName = Annotated[str, PathParameter(pattern=r"^[^/\x00-\x1f\x7f]{1,90}$")]


@get([*form_paths(STEP_PATH), TEST_BASE + STEP_PATH], include_in_schema=False)
async def show_step(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, step: StepName
) -> Response[Any]:
    if walk.draft is None:
        return step_forms.lost_draft_page(walk)
    if walk.draft.reference:
        return redirect_to_receipt(walk, walk.draft.reference)
    page = walk.at(step)
    still_open = walk.open_step()
    if step == steps.FULL:
        if quota := await refusals.find_full_quota(database, walk, walk.draft):
            return refusals.refusal_page(walk, "full" if quota.is_of_everybody else "group")
        if refusals.has_answered(request, walk):
            return refusals.refusal_page(walk, "answered")
        return Redirect(walk.address(steps.CHECK))
    # Answers decide which pages there are, so an old address may lead nowhere any more.
    if page is None and (step != steps.CHECK or still_open is not None):
        return Redirect(walk.address(still_open.name if still_open else steps.CHECK))
    city = await load_city(database)
    refused = drafts.find_refused_page(walk.keyring, walk.draft, step)
    if page is None:
        await load_files(database, walk)
        puzzle = limits.make_puzzle(walk.keyring, walk.key) if asks_proof(walk, walk.draft) else ""
        return step_forms.check_page(walk, city, refused.errors if refused else [], puzzle)
    # Other pages are spared the query.
    if page.file or any(uploads.file_questions(page)):
        await load_files(database, walk)
    asked = refused or step_forms.saved_form(walk, page)
    return step_forms.step_page(walk, page, asked, city, change=is_changing(request))


@post(
    [*form_paths(STEP_PATH), TEST_BASE + STEP_PATH],
    include_in_schema=False,
    request_max_body_size=uploads.MOST_SENT,
)
async def answer_step(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, step: StepName
) -> Response[Any]:
    if walk.draft is None:
        return step_forms.lost_draft_page(walk, (await read_form(request)).values)
    if walk.draft.reference:
        return redirect_to_receipt(walk, walk.draft.reference)
    page = walk.at(step)
    # One route serves every page, so its own limit is that of files; other pages get theirs here.
    # A page that asks for files shows the error at its field.
    if uploads.is_too_large(request, page):
        if page is None or not any(uploads.file_questions(page)):
            raise HTTPException(status_code=413)
        with use_language(requested_language(request)):
            asked, wrong = saved_form(walk, page), media.attachment_too_large()
            asked.errors = [
                file_error(page, item, wrong, walk.instrument.kind) for item in file_questions(page)
            ]
        return await ask_again(
            database, walk, walk.draft, page.name, asked, change=is_changing(request)
        )
    if step == steps.SEND:
        return await send_answers(request, database, walk, walk.draft)
    act = first_value((await read_form(request)).values, "act")
    if page is None:
        if act == SAVE and step == steps.CHECK and walk.may_be_saved:
            return await kept_answers.save_for_later(request, database, walk, walk.draft, step)
        return Redirect(walk.address(steps.CHECK), status_code=303)
    if first_value((await read_form(request)).values, "only") == "language":
        return await show_in_language(request, database, walk, walk.draft, page)
    return await save_answers(request, database, walk, walk.draft, page)


async def ask_again(
    database: Database,
    walk: Walk,
    draft: ResidentDraft,
    page: str,
    asked: Form,
    *,
    change: bool = False,
) -> Redirect:
    """Send the browser to the page again, with what was typed and what is wrong."""
    drafts.save_refused_page(walk.keyring, draft, page, asked)
    await save_draft(database, walk, draft, set())
    return page_again(walk, page, change=change)


def page_again(walk: Walk, page: str, *, change: bool) -> Redirect:
    return Redirect(walk.address(page) + ("?change" if change else ""), status_code=303)


async def show_in_language(
    request: AnyRequest,
    database: Database,
    walk: Walk,
    draft: ResidentDraft,
    step: QuestionnaireStep,
) -> Response[Any]:
    """Show the page in another language, with what was typed and nothing saved."""
    asked = step_forms.saved_form(walk, step)
    asked.values = typed_over_saved(walk, step, (await read_form(request)).values)
    onward = await ask_again(database, walk, draft, step.name, asked, change=is_changing(request))
    onward.cookies.append(
        cookies.build_cookie(request, cookies.LANGUAGE, requested_language(request))
    )
    return onward


async def save_answers(
    request: AnyRequest,
    database: Database,
    walk: Walk,
    draft: ResidentDraft,
    step: QuestionnaireStep,
) -> Response[Any]:
    change = is_changing(request)
    # Taken before anything changes: the difference is what is discarded when the draft is saved.
    before = uploads.file_marks(walk, draft)
    form = await request.form()
    values = form_values(form)
    if step_forms.is_overtaken(walk, step, values):
        with use_language(requested_language(request)):
            asked = step_forms.overtaken_form(typed_over_saved(walk, step, values))
        return await ask_again(database, walk, draft, step.name, asked, change=change)
    with use_language(requested_language(request)):
        if step.file:
            again = await uploads.save_files(database, walk, step, form, values)
        else:
            again = await apply_form(database, walk, step, form, values)
        # In a thread, before `steps` is read below: the expressions of a survey may take a moment.
        await walk.settle()
        # Found at once, and not only when everything is sent.
        if again is None and step.name == steps.ACCESS_CODE:
            wrong = await step_forms.find_code_fault(
                request, database, walk.instrument, draft.access_code
            )
            again = Form(values=values, errors=[("answer", wrong)]) if wrong else None
    if again and first_value(values, "act") == SAVE:
        # Whoever stops for today is not told what is missing; it waits as it was typed.
        again.errors = []
    if again is None:
        drafts.drop_refused_pages(draft, step.name, steps.CHECK)
    else:
        drafts.save_refused_page(walk.keyring, draft, step.name, again)
    # Saved after a refusal too: files sent with the page are stored and must be in the draft.
    await save_draft(database, walk, draft, before)
    if first_value(values, "act") == SAVE and walk.may_be_saved:
        return await kept_answers.save_for_later(request, database, walk, draft, step.name)
    if again is not None:
        return page_again(walk, step.name, change=change)
    full = await refusals.find_refusal_address(database, walk, draft)
    act = "remove" if first_value(values, "remove") else first_value(values, "act") or "go"
    return Redirect(full or next_address(walk, step, act, change=change), status_code=303)


def typed_over_saved(walk: Walk, step: QuestionnaireStep, values: Values) -> Values:
    """What was typed, plus the marks of files stored already, which browsers do not send again."""
    # A browser does not send a chosen file back as a field, so the stored marks are put in again.
    files = {step_forms.field_name(step, item) for item in uploads.file_questions(step)}
    stored = step_forms.saved_form(walk, step).values
    return values | {at: value for at, value in stored.items() if at in files}


async def apply_form(
    database: Database, walk: Walk, step: QuestionnaireStep, form: FormMultiDict, values: Values
) -> Form | None:
    wrong = await uploads.save_uploads(database, walk, step, form, values)
    if not wrong and step_forms.is_left_empty(walk, step, values):
        assert walk.draft is not None
        rounds = walk.draft.answers.get(step.repeat)
        others = list(rounds) if isinstance(rounds, list) else []
        del others[step.round - 1 : step.round]
        walk.draft.answers = walk.draft.answers | {step.repeat: others}
        return None
    city = await load_city(database)
    again = await submissions.run_evaluation(
        walk.instrument, step_forms.apply_step, walk, step, values, city
    )
    if not wrong:
        return again
    refused_at = {at for at, _ in wrong}
    more = [error for error in (again.errors if again else []) if error[0] not in refused_at]
    return Form(values=values, errors=[*wrong, *more])


async def save_draft(
    database: Database, walk: Walk, draft: ResidentDraft, before: set[str]
) -> None:
    draft.writer = walk.device
    async with database.connection() as connection:
        await drafts.save_draft(connection, walk.keyring, walk.key, draft)
        after = uploads.file_marks(walk, draft)
        if gone := set(before) - set(after):
            await attachment_store.delete_waiting(connection, gone)
        if after:
            await attachment_store.extend_expiry(connection, after)


def next_address(walk: Walk, step: QuestionnaireStep, act: str, *, change: bool) -> str:
    """The address of the next page.

    It is this page's own if new answers make it ask more; after a round left empty, it is the page
    that lists the rounds.
    """
    now = walk.at(step.name)
    # Compared by what is asked now and was not before: fewer questions need no second visit.
    asks_more = now is not None and steps.step_shape(now) - steps.step_shape(step)
    if asks_more or (step.file and act != "go"):
        return walk.address(step.name) + ("?change" if change else "")
    after = walk.step_after(step)
    if change and after and after.parent and after.belongs_to == step.belongs_to:
        return walk.address(after.name) + "?change"
    if act == "add" and walk.draft is not None:
        rounds = walk.draft.answers.get(step.repeat)
        return walk.address(f"{step.repeat}.{len(rounds) if isinstance(rounds, list) else 1}")
    if act == "remove":
        return walk.address(step.name)
    if step.round and now is None:
        return walk.address(step.repeat)
    return walk.address(steps.CHECK) if change else walk.beside(step, 1)


async def send_answers(
    request: AnyRequest, database: Database, walk: Walk, draft: ResidentDraft
) -> Response[Any]:
    if walk.open_step() is not None:
        return Redirect(walk.address(steps.CHECK), status_code=303)
    sent = (await read_form(request)).values
    draft.may_quote = first_value(sent, "may_quote") == "yes"
    # A trap for programs that fill in every field. What fell into it is held for an organiser where
    # there is one to look at it; elsewhere a person who filled it in can still clear it.
    trapped = bool(first_value(sent, "website"))
    if trapped and not may_be_held(walk, draft):
        with use_language(requested_language(request)):
            wrong = gettext("Leave the field that should stay empty as it is, then send again")
        asked = Form(errors=[("website", wrong)])
        return await ask_again(database, walk, draft, steps.CHECK, asked)
    if refusals.has_answered(request, walk):
        return Redirect(walk.address(steps.FULL), status_code=303)
    drafts.drop_refused_pages(draft, steps.CHECK)
    if walk.is_test:
        shown = {item.name for step in walk.steps for item in step.items}
        async with database.connection() as connection:
            await drafts.delete_draft(connection, walk.key)
        return Template(
            "resident/test_over.html",
            context={"walk": walk, "not_asked": skipped_questions(walk.instrument, shown)},
            cookies=[drafts.draft_removal_cookie(request, walk.base)],
        )
    try:
        if draft.case:
            await cases.correct_complaint(
                database, draft.case, draft_submission(walk, draft, requested_language(request))
            )
            async with database.connection() as connection:
                await drafts.delete_draft(connection, walk.key)
            return Redirect("/case?done=corrected", status_code=303)
        suspicion = find_suspicion(request, walk, draft, sent)
        language = requested_language(request)
        opens = opens_results(request, walk.instrument.slug)
        receipt = await submit_draft(database, walk, draft, language, suspicion, opens=opens)
    except Problem as problem:
        return await refusal_page(request, database, walk, draft, problem)
    # A crash before this is harmless: sent again, the draft gets the same receipt.
    async with database.connection() as connection:
        await drafts.finish_draft(connection, walk.key, draft, receipt.reference)
    if not receipt.again:
        count_way(request, walk.instrument.slug, draft.way, "sent")
    onward = redirect_to_receipt(walk, receipt.reference)
    onward.cookies += refusals.answered_cookies(request, walk)
    return onward


def may_be_held(walk: Walk, draft: ResidentDraft) -> bool:
    """Whether this person's answers may be held until an organiser has looked at them."""
    has_files = bool(uploads.file_marks(walk, draft))
    return submissions.can_be_held(walk.instrument, walk.limits) and not has_files


def find_suspicion(
    request: AnyRequest, walk: Walk, draft: ResidentDraft, sent: Values
) -> Suspicion | None:
    """The reason to hold these answers, or None; every call counts towards a burst."""
    burst = burst_suspicion(request, walk.instrument.slug)
    if first_value(sent, "website"):
        return "decoy"
    if burst or not asks_proof(walk, draft):
        return burst
    proven = limits.is_solved(walk.keyring, walk.key, first_value(sent, "proof"))
    return None if proven else "unproven"


def asks_proof(walk: Walk, draft: ResidentDraft) -> bool:
    """Whether the device must solve a puzzle: only if the survey asks for it, and answers without a
    solution can be held for an organiser.
    """
    return walk.settings.asks_proof and not walk.is_test and may_be_held(walk, draft)


async def submit_draft(
    database: Database,
    walk: Walk,
    draft: ResidentDraft,
    language: str,
    suspicion: Suspicion | None,
    *,
    opens: bool,
) -> SubmissionReceipt | Receipt:
    """Submit the draft; returns the receipt of what was stored.

    A complaint is submitted with the browser's own key, which is stored nowhere: so the receipt,
    with the passphrase, can be shown again to this browser and to nobody else.
    """
    if walk.instrument.kind == "complaint":
        lodged = ComplaintSubmission(
            area=draft.area or None,
            language=language,
            may_quote=may_quote(walk, draft),
            answers=draft.answers,
            contact=draft_contact(walk, draft),
        )
        return await cases.submit_complaint(database, walk.keyring, lodged, walk.key, draft.desk)
    submission = draft_submission(walk, draft, language)
    request = submissions.request_marks(walk.keyring, draft.slug, submission, draft.once)
    return await submissions.submit_response(
        database, draft.slug, submission, request, suspicion=suspicion, opens=opens
    )


async def refusal_page(
    request: AnyRequest, database: Database, walk: Walk, draft: ResidentDraft, problem: Problem
) -> Response[Any]:
    """The page after a refused submission.

    An access code that no longer works, a lost file or an invalid answer is asked for again; any
    other refusal is raised.
    """
    if problem.code in refusals.FULL_CODES:
        return Redirect(walk.address(steps.FULL), status_code=303)
    with use_language(requested_language(request)):
        lost = uploads.drop_lost_file(walk, problem)
    if lost:
        step, asked = lost
        return await ask_again(database, walk, draft, step.name, asked, change=True)
    if problem.code == "answers.invalid":
        with use_language(requested_language(request)):
            errors = refusals.check_page_errors(walk, problem.faults)
        # A fault of no page that is asked cannot be corrected there, so it is raised.
        if errors:
            return await ask_again(database, walk, draft, steps.CHECK, Form(errors=errors))
    code = walk.at(steps.ACCESS_CODE)
    if code is None or problem.code != "access_code.unknown":
        raise problem
    asked = step_forms.saved_form(walk, code)
    with use_language(requested_language(request)):
        asked.errors = [("answer", step_forms.unknown_code_sentence())]
    return await ask_again(database, walk, draft, code.name, asked, change=True)


def redirect_to_receipt(walk: Walk, reference: str) -> Redirect:
    return Redirect(f"{walk.base}/done/{reference}", status_code=303)


def is_changing(request: AnyRequest) -> bool:
    return "change" in request.query_params


async def load_city(database: Database) -> City:
    return await database.load_cached(places.get_city)


HANDLERS = [*uploads.HANDLERS, show_step, answer_step]
