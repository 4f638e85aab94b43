"""Quotes: chosen from texts whose writers agreed, looked at, approved by name, or withdrawn."""

import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from analysis import quoting
from api import figures, paging
from api.jobs.quoting import as_chosen, redacted_anew
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.second_person import detail_of_second_step
from api.pages.templating import AnyRequest
from api.pages.work import acting, day, done, page, typed
from api.people import Person
from api.wiring import Cursor, FromDatabase, FromPerson
from survey.instruments import said
from survey.problems import Conflict, NotFound
from survey.quotes import Quote, fingerprint, own_quote, sentences, unquotable
from survey.store import codebooks, inputs, people, places, quotes
from survey.store.database import Connection, Database
from survey.store.quotes import QuotableText, StoredQuote

ALONE = "approved by the person who proposed it: there is only one reviewer"
MOST = 200
ON_A_PAGE = 15
MOST_REFERENCE = 20
WROTE = {"open": "Chose to write", "sampled": "Was asked", "complaints": "Complained"}
Key = tuple[datetime.date, str]
ThemeAsked = Annotated[str, QueryParameter(name="theme", max_length=100)]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list; `quote` as it would be printed, or `wrong`: why it may not be."""

    number: int
    theme: str
    standing: str
    history: list[str]
    uses: list[tuple[str, str]]
    quote: Quote | None = None
    wrong: str = ""
    own: bool = False


class Offered(msgspec.Struct, frozen=True):
    """A text that may be quoted, and its sentences with their places."""

    text: str
    about: str
    sentences: list[tuple[str, str]]


@get("/work/quotes", guards=reviewers, include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await list_page(database, person, done=done(request))


async def list_page(
    database: Database, person: Person, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        rows = await quotes.every(connection, MOST)
        names = await theme_names(connection)
        city = await places.get_city(connection)
        others = await people.others_who_review(connection, person.id)
    boroughs = {area.code: area.name for area in city.areas}
    anew = await redacted_anew([row.text for row in rows])
    lines = [
        quote_line(row, text, names.get(row.theme, row.theme), boroughs, person)
        for row, text in zip(rows, anew, strict=True)
    ]
    return page("quotes", person, status=status, lines=lines, names=names, others=others, **context)


async def theme_names(connection: Connection) -> dict[str, str]:
    book = await codebooks.newest(connection)
    return {theme.id: said(theme.name) for theme in book.themes}


def quote_line(
    row: StoredQuote, anew: str, name: str, boroughs: dict[str, str], asker: Person
) -> Shown:
    quote, wrong = None, ""
    try:
        place = boroughs.get(row.text.area, "") if row.text else ""
        quote = quoting.preview(as_chosen(row, anew), name, place)
    except Conflict as refused:
        wrong = refused.sentence
    return Shown(
        number=row.id,
        theme=name,
        standing=standing_of(row),
        history=list(history(row)),
        uses=[use(one) for one in row.uses],
        quote=quote,
        wrong=wrong,
        own=row.proposer == asker.id,
    )


def standing_of(row: StoredQuote) -> str:
    if row.withdrawn_at:
        return "withdrawn"
    return "approved" if row.approved_at else "waiting"


def history(row: StoredQuote) -> list[str]:
    found = [f"Proposed by {row.proposed_by}"]
    if row.approved_at:
        found.append(f"approved by {row.approved_by} on {day(row.approved_at)}")
    if row.withdrawn_at:
        found.append(f"withdrawn by {row.withdrawn_by} on {day(row.withdrawn_at)}")
    return found


def use(one: str) -> tuple[str, str]:
    """An edition that printed it: its name and its address."""
    kind, start, number = one.split()
    name = f"{kind} edition {number} from {figures.day(datetime.date.fromisoformat(start))}"
    return name, f"/work/editions/{kind}/{start}/{number}"


@get("/work/quotes/new", guards=reviewers, include_in_schema=False)
async def choose(
    database: FromDatabase, person: FromPerson, theme: ThemeAsked, after: Cursor = None
) -> Template:
    """Texts of a theme whose writers agreed, the newest first, sentence by sentence."""
    async with database.connection() as connection:
        names = await theme_names(connection)
        if theme not in names:
            raise NotFound("theme.unknown", "There is no such theme.", "Look at the list.")
        key = paging.decode(after, Key)
        rows = await quotes.quotable(connection, theme, key, ON_A_PAGE + 1)
    found = paging.page_of(rows, ON_A_PAGE, offer_of, key=lambda one: [one.received_on, one.id])
    return page(
        "quotes_new", person, theme=theme, name=names[theme], texts=found.items, next=found.next
    )


def offer_of(row: QuotableText) -> Offered:
    text = row.redacted
    return Offered(
        row.id,
        f"{WROTE[row.stream]}, {row.received_on:%-d %B %Y}",
        [(f"{start}-{end}", text[start:end]) for start, end in sentences(text)],
    )


@post("/work/quotes", guards=reviewers, include_in_schema=False)
async def propose(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    form = await typed(request)
    theme, text, place = (form.get(name, "") for name in ("theme", "text", "sentence"))
    async with database.connection() as connection:
        if theme not in await theme_names(connection):
            raise unquotable("there is no such theme")
        source = await quotes.source(connection, ident(text))
    span = next((one for one in sentences(source.redacted) if place == f"{one[0]}-{one[1]}"), None)
    if span is None:
        raise unquotable("no sentence of the text was chosen")
    if source.consent != "yes":
        raise unquotable("its writer does not agree to be quoted")
    if fingerprint((await redacted_anew([source]))[0]) != fingerprint(source.redacted):
        raise unquotable("its text would be redacted differently today, and has to be read again")
    async with acting(database, person, "quote proposed", text, {"theme": theme}) as connection:
        await quotes.insert(connection, source, theme, span, by=person.id)
    return Redirect("/work/quotes?done=proposed", status_code=303)


def ident(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise unquotable("there is no such text") from None


@post("/work/quotes/{number:int}/approve", guards=reviewers, include_in_schema=False)
async def approve(
    database: FromDatabase, person: FromPerson, number: FromPath[int]
) -> Response[Any]:
    detail: dict[str, str] = {}
    async with acting(database, person, "quote approved", str(number), detail) as connection:
        row = await quotes.get(connection, number)
        detail |= await detail_of_second_step(
            connection, person, row.proposer, own_quote(number), ALONE
        )
        quoting.standing(as_chosen(row, (await redacted_anew([row.text]))[0]))
        if not await quotes.approve(connection, number, by=person.id):
            raise decided(number)
    return Redirect("/work/quotes?done=approved", status_code=303)


@post("/work/quotes/{number:int}/withdraw", guards=reviewers, include_in_schema=False)
async def withdraw(
    database: FromDatabase, person: FromPerson, number: FromPath[int]
) -> Response[Any]:
    async with acting(database, person, "quote withdrawn", str(number)) as connection:
        await quotes.get(connection, number)
        if not await quotes.withdraw(connection, number, by=person.id):
            raise decided(number)
    return Redirect("/work/quotes?done=withdrawn", status_code=303)


def decided(number: int) -> Conflict:
    return Conflict(
        "quote.decided", f"Quote {number} has been decided already.", "Look at the list of quotes."
    )


@post("/work/quotes/consent", guards=reviewers, include_in_schema=False)
async def take_back(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """A writer no longer agrees to be quoted: known by the reference that they were given.

    Words that were chosen may stand in what an edition was made from, which goes with them.
    """
    form = await typed(request)
    reference = form.get("reference", "").upper()[:MOST_REFERENCE]
    async with database.connection() as connection:
        known = await quotes.agrees(connection, reference)
    if not known:
        wrong = "Enter the reference of an answer or a complaint whose writer had agreed"
        return await list_page(
            database, person, status=422, errors=[("reference", wrong)], typed=form
        )
    async with acting(database, person, "consent to quotes withdrawn", reference) as connection:
        await quotes.set_consent(connection, reference, "withdrawn")
        if await quotes.chosen(connection, reference):
            await inputs.destroy(connection, reference)
    return Redirect("/work/quotes?done=consent", status_code=303)


HANDLERS = [every, choose, propose, approve, withdraw, take_back]
