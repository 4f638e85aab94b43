"""A case as its owner sees it: opened with number and passphrase, by a key in this browser only."""

import datetime
import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from api import casework, clock, cookies, people
from api.keys import Keyring
from api.limits import source_of
from api.pages.resident import contacting, drafts, refusing
from api.pages.resident.fields import first, values_in
from api.pages.resident.refusing import Asked
from api.pages.templating import AnyRequest, kind
from api.tries import tries_of
from api.wiring import FromDatabase, FromKeyring
from survey.complaints import Event, decisions, possible
from survey.contacts import Contact
from survey.ready import COMPLAINT
from survey.receipts import letters_of, number_in
from survey.store import attachments, case_owners, cases, complaints, instruments, places
from survey.store.database import Connection, Database

LASTS = datetime.timedelta(hours=2)
MOST_NUMBER, MOST_PASSPHRASE = 20, 200
WRITTEN = ("answered", "appealed", "withdrawn")  # the boxes of a case to write in


class Line(msgspec.Struct, frozen=True):
    """One line of what happened; `ours` is what the working group did or wrote."""

    event: Event
    day: datetime.date
    ours: bool
    words: str | None
    language: str | None


@get("/case", include_in_schema=False)
async def show(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> Response[Any]:
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({"number": request.query_params.get("number", "")[:MOST_NUMBER]})
    async with database.connection() as connection:
        asked = await refusing.find_apart(connection, keyring, brought(request))
    done = request.query_params.get("done", "")
    return await case_page(database, keyring, reference, asked or Asked(), done=done)


async def ask_again(
    request: AnyRequest, database: Database, keyring: Keyring, asked: Asked
) -> Redirect:
    """Send the browser to the open case again, with what was typed and what is wrong.

    It waits under the key of the case, so that it can be read only while the case is open here.
    """
    async with database.connection() as connection:
        await refusing.save_apart(connection, keyring, brought(request), asked)
    return Redirect("/case", status_code=303)


async def show_done(request: AnyRequest, database: Database, done: str) -> Redirect:
    """Back to the open case, which says what was done; what was refused before is gone."""
    async with database.connection() as connection:
        await refusing.drop_apart(connection, brought(request))
    return Redirect(f"/case?done={done}", status_code=303)


@post("/case", include_in_schema=False)
async def open_case(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Wrong number and wrong passphrase are one answer, and take one check of one hash each."""
    values = values_in(await request.form())
    unsent = unsent_in(values)
    number = number_in(first(values, "number"))
    phrase = letters_of(first(values, "passphrase")[:MOST_PASSPHRASE])
    if number is None:
        typed = {"number": first(values, "number")}
        return asked_for(typed, wrong="number", unsent=unsent, no_passphrase=not phrase)
    if not phrase:
        return asked_for({"number": number}, wrong="missing", unsent=unsent)
    tries, source = tries_of(request.app.state), source_of(request)
    if not await tries.admit(number, source):
        until = clock.now() + datetime.timedelta(seconds=tries.seconds_left(number, source) + 59)
        return asked_for({"number": number}, wrong="tries", status=429, unsent=unsent, until=until)
    async with database.connection() as connection:
        found = await case_owners.find_passphrase(connection, number)
    known = found.passphrase_hash if found else None
    if not (await people.verify(known or people.NOBODY, phrase) and found and known):
        return asked_for({"number": number}, wrong="passphrase", unsent=unsent)
    key = secrets.token_urlsafe(32)
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    tries.forget(number, source)
    async with database.connection() as connection, connection.transaction():
        await case_owners.delete_key(connection, people.digest(brought(request)))
        await case_owners.insert_key(connection, people.digest(key), found.id, hour + LASTS)
        if unsent[1]:
            asked = Asked(values={unsent[0]: [unsent[1]]})
            await refusing.save_apart(connection, keyring, key, asked)
    return Redirect("/case", status_code=303, cookies=[cookie(request, key)])


def unsent_in(values: dict[str, list[str]]) -> tuple[str, str]:
    """What was written when the time in a case ran out, and for which box."""
    box = first(values, "box")
    return (box, first(values, "unsent")) if box in WRITTEN else ("", "")


@post("/case/leave", include_in_schema=False)
async def leave(request: AnyRequest, database: FromDatabase) -> Redirect:
    async with database.connection() as connection:
        await case_owners.delete_key(connection, people.digest(brought(request)))
        await refusing.drop_apart(connection, brought(request))
    gone = [gone_cookie(request), drafts.gone_cookie(request)]
    return Redirect("/", status_code=303, cookies=gone)


def cookie(request: AnyRequest, key: str) -> Cookie:
    """No age, and never sent along with what another site makes a browser do."""
    path = cookies.OWN_CASE
    return cookies.build_cookie(request, cookies.CASE, key, path=path, samesite="strict")


def gone_cookie(request: AnyRequest) -> Cookie:
    return cookies.build_removal(request, cookies.CASE, cookies.OWN_CASE)


def brought(request: AnyRequest) -> str:
    """The key of a case that this browser has."""
    return cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)


async def opened_here(request: AnyRequest, database: Database) -> str | None:
    """The number of the case that this browser has open."""
    key = brought(request)
    if not key:
        return None
    async with database.connection() as connection:
        return await case_owners.opened_by(connection, people.digest(key))


def asked_for(
    typed: dict[str, str],
    *,
    wrong: str = "",
    status: int = 422,
    over: bool = False,
    unsent: tuple[str, str] = ("", ""),
    no_passphrase: bool = False,
    until: datetime.datetime | None = None,
) -> Response[Any]:
    """The page that asks for number and passphrase; `over` where the time in a case has run out.

    `unsent` is what was written then, and for which box: the page carries it to the case.
    """
    return Template(
        "resident/case_open.html",
        context={
            "typed": typed,
            "wrong": wrong,
            "over": over,
            "unsent": unsent,
            "no_passphrase": no_passphrase,
            "until": f"{until.astimezone(clock.LONDON):%H:%M}" if until else "",
        },
        status_code=status if wrong else 200,
    )


async def case_page(
    database: Database,
    keyring: Keyring,
    reference: str,
    asked: Asked,
    *,
    done: str,
) -> Template:
    async with database.connection() as connection:
        shown = await shown_of(connection, keyring, reference)
    more = {"errors": asked.errors, "typed": asked.values, "done": done}
    return Template("resident/case.html", context=shown | more)


async def shown_of(connection: Connection, keyring: Keyring, reference: str) -> dict[str, Any]:
    """Everything that its owner sees of a case: never a note, nor who of us did what."""
    case = await complaints.get(connection, reference)
    form, _ = await instruments.get(connection, COMPLAINT)
    stands = await casework.stands_now(connection, case)
    lines = [line_of(row) for row in await cases.told(connection, case["id"])]
    city = await places.get_city(connection)
    sealed = await case_owners.contact(connection, case["id"])
    contact = keyring.unseal(reference, sealed) if sealed else None
    main = stands.merged_into and await complaints.get(connection, stands.merged_into)
    return {
        "case": case,
        "answers": case["answers"] | await complaints.words(connection, case["id"]),
        "items": [(one, kind(one)) for one in form.questions()],
        "form": form,
        "boroughs": city.boroughs(),
        "borough": city.find(case["area"]).name,
        "stands": stands,
        "main": await casework.stands_now(connection, main) if main else None,
        "overdue": stands.is_overdue(clock.today()),
        "possible": possible(stands, "person", clock.today()),
        "decided": decisions([line.event for line in lines], case["allegations"]),
        "lines": lines,
        "files": await attachments.of_case(connection, case["id"]),
        "reached": contacting.fields_of(contact or Contact()),
    }


def line_of(row: Any) -> Line:
    event = msgspec.convert(row["event"], Event)
    day = row["at"].astimezone(clock.LONDON).date()
    return Line(event, day, event.kind not in PERSONS, row["body"], row["language"])


PERSONS = frozenset(
    {
        "received",
        "answered",
        "evidence",
        "file_removed",
        "corrected",
        "withdrawn",
        "appealed",
        "nudged",
    }
)
HANDLERS = [show, open_case, leave]
