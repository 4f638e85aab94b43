"""Reply templates: texts that the working group often starts a message from."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.staff.inbox.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, audited_transaction, done_word, read_form, staff_page
from survey.store.cases import reply_templates
from survey.store.cases.reply_templates import ReplyTemplate
from survey.store.database import Database

ADDRESS = "/work/complaints/replies"
LONGEST_NAME, LONGEST_BODY, MOST = 60, 5_000, 100


@get(ADDRESS, guards=reviewers, include_in_schema=False)
async def list_templates(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Template:
    chosen = request.query_params.get("change", "")
    async with database.connection() as connection:
        found = await reply_templates.load_all(connection)
    known = next((one for one in found if str(one.id) == chosen), None)
    form = {"name": known.name, "body": known.body} if known else {}
    return staff_page("replies", person, done=done_word(request), templates=found, typed=form)


@post(ADDRESS, guards=reviewers, include_in_schema=False)
async def save_template(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    if wrong := await template_faults(database, form):
        async with database.connection() as connection:
            found = await reply_templates.load_all(connection)
        return staff_page("replies", person, status=422, errors=wrong, typed=form, templates=found)
    async with audited_transaction(
        database, person, "reply template saved", form["name"]
    ) as connection:
        await reply_templates.save(connection, form["name"], form["body"])
    return Redirect(f"{ADDRESS}?done=saved", status_code=303)


async def template_faults(database: Database, form: dict[str, str]) -> Errors:
    name, body = form.get("name", ""), form.get("body", "")
    wrong: Errors = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        wrong.append(("name", f"Give the template a name of 1 to {LONGEST_NAME} characters"))
    if not body or len(body) > LONGEST_BODY:
        wrong.append(("body", f"Write the text of the template, up to {LONGEST_BODY:,} characters"))
    async with database.connection() as connection:
        known = [one.name for one in await reply_templates.load_all(connection)]
    if name not in known and len(known) >= MOST:
        wrong.append(("name", f"There are {MOST} templates: delete one first"))
    return wrong


@post(f"{ADDRESS}/delete", guards=reviewers, include_in_schema=False)
async def delete_template(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Delete a template; it is put in the form, so that saving undoes the deletion."""
    form = await read_form(request)
    gone = await find_template(database, form.get("id", ""))
    if gone is None:
        return Redirect(ADDRESS, status_code=303)
    async with audited_transaction(
        database, person, "reply template deleted", gone.name
    ) as connection:
        await reply_templates.delete(connection, gone.id)
        found = await reply_templates.load_all(connection)
    kept = {"name": gone.name, "body": gone.body}
    return staff_page("replies", person, done="deleted", templates=found, typed=kept)


async def find_template(database: Database, number: str) -> reply_templates.ReplyTemplate | None:
    async with database.connection() as connection:
        found = await reply_templates.load_all(connection)
    return next((one for one in found if str(one.id) == number), None)


def form_with_template(form: dict[str, str], templates: list[ReplyTemplate]) -> dict[str, str]:
    """The form of a message with the chosen template below what was typed."""
    chosen = next((one for one in templates if str(one.id) == form.get("template")), None)
    parts = [form.get("message", ""), chosen.body if chosen else ""]
    return form | {"message": "\n\n".join(part for part in parts if part)}


HANDLERS = [list_templates, save_template, delete_template]
