"""Slows down guesses at a password or passphrase, without locking its owner out."""

import asyncio
import datetime
import secrets
from typing import Any, NamedTuple

import altcha
import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import State

from api import clock
from api.process.tallies import SharedTally
from api.security.keyring import Keyring
from api.security.limits import request_source, running_code_digest

SPAN_SECONDS = 3_600
MOST_FROM_SOURCE = 10
MOST_WRONG_CODES = 30  # with 7 random letters and 2,000 cards, one hit in 280,000 hours
FREE_GUESSES = 20  # from all sources together
PAUSE, LONGEST_PAUSE = 0.5, 5.0


class GuessLimiter:
    """Counts wrong guesses by target and source, for an hour, in memory that all processes share.

    After ten a source has to wait. When many sources guess at the same target, each further try of
    a source that was wrong is delayed by some seconds; nobody is rejected, and whoever is right at
    once is not delayed, for what others did.
    """

    def __init__(self) -> None:
        self.from_source = SharedTally()
        self.of_all = SharedTally()

    async def admit(self, guessed_at: str, source: bytes) -> bool:
        """Count one more guess of a source, before it is checked; whether it is accepted."""
        # A digest, so that memory lists neither the addresses nor the case numbers guessed at.
        meant = running_code_digest(guessed_at)
        # By target and source together: counted by target alone, anybody could shut its owner out.
        tried = self.from_source.add(meant + source, SPAN_SECONDS)
        if tried > MOST_FROM_SOURCE:
            return False
        over = self.of_all.add(meant, SPAN_SECONDS, 0) - FREE_GUESSES
        if over > 0 and tried > 1:
            await asyncio.sleep(min(over * PAUSE, LONGEST_PAUSE))
        return True

    def seconds_left(self, guessed_at: str, source: bytes) -> int:
        """Seconds until this source may try again."""
        return self.from_source.seconds_left(running_code_digest(guessed_at) + source)

    def count_wrong(self, guessed_at: str) -> int:
        """Count a guess that was wrong; how many were within an hour, from wherever they came."""
        return self.of_all.add(running_code_digest(guessed_at), SPAN_SECONDS)

    def forget(self, guessed_at: str, source: bytes) -> None:
        """Reset the count of a source that guessed right."""
        # Only this source: whoever guesses from elsewhere goes on being slowed down.
        self.from_source.forget(running_code_digest(guessed_at) + source)


class CodeGuesses:
    """Counts wrong access codes by source, for an hour: the code of a card is short.

    Right ones do not count, so that many people behind one address can answer.
    """

    def __init__(self) -> None:
        self.wrong = SharedTally()

    def may_try(self, source: bytes) -> bool:
        return self.wrong.add(source, SPAN_SECONDS, 0) < MOST_WRONG_CODES

    def count_wrong(self, source: bytes) -> None:
        self.wrong.add(source, SPAN_SECONDS)


def code_guesses(state: State) -> CodeGuesses:
    found: CodeGuesses = state.code_guesses
    return found


class Guesser(NamedTuple):
    """Who guesses at passphrases: the count of guesses, and the digest of a source."""

    tries: GuessLimiter
    source: bytes


def request_guesser(request: ASGIConnection[Any, Any, Any, Any]) -> Guesser:
    """Whose guesses are counted for this request."""
    return Guesser(request.app.state.guesses, request_source(request))


ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000  # rounds of each try
FEWEST_TRIES, MORE_TRIES = 100, 200
LIFETIME = datetime.timedelta(hours=2)
LONGEST_SOLUTION = 2_000


def make_puzzle(keyring: Keyring, draft_key: str) -> str:
    """A puzzle as JSON, signed, for this draft alone: each is sent once, so that no solution can be
    used twice although none is stored.
    """
    puzzle = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=FEWEST_TRIES + secrets.randbelow(MORE_TRIES),
        expires_at=clock.now() + LIFETIME,
        data={"draft": draft_mark(keyring, draft_key)},
        hmac_secret=keyring.puzzle_secret("puzzle"),
        hmac_key_secret=keyring.puzzle_secret("solution"),
    )
    return msgspec.json.encode(puzzle.to_dict()).decode()


def is_solved(keyring: Keyring, draft_key: str, solution: str) -> bool:
    """Whether this solves a puzzle that was made for this draft and has not expired."""
    if len(solution) > LONGEST_SOLUTION:
        return False
    checked = altcha.verify_solution(
        solution,
        keyring.puzzle_secret("puzzle"),
        hmac_key_secret=keyring.puzzle_secret("solution"),
    )
    if not checked.verified:
        return False
    # What was signed is ours, so it can be read without care.
    signed = altcha.Payload.from_base64(solution).challenge.parameters
    return signed.data == {"draft": draft_mark(keyring, draft_key)}


def draft_mark(keyring: Keyring, draft_key: str) -> str:
    """What stands for a draft in a puzzle; nobody finds the key of the draft by it."""
    return keyring.puzzle_secret(f"draft {draft_key}").hex()
