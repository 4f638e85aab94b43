"""The addresses of the way: its pages, check and send."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.exceptions import HTTPException
from litestar.params import PathParameter
from litestar.response import Redirect

from api import cookies, intake, lodging
from api.pages.resident import (
    asking,
    attaching,
    drafts,
    filing,
    receiving,
    refusing,
    sentences,
    steps,
)
from api.pages.resident.drafts import Draft
from api.pages.resident.fields import Values, first, values_in
from api.pages.resident.refusing import Asked
from api.pages.resident.starting import under
from api.pages.resident.steps import Step
from api.pages.resident.walking import FromWalk, Walk, complaint_of, load_files, submission_of
from api.pages.templating import AnyRequest, language_of, speaking
from api.pages.translating import gettext
from api.wiring import FromDatabase
from survey.places import City
from survey.problems import Problem
from survey.store import instruments, places
from survey.store.database import Database

StepName = Annotated[str, PathParameter(pattern=r"^[^/\x00-\x1f\x7f]{1,90}$")]


@get(under("/{step:str}"), include_in_schema=False)
async def show(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, step: StepName
) -> Response[Any]:
    if walk.draft is None:
        return asking.lost(walk)
    if walk.draft.reference:
        return receipt(walk, walk.draft.reference)
    found = walk.at(step)
    still_open = walk.open_step()
    if found is None and (step != steps.CHECK or still_open is not None):
        return Redirect(walk.address(still_open.name if still_open else steps.CHECK))
    city = await city_of(database)
    refused = refusing.find(walk.keyring, walk.draft, step)
    if found is None:
        await load_files(database, walk)
        return asking.check_page(walk, city, refused.errors if refused else [])
    if found.file or any(attaching.asked_on(found)):
        await load_files(database, walk)
    asked = refused or asking.given_before(walk, found)
    return asking.page(walk, found, asked, city, change=changing(request))


@post(under("/{step:str}"), include_in_schema=False, request_max_body_size=attaching.MOST_SENT)
async def answer(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, step: StepName
) -> Response[Any]:
    if walk.draft is None:
        return asking.lost(walk, values_in(await request.form()))
    if walk.draft.reference:
        return receipt(walk, walk.draft.reference)
    found = walk.at(step)
    if attaching.is_too_large(request, found):
        return await refuse_size(request, database, walk, walk.draft, found)
    if step == steps.SEND:
        return await send(request, database, walk, walk.draft)
    if found is None:
        return Redirect(walk.address(steps.CHECK), status_code=303)
    if first(values_in(await request.form()), "only") == "language":
        return await in_another_language(request, database, walk, walk.draft, found)
    return await take(request, database, walk, walk.draft, found)


async def ask_again(
    database: Database, walk: Walk, draft: Draft, page: str, asked: Asked, *, change: bool = False
) -> Redirect:
    """Send the browser to the page again, where it is shown what was typed and what is wrong."""
    refusing.put(walk.keyring, draft, page, asked)
    await save(database, walk, draft, set())
    return page_again(walk, page, change=change)


def page_again(walk: Walk, page: str, *, change: bool) -> Redirect:
    return Redirect(walk.address(page) + ("?change" if change else ""), status_code=303)


async def in_another_language(
    request: AnyRequest, database: Database, walk: Walk, draft: Draft, step: Step
) -> Response[Any]:
    """The same page in the language of its address, with what was typed; no answer is changed."""
    asked = asking.given_before(walk, step)
    files = {asking.field_name(step, item) for item in attaching.asked_on(step)}
    saved = {at: value for at, value in asked.values.items() if at in files}
    asked.values = values_in(await request.form()) | saved
    onward = await ask_again(database, walk, draft, step.name, asked, change=changing(request))
    onward.cookies.append(cookies.build_cookie(request, cookies.LANGUAGE, language_of(request)))
    return onward


async def refuse_size(
    request: AnyRequest, database: Database, walk: Walk, draft: Draft, step: Step | None
) -> Response[Any]:
    """Said at the field where a page asks for files; nothing was read."""
    if step is None or not any(attaching.asked_on(step)):
        raise HTTPException(status_code=413)
    with speaking(language_of(request)):
        asked = attaching.all_too_large(walk, step)
    return await ask_again(database, walk, draft, step.name, asked, change=changing(request))


async def take(
    request: AnyRequest, database: Database, walk: Walk, draft: Draft, step: Step
) -> Response[Any]:
    change = changing(request)
    before = attaching.marks_in(walk, draft)
    form = await request.form()
    values = values_in(form)
    with speaking(language_of(request)):
        if step.file:
            again = await filing.take(database, walk, step, form, values)
        else:
            again = await take_typed(database, walk, step, form, values)
        await walk.settle()
    if again is None and step.name == steps.ACCESS_CODE and not await opens(database, walk, draft):
        again = asking.given_before(walk, step)
        again.errors = [("answer", wrong_code(request))]
    if again is None:
        refusing.drop(draft, step.name, steps.CHECK)
    else:
        refusing.put(walk.keyring, draft, step.name, again)
    await save(database, walk, draft, before)
    if again is not None:
        return page_again(walk, step.name, change=change)
    act = "remove" if first(values, "remove") else first(values, "act") or "go"
    onward = onward_of(walk, step, act, change=change)
    return Redirect(onward, status_code=303)


async def take_typed(
    database: Database, walk: Walk, step: Step, form: FormMultiDict, values: Values
) -> Asked | None:
    wrong = await attaching.receive(database, walk, step, form, values)
    if not wrong and asking.is_left_empty(walk, step, values):
        asking.drop_round(walk, step)
        return None
    city = await city_of(database)
    again = await intake.beside(walk.instrument, asking.take, walk, step, values, city)
    return attaching.with_errors(again, wrong, values)


async def save(database: Database, walk: Walk, draft: Draft, before: set[str]) -> None:
    async with database.connection() as connection:
        await drafts.save(connection, walk.key, draft)
        await attaching.tidy(connection, before, attaching.marks_in(walk, draft))


def onward_of(walk: Walk, step: Step, act: str, *, change: bool) -> str:
    """The next page; the same one again where the answers changed what it asks or offers.

    After a round that was left empty it is the page that lists the other rounds.
    """
    now = walk.at(step.name)
    if now is not None and steps.shape_of(now) - steps.shape_of(step):
        return walk.address(step.name) + ("?change" if change else "")
    if step.file and act != "go":
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


async def opens(database: Database, walk: Walk, draft: Draft) -> bool:
    """Known at once, and not only after every question has been answered."""
    async with database.connection() as connection:
        return await instruments.is_unused(connection, walk.instrument, draft.access_code)


def wrong_code(request: AnyRequest) -> str:
    with speaking(language_of(request)):
        return asking.unknown_code()


async def send(request: AnyRequest, database: Database, walk: Walk, draft: Draft) -> Response[Any]:
    if walk.open_step() is not None:
        return Redirect(walk.address(steps.CHECK), status_code=303)
    sent = values_in(await request.form())
    draft.may_quote = first(sent, "may_quote") == "yes"
    if first(sent, "website"):
        with speaking(language_of(request)):
            wrong = gettext("Leave the field that should stay empty as it is, then send again")
        asked = Asked(errors=[("website", wrong)])
        return await ask_again(database, walk, draft, steps.CHECK, asked)
    refusing.drop(draft, steps.CHECK)
    try:
        if draft.case:
            return await corrected(database, walk, draft, language_of(request))
        reference = await submit(database, walk, draft, language_of(request))
    except Problem as problem:
        return await refused(request, database, walk, draft, problem)
    async with database.connection() as connection:
        await drafts.finish(connection, walk.key, draft, reference)
    return receipt(walk, reference)


async def corrected(database: Database, walk: Walk, draft: Draft, language: str) -> Response[Any]:
    """Back to the case, whose record is now as it was told on this way."""
    await lodging.correct(database, draft.case, submission_of(walk, draft, language))
    async with database.connection() as connection:
        await drafts.put_away(connection, walk.key)
    return Redirect("/case?done=corrected", status_code=303)


async def submit(database: Database, walk: Walk, draft: Draft, language: str) -> str:
    """The reference of what was kept.

    A complaint goes under the browser's own key, which is kept nowhere: so the receipt can be shown
    again to this browser, with the passphrase, and to nobody else.
    """
    if walk.instrument.kind == "complaint":
        lodged = complaint_of(walk, draft, language)
        receipt = await lodging.lodge(database, walk.keyring, lodged, walk.key, draft.desk)
        return receipt.reference
    submission = submission_of(walk, draft, language)
    request = intake.marks(walk.keyring, draft.slug, submission, draft.once)
    return (await intake.submit_response(database, draft.slug, submission, request)).reference


async def refused(
    request: AnyRequest, database: Database, walk: Walk, draft: Draft, problem: Problem
) -> Response[Any]:
    """A code that opens nothing, or a file that has gone, is asked for again; else it is shown."""
    with speaking(language_of(request)):
        lost = attaching.let_go(walk, problem)
    if lost:
        step, asked = lost
        return await ask_again(database, walk, draft, step.name, asked, change=True)
    if problem.code == "answers.invalid":
        with speaking(language_of(request)):
            errors = sentences.faults_of_sending(walk, problem.faults)
        if errors:
            return await ask_again(database, walk, draft, steps.CHECK, Asked(errors=errors))
    code = walk.at(steps.ACCESS_CODE)
    if code is None or problem.code != "access_code.unknown":
        raise problem
    asked = asking.given_before(walk, code)
    asked.errors = [("answer", wrong_code(request))]
    return await ask_again(database, walk, draft, code.name, asked, change=True)


def receipt(walk: Walk, reference: str) -> Redirect:
    return Redirect(f"{walk.base}/done/{reference}", status_code=303)


def changing(request: AnyRequest) -> bool:
    return "change" in request.query_params


async def city_of(database: Database) -> City:
    return await database.remembered(places.get_city)


HANDLERS = [*filing.HANDLERS, *receiving.HANDLERS, show, answer]
