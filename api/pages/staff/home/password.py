"""Set or change one's own password."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages import sign_in
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import Errors, audited_transaction, staff_page
from api.security import people
from survey.problems import Invalid
from survey.store.accounts import people as people_store
from survey.store.accounts import sessions


@get("/work/password")
async def show_password_form(database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    return staff_page("password", person, known=bool(account and account["password_hash"]))


@post("/work/password")
async def set_password(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Set a new password; this ends all the person's other sessions."""
    form = await request.form()
    new, old = (str(form.get(name, "")) for name in ("new", "old"))
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    known = account["password_hash"] if account else None
    wrong: Errors = []
    if known and not await people.verify_hash(known, old[:1_000]):
        wrong = [("old", "Enter the password that you have now")]
    try:
        hashed = await people.hash_password(new[:1_000], person.email)
    except Invalid as short:
        wrong += [("new", f"{short.sentence} {short.remedy}")]
    if wrong:
        return staff_page("password", person, status=422, known=bool(known), errors=wrong)
    async with audited_transaction(database, person, "password set", person.email) as connection:
        await people_store.set_password(connection, person.email, hashed)
        await sessions.delete_all_of(connection, person.id)
        welcomed = await sign_in.start_session(request, connection, person.id)
    return Redirect("/work?done=password", status_code=303, cookies=welcomed.cookies)


PAGES = [StaffPage([show_password_form, set_password], linked_from="/work")]
