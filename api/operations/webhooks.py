"""Jobs that notify other programs what happened: each hour, then again after a failure.

A message may arrive twice, with the same id, if a worker dies between sending and saving that.
"""

import asyncio
import base64
import datetime
import hashlib
import hmac
import ipaddress
import secrets
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import anyio
import httpcore
import msgspec
from httpcore import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from api import clock
from api.operations import survey_rights
from api.process.installation import import_lock
from api.security.keyring import Keyring, keyring_from_settings
from api.settings import Settings
from survey.store import jobs, surveys
from survey.store.accounts import programs
from survey.store.accounts.programs import DueWebhook, Webhook, WebhookMessage
from survey.store.database import Connection
from survey.surveys.webhooks import FAILS_FOR, PAUSES, MessageBody, MessageData

PREFIX = "whsec_"
SEND_JOB = "send_webhook"
# Whoever stored an answer at the end of an hour may have committed it a moment later.
SETTLED = datetime.timedelta(minutes=5)
SECONDS_AT_ONCE = 20.0  # that one webhook may keep the worker
MOST_AT_ONCE = 200
SECONDS = 10.0  # for all of a try
MOST_ADDRESS = 500
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of IPv6 that lead to one of IPv4 behind a gateway: NAT64, 6to4.
TRANSLATED = tuple(
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
HTTPS, FIRST_FREE_PORT = 443, 1024


def new_secret() -> str:
    """A random secret, in the form in which libraries of Standard Webhooks take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(secret: str, ident: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows that a message is ours, and new."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{ident}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


class Sender(msgspec.Struct):
    """What this process sends messages with: the keys to their secrets, and whether messages may go
    to loopback addresses.
    """

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
    """Note the new answers of hours that are over, and queue a job for each webhook that has
    messages waiting.
    """
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
        if failed[0] == "410":
            await programs.set_webhook_state(connection, due.webhook.id, "gone", now)
        elif due.webhook.failing_since and now - due.webhook.failing_since > FAILS_FOR:
            await programs.set_webhook_state(connection, due.webhook.id, "failing", now)
        else:
            pause = PAUSES[min(due.webhook.failures + 1, len(PAUSES)) - 1]
            await programs.save_webhook_failure(connection, due.webhook.id, now, pause)
            await jobs.enqueue_later(connection, SEND_JOB, due.webhook.id, pause)
    elif outcomes:
        await programs.save_webhook_success(connection, key)
        # Perhaps not all of them fitted.
        await jobs.enqueue(connection, SEND_JOB, key)


async def may_send(connection: Connection, due: DueWebhook) -> bool:
    """Whether the person who set up a webhook may still notify programs about this survey."""
    survey = await surveys.find(connection, due.webhook.survey)
    return bool(
        survey and due.owner and survey_rights.is_allowed(due.owner, "notify programs", survey)
    )


async def try_messages(
    keyring: Keyring, webhook: Webhook, waiting: list[WebhookMessage]
) -> dict[str, tuple[bool, str]]:
    """Send messages one by one until one fails or time is up; returns the result of each by its
    id.
    """
    with import_lock("httpcore"):
        pass

    secret = keyring.unseal_words(webhook.sealed_secret)
    outcomes: dict[str, tuple[bool, str]] = {}
    start = time.monotonic()
    for message in waiting:
        if secret is None:
            outcomes[message.id] = (False, "secret")
            break
        hour = message.hour.astimezone(datetime.UTC)
        data = MessageData(message.subject, webhook.survey)
        body = msgspec.json.encode(MessageBody(message.event, hour, data))
        headers = signed_headers(secret.decode(), f"msg_{message.id}", int(time.time()), body)
        outcome = await post_message(webhook.address, headers, body, to_loopback=CHOSEN.to_loopback)
        outcomes[message.id] = (outcome.sent, outcome.word)
        if not outcome.sent or time.monotonic() - start > SECONDS_AT_ONCE:
            break
    return outcomes


class UnreachableAddress(Exception):
    """Raised for a host that has no address, or one that is not public."""


class Outcome(msgspec.Struct, frozen=True):
    """How a try went: whether the message was received, and the status or what went wrong."""

    sent: bool
    word: str


def is_reachable(address: IpAddress, *, to_loopback: bool) -> bool:
    """Whether an address is public, or ours if the operator allows that."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_reachable(address.ipv4_mapped, to_loopback=to_loopback)
        # Python takes the old addresses of one site (fec0::/10) for public ones.
        if address.is_site_local or any(address in network for network in TRANSLATED):
            return False
    if address.is_loopback:
        return to_loopback
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int, *, to_loopback: bool) -> str:
    """One address of a host; raises if the host has no address, or any that is not reachable."""
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnreachableAddress from None
    addresses = [str(info[4][0]) for info in infos]
    for address in addresses:
        # Without the scope of a link, such as fe80::1%eth0.
        if not is_reachable(
            ipaddress.ip_address(address.partition("%")[0]), to_loopback=to_loopback
        ):
            raise UnreachableAddress
    if not addresses:
        raise UnreachableAddress
    return addresses[0]


async def is_usable(address: str, *, to_loopback: bool) -> bool:
    """Whether messages can go to an address: https and public, or http to this machine where the
    operator allows that.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or HTTPS
    except ValueError:
        return False
    usual = address.isascii() and address.isprintable() and len(address) <= MOST_ADDRESS
    if not usual or " " in address or not parts.hostname or "@" in parts.netloc or parts.fragment:
        return False
    try:
        with anyio.fail_after(SECONDS):
            ip_address = await resolve(parts.hostname, port, to_loopback=to_loopback)
    except (UnreachableAddress, TimeoutError):
        return False
    if parts.scheme == "http":
        return to_loopback and ipaddress.ip_address(ip_address).is_loopback
    # Below are the ports of mail, names and other services, which a message of ours could disturb.
    return parts.scheme == "https" and (port == HTTPS or port >= FIRST_FREE_PORT)


class CheckedBackend(AsyncNetworkBackend):
    """Connects only to hosts whose addresses are all reachable, and to exactly the address
    checked.
    """

    def __init__(self, *, to_loopback: bool) -> None:
        self.to_loopback, self.network = to_loopback, AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        address = await resolve(host, port, to_loopback=self.to_loopback)
        return await self.network.connect_tcp(address, port, timeout, local_address, socket_options)


async def post_message(
    address: str, headers: Mapping[str, str], body: bytes, *, to_loopback: bool
) -> Outcome:
    """Send a message once. Only a status from 200 to 299 says that it was received."""
    sent = {"content-type": "application/json", "user-agent": "Soundings"} | dict(headers)
    backend = CheckedBackend(to_loopback=to_loopback)
    try:
        with anyio.fail_after(SECONDS):
            async with (
                httpcore.AsyncConnectionPool(network_backend=backend) as pool,
                pool.stream("POST", address, headers=[*sent.items()], content=body) as answer,
            ):
                status: int = answer.status
    except UnreachableAddress:
        return Outcome(sent=False, word="address")
    except (TimeoutError, httpcore.TimeoutException):
        return Outcome(sent=False, word="timeout")
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError):
        return Outcome(sent=False, word="connection")
    return Outcome(sent=200 <= status < 300, word=str(status))
