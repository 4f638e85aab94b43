"""Opens a demand: what is asked in one sentence, and which texts are about it."""

import secrets
import uuid
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.demands.demands import BASE
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security.people import Person
from survey.coding.codebooks import Codebook
from survey.coding.demands import (
    LONGEST_SENTENCE,
    MOST_WORDS,
    WORD_LENGTHS,
    Demand,
    is_word,
    split_words,
)
from survey.problems import Conflict
from survey.store import jobs
from survey.store.coding import campaigns, codebooks, demands
from survey.store.coding.campaigns import StoredCampaign
from survey.store.database import Connection, Database
from survey.surveys.instruments import wording_text

NEW = f"{BASE}/new"
SEED_BITS = 62


@get(NEW)
async def show_opening(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """The form of a new demand; with `campaign` in the address, filled in from that campaign."""
    campaign = parse_campaign(request.query_params.get("campaign", ""))
    if campaign is None:
        return await opening_page(database, person, Form())
    async with database.connection() as connection:
        existing = await demands.find_of_campaign(connection, campaign)
        if existing:
            return Redirect(f"{BASE}/{existing}", status_code=303)
        stored = await campaigns.get(connection, campaign)
        book = await codebooks.get_newest(connection)
    name = stored.coding.name if stored.coding else ""
    form = filled_form({"sentence": name[:1].upper() + name[1:]})
    form.set("campaign", campaign)
    form.values["themes"] = campaign_themes(stored, book)
    return await opening_page(database, person, form)


def parse_campaign(given: str) -> str | None:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return None


def campaign_themes(stored: StoredCampaign, book: Codebook) -> list[str]:
    """The themes that a person gave the campaign, else the one that most of its texts have."""
    if stored.coding:
        return [one for one in stored.coding.themes if one in book.ids()]
    spoken = {theme: n for theme, n in (stored.themes or {}).items() if theme in book.ids()}
    return [max(spoken, key=lambda theme: spoken[theme])] if spoken else []


async def opening_page(database: Database, person: Person, form: Form) -> Template:
    campaign = parse_campaign(form["campaign"])
    async with database.connection() as connection:
        book = await codebooks.get_newest(connection)
        stored = await campaigns.get(connection, campaign) if campaign else None
    return staff_page(
        "demands/new",
        person,
        form=form,
        chosen=form.values,
        campaign=stored,
        themes=sorted((wording_text(theme.name), theme.id) for theme in book.themes),
        LONGEST_SENTENCE=LONGEST_SENTENCE,
    )


@post(NEW)
async def open_demand(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    async with database.connection() as connection:
        book = await codebooks.get_newest(connection)
    demand = demand_from_form(form, book)
    if demand is None:
        return await opening_page(database, person, form)
    try:
        async with audited_transaction(
            database, person, "demand opened", demand.sentence
        ) as connection:
            await save_demand(connection, demand, by=person.id)
    except Conflict as refused:
        form.refuse(refused, [("sentence", refused.sentence)])
        return await opening_page(database, person, form)
    return Redirect(f"{BASE}/{demand.id}?done=opened", status_code=303)


async def save_demand(connection: Connection, demand: Demand, *, by: str) -> None:
    """Store a demand with an order by chance that nobody chose, and have its texts found."""
    if demand.campaign:
        await campaigns.get(connection, demand.campaign)
    await demands.insert(connection, demand, seed=secrets.randbits(SEED_BITS), by=by)
    await jobs.enqueue_unless_waiting(connection, "read_stances", demand.id)


def demand_from_form(form: Form, book: Codebook) -> Demand | None:
    """The demand that was typed; None if something is missing, which the form then says."""
    sentence, themes = form["sentence"].strip().rstrip("."), form.all("themes")
    words = split_words(form["words"])
    form.require(
        1 <= len(sentence) <= LONGEST_SENTENCE,
        "sentence",
        f"Enter what is asked, in up to {LONGEST_SENTENCE} characters",
    )
    form.require(set(themes) <= book.ids(), "themes", "Select themes from the list")
    form.require(
        themes or words,
        "words",
        "Enter words that texts about this contain, or select a theme",
    )
    form.require(
        len(words) <= MOST_WORDS and all(map(is_word, words)),
        "words",
        f"Enter up to {MOST_WORDS} words, each of {WORD_LENGTHS[0]} to {WORD_LENGTHS[-1]} letters",
    )
    if form.errors:
        return None
    return Demand(
        id=str(uuid.uuid4()),
        sentence=sentence,
        themes=tuple(themes),
        words=words,
        codebook=book.version,
        campaign=parse_campaign(form["campaign"]),
    )


PAGES = [StaffPage([show_opening, open_demand], linked_from=BASE)]
