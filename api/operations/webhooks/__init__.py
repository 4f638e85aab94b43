"""Jobs that notify other programs what happened: each hour, then again after a failure.

A message may arrive twice, with the same id, if a worker dies between sending and saving that.
"""

import datetime
import time

import msgspec

from api import clock
from api.operations import survey_rights
from api.process.loading import import_lock
from api.security.keyring import Keyring, keyring_from_settings
from api.settings import Settings
from survey.store import jobs
from survey.store.accounts import programs
from survey.store.accounts.programs import DueWebhook, Webhook, WebhookMessage
from survey.store.database import Connection
from survey.store.surveys import surveys
from survey.surveys.webhooks import FAILS_FOR, MessageBody, MessageData, pause_after

SEND_JOB = "send_webhook"
# Whoever stored an answer at the end of an hour may have committed it a moment later.
SETTLED = datetime.timedelta(minutes=5)
SECONDS_AT_ONCE = 20.0  # that one webhook may keep the worker
MOST_AT_ONCE = 200


class Sender(msgspec.Struct):
    """What sends the messages of this process: the keys of their secrets, and where they may go."""

    keyring: Keyring | None = None
    to_loopback: bool = False


CHOSEN = Sender()


def choose_sender(settings: Settings) -> None:
    """Let the jobs of this process send messages, with the keys of these settings."""
    CHOSEN.keyring = keyring_from_settings(settings)
    CHOSEN.to_loopback = settings.webhooks_to_loopback


def after_each_hour(now: datetime.datetime) -> str:
    """Due some minutes after each full hour."""
    return f"{now - SETTLED:%Y-%m-%d %H}"


async def read_events(connection: Connection, _: str) -> None:
    """Note the answers of the hours that are over, and queue a job for each webhook that waits."""
    now = clock.now()
    until = (now - SETTLED).replace(minute=0, second=0, microsecond=0)
    await programs.note_new_answers(connection, until)
    for ident in await programs.load_waiting_webhooks(connection, now):
        await jobs.enqueue(connection, SEND_JOB, ident)


async def send_messages(connection: Connection, key: str) -> None:
    """Send the messages of a webhook that are due, until one fails."""
    now = clock.now()
    due = await programs.hold_due_webhook(connection, key, now)
    if due is None or CHOSEN.keyring is None:
        return
    if not await may_send(connection, due):
        await programs.set_webhook_state(connection, key, "forbidden", now)
        return
    waiting = await programs.load_due_messages(connection, key, now, MOST_AT_ONCE)
    outcomes = await try_messages(CHOSEN.keyring, due.webhook, waiting)
    await programs.save_tries(connection, outcomes, now)
    failed = [word for sent, word in outcomes.values() if not sent]
    if failed:
        await handle_failure(connection, due.webhook, failed[0], now)
    elif outcomes:
        await programs.save_webhook_success(connection, key)
        # Perhaps not all of them fitted.
        await jobs.enqueue(connection, SEND_JOB, key)


async def may_send(connection: Connection, due: DueWebhook) -> bool:
    """Whether who set a webhook may still do so."""
    survey = await surveys.find(connection, due.webhook.survey)
    return bool(
        survey and due.owner and survey_rights.is_allowed(due.owner, "notify programs", survey)
    )


async def try_messages(
    keyring: Keyring, webhook: Webhook, waiting: list[WebhookMessage]
) -> dict[str, tuple[bool, str]]:
    """Send messages one by one until one fails or the time is over; how each went, by its id."""
    with import_lock("httpcore"):
        from api.operations.webhooks import delivering, signing

    secret = keyring.unseal_words(webhook.sealed_secret)
    outcomes: dict[str, tuple[bool, str]] = {}
    start = time.monotonic()
    for message in waiting:
        if secret is None:
            outcomes[message.id] = (False, "secret")
            break
        body = render_body(webhook, message)
        headers = signing.signed_headers(
            secret.decode(), f"msg_{message.id}", int(time.time()), body
        )
        outcome = await delivering.post_message(
            webhook.address, headers, body, to_loopback=CHOSEN.to_loopback
        )
        outcomes[message.id] = (outcome.sent, outcome.word)
        if not outcome.sent or time.monotonic() - start > SECONDS_AT_ONCE:
            break
    return outcomes


def render_body(webhook: Webhook, message: WebhookMessage) -> bytes:
    hour = message.hour.astimezone(datetime.UTC)
    data = MessageData(message.subject, webhook.survey)
    return msgspec.json.encode(MessageBody(message.event, hour, data))


async def handle_failure(
    connection: Connection, webhook: Webhook, word: str, now: datetime.datetime
) -> None:
    """Try again later, or switch a webhook off that is gone or has failed for days."""
    if word == "410":
        await programs.set_webhook_state(connection, webhook.id, "gone", now)
    elif webhook.failing_since and now - webhook.failing_since > FAILS_FOR:
        await programs.set_webhook_state(connection, webhook.id, "failing", now)
    else:
        pause = pause_after(webhook.failures + 1)
        await programs.save_webhook_failure(connection, webhook.id, now, pause)
        await jobs.enqueue_later(connection, SEND_JOB, webhook.id, pause)
