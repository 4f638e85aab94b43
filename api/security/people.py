"""Who is making a request, and what they may do."""

import base64
import binascii
import datetime
import hashlib
import secrets
from typing import Any

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api import clock
from api.process.long_work import HashingThreads
from api.security import cookies, memory
from survey.passwords import is_easily_guessed
from survey.problems import Forbidden, Invalid, Limited, Unauthenticated
from survey.store.accounts import account_news, people, programs, sessions
from survey.store.accounts.people import ROLES as ROLES
from survey.store.accounts.people import Person as Person
from survey.store.accounts.people import Role as Role
from survey.store.accounts.programs import NewKey, Scope
from survey.store.database import Connection

LONGEST_HEADER = 1_000
LONGEST_HASH = 200
SESSION_LENGTH = datetime.timedelta(hours=12)
FEWEST_CHARACTERS = 12
# OWASP's floor for Argon2id; few at a time, so that sign-in cannot eat the machine.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
HASHING = HashingThreads()
NOBODY_HASH = HASHER.hash(secrets.token_hex(16))


def key_digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def check_password(connection: Connection, email: str, password: str) -> str:
    """The account with this email address and password; raises if there is none.

    An unknown address and a wrong password look the same and take equally long.
    """
    # No address is longer (RFC 5321), and a longer password is only work for the hash.
    account = await people.by_email(connection, email[:254])
    known = account.password_hash if account and account.active else None
    # Always one check, so that the time does not show whether the address has an account.
    right = await verify_hash(known or NOBODY_HASH, password[:1_000])
    if not (right and known and account):
        raise wrong_password()
    return account.id


wrong_password = Unauthenticated.of(
    "sign_in.refused",
    "The email address or password is wrong.",
    "Check them, or ask an administrator for a new sign-in link.",
)


async def verify_hash(password_hash: str, password: str) -> bool:
    def check() -> bool:
        try:
            return HASHER.verify(password_hash, password)
        except Argon2Error:
            return False
        finally:
            memory.zero_library_blocks()

    return await HASHING.run(check)


def is_own_hash(password_hash: str) -> bool:
    """Whether checking a password against this hash costs no more than against one of ours."""
    try:
        parameters = extract_parameters(password_hash)
    except InvalidHashError:
        return False
    return (
        parameters.type is HASHER.type
        and parameters.time_cost <= HASHER.time_cost
        and parameters.memory_cost <= HASHER.memory_cost
        and parameters.parallelism <= HASHER.parallelism
        and len(password_hash) <= LONGEST_HASH
    )


async def hash_password(password: str, email: str = "") -> str:
    if len(password.strip()) >= FEWEST_CHARACTERS and is_easily_guessed(password, email):
        raise guessable_password()
    if len(password.strip()) < FEWEST_CHARACTERS:
        raise short_password()
    return await hash_secret(password)


short_password = Invalid.of(
    "password.short",
    f"A password needs {FEWEST_CHARACTERS} characters or more.",
    "Three or four unrelated words are easy to remember.",
)
guessable_password = Invalid.of(
    "password.common",
    "This password is too easy to guess.",
    "Three or four unrelated words are easy to remember.",
)


async def hash_secret(words: str) -> str:
    def hash_words() -> str:
        try:
            return HASHER.hash(words)
        finally:
            memory.zero_library_blocks()

    return await HASHING.run(hash_words)


async def begin_session(connection: Connection, account: str) -> str:
    """Start a session and return its key for the browser; only a digest is stored."""
    key = secrets.token_urlsafe(32)
    await sessions.insert(connection, key_digest(key), account, clock.now() + SESSION_LENGTH)
    return key


async def create_sign_in_link(connection: Connection, account: str, *, hours: int = 24) -> str:
    """A new key that signs this account in once."""
    key = secrets.token_urlsafe(32)
    expires = clock.now() + datetime.timedelta(hours=hours)
    await people.insert_link(connection, key_digest(key), account, expires)
    return key


async def current_person(asking: ASGIConnection[Any, Any, Any, Any]) -> Person | None:
    """Who makes the request, as their account was when it arrived; None if not signed in."""
    key = cookies.read_cookie(asking, cookies.SESSION)
    if not key:
        return None
    # Read once per request, so that guard, handler and page see the same account.
    person: Person | None = asking.scope["state"].get("person")
    if person is None:
        async with asking.app.state.database.connection() as connection:
            session = await sessions.find(connection, key_digest(key), longest_unused(asking))
            if session and session.is_noted_late and is_by_person(asking):
                await sessions.note_use(connection, key_digest(key))
        person = session and session.person
        asking.scope["state"]["person"] = person
    return person


def longest_unused(asking: ASGIConnection[Any, Any, Any, Any]) -> datetime.timedelta:
    return datetime.timedelta(minutes=asking.app.state.settings.idle_minutes)


def is_by_person(asking: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a person made the request, not an open page on its own, such as live results that
    refresh.

    Browsers say which in a header; a request without that header counts as a person's.
    """
    reads = asking.scope.get("method") in ("GET", "HEAD")
    return not reads or asking.headers.get("sec-fetch-mode", "navigate") == "navigate"


sign_in_needed = Unauthenticated.of(
    "sign_in.needed", "You need to sign in to see this.", "Sign in at /sign-in."
)


class SignedIn:
    """A guard: lets people of these roles pass (administrators always)."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(
        self, asking: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        person = await current_person(asking)
        if person is None:
            raise sign_in_needed()
        if not person.may(*self.roles):
            raise missing_role(self.roles, person.role)


def missing_role(roles: tuple[Role, ...], role: Role) -> Forbidden:
    return Forbidden(
        "role.missing",
        f"This needs the role {' or '.join(roles)}; yours is {role}.",
        "Ask an administrator if you should have it.",
    )


spent_sign_in_link = Unauthenticated.of(
    "link.spent",
    "This sign-in link has been used before, or has expired.",
    "Ask an administrator for a new one.",
)

too_many_attempts = Limited.of(
    "sign_in.too_often",
    "There were too many attempts to sign in to this account from here.",
    "Try again in an hour, or ask an administrator for a sign-in link, which works now.",
)


async def create_api_key(
    connection: Connection,
    account: str,
    name: str,
    expires_on: datetime.date,
    survey: str | None = None,
) -> str:
    """A new key, which only its owner ever sees: a digest of it is stored.

    With `survey` the key sends answers to that survey; without, it reads what its owner may
    download.
    """
    key = secrets.token_urlsafe(32)
    scope: Scope = "send answers" if survey else "read answers"
    new = NewKey(name, (scope,), key_digest(key), clock.today(), expires_on, survey)
    await programs.insert_key(connection, account, new)
    await account_news.insert(connection, account, "key")
    return key


def sent_key(header: str) -> str:
    """The key in an Authorization header: a bearer token, or the password of basic authentication,
    which is all that Excel and Power BI offer. Empty if there is none.
    """
    scheme, _, value = header[:LONGEST_HEADER].strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        # The user name may be anything: the key alone says whose it is.
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class WithKey:
    """A guard: lets a program pass with a key of this scope; its owner makes the request."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(
        self, asking: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        key = sent_key(asking.headers.get("authorization", ""))
        if not key:
            raise api_key_needed()
        async with asking.app.state.database.connection() as connection:
            person = await use_key(connection, key, self.scope)
        asking.scope["state"]["person"] = person


async def use_key(
    connection: Connection, key: str, scope: Scope, survey: str | None = None
) -> Person:
    """The owner of a key that may be used for `scope` today, whose use is noted; raises if the key
    may not be used.
    """
    digest, today = key_digest(key), clock.today()
    person = await programs.find_key_owner(connection, digest, scope, today, survey)
    if person is None:
        raise unknown_api_key()
    await programs.save_key_use(connection, digest, today)
    return person


api_key_needed = Unauthenticated.of(
    "api_key.needed",
    "This needs an API key.",
    "Make one at /work/keys; send it as a bearer token, or as the password with any user name.",
)
unknown_api_key = Unauthenticated.of(
    "api_key.unknown",
    "This API key is not for this, has expired, or was deleted.",
    "Make a new one at /work/keys.",
)
