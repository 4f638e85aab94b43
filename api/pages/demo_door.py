"""The door of the demonstration: look around as anybody, by one click and without a password.

No other installation has these addresses: `build` adds them only where the command `demo` asks for
them, and no setting does. On a machine of one's own they answer to that machine's name alone, so
that no other site can lead a browser here under a name of its own.
"""

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import cookies
from api.demo_people import PEOPLE
from api.invented_cases import SHOWN
from api.listening import LOOPBACK
from api.pages import sign_in, summaries
from api.pages.templating import AnyRequest, arrive
from api.wiring import FromDatabase
from survey.store import case_owners, people, sessions
from survey.store.database import Connection, Database

EMAILS = {role: email for email, _, role in PEOPLE}
ADDRESS = "/demo"
CASE, REPORT = "case", "report"


class Stop(msgspec.Struct, frozen=True):
    """One of the six stops: whom one looks around as there, and what there is to see."""

    name: str
    role: str
    address: str
    title: str
    words: str


STOPS = (
    Stop(
        "feedback",
        "resident",
        "/surveys/feedback",
        "Give feedback",
        "Three short pages, on any phone. Leave an answer empty and see what happens. "
        "Switch to Arabic at the top.",
    ),
    Stop(
        CASE,
        "resident",
        "/case",
        "Follow a complaint",
        "See what happened to it, answer a question, or say that you disagree.",
    ),
    Stop(
        REPORT,
        "resident",
        "/reports",
        "Read the newest report",
        "What residents think next to what the police did, and how sure we are of each figure. "
        "Find the borough that differs most.",
    ),
    Stop(
        "survey",
        "organiser",
        "/work/builder",
        "Make a survey",
        "Start from a template or from your own spreadsheet. Look at it as a phone shows it, "
        "publish it, print it on paper.",
    ),
    Stop(
        "complaint",
        "reviewer",
        "/work/complaints",
        "Handle a complaint",
        "The most urgent is on top. Take a case, answer the person, and close it with the reason "
        "that they will read.",
    ),
    Stop(
        "themes",
        "reviewer",
        "/work/themes",
        "See the main themes",
        "A machine sorts every text into themes. People check how well it reads, and correct it.",
    ),
)


class DemoDoor(msgspec.Struct, frozen=True):
    """What the application holds where it has the door."""

    any_host: bool = False


async def at_home(asking: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Only under a name of this machine, unless whoever started it opened it to others."""
    door: DemoDoor | None = asking.app.state.get("demo_door")
    if door is None or not (door.any_host or (asking.url.hostname or "") in LOOPBACK):
        raise NotFoundException


@get(ADDRESS, before_request=arrive, guards=[at_home], include_in_schema=False)
async def look_around(database: FromDatabase) -> Template:
    cases = await database.remembered(cases_to_follow)
    stops = [one for one in await tour(database) if cases or one.name != CASE]
    return Template("demo.html", context={"stops": stops, "cases": cases, "languages": []})


async def tour(database: Database) -> list[Stop]:
    """The six stops, with the address that the newest report has today."""
    newest = await summaries.newest(database)
    report = newest.address if newest else "/reports"
    return [
        msgspec.structs.replace(one, address=report) if one.name == REPORT else one for one in STOPS
    ]


async def cases_to_follow(connection: Connection) -> list[tuple[str, str]]:
    """Number and passphrase of the invented complaints that anybody can open."""
    there = [await case_owners.find_passphrase(connection, number) for number in SHOWN]
    return [shown for shown, found in zip(SHOWN.items(), there, strict=True) if found]


@post(ADDRESS, guards=[at_home], include_in_schema=False)
async def enter(request: Request[Any, Any, Any], database: FromDatabase) -> Redirect:
    """Sign in as one of the invented people, or out to be a resident, and go to a stop."""
    sent = await request.form()
    role, name = str(sent.get("role", "")), str(sent.get("stop", ""))
    stops = await tour(database)
    stop = next((one for one in stops if one.name == name and one.role == role), None)
    if role == "resident":
        return await leave(request, database, stop.address if stop else "/")
    async with database.connection() as connection:
        account = await people.by_email(connection, EMAILS.get(role, ""))
        if account is None or not account["active"]:
            raise NotFoundException
        to = stop.address if stop else "/work"
        return await sign_in.welcome(request, connection, str(account["id"]), to)


async def leave(request: AnyRequest, database: Database, to: str) -> Redirect:
    async with database.connection() as connection:
        await sessions.delete(connection, sign_in.opened_by(request))
    gone = cookies.build_removal(request, cookies.SESSION)
    return Redirect(to, status_code=303, cookies=[gone])


HANDLERS: list[ControllerRouterHandler] = [look_around, enter]
