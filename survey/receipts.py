"""What a resident is given: a case number with a check letter, a passphrase, a resume code."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

# The short list of the Electronic Frontier Foundation (2016), CC BY 3.0 US: 1,296 words of five
# letters at most, so that six of them say 62 bits and fit on the screen of an old phone.
WORDS = Path(__file__).with_name("words.txt")
HOW_MANY_WORDS = 6
ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXYZ"  # nothing that is read for something else


class Receipt(msgspec.Struct, frozen=True):
    """The way back to a case. The passphrase is shown once and stored only as a hash."""

    reference: str
    passphrase: str
    again: bool = False


@cache
def passphrase_words() -> tuple[str, ...]:
    return tuple(WORDS.read_text(encoding="ascii").split())


def case_number(letters: str) -> str:
    """Seven letters and their check letter, in two groups of four."""
    whole = letters + check_letter(letters)
    return f"{whole[:4]}-{whole[4:]}"


def check_letter(letters: str) -> str:
    """Σ i·xᵢ modulo 29: as 29 is a prime, one wrong letter or two swapped ones never pass."""
    return ALPHABET[sum(i * ALPHABET.index(x) for i, x in enumerate(letters, 1)) % len(ALPHABET)]


def parse_case_number(typed: str) -> str | None:
    """The case number that somebody typed, with any spacing; None if it cannot be one."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    if len(letters) != 8 or any(c not in ALPHABET for c in letters):
        return None
    number = case_number(letters[:7])
    return number if number.endswith(letters[7]) else None


def resume_code(seed: bytes) -> str:
    """Four groups of four letters from the digest of a seed, to go on with answers elsewhere.

    Two case numbers one after the other: 14 letters say 68 bits, and each half has a check letter.
    """
    number = int.from_bytes(hashlib.sha512(seed).digest(), "big")
    letters = ""
    for _ in range(14):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"{case_number(letters[:7])}-{case_number(letters[7:])}"


def parse_resume_code(typed: str) -> str | None:
    """The resume code that somebody typed, with any spacing; None if it cannot be one."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    halves = [parse_case_number(letters[:8]), parse_case_number(letters[8:])]
    return "-".join(half for half in halves if half) if all(halves) else None


def passphrase(seed: bytes) -> str:
    """Six words from the digest of a seed; a seed of 62 random bits makes one that strong."""
    # Six remainders of 1,296 need 62 of these 512 bits, so no word is noticeably more frequent.
    number = int.from_bytes(hashlib.sha512(seed).digest(), "big")
    chosen = []
    for _ in range(HOW_MANY_WORDS):
        number, place = divmod(number, len(passphrase_words()))
        chosen.append(passphrase_words()[place])
    return " ".join(chosen)


def passphrase_letters(phrase: str) -> str:
    """The letters of a typed passphrase, the part that counts: no case, no spaces."""
    return "".join(c for c in phrase.casefold() if c.isalpha())
