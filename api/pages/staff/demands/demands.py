"""Demands: the list, and one with its shares, how well the machine reads it and the last labels."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.formatting import format_share_interval
from api.jobs.threads import run_in_thread
from api.pages.forms import read_form
from api.pages.registry import StaffPage
from api.pages.staff.texts.text_search import STREAMS
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_day, staff_page
from api.process.loading import import_lock
from survey.coding.codebooks import current_themes
from survey.coding.demands import (
    FEWEST_OF_STREAM,
    FEWEST_TO_LEARN,
    STANCE_PASS_MARK,
    Stance,
)
from survey.coding.double_coding import status_against
from survey.store.coding import codebooks, demands, stances
from survey.store.coding.demands import StoredDemand
from survey.store.database import Connection
from survey.surveys.instruments import wording_text

BASE = "/work/demands"
STANCES: dict[Stance, str] = {
    "for": "For it",
    "against": "Against it",
    "conditions": "For it under conditions",
    "none": "Says nothing of it, or I cannot tell",
}
MOST_LAST = 10


class StanceRow(msgspec.Struct, frozen=True):
    """The share of a stance with its interval, of every text and with each campaign once."""

    name: str
    every: str
    once: str


class StreamStances(msgspec.Struct, frozen=True, kw_only=True):
    """The stances in the texts of one stream; `labels` were chosen by chance, and `wanted` more
    are needed before shares are shown.
    """

    name: str
    texts: int
    labels: int
    wanted: int
    taking: int
    rows: list[StanceRow]


@get(BASE)
async def list_demands(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        found = await demands.load_all(connection)
    return staff_page("demands/demands", person, rows=found, done=done_word(request))


@get(f"{BASE}/{{demand:uuid}}")
async def show_demand(
    request: AnyRequest, database: FromDatabase, person: FromPerson, demand: FromPath[UUID]
) -> Template:
    async with database.connection() as connection:
        one = await demands.get(connection, str(demand))
        head = await stances.find_head(connection, one.id)
        last = await stances.load_last_labels(connection, one.id, MOST_LAST)
        streams = await load_streams(connection, one)
        themes = await theme_names(connection, one)
    judged = status_against(head.accuracy, STANCE_PASS_MARK) if head else ""
    return staff_page(
        "demands/demand",
        person,
        one=one,
        themes=themes,
        head=head,
        judged=judged,
        streams=streams,
        last=[(row, STANCES[row.stance], format_day(row.at)) for row in last],
        opened=format_day(one.opened_at),
        FEWEST_TO_LEARN=FEWEST_TO_LEARN,
        FEWEST_OF_STREAM=FEWEST_OF_STREAM,
        STANCE_PASS_MARK=STANCE_PASS_MARK,
        done=done_word(request),
    )


async def theme_names(connection: Connection, demand: StoredDemand) -> list[str]:
    """The names that the demand's themes have in the codebook today."""
    book = await codebooks.get_newest(connection)
    held = current_themes(book, demand.themes, since=demand.codebook)
    return [wording_text(theme.name) for theme in book.themes if theme.id in held]


async def load_streams(connection: Connection, demand: StoredDemand) -> list[StreamStances]:
    """The stances of each stream that has texts about the demand, of the last year."""
    with import_lock("api.jobs.edition_inputs.text_inputs"):
        from api.jobs.edition_inputs import text_inputs as job

    inside = clock.midnight(clock.today() - job.LOOK_BACK), clock.now()
    texts = await job.load_stance_arrays(connection, demand.id, inside)
    found = []
    for stream, name in STREAMS.items():
        mine = texts.of_stream(stream)
        if len(mine):
            found.append(await run_in_thread(stream_stances, name, mine))
    return found


def stream_stances(name: str, texts: Any) -> StreamStances:
    """The corrected shares of a stream, called in a thread."""
    with import_lock("analysis.coding.stances"):
        from analysis.coding import stances as estimates

    labels = int(texts.random_part().sum())
    wanted = max(0, min(FEWEST_OF_STREAM, int((~texts.own).sum())) - labels)
    every = {} if labels < FEWEST_OF_STREAM else estimates.stance_shares(texts)
    once = estimates.stance_shares(texts, once=True) if every else {}
    return StreamStances(
        name=name,
        texts=len(texts),
        labels=labels,
        wanted=wanted,
        taking=estimates.number_taking(texts) if every else 0,
        rows=[
            StanceRow(STANCES[one], share_words(found), share_words(once.get(one)))
            for one, found in every.items()
        ],
    )


def share_words(found: Any) -> str:
    if found is None:
        return "Not known"
    return format_share_interval(found.value, found.low, found.high)


@post(f"{BASE}/{{demand:uuid}}/reporting")
async def set_reporting(
    request: AnyRequest, database: FromDatabase, person: FromPerson, demand: FromPath[UUID]
) -> Response[Any]:
    """Let editions report a demand, or no longer."""
    reported = (await read_form(request))["reported"] == "yes"
    act = "demand reported" if reported else "demand not reported"
    async with audited_transaction(database, person, act, str(demand)) as connection:
        await demands.set_reported(connection, str(demand), by=person.id if reported else None)
    done = "reported" if reported else "silent"
    return Redirect(f"{BASE}/{demand}?done={done}", status_code=303)


PAGES = [
    StaffPage([list_demands], menu="Demands", place=105),
    StaffPage([show_demand, set_reporting], linked_from=BASE),
]
