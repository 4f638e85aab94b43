"""SQL for API keys: found only by the digest of what a program sends."""

import datetime
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.store.accounts.people import Person
from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs

Scope = Literal["read answers", "send answers"]


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its owner sees it: never what a program sends. `survey` is the one it is for."""

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


async def insert(connection: Connection, account: str, new: NewKey) -> None:
    await connection.execute(
        """
        INSERT INTO api_keys (account, name, scopes, key_digest, made_on, expires_on, survey)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)
        """,
        account,
        new.name,
        list(new.scopes),
        new.key_digest,
        new.made_on,
        new.expires_on,
        new.survey,
    )


async def load_all_of(connection: Connection, account: str) -> list[ApiKey]:
    """The keys of an account, the newest first."""
    return await load_structs(
        connection,
        ApiKey,
        """
        SELECT id, name, scopes, made_on, expires_on, last_used_on, survey
          FROM api_keys WHERE account = $1::uuid ORDER BY id DESC
        """,
        account,
    )


async def find_owner(
    connection: Connection,
    key_digest: bytes,
    scope: Scope,
    today: datetime.date,
    survey: str | None = None,
) -> Person | None:
    """The account of a key that may do this today with this survey, as the account is now."""
    return await find_struct(
        connection,
        Person,
        """
        SELECT a.id::text, a.email, a.name, a.role
          FROM api_keys k JOIN accounts a ON a.id = k.account
         WHERE k.key_digest = $1 AND $2 = ANY (k.scopes) AND k.expires_on >= $3 AND a.active
           AND k.survey IS NOT DISTINCT FROM $4
        """,
        key_digest,
        scope,
        today,
        survey,
    )


async def save_use(connection: Connection, key_digest: bytes, today: datetime.date) -> None:
    """Save that a key was used on this day; nothing finer is stored."""
    await connection.execute(
        """
        UPDATE api_keys SET last_used_on = $2
         WHERE key_digest = $1 AND last_used_on IS DISTINCT FROM $2
        """,
        key_digest,
        today,
    )


async def delete(connection: Connection, account: str, number: int) -> None:
    """Delete a key of this account, which ends it at once."""
    await connection.execute(
        "DELETE FROM api_keys WHERE account = $1::uuid AND id = $2", account, number
    )


async def delete_for_survey(connection: Connection, account: str, survey: str) -> None:
    """Delete the keys of this account that send answers to this survey."""
    await connection.execute(
        "DELETE FROM api_keys WHERE account = $1::uuid AND survey = $2", account, survey
    )


async def delete_all_of(connection: Connection, account: str) -> None:
    """Delete every key of this account."""
    await connection.execute("DELETE FROM api_keys WHERE account = $1::uuid", account)
