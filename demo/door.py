"""The demo page: sign in as any role with one click and no password.

No other installation has these addresses: `build` adds them only when the command `demo` asks
for them, and no setting does. A demo on somebody's own machine answers only under the names of
that machine, so that no other site can lead a browser here under a name of its own.
"""

import datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api.app import Door
from api.commands.serving.ports import LOOPBACK
from api.dependencies import FromDatabase
from api.pages.forms import read_form
from api.pages.reports import history
from api.pages.shell import AnyRequest, prepare_page
from api.pages.staff.admin import own_account
from api.security import cookies
from api.settings import Settings
from demo.complaints import SHOWN
from demo.simulation.true_figures import has_truth
from demo.simulation.true_statements import truth_context
from demo.steps import count_following
from survey.store.accounts import people, sessions
from survey.store.cases import case_owners
from survey.store.database import Connection, Database

DEMO_PEOPLE = (
    ("amina@example.org", "Amina Yusuf", "organiser"),
    ("cindy@example.org", "Cindy Marsh", "reviewer"),
    ("joan@example.org", "Joan Adeyemi", "administrator"),
    ("omar@example.org", "Omar Haddad", "statistician"),
    ("nadia@example.org", "Nadia Rahman", "scrutineer"),
)
ROLE_EMAILS = {role: email for email, _, role in DEMO_PEOPLE}
ADDRESS = "/demo"
TRUTH_ADDRESS = f"{ADDRESS}/truth"
CASE_STOP, REPORT_STOP = "case", "report"


class DemoStop(msgspec.Struct, frozen=True):
    """One stop of the demo: the role to sign in as, where it leads, and what there is to see."""

    name: str
    role: str
    address: str
    title: str
    words: str


STOPS = (
    DemoStop(
        "feedback",
        "resident",
        "/surveys/feedback",
        "Give feedback",
        "Three short pages, on any phone. Leave an answer empty and see what happens. "
        "Switch to Arabic at the top.",
    ),
    DemoStop(
        CASE_STOP,
        "resident",
        "/case",
        "Follow a complaint",
        "See what happened to it, answer a question, or say that you disagree.",
    ),
    DemoStop(
        REPORT_STOP,
        "resident",
        "/reports",
        "Read the newest report",
        "What residents think next to what the police did, and how sure we are of each figure. "
        "Find the borough that differs most.",
    ),
    DemoStop(
        "survey",
        "organiser",
        "/work/builder",
        "Make a survey",
        "Start from a template or from your own spreadsheet. Look at it as a phone shows it, "
        "publish it, print it on paper.",
    ),
    DemoStop(
        "complaint",
        "reviewer",
        "/work/complaints",
        "Handle a complaint",
        "The most urgent is on top. Take a case, answer the person, and close it with the reason "
        "that they will read.",
    ),
    DemoStop(
        "themes",
        "reviewer",
        "/work/themes",
        "See the main themes",
        "A machine sorts every text into themes. People check how well it reads, and correct it.",
    ),
)


async def require_local_host(
    asking: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Allow only this machine's host names, unless whoever started the demo opened it to others."""
    door: Door | None = asking.app.state.get("demo_door")
    # Not found, as in any other installation, where there is no such address.
    if door is None or not (door.any_host or (asking.url.hostname or "") in LOOPBACK):
        raise NotFoundException


@get(ADDRESS, before_request=prepare_page, guards=[require_local_host], include_in_schema=False)
async def show_demo(request: AnyRequest, database: FromDatabase) -> Template:
    cases = await database.load_cached(load_demo_cases)
    stops = [stop for stop in await load_demo_stops(database) if cases or stop.name != CASE_STOP]
    async with database.connection() as connection:
        coming = await count_following(connection)
    shown = {"stops": stops, "cases": cases, "truth": has_truth(data_folder(request))}
    return Template("demo.html", context=shown | {"coming": coming, "languages": []})


def data_folder(request: AnyRequest) -> Path:
    settings: Settings = request.app.state.settings
    return settings.data


@get(
    TRUTH_ADDRESS, before_request=prepare_page, guards=[require_local_host], include_in_schema=False
)
async def show_truth(request: AnyRequest, database: FromDatabase) -> Template:
    """Show how well the newest edition found the truth."""
    shown = await truth_context(database, data_folder(request))
    return Template("demo_truth.html", context=shown | {"languages": []})


@get(
    f"{TRUTH_ADDRESS}/{{kind:str}}/{{start:date}}",
    before_request=prepare_page,
    guards=[require_local_host],
    include_in_schema=False,
)
async def show_truth_of_period(
    request: AnyRequest, database: FromDatabase, kind: FromPath[str], start: FromPath[datetime.date]
) -> Template:
    """Show how well the edition of a period found the truth."""
    shown = await truth_context(database, data_folder(request), (kind, start))
    return Template("demo_truth.html", context=shown | {"languages": []})


async def load_demo_stops(database: Database) -> list[DemoStop]:
    """All stops; the report stop has the address of the newest edition."""
    newest = await history.newest_summary(database)
    report = newest.address if newest else "/reports"
    return [
        msgspec.structs.replace(stop, address=report) if stop.name == REPORT_STOP else stop
        for stop in STOPS
    ]


async def load_demo_cases(connection: Connection) -> list[tuple[str, str]]:
    """Number and passphrase of each demo complaint that is in the database."""
    there = [await case_owners.find_passphrase(connection, number) for number in SHOWN]
    return [shown for shown, passphrase in zip(SHOWN.items(), there, strict=True) if passphrase]


@post(ADDRESS, guards=[require_local_host], include_in_schema=False)
async def enter_demo(request: Request[Any, Any, Any], database: FromDatabase) -> Redirect:
    """Go to a stop of the demo, signed in as its role; signed out if the stop is a resident's."""
    form = await read_form(request)
    role, name = form["role"], form["stop"]
    stops = await load_demo_stops(database)
    # Only the address of a stop is gone to, so that a forged form leads nowhere else.
    stop = next((stop for stop in stops if stop.name == name and stop.role == role), None)
    if role == "resident":
        async with database.connection() as session_connection:
            await sessions.delete(session_connection, own_account.session_digest(request))
        gone = cookies.build_removal(request, cookies.SESSION)
        return Redirect(stop.address if stop else "/", status_code=303, cookies=[gone])
    async with database.connection() as connection:
        account = await people.by_email(connection, ROLE_EMAILS.get(role, ""))
        if account is None or not account.active:
            raise NotFoundException
        to = stop.address if stop else "/work"
        return await own_account.start_session(request, connection, account.id, to)


HANDLERS = (show_demo, enter_demo, show_truth, show_truth_of_period)


def demo_door(*, any_host: bool = False) -> Door:
    """The door of the demonstration; it answers under any host name if `any_host`."""
    return Door(address=ADDRESS, handlers=HANDLERS, any_host=any_host)
