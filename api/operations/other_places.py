"""All places side by side: what the newest published editions of this one and of others say.

Each place has a service and a database of its own. What crosses between them is what anybody can
read: a job asks the sites in the settings once an hour for their newest edition of each kind.
"""

import asyncio
import datetime
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

import anyio.to_thread
import msgspec

from analysis.editions import gate
from analysis.editions.comparison import counted_part
from api import clock
from api.locales import format_sentence
from api.process.installation import import_lock
from api.settings import Settings
from survey.editions import Edition
from survey.editions.figures import Rate
from survey.editions.stored import edition_from_json
from survey.places import OtherPlace, PlaceEdition, PlaceFigure
from survey.store import editions, places
from survey.store.database import Connection
from survey.store.editions import EditionLine

KINDS = ("weekly", "monthly")
FIGURES = ("index", "deployments", "complaints")
HEAD = (
    *("place", "site", "kind", "start", "end", "edition", "figure", "value", "low", "high"),
    "read",
)
YEAR = 365.25
MOST_OWN = 8
OWN: dict[str, PlaceEdition] = {}
SECONDS = 20.0  # for each request
MOST_READ = 16 * 1024 * 1024  # bytes of an answer; a large edition has 3 million
Failure = Literal["unreachable", "no_editions", "unknown"]


class PublishedLine(msgspec.Struct, frozen=True):
    """An edition in the list of a site (`/api/v1/reports`), the newest first."""

    kind: str
    start: datetime.date
    number: int
    withdrawn: str


class PublishedPage(msgspec.Struct, frozen=True):
    items: list[PublishedLine]


class Unread(Exception):
    """Raised where a site did not answer, or with far too much."""


ADDRESSES: list[str] = []


def choose_places(settings: Settings) -> None:
    """Let the jobs of this process read the places that these settings name."""
    ADDRESSES[:] = other_addresses(settings.other_places)


def other_addresses(setting: str) -> list[str]:
    """The addresses in the setting, each once, without a slash at their end."""
    addresses = (address.strip().rstrip("/") for address in setting.split(","))
    return [address for address in dict.fromkeys(addresses) if address]


async def read_other_places(connection: Connection, _: str) -> None:
    """Read every place that the settings name, and forget the others."""
    await places.delete_others_than(connection, ADDRESSES)
    read = await asyncio.gather(*map(read_place, ADDRESSES))
    for address, newest in zip(ADDRESSES, read, strict=True):
        if isinstance(newest, str):
            await places.save_unread(connection, address, newest)
        else:
            await places.save_other(connection, address, newest, clock.now())


async def read_edition(address: str) -> PlaceEdition:
    return await anyio.to_thread.run_sync(decode_edition, await read_body(address))


async def read_place(address: str) -> list[PlaceEdition] | Failure:
    """The newest edition of each kind that a site has published, or why there is none."""
    try:
        page = msgspec.json.decode(
            await read_body(f"{address}/api/v1/reports?limit=50"), type=PublishedPage
        )
        newest = []
        for kind in KINDS:
            standing = [row for row in page.items if row.kind == kind and not row.withdrawn]
            if standing:
                line = max(standing, key=lambda row: (row.start, row.number))
                path = f"/api/v1/reports/{quote(kind)}/{line.start}?number={line.number}"
                newest.append(await read_edition(f"{address}{path}"))
    except Unread:
        return "unreachable"
    except msgspec.MsgspecError:
        return "unknown"
    return newest or "no_editions"


async def read_body(address: str) -> bytes:
    """What an address answers with."""
    with import_lock("httpx"):
        import httpx  # slow to load

    body = b""
    try:
        # Without the environment's proxies, and without following an address to somewhere else.
        async with (
            httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
            client.stream("GET", address, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise Unread
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_READ:
                    raise Unread
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Unread from None
    return body


async def load_places(connection: Connection) -> list[OtherPlace]:
    """This place first, without an address, then the others by their names."""
    lines = [await editions.find_newest_published(connection, kind) for kind in KINDS]
    own = [await load_own(connection, line) for line in lines if line is not None]
    others: list[OtherPlace] = await places.load_others(connection)
    return [
        OtherPlace("", tuple(own)),
        *sorted(others, key=lambda place: (not place.editions, place_name(place))),
    ]


def place_name(place: OtherPlace) -> str:
    """The city of a place; its address as long as it has published nothing."""
    return place.editions[0].city if place.editions else place.address


async def load_own(connection: Connection, line: EditionLine) -> PlaceEdition:
    """What an edition of this place says of its city; each is read once."""
    if line.sha256 not in OWN:
        stored = await editions.get_stored(connection, line.kind, line.start, line.number)
        if len(OWN) >= MOST_OWN:
            OWN.clear()
        OWN[line.sha256] = await anyio.to_thread.run_sync(decode_edition, stored.body)
    return OWN[line.sha256]


def decode_edition(body: bytes) -> PlaceEdition:
    """Called in a thread, because decoding a whole edition would hold up every other request."""
    edition = gate.as_served(edition_from_json(body))
    lead = edition.lead or edition.headline
    return PlaceEdition(
        city=edition.city,
        kind=edition.kind,
        start=edition.start,
        end=edition.end,
        number=edition.number,
        synthetic=edition.synthetic,
        lead=format_sentence(lead[0]) if lead else "",
        index=next(
            (
                PlaceFigure(estimate.value, estimate.low, estimate.high)
                for estimate in edition.index
                if estimate.domain == edition.city and estimate.value is not None
            ),
            None,
        ),
        deployments=yearly_rate(edition, "deployments", edition.deployments),
        complaints=yearly_rate(edition, "complaints", edition.complaints),
    )


def yearly_rate(edition: Edition, name: str, rates: Iterable[Rate]) -> PlaceFigure | None:
    """The city's rate times 365.25/d, with d the days that it counts."""
    days = counted_part(edition, name)[0]
    for rate in rates:
        if rate.domain == edition.city and rate.per_10_000 is not None and days:
            low, high = (end and end * YEAR / days for end in (rate.low, rate.high))
            return PlaceFigure(rate.per_10_000 * YEAR / days, low, high)
    return None


def place_lines(every: Sequence[OtherPlace], own_address: str) -> Iterator[list[str]]:
    """A line of CSV for each figure of each edition; without a value where it has none to show."""
    for place in every:
        for edition in place.editions:
            about = [edition.city, place.address or own_address, edition.kind]
            about += [str(edition.start), str(edition.end), str(edition.number)]
            for name in FIGURES:
                read = f"{place.read_at:%Y-%m-%dT%H:%MZ}" if place.read_at else ""
                yield [*about, name, *figure_text(name, getattr(edition, name)), read]


def figure_text(name: str, figure: PlaceFigure | None) -> list[str]:
    """A figure and the ends of its interval as reports write them; '' where there are none."""
    ends = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    return ["" if end is None else f"{end:,.{1 if name == 'index' else 2}f}" for end in ends]
