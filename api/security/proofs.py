"""Proof of work: a puzzle that a device solves before it sends answers, after ALTCHA version 2.

One person waits a second at most; whoever sends thousands of answers pays a second for each.
"""

import datetime
import secrets

import altcha
import msgspec

from api import clock
from api.security.keyring import Keyring

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
