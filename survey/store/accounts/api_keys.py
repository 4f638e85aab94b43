"""SQL for API keys: found only by the digest of what a program sends."""

import datetime
from collections.abc import Sequence
from typing import Literal

import msgspec

from survey.store.accounts.people import Person
from survey.store.statements import SQL, execute, first, many

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


@execute
def insert(account: str, new: NewKey) -> SQL:
    return """
        INSERT INTO api_keys (account, name, scopes, key_digest, made_on, expires_on, survey)
        VALUES ($account::uuid, $new.name, $new.scopes, $new.key_digest, $new.made_on,
                $new.expires_on, $new.survey)
        """


@many(ApiKey)
def load_all_of(account: str) -> SQL:
    """The keys of an account, the newest first."""
    return """
        SELECT id, name, scopes, made_on, expires_on, last_used_on, survey
          FROM api_keys WHERE account = $1::uuid ORDER BY id DESC
        """


@first(Person)
def find_owner(
    key_digest: bytes, scope: Scope, today: datetime.date, survey: str | None = None
) -> SQL:
    """The account of a key that may do this today with this survey, as the account is now."""
    return """
        SELECT a.id::text, a.email, a.name, a.role
          FROM api_keys k JOIN accounts a ON a.id = k.account
         WHERE k.key_digest = $1 AND $2 = ANY (k.scopes) AND k.expires_on >= $3 AND a.active
           AND k.survey IS NOT DISTINCT FROM $4
        """


@execute
def save_use(key_digest: bytes, today: datetime.date) -> SQL:
    """Save that a key was used on this day; nothing finer is stored."""
    return """
        UPDATE api_keys SET last_used_on = $2
         WHERE key_digest = $1 AND last_used_on IS DISTINCT FROM $2
        """


@execute
def delete(account: str, number: int) -> SQL:
    """Delete a key of this account, which ends it at once."""
    return "DELETE FROM api_keys WHERE account = $1::uuid AND id = $2"


@execute
def delete_for_survey(account: str, survey: str) -> SQL:
    """Delete the keys of this account that send answers to this survey."""
    return "DELETE FROM api_keys WHERE account = $1::uuid AND survey = $2"


@execute
def delete_all_of(account: str) -> SQL:
    """Delete every key of this account."""
    return "DELETE FROM api_keys WHERE account = $1::uuid"
