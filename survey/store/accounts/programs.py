"""SQL for programs of other people: API keys, found only by the digest of what a program sends, and
webhooks: the messages that wait for them, and how each try went.

Events are noted by triggers (schema/006_programs.sql), but for new answers, which a job reads.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.store import statements as sql
from survey.store.accounts.people import Person, Role
from survey.store.database import Connection
from survey.surveys.webhooks import MOST_TRIES, TEST_EVENT, WebhookState

Scope = Literal["read answers", "send answers"]


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its owner sees it, never what a program sends; it may be for one `survey` only."""

    id: int
    name: str
    scopes: list[str]
    made_on: datetime.date
    expires_on: datetime.date
    last_used_on: datetime.date | None
    survey: str | None


class NewKey(msgspec.Struct, frozen=True):
    """A key that is to be stored, with the digest of what a program will send.

    A key that sends answers is for one survey.
    """

    name: str
    scopes: Sequence[Scope]
    key_digest: bytes
    made_on: datetime.date
    expires_on: datetime.date
    survey: str | None = None


@sql.execute
def insert_key(account: str, new: NewKey) -> sql.SQL:
    return """
        INSERT INTO api_keys (account, name, scopes, key_digest, made_on, expires_on, survey)
        VALUES ($account::uuid, $new.name, $new.scopes, $new.key_digest, $new.made_on,
                $new.expires_on, $new.survey)
        """


@sql.many(ApiKey)
def load_keys_of(account: str) -> sql.SQL:
    """The keys of an account, the newest first."""
    return """
        SELECT id, name, scopes, made_on, expires_on, last_used_on, survey
          FROM api_keys WHERE account = $1::uuid ORDER BY id DESC
        """


@sql.first(Person)
def find_key_owner(
    key_digest: bytes, scope: Scope, today: datetime.date, survey: str | None = None
) -> sql.SQL:
    """The active account of a key that has this scope, is for this survey and is valid today."""
    return """
        SELECT a.id::text, a.email, a.name, a.role
          FROM api_keys k JOIN accounts a ON a.id = k.account
         WHERE k.key_digest = $1 AND $2 = ANY (k.scopes) AND k.expires_on >= $3 AND a.active
           AND k.survey IS NOT DISTINCT FROM $4
        """


@sql.execute
def save_key_use(key_digest: bytes, today: datetime.date) -> sql.SQL:
    """Save that a key was used on this day; nothing finer is stored."""
    return """
        UPDATE api_keys SET last_used_on = $2
         WHERE key_digest = $1 AND last_used_on IS DISTINCT FROM $2
        """


@sql.execute
def delete_key(account: str, number: int) -> sql.SQL:
    """Delete a key of this account, which ends it at once."""
    return "DELETE FROM api_keys WHERE account = $1::uuid AND id = $2"


@sql.execute
def delete_keys_for_survey(account: str, survey: str) -> sql.SQL:
    """Delete the keys of this account that send answers to this survey."""
    return "DELETE FROM api_keys WHERE account = $1::uuid AND survey = $2"


@sql.execute
def delete_all_keys_of(account: str) -> sql.SQL:
    return "DELETE FROM api_keys WHERE account = $1::uuid"


WEBHOOK_COLUMNS = """id::text, survey, account::text, address, events, sealed_secret, state,
             failures, failing_since"""
MESSAGE_SQL = """SELECT id::text, event, subject, hour, sent, tries, outcome, tried_at
          FROM webhook_messages"""
# What happens is sent when its hour is over, so that no receiver learns the minute.
DUE = f"""NOT sent AND tries < {MOST_TRIES}
          AND (hour < date_trunc('hour', $now::timestamptz) OR event = '{TEST_EVENT}')"""


class Webhook(msgspec.Struct, frozen=True):
    """A webhook of a survey: where messages go, which ones, and how sending goes."""

    id: str
    survey: str
    account: str
    address: str
    events: list[str]
    sealed_secret: str
    state: WebhookState
    failures: int
    failing_since: datetime.datetime | None


class WebhookMessage(msgspec.Struct, frozen=True):
    """A message as its page shows it; `outcome` is that of the last try."""

    id: str
    event: str
    subject: uuid.UUID
    hour: datetime.datetime
    sent: bool
    tries: int
    outcome: str
    tried_at: datetime.datetime | None

    @property
    def is_given_up(self) -> bool:
        return not self.sent and self.tries >= MOST_TRIES


@sql.value(str)
def insert_webhook(
    survey: str, account: str, address: str, events: Sequence[str], sealed_secret: str
) -> sql.SQL:
    return """
        INSERT INTO webhooks (survey, account, address, events, sealed_secret)
        VALUES ($1, $2::uuid, $3, $4, $5) RETURNING id::text
        """


@sql.many(Webhook)
def load_webhooks(survey: str) -> sql.SQL:
    return f"SELECT {WEBHOOK_COLUMNS} FROM webhooks WHERE survey = $1 ORDER BY address, id"  # noqa: S608 - only our own words


@sql.first(Webhook)
def find_webhook(survey: str, ident: str) -> sql.SQL:
    return f"SELECT {WEBHOOK_COLUMNS} FROM webhooks WHERE survey = $1 AND id = $2::uuid"  # noqa: S608 - only our own words


@sql.execute
def delete_webhook(ident: str) -> sql.SQL:
    """Delete a webhook with its messages."""
    return "DELETE FROM webhooks WHERE id = $1::uuid"


@sql.execute
def set_webhook_state(ident: str, state: WebhookState, now: datetime.datetime) -> sql.SQL:
    """Switch a webhook on or off, and forget the failures before."""
    return """
        UPDATE webhooks SET state = $2, failures = 0, failing_since = NULL, next_try_at = $3
         WHERE id = $1::uuid
        """


@sql.execute
def hand_over_webhooks(survey: str, *, former: str, new: str) -> sql.SQL:
    """Give the webhooks that an account added to a survey to another account, switched off."""
    return """
        UPDATE webhooks SET account = $3::uuid, state = 'off'
         WHERE survey = $1 AND account = $2::uuid
        """


@sql.execute
def insert_test(ident: str, now: datetime.datetime, *, test_event: str = TEST_EVENT) -> sql.SQL:
    """Add a message that only tries out a webhook, due at once."""
    return """
        WITH due AS (UPDATE webhooks SET next_try_at = $now WHERE id = $ident::uuid)
        INSERT INTO webhook_messages (webhook, event, subject)
        VALUES ($ident::uuid, $test_event, gen_random_uuid())
        """


@sql.boolean
def send_again(webhook: str, message: str, now: datetime.datetime) -> sql.SQL:
    """Queue a message to be sent, even if it was sent before; False if there is no such message."""
    return """
        WITH due AS (UPDATE webhooks SET next_try_at = $3 WHERE id = $1::uuid)
        UPDATE webhook_messages SET sent = false, tries = 0
         WHERE webhook = $1::uuid AND id = $2::uuid RETURNING true
        """


@sql.many(WebhookMessage)
def load_messages(webhook: str, limit: int) -> sql.SQL:
    """The newest messages of a webhook, unordered within an hour."""
    return f"{MESSAGE_SQL} WHERE webhook = $1::uuid ORDER BY hour DESC, id LIMIT $2"


async def note_new_answers(connection: Connection, until: datetime.datetime) -> None:
    """Add a message for each answer that came before this full hour and has none yet."""
    # By version, because the index of answers goes by version before the hour.
    await connection.execute(
        """
        INSERT INTO webhook_messages (webhook, event, subject, hour)
        SELECT w.id, 'response.created', event_subject(w.id, r.id), r.received_at
          FROM webhooks w JOIN instruments i ON i.slug = w.survey
          JOIN responses r ON r.instrument = i.slug AND r.version = i.version AND r.mode = i.mode
           AND r.received_at >= w.read_until AND r.received_at < $1
         WHERE w.state = 'on' AND 'response.created' = ANY (w.events)
            ON CONFLICT DO NOTHING
        """,
        until,
    )
    await connection.execute("UPDATE webhooks SET read_until = $1 WHERE read_until < $1", until)


@sql.values(list[str])
def load_waiting_webhooks(now: datetime.datetime) -> sql.SQL:
    """The webhooks that have messages to send, by id."""
    return f"""
        SELECT id::text FROM webhooks w
         WHERE state = 'on'
           AND EXISTS (SELECT FROM webhook_messages m WHERE m.webhook = w.id AND {DUE})
         ORDER BY id
        """  # noqa: S608 - our own words


class DueWebhook(msgspec.Struct, frozen=True):
    """A webhook that may be tried now, and the present account of the person who set it."""

    webhook: Webhook
    owner: Person | None


async def hold_due_webhook(
    connection: Connection, ident: str, now: datetime.datetime
) -> DueWebhook | None:
    """A webhook that may be tried now, which no other worker tries before this transaction ends."""
    # Not its row: whoever presses a button on its page would wait for the other side's answer.
    held = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('webhook ' || $1, 0))", ident
    )
    row = await connection.fetchrow(
        f"""
        SELECT {WEBHOOK_COLUMNS}, active, email, name, role
          FROM webhooks JOIN (SELECT id AS owner, active, email, name, role FROM accounts) a
               ON a.owner = account
         WHERE id = $1::uuid AND state = 'on' AND next_try_at <= $2
        """,  # noqa: S608 - our own words
        *(ident, now),
    )
    if not held or row is None:
        return None
    webhook = Webhook(**{name: row[name] for name in Webhook.__struct_fields__})
    role: Role = row["role"]
    owner = Person(webhook.account, row["email"], row["name"], role) if row["active"] else None
    return DueWebhook(webhook, owner)


@sql.many(WebhookMessage)
def load_due_messages(webhook: str, now: datetime.datetime, limit: int) -> sql.SQL:
    """Messages to send now: those that failed least often first, else in no order."""
    return f"""
        {MESSAGE_SQL} WHERE webhook = $webhook::uuid AND {DUE}
         ORDER BY tries, id LIMIT $limit
        """


async def save_tries(
    connection: Connection, outcomes: dict[str, tuple[bool, str]], now: datetime.datetime
) -> None:
    """Save how the tries of messages went: whether each was received, and what came back."""
    await connection.executemany(
        """
        UPDATE webhook_messages
           SET sent = $2, outcome = $3, tries = tries + 1, tried_at = $4 WHERE id = $1::uuid
        """,
        [(ident, sent, outcome, now) for ident, (sent, outcome) in outcomes.items()],
    )


@sql.execute
def save_webhook_success(ident: str) -> sql.SQL:
    return "UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = $1::uuid"


@sql.execute
def save_webhook_failure(ident: str, now: datetime.datetime, pause: datetime.timedelta) -> sql.SQL:
    """Save that a try failed, and when the next one is due."""
    return """
        UPDATE webhooks
           SET failures = failures + 1, failing_since = coalesce(failing_since, $2),
               next_try_at = $2 + $3::interval
         WHERE id = $1::uuid
        """


@sql.execute
def delete_old_messages() -> sql.SQL:
    """Delete messages after thirty days, unsent ones too."""
    return "DELETE FROM webhook_messages WHERE hour < now() - interval '30 days'"


@sql.pairs(dict[str, str])
def load_sealed_secrets() -> sql.SQL:
    """The sealed secret of each webhook, by its id."""
    return "SELECT id::text, sealed_secret FROM webhooks ORDER BY id"


@sql.execute
def save_sealed_secret(ident: str, sealed_secret: str) -> sql.SQL:
    return "UPDATE webhooks SET sealed_secret = $2 WHERE id = $1::uuid"
