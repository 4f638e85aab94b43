"""What a resident is given: a case number with a check letter, a passphrase, a resume code, the
number of a printed form, and the signed receipt of a complaint.
"""

import datetime
import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path

import msgspec

# English is the short list of the Electronic Frontier Foundation (2016), CC BY 3.0 US: 1,296 words
# of five letters at most, so that six of them say 62 bits and fit on the screen of an old phone.
# The others are lists of BIP-39 (the package mnemonic, MIT), 2,048 words each: 66 bits.
WORD_LISTS = {"en": "words.txt", "fr": "words_fr.txt", "pt": "words_pt.txt", "tr": "words_tr.txt"}
HOW_MANY_WORDS = 6
# Where no list with a licence is known, five groups of four digits say 66 bits.
DIGITS = ""
HOW_MANY_GROUPS, GROUP = 5, 4
ALPHABET = "23456789ABCDEFGHJKMNPQRTVWXYZ"  # nothing that is read for something else
READ_AS = str.maketrans("SU", "5V")
CARD_LETTERS = 8  # as many as in a case number, with the same check letter
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY"  # 23, a prime: one wrong digit, or two swapped, change it
WRITTEN = re.compile(r"0*([1-9][0-9]{0,7})\s*-?\s*([A-Za-z])")
HEAD = "Soundings receipt 1"
SIGNATURE = "Signature"
WEEK = "%G-W%V"
LONGEST = 2_000


class Receipt(msgspec.Struct, frozen=True):
    """The way back to a case. The passphrase is shown once and stored only as a hash."""

    reference: str
    passphrase: str
    again: bool = False


@cache
def passphrase_words(language: str = "en") -> tuple[str, ...]:
    path = Path(__file__).with_name(WORD_LISTS[language])
    return tuple(path.read_text(encoding="utf-8").split())


def passphrase_sort(language: str) -> str:
    """The word list from which a passphrase in this language is made, or `DIGITS`."""
    main = language.partition("-")[0]
    return main if main in WORD_LISTS else DIGITS


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

    They are two case numbers in a row: 14 letters hold 68 bits, and each half has a check letter.
    """
    number = int.from_bytes(hashlib.sha512(seed).digest(), "big")
    letters = ""
    for _ in range(14):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"{case_number(letters[:7])}-{case_number(letters[7:])}"


def tidy_code(typed: str) -> str:
    """A typed code in the form that is compared: only letters and digits, and with 5 for S and V
    for U, as no code contains S or U.
    """
    return "".join(c for c in typed.upper() if c.isalnum()).translate(READ_AS)


def is_mistyped_card_code(typed: str) -> bool:
    """Whether the text is as long as a card code, but its check letter is wrong."""
    letters = tidy_code(typed)
    return len(letters) == CARD_LETTERS and parse_case_number(letters) is None


def parse_resume_code(typed: str) -> str | None:
    """The resume code that somebody typed, with any spacing; None if it cannot be one."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    halves = [parse_case_number(letters[:8]), parse_case_number(letters[8:])]
    return "-".join(half for half in halves if half) if all(halves) else None


def passphrase(seed: bytes, sort: str = "en") -> str:
    """Six words of a list, or groups of digits, from the digest of a seed.

    A seed of 67 random bits suffices: more would not make the passphrase stronger.
    """
    # Six remainders of 2,048 need 66 of these 512 bits, so no word is noticeably more frequent.
    number = int.from_bytes(hashlib.sha512(seed).digest(), "big")
    if sort == DIGITS:
        digits = f"{number % 10 ** (HOW_MANY_GROUPS * GROUP):0{HOW_MANY_GROUPS * GROUP}}"
        return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))
    chosen = []
    for _ in range(HOW_MANY_WORDS):
        number, place = divmod(number, len(passphrase_words(sort)))
        chosen.append(passphrase_words(sort)[place])
    return " ".join(chosen)


def passphrase_language(phrase: str) -> str:
    """The language of a passphrase's words; empty for digits."""
    words = set(phrase.split())
    return next((code for code in WORD_LISTS if words <= set(passphrase_words(code))), "")


def passphrase_letters(phrase: str) -> str:
    """The part of a typed passphrase that counts: its letters without case, accents and spaces.

    If there are no letters, its digits, in the numerals of any script.
    """
    plain = unicodedata.normalize("NFKD", phrase.casefold()).replace("ı", "i")
    letters = "".join(c for c in plain if c.isalpha())
    return letters or "".join(str(unicodedata.decimal(c)) for c in plain if c.isdecimal())


def form_code(number: int) -> str:
    """A number as it is printed on its form, such as 47-K."""
    return f"{number}-{form_check_letter(number)}"


def form_check_letter(number: int) -> str:
    weighted = sum(
        place * int(digit) for place, digit in enumerate(reversed(str(number)), 2)
    )  # each place has a weight of its own
    return LETTERS[weighted % len(LETTERS)]


def parse_form_code(text: str) -> int | None:
    """The number of a form as somebody typed it; None if it or its check letter is wrong."""
    match = WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    number = int(match[1])
    return number if form_check_letter(number) == match[2].upper() else None


class SignedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Proof that a complaint was received under this number in a week, and the SHA-256 of what its
    owner had written by the week of the receipt.
    """

    site: str
    number: str
    received: str
    made: str
    digest: str

    def message(self) -> str:
        """The text that is signed: a line for each fact, in this order."""
        lines = [f"{name.capitalize()}: {getattr(self, name)}" for name in self.__struct_fields__]
        return "\n".join([HEAD, *lines, ""])


def week_name(day: datetime.date) -> str:
    """The week of a day as ISO 8601 writes it, such as 2026-W48."""
    return day.strftime(WEEK)


def week_start(week: str) -> datetime.date:
    return datetime.datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a day


def receipt_text(receipt: SignedReceipt, signature: str) -> str:
    return f"{receipt.message()}{SIGNATURE}: {signature}\n"


def parse_receipt(typed: str) -> tuple[SignedReceipt, str] | None:
    """The receipt and its signature in a text that was pasted or sent; None if it is not one.

    Lines may be ended as any system ends them, and be set apart by empty lines or spaces.
    """
    lines = [
        line
        for raw_line in typed[:LONGEST].lstrip("\ufeff").splitlines()
        if (line := raw_line.strip())
    ]
    names = (*SignedReceipt.__struct_fields__, SIGNATURE.lower())
    pairs = [line.partition(": ") for line in lines[1:]]
    if lines[:1] != [HEAD] or [name.lower() for name, _, _ in pairs] != list(names):
        return None
    *facts, signature = [value for _, _, value in pairs]
    receipt = SignedReceipt(**dict(zip(names[:-1], facts, strict=True)))
    try:
        week_start(receipt.received), week_start(receipt.made)
    except ValueError:
        return None
    return receipt, signature
