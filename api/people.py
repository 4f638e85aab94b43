"""Who is asking, and what each may do."""

import datetime
import hashlib
import re
import secrets
from typing import Any, Literal

import anyio
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api import clock, cookies, memory
from survey.problems import Forbidden, Invalid, Unauthenticated
from survey.store import people, sessions
from survey.store.database import Connection

Role = Literal["organiser", "reviewer", "administrator"]
ROLES: tuple[Role, ...] = ("organiser", "reviewer", "administrator")
COOKIE = cookies.SESSION
SESSION = datetime.timedelta(hours=12)
FEWEST_CHARACTERS = 12
FEWEST_DIFFERENT = 6
TRIED_FIRST = """
password passwordpassword passwort mypassword letmein letmeinletmein welcome qwerty qwertyuiop
qwertyqwerty qwertyuiopasdfghjkl asdfghjkl zxcvbnm iloveyou changeme changemenow admin
administrator administration adminadmin soundings soundingssoundings police metropolitan london
londonlondon secret topsecret football liverpool arsenal chelsea monkey dragon sunshine princess
abcdefghijkl abcdefghijklmnopqrstuvwxyz
"""
COMMON = frozenset(TRIED_FIRST.split())

# OWASP's floor for Argon2id; two at a time, so that sign-in cannot eat the machine.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
HASHING = anyio.CapacityLimiter(2)
NOBODY = HASHER.hash(secrets.token_hex(16))


class Person(msgspec.Struct, frozen=True):
    """Somebody who has signed in."""

    id: str
    email: str
    name: str
    role: Role

    def may(self, *roles: Role) -> bool:
        return self.role == "administrator" or self.role in roles


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def check_password(connection: Connection, email: str, password: str) -> str:
    """The account that this address and password open; unknown and wrong look and last the same."""
    account = await people.by_email(connection, email[:254])
    known = account["password_hash"] if account and account["active"] else None
    right = await verify(known or NOBODY, password[:1_000])
    if not (right and known and account):
        raise Unauthenticated(
            "sign_in.refused",
            "The email address or password is wrong.",
            "Check them, or ask an administrator for a new sign-in link.",
        )
    return str(account["id"])


async def verify(password_hash: str, password: str) -> bool:
    def check() -> bool:
        try:
            return HASHER.verify(password_hash, password)
        except Argon2Error:
            return False
        finally:
            memory.fill_blocks_of_library()

    return await anyio.to_thread.run_sync(check, limiter=HASHING)


def is_tried_first(password: str, email: str) -> bool:
    """Whether it is among what is tried first: a common word, the own address, few characters."""
    letters = "".join(one for one in password.casefold() if one.isalpha())
    own = {part for part in re.split(r"[^a-z]+", email.casefold()) if part}
    whole = "".join(one for one in email.casefold() if one.isalpha())
    few = len(set(password.casefold())) < FEWEST_DIFFERENT or not letters
    return few or letters in COMMON | own | {whole}


async def hash_password(password: str, email: str = "") -> str:
    if len(password.strip()) >= FEWEST_CHARACTERS and is_tried_first(password, email):
        raise Invalid(
            "password.common",
            "This password is too easy to guess.",
            "Three or four unrelated words are easy to remember.",
        )
    if len(password.strip()) < FEWEST_CHARACTERS:
        raise Invalid(
            "password.short",
            f"A password needs {FEWEST_CHARACTERS} characters or more.",
            "Three or four unrelated words are easy to remember.",
        )
    return await hashed(password)


async def hashed(words: str) -> str:
    def hash_words() -> str:
        try:
            return HASHER.hash(words)
        finally:
            memory.fill_blocks_of_library()

    return await anyio.to_thread.run_sync(hash_words, limiter=HASHING)


async def begin_session(connection: Connection, account: str) -> str:
    """A new key for the browser; only its digest is kept."""
    key = secrets.token_urlsafe(32)
    await sessions.insert(connection, digest(key), account, clock.now() + SESSION)
    return key


async def make_link(connection: Connection, account: str, *, hours: int = 24) -> str:
    """A key that signs one person in once."""
    key = secrets.token_urlsafe(32)
    expires = clock.now() + datetime.timedelta(hours=hours)
    await people.insert_link(connection, digest(key), account, expires)
    return key


async def person_of(asking: ASGIConnection[Any, Any, Any, Any]) -> Person | None:
    """Who is asking, as the account stood when this request came."""
    key = cookies.read_cookie(asking, cookies.SESSION)
    if not key:
        return None
    found: Person | None = asking.scope["state"].get("person")
    if found is None:
        async with asking.app.state.database.connection() as connection:
            row = await sessions.person(connection, digest(key))
        found = asking.scope["state"]["person"] = Person(**row) if row else None
    return found


def need_sign_in() -> Unauthenticated:
    return Unauthenticated(
        "sign_in.needed", "You need to sign in to see this.", "Sign in at /sign-in."
    )


class SignedIn:
    """A guard: lets people of these roles pass (administrators always)."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(
        self, asking: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        person = await person_of(asking)
        if person is None:
            raise need_sign_in()
        if not person.may(*self.roles):
            raise Forbidden(
                "role.missing",
                f"This needs the role {' or '.join(self.roles)}; yours is {person.role}.",
                "Ask an administrator if you should have it.",
            )
