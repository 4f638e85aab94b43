"""Reply templates: texts that the working group often starts a message from."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from api.pages.forms import Form, filled_form
from api.pages.registry import StaffPage
from api.pages.work import FromPage
from survey.store.cases import inbox
from survey.store.database import Database

ADDRESS = "/work/complaints/replies"
LONGEST_NAME, LONGEST_BODY, MOST = 60, 5_000, 100


@get(ADDRESS)
async def list_templates(page: FromPage) -> Template:
    chosen = page.query.get("change", "")
    found = await page.load(inbox.load_reply_templates)
    known = next((one for one in found if str(one.id) == chosen), None)
    page.fill({"name": known.name, "body": known.body} if known else {})
    return page.show("inbox/replies", templates=found)


@post(ADDRESS)
async def save_template(page: FromPage) -> Response[Any]:
    found = await page.load(inbox.load_reply_templates)
    check_template(page.form, [one.name for one in found])
    if page.form.errors:
        return page.show("inbox/replies", templates=found)
    async with page.write("reply template saved", page.form["name"]) as connection:
        await inbox.save_reply_template(connection, page.form["name"], page.form["body"])
    return page.to(ADDRESS, "saved")


def check_template(form: Form, known: list[str]) -> None:
    name = form["name"]
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    form.require(is_name, "name", f"Give the template a name of 1 to {LONGEST_NAME} characters")
    wanted = f"Write the text of the template, up to {LONGEST_BODY:,} characters"
    form.require_length("body", 1, LONGEST_BODY, wanted)
    # A known name replaces its template, so it is allowed at the limit too.
    has_room = name in known or len(known) < MOST
    form.require(has_room, "name", f"There are {MOST} templates: delete one first")


@post(f"{ADDRESS}/delete")
async def delete_template(page: FromPage) -> Response[Any]:
    """Delete a template; it is put in the form, so that saving undoes the deletion."""
    form = page.form
    gone = await find_template(page.database, form["id"])
    if gone is None:
        return page.to(ADDRESS)
    async with page.write("reply template deleted", gone.name) as connection:
        await inbox.delete_reply_template(connection, gone.id)
        found = await inbox.load_reply_templates(connection)
    form = filled_form({"name": gone.name, "body": gone.body})
    return page.show("inbox/replies", form=form, done="deleted", templates=found)


async def find_template(database: Database, number: str) -> inbox.ReplyTemplate | None:
    async with database.connection() as connection:
        found = await inbox.load_reply_templates(connection)
    return next((one for one in found if str(one.id) == number), None)


def insert_template(form: Form, templates: list[inbox.ReplyTemplate]) -> None:
    """Put the chosen template below what was typed as the message."""
    chosen = next((one for one in templates if str(one.id) == form["template"]), None)
    # Below, because what the person has typed so far must not be replaced.
    parts = [form["message"], chosen.body if chosen else ""]
    form.set("message", "\n\n".join(part for part in parts if part))


PAGES = [
    StaffPage([list_templates, save_template, delete_template], linked_from="/work/complaints")
]
