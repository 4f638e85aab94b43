"""Webhooks of a survey, or of cases: added, tried out, switched off, and what was sent to them."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromKeyring, Slug
from api.operations import survey_rights, webhooks
from api.operations.webhooks import SEND_JOB
from api.pages.filters import moment
from api.pages.forms import Form
from api.pages.work import FromPage, StaffPage
from api.security.people import Person
from survey.store import jobs
from survey.store.accounts import programs
from survey.store.accounts.programs import Webhook, WebhookMessage
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from survey.surveys.webhooks import (
    EVENT_WORDS,
    MOST_WEBHOOKS,
    STATE_SENTENCES,
    event_choices,
    outcome_sentence,
    too_many_webhooks,
    unknown_webhook,
)

MOST_SHOWN = 100
Ident = Annotated[UUID, PathParameter()]
ACTS = {"test": "tried out", "on": "switched on", "off": "switched off", "delete": "deleted"}


async def webhooks_page(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        instrument = await load_survey(connection, page.person, slug)
        hooks = await programs.load_webhooks(connection, slug)
    return page.show(
        "surveys/webhooks",
        instrument=instrument,
        webhooks=[(hook, host_of(hook.address)) for hook in hooks],
        events=event_choices(slug),
        chosen=page.form.all("events") if page.form.values else list(event_choices(slug)),
        secret="",
        added="",
    )


async def load_survey(connection: Connection, person: Person, slug: str) -> Instrument:
    """The newest version of a survey on which this person may notify other programs."""
    await survey_rights.require_right(connection, person, "notify programs", slug)
    instrument, _ = await instruments.get(connection, slug)
    return instrument


def host_of(address: str) -> str:
    return urlsplit(address).netloc


@post("/work/surveys/{slug:str}/webhooks")
async def add_webhook(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    """Add a webhook and show its secret, this once."""
    address, events = page.form["address"].strip(), page.form.all("events")
    async with page.connection() as connection:
        await load_survey(connection, page.person, slug)
        known = await programs.load_webhooks(connection, slug)
    if len(known) >= MOST_WEBHOOKS:
        raise too_many_webhooks()
    page.form.require(
        await webhooks.is_usable(
            address, to_loopback=page.request.app.state.settings.webhooks_to_loopback
        ),
        "address",
        "Enter an https:// address that can be reached from the internet",
    )
    page.form.require(
        events and set(events) <= set(event_choices(slug)),
        "events",
        "Select when to send a message",
    )
    if page.form.errors:
        return await webhooks_page(page, slug)
    secret = webhooks.new_secret()
    sealed = keyring.seal_words(secret.encode())
    detail = {"host": host_of(address)}
    async with page.write("webhook added", slug, detail) as connection:
        ident = await programs.insert_webhook(
            connection, slug, page.person.id, address, events, sealed
        )
    page.form = Form()
    shown = await webhooks_page(page.add(secret=secret, added=ident), slug)
    shown.headers["Cache-Control"] = "no-store"
    return shown


@get("/work/surveys/{slug:str}/webhooks/{webhook:uuid}")
async def show_webhook(page: FromPage, slug: Slug, webhook: Ident) -> Template:
    async with page.connection() as connection:
        instrument = await load_survey(connection, page.person, slug)
        hook = await get_webhook(connection, slug, webhook)
        messages = await programs.load_messages(connection, hook.id, MOST_SHOWN)
    return page.show(
        "surveys/webhook",
        instrument=instrument,
        webhook=hook,
        state=STATE_SENTENCES[hook.state],
        events=[words for name, words in event_choices(slug).items() if name in hook.events],
        messages=message_rows(messages),
        most=MOST_SHOWN,
    )


def message_rows(messages: Sequence[WebhookMessage]) -> list[dict[str, str]]:
    return [
        {
            "id": message.id,
            "event": EVENT_WORDS.get(message.event, message.event),
            "subject": str(message.subject),
            "hour": moment(message.hour),
            "status": message_status(message),
            "outcome": outcome_sentence(message.outcome),
            "again": "yes" if message.sent or message.is_given_up else "",
        }
        for message in messages
    ]


def message_status(message: WebhookMessage) -> str:
    if message.sent:
        return "Received"
    if message.is_given_up:
        return "Given up"
    return f"Tried {message.tries} times" if message.tries > 1 else "Waiting"


async def get_webhook(connection: Connection, slug: str, ident: UUID) -> Webhook:
    webhook = await programs.find_webhook(connection, slug, str(ident))
    if webhook is None:
        raise unknown_webhook()
    return webhook


@post("/work/surveys/{slug:str}/webhooks/{webhook:uuid}")
async def act_on_webhook(page: FromPage, slug: Slug, webhook: Ident) -> Redirect:
    """Try a webhook out, switch it on or off, or delete it."""
    act = page.form["act"]
    folder = f"/work/surveys/{slug}/webhooks"
    async with page.connection() as connection:
        await load_survey(connection, page.person, slug)
        await get_webhook(connection, slug, webhook)
    if act not in ACTS:
        return page.to(f"{folder}/{webhook}")
    ident, now = str(webhook), clock.now()
    async with page.write(f"webhook {ACTS[act]}", slug) as connection:
        if act == "delete":
            await programs.delete_webhook(connection, ident)
        elif act == "test":
            await programs.insert_test(connection, ident, now)
            await jobs.enqueue(connection, SEND_JOB, ident)
        else:
            await programs.set_webhook_state(connection, ident, "on" if act == "on" else "off", now)
            await jobs.enqueue(connection, SEND_JOB, ident)
    back = folder if act == "delete" else f"{folder}/{webhook}"
    return page.to(back, act)


@post("/work/surveys/{slug:str}/webhooks/{webhook:uuid}/again")
async def send_message_again(page: FromPage, slug: Slug, webhook: Ident) -> Redirect:
    """Send a message once more, under the same id."""
    try:
        message = str(UUID(page.form["message"]))
    except ValueError:
        message = None
    async with page.write("webhook message again", slug) as connection:
        await load_survey(connection, page.person, slug)
        hook = await get_webhook(connection, slug, webhook)
        now: datetime.datetime = clock.now()
        if message is None or not await programs.send_again(connection, hook.id, message, now):
            raise unknown_webhook()
        await jobs.enqueue(connection, SEND_JOB, hook.id)
    return page.to(f"/work/surveys/{slug}/webhooks/{webhook}", "again")


PAGES = [
    StaffPage(
        [
            get("/work/surveys/{slug:str}/webhooks")(webhooks_page),
            add_webhook,
            show_webhook,
            act_on_webhook,
            send_message_again,
        ],
        linked_from="/work/surveys/{slug:str}",
    )
]
