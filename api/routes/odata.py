"""OData 4.0 at /api/v1/odata/{slug}: the answers to a survey for Excel, Power BI and the like."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import PathParameter

from api import clock
from api.dependencies import FromDatabase, FromKeyring, FromPerson, FromReadDatabase, Slug
from api.error_handlers import problem_responses
from api.operations import exports, survey_rights
from api.security.keyring import Keyring
from api.security.people import Person, WithKey
from survey.formats.odata import EntitySet, parse_filter, render_metadata, unsupported_option
from survey.store.accounts import people
from survey.store.answers import counts
from survey.store.database import Connection, Database

VERSION = {"OData-Version": "4.0"}
METADATA = "$metadata"
UNDERSTOOD = {"$filter", "$select", "$top", "$skip", "$count", "$orderby", "$format", "$skiptoken"}
SetName = Annotated[str, PathParameter(max_length=160)]
LONGEST_READING = datetime.timedelta(days=1)
AnyRequest = Request[Any, Any, Any]


class FeedReading(msgspec.Struct, frozen=True):
    """A reading of a table that goes on page by page: who reads what, when it began, and where the
    next page begins (None before the first page).
    """

    of: str
    began: datetime.date
    next: exports.FeedToken | None = None


@get(
    "/api/v1/odata/{slug:str}",
    summary="List the tables of a survey's answers",
    responses=problem_responses(401, 403, 404),
    tags=["answers"],
    guards=[WithKey("read answers")],
)
async def list_tables(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """The service document of an OData feed: a table of responses, and one for each repeat."""
    async with database.connection() as connection:
        feed = await allowed_feed(connection, person, slug)
    listed = [{"name": table, "kind": "EntitySet", "url": table} for table in feed.table_of]
    return odata_response(
        {"@odata.context": f"{exports.feed_address(request, slug)}/$metadata", "value": listed}
    )


@get(
    "/api/v1/odata/{slug:str}/{name:str}",
    summary="Read a table of a survey's answers, or what its columns are",
    responses=problem_responses(401, 403, 404, 422),
    tags=["answers"],
    guards=[WithKey("read answers")],
)
async def read_set(
    request: AnyRequest,
    database: FromDatabase,
    read_database: FromReadDatabase,
    keyring: FromKeyring,
    person: FromPerson,
    slug: Slug,
    name: SetName,
) -> Response[Any]:
    """A page of an entity set, without anything a person wrote, or `$metadata`."""
    async with database.connection() as connection:
        feed = await allowed_feed(connection, person, slug)
    if name == METADATA:
        content = render_metadata(feed.entity_sets())
        return Response(content, media_type="application/xml", headers=VERSION)
    entity_set, options = feed.entity_set(name), dict(request.query_params)
    reading = FeedReading(f"{person.id} {slug} {name}", clock.today())
    if "$skiptoken" in options:
        reading = unseal_reading(keyring, options["$skiptoken"], reading)
    query = parse_query(options, feed, reading.next)
    if query.skip and name != "Answers":
        raise unsupported_option("$skip of the rounds of a repeat")
    if reading.next is None:
        await log_reading(database, person, slug, name)
    async with read_database.connection() as connection:
        page = await exports.read_page(connection, slug, feed, name, query, keyring)
        counted = await count_rows(connection, slug, name, query, options)
    chosen = chosen_properties(options.get("$select", ""), entity_set)
    here = exports.feed_address(request, slug)
    body: dict[str, object] = {"@odata.context": f"{here}/$metadata#{name}"} | counted
    body["value"] = [{key: row[key] for key in chosen} for row in page.rows]
    if page.next:
        again = {k: v for k, v in options.items() if k in ("$filter", "$select")}
        reading = msgspec.structs.replace(reading, next=page.next)
        again["$skiptoken"] = keyring.seal_words(msgspec.json.encode(reading), 0)
        body["@odata.nextLink"] = f"{here}/{name}?{urlencode(again)}"
    return odata_response(body)


HANDLERS = [list_tables, read_set]


async def allowed_feed(connection: Connection, person: Person, slug: str) -> exports.AnswerFeed:
    await survey_rights.require_right(connection, person, "export", slug)
    return await exports.load_feed(connection, slug)


async def log_reading(database: Database, person: Person, slug: str, name: str) -> None:
    """Write to the audit that somebody's program reads these answers: once, at the first page."""
    async with database.connection() as connection:
        await people.append_audit(
            connection, "answers read by key", slug, by=person.id, detail={"table": name}
        )


async def count_rows(
    connection: Connection,
    slug: str,
    name: str,
    query: exports.FeedQuery,
    options: Mapping[str, str],
) -> dict[str, object]:
    """The number of rows that the filter finds, where it is asked for."""
    if options.get("$count") != "true":
        return {}
    if name != "Answers":
        raise unsupported_option("$count of the rounds of a repeat")
    return {"@odata.count": await counts.count_feed(connection, slug, query.filters)}


def parse_query(
    options: Mapping[str, str], feed: exports.AnswerFeed, token: exports.FeedToken | None
) -> exports.FeedQuery:
    """What the options of a request ask for; raises for an option that is not understood."""
    if unknown := [
        option for option in options if option.startswith("$") and option not in UNDERSTOOD
    ]:
        raise unsupported_option(unknown[0])
    if options.get("$orderby", "id") not in ("id", "id asc"):
        raise unsupported_option("$orderby")
    filters = feed.stored_filters(parse_filter(options.get("$filter", "")))
    if token is not None:
        return exports.FeedQuery(filters=filters, after=token.after, most=token.most)
    most = whole_option(options, "$top")
    return exports.FeedQuery(filters=filters, skip=whole_option(options, "$skip") or 0, most=most)


def whole_option(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise unsupported_option(name)
    return int(text)


def chosen_properties(text: str, entity_set: EntitySet) -> list[str]:
    """The properties that are asked for; all of them if the request names none."""
    known = [column.name for column in entity_set.properties]
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if not asked or asked == ["*"]:
        return known
    if missing := set(asked) - set(known):
        raise unsupported_option(f"$select={min(missing)}")
    return [name for name in known if name in asked]


def unseal_reading(keyring: Keyring, sealed: str, begun: FeedReading) -> FeedReading:
    """The reading that a token continues. Raises unless the same person began it on the same table,
    yesterday at the earliest: whatever is read must have its line in the audit.
    """
    opened = keyring.unseal_words(sealed)
    if opened is None:
        raise unsupported_option("$skiptoken")
    try:
        reading = msgspec.json.decode(opened, type=FeedReading)
    except msgspec.DecodeError:  # something else that we sealed
        raise unsupported_option("$skiptoken") from None
    if (
        reading.next is None
        or reading.of != begun.of
        or begun.began - reading.began > LONGEST_READING
    ):
        raise unsupported_option("$skiptoken")
    return reading


def odata_response(body: dict[str, object]) -> Response[Any]:
    media_type = "application/json;odata.metadata=minimal"
    return Response(msgspec.json.encode(body), media_type=media_type, headers=VERSION)
