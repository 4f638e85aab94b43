"""Demands: the list, one of them with its labels, a new one, and the labelling of its texts."""

import re
import secrets
import uuid
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock
from api.locales import format_share_interval
from api.pages.forms import Form
from api.pages.staff.themes.texts import STREAMS
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from api.process.long_work import run_in_thread
from api.security.people import Person
from survey.problems import Conflict
from survey.store import jobs
from survey.store.database import Connection
from survey.store.themes import campaigns, codebooks, demands
from survey.store.themes.campaigns import StoredCampaign
from survey.store.themes.demands import StoredDemand, TextOfDemand
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook, current_themes
from survey.themes.demands import (
    FEWEST_OF_STREAM,
    FEWEST_TO_LEARN,
    LONGEST_SENTENCE,
    MOST_WORDS,
    RELEARN_EVERY,
    STANCE_PASS_MARK,
    WORD_LENGTHS,
    Demand,
    Stance,
    is_word,
)
from survey.themes.double_coding import status_against

BASE = "/work/demands"
STANCES: dict[Stance, str] = {
    "for": "For it",
    "against": "Against it",
    "conditions": "For it under conditions",
    "none": "Says nothing of it, or I cannot tell",
}
MOST_LAST = 10
NEW = f"{BASE}/new"
SEED_BITS = 62
NEXT = f"{BASE}/{{demand:uuid}}/next"
TEXT = f"{BASE}/{{demand:uuid}}/texts/{{text:uuid}}"


class StanceRow(msgspec.Struct, frozen=True):
    """The share of a stance with its interval: `every` counts every text, `once` each campaign as
    one text.
    """

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
async def list_demands(page: FromPage) -> Template:
    rows = await page.load(demands.load_all)
    return page.show("demands/demands", rows=rows)


@get(f"{BASE}/{{demand:uuid}}")
async def show_demand(page: FromPage, demand: FromPath[UUID]) -> Template:
    async with page.connection() as connection:
        stored_demand = await demands.get(connection, str(demand))
        head = await demands.find_stance_head(connection, stored_demand.id)
        last = await demands.load_last_labels(connection, stored_demand.id, MOST_LAST)
        streams = await load_streams(connection, stored_demand)
        book = await codebooks.get_newest(connection)
        held = current_themes(book, stored_demand.themes, since=stored_demand.codebook)
        themes = [wording_text(theme.name) for theme in book.themes if theme.id in held]
    judged = status_against(head.accuracy, STANCE_PASS_MARK) if head else ""
    return page.show(
        "demands/demand",
        demand=stored_demand,
        themes=themes,
        head=head,
        judged=judged,
        streams=streams,
        last=[(row, STANCES[row.stance]) for row in last],
        FEWEST_TO_LEARN=FEWEST_TO_LEARN,
        FEWEST_OF_STREAM=FEWEST_OF_STREAM,
        STANCE_PASS_MARK=STANCE_PASS_MARK,
    )


async def load_streams(connection: Connection, demand: StoredDemand) -> list[StreamStances]:
    """The stances of each stream that had texts about the demand in the last year."""
    with import_lock("api.jobs.edition_inputs.text_inputs"):
        from api.jobs.edition_inputs import text_inputs as job

    inside = clock.midnight(clock.today() - job.LOOK_BACK), clock.now()
    texts = await job.load_stance_arrays(connection, demand.id, inside)
    streams = []
    for stream, name in STREAMS.items():
        mine = texts.of_stream(stream)
        if len(mine):
            streams.append(await run_in_thread(stream_stances, name, mine))
    return streams


def stream_stances(name: str, texts: Any) -> StreamStances:
    """The corrected shares of a stream, called in a thread."""
    with import_lock("analysis.themes.stances"):
        from analysis.themes.stances import number_taking, stance_shares

    labels = int(texts.random_part().sum())
    wanted = max(0, min(FEWEST_OF_STREAM, int((~texts.own).sum())) - labels)
    every = {} if labels < FEWEST_OF_STREAM else stance_shares(texts)
    once = stance_shares(texts, once=True) if every else {}
    return StreamStances(
        name=name,
        texts=len(texts),
        labels=labels,
        wanted=wanted,
        taking=number_taking(texts) if every else 0,
        rows=[
            StanceRow(STANCES[stance], share_words(share), share_words(once.get(stance)))
            for stance, share in every.items()
        ],
    )


def share_words(share: Any) -> str:
    if share is None:
        return "Not known"
    return format_share_interval(share.value, share.low, share.high)


@post(f"{BASE}/{{demand:uuid}}/reporting")
async def set_reporting(page: FromPage, demand: FromPath[UUID]) -> Response[Any]:
    """Let editions report a demand, or no longer."""
    reported = page.form["reported"] == "yes"
    act = "demand reported" if reported else "demand not reported"
    async with page.write(act, str(demand)) as connection:
        await demands.set_reported(connection, str(demand), by=page.person.id if reported else None)
    done = "reported" if reported else "silent"
    return page.to(f"{BASE}/{demand}", done)


@get(NEW)
async def show_opening(page: FromPage) -> Response[Any]:
    """The form of a new demand; with `campaign` in the address, filled in from that campaign."""
    campaign = parse_campaign(page.query.get("campaign", ""))
    if campaign is None:
        return await opening_page(page)
    async with page.connection() as connection:
        existing = await demands.find_of_campaign(connection, campaign)
        if existing:
            return page.to(f"{BASE}/{existing}")
        stored = await campaigns.get(connection, campaign)
        book = await codebooks.get_newest(connection)
    name = stored.coding.name if stored.coding else ""
    page.fill({"sentence": name[:1].upper() + name[1:]})
    page.form.set("campaign", campaign)
    page.form.values["themes"] = campaign_themes(stored, book)
    return await opening_page(page)


def parse_campaign(given: str) -> str | None:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return None


def campaign_themes(stored: StoredCampaign, book: Codebook) -> list[str]:
    """The themes that a person gave the campaign, else the one that most of its texts have."""
    if stored.coding:
        return [theme for theme in stored.coding.themes if theme in book.ids()]
    spoken = {theme: n for theme, n in (stored.themes or {}).items() if theme in book.ids()}
    return [max(spoken, key=lambda theme: spoken[theme])] if spoken else []


async def opening_page(page: StaffRequest) -> Template:
    campaign = parse_campaign(page.form["campaign"])
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        stored = await campaigns.get(connection, campaign) if campaign else None
    return page.show(
        "demands/new",
        chosen=page.form.values,
        campaign=stored,
        themes=sorted((wording_text(theme.name), theme.id) for theme in book.themes),
        LONGEST_SENTENCE=LONGEST_SENTENCE,
    )


@post(NEW)
async def open_demand(page: FromPage) -> Response[Any]:
    book = await page.load(codebooks.get_newest)
    demand = demand_from_form(page.form, book)
    if demand is None:
        return await opening_page(page)
    try:
        async with page.write("demand opened", demand.sentence) as connection:
            # Store a demand with an order by chance that nobody chose, and have its texts found.
            if demand.campaign:
                await campaigns.get(connection, demand.campaign)
            await demands.insert(
                connection, demand, seed=secrets.randbits(SEED_BITS), by=page.person.id
            )
            await jobs.enqueue_unless_waiting(connection, "read_stances", demand.id)
    except Conflict as refused:
        page.form.refuse(refused, [("sentence", refused.sentence)])
        return await opening_page(page)
    return page.to(f"{BASE}/{demand.id}", "opened")


def demand_from_form(form: Form, book: Codebook) -> Demand | None:
    """The demand that was typed; None if something is missing, which the form then says."""
    sentence, themes = form["sentence"].strip().rstrip("."), form.all("themes")
    phrases = (" ".join(phrase.split()).lower() for phrase in re.split(r"[,;\n]", form["words"]))
    words = tuple(dict.fromkeys(term for term in phrases if term))
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


@get(NEXT)
async def show_next_text(page: FromPage, demand: FromPath[UUID]) -> Response[Any]:
    """Show the next text to label: in turn one drawn by chance and one that teaches the machine
    most.
    """
    async with page.connection() as connection:
        await demands.get(connection, str(demand))
        text = await find_next_text(connection, str(demand), page.person)
    if text is None:
        return page.to(f"{BASE}/{demand}", "finished")
    return await labelling_page(page, str(demand), text)


async def find_next_text(
    connection: Connection, demand: str, person: Person
) -> TextOfDemand | None:
    labels = await demands.count_stance_labels(connection, demand)
    teaching = labels % 2 == 1
    text = await demands.find_next_text(connection, demand, person.id, teaching=teaching)
    # Before the machine has learned, and once it has read all that are left, chance alone chooses.
    if text is None and teaching:
        text = await demands.find_next_text(connection, demand, person.id, teaching=False)
    return text


@get(TEXT)
async def show_text(page: FromPage, demand: FromPath[UUID], text: FromPath[UUID]) -> Template:
    """A text that was labelled before, to be labelled again."""
    demand_text = await page.load(demands.get_text, str(demand), str(text))
    return await labelling_page(page, str(demand), demand_text)


async def labelling_page(page: StaffRequest, demand: str, text: TextOfDemand) -> Template:
    """A text without personal data, the demand and the four answers, and nothing else."""
    stored_demand = await page.load(demands.get, demand)
    return page.show("demands/text", demand=stored_demand, text=text, stances=STANCES)


@post(TEXT)
async def save_label(page: FromPage, demand: FromPath[UUID], text: FromPath[UUID]) -> Response[Any]:
    """Save a person's label; the audit records that they labelled a text, not how."""
    said = next((stance for stance in STANCES if stance == page.form["stance"]), None)
    if said is None:
        page.form.add_error("stance-1", "Select one of the four answers")
        blind_text = await page.load(demands.get_text, str(demand), str(text))
        return await labelling_page(page, str(demand), blind_text)
    async with page.write("stance labelled", str(demand)) as connection:
        labels = await demands.insert_stance_label(
            connection, str(demand), str(text), said, by=page.person.id
        )
        if labels % RELEARN_EVERY == 0:
            await jobs.enqueue_unless_waiting(connection, "read_stances", str(demand))
    return page.to(f"{BASE}/{demand}/next", "saved")


PAGES = [
    StaffPage([list_demands], menu="Demands", place=105),
    StaffPage([show_demand, set_reporting], linked_from=BASE),
    StaffPage([show_opening, open_demand], linked_from=BASE),
    StaffPage([show_next_text, show_text, save_label], linked_from=f"{BASE}"),
]
