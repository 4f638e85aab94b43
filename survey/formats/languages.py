"""Names of languages as spreadsheets write them, and their codes."""

import csv
import re
import unicodedata
import zlib
from pathlib import Path

# Those that the builder offers.
NAMES = {
    "en": "English", "ar": "Arabic", "bn": "Bengali", "bg": "Bulgarian", "cs": "Czech", "cy":
    "Welsh", "da": "Danish", "de": "German", "el": "Greek", "es": "Spanish", "fa": "Persian",
    "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id":
    "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "ku": "Kurdish", "lt":
    "Lithuanian", "ne": "Nepali", "nl": "Dutch", "pa": "Punjabi", "pl": "Polish", "ps":
    "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "so": "Somali", "sq":
    "Albanian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "ti":
    "Tigrinya", "tl": "Tagalog", "tr": "Turkish", "tw": "Twi", "uk": "Ukrainian", "ur":
    "Urdu", "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip
# Every other language by its code, its English name, and the names it has for itself (from the
# Unicode CLDR, release 47).
TABLE = Path(__file__).with_suffix(".csv")
ROWS: list[dict[str, str]] = [*csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())]
ENGLISH = {row["code"]: row["english"] for row in ROWS} | NAMES
CODES: dict[str, str] = {
    name.casefold(): row["code"]
    for row in reversed(ROWS)
    for name in (row["english"], *row["own"].split("|"))
    if name
} | {name.casefold(): code for code, name in NAMES.items()}
CODES |= {"tetun": "tet", "dari": "fa-AF", "دری": "fa-AF", "chinese (simplified)": "zh-Hans",
          "simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant",
          "chinese (traditional)": "zh-Hant"}  # fmt: skip
# Codes of three letters for languages that have one of two.
SHORTER = {
    "amh": "am", "ara": "ar", "ben": "bn", "deu": "de", "eng": "en", "fas": "fa", "fra": "fr",
    "fre": "fr", "ger": "de", "hau": "ha", "hin": "hi", "ind": "id", "ita": "it", "kin": "rw",
    "nep": "ne", "nld": "nl", "orm": "om", "per": "fa", "pol": "pl", "por": "pt", "prs": "fa-AF",
    "pus": "ps", "ron": "ro", "rus": "ru", "som": "so", "spa": "es", "swa": "sw", "swe": "sv",
    "tir": "ti", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh",
}  # fmt: skip
# Places as people write them behind a language.
PLACES = {
    "uk": "GB", "united kingdom": "GB", "britain": "GB", "us": "US", "usa": "US",
    "united states": "US", "latin america": "419", "latinoamérica": "419", "latam": "419",
    "brazil": "BR", "brasil": "BR", "portugal": "PT", "spain": "ES", "españa": "ES",
    "mexico": "MX", "méxico": "MX", "canada": "CA", "france": "FR", "afghanistan": "AF",
    "pakistan": "PK", "india": "IN", "ireland": "IE", "australia": "AU", "kenya": "KE",
    "tanzania": "TZ", "simplified": "Hans", "traditional": "Hant",
}  # fmt: skip
CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
NAMED = re.compile(r"(.*?)\s*\(([^()]+)\)\s*")
PLACE = re.compile(r"[A-Z]{2}|[0-9]{3}")


def heading(code: str) -> str:
    """A language as the head of a column: 'Bengali (bn)'."""
    return f"{ENGLISH.get(code, code)} ({code})"


def code_of(written: str) -> str:
    """The code of a language however a file writes it; '' where it is not a known one."""
    written = written.strip()
    if code := CODES.get(written.casefold()):
        return code
    match = NAMED.fullmatch(written)
    if match is None:
        return plain_code(written)
    base, remark = CODES.get(match[1].casefold(), ""), match[2].strip()
    return with_remark(base, remark) if base else plain_code(remark) or plain_code(match[1])


def with_remark(base: str, remark: str) -> str:
    """The code of a language with what stands in brackets behind its name."""
    code = plain_code(remark)
    if code.partition("-")[0] == base:
        return code
    if place := PLACES.get(remark.casefold()):
        return f"{base}-{place}"
    if code and remark.islower():
        return code
    return f"{base}-{remark}" if PLACE.fullmatch(remark) else base


def plain_code(written: str) -> str:
    """A code as it is spelled everywhere: pt-BR; '' where no language has it."""
    first, *rest = written.replace("_", "-").split("-")
    first = SHORTER.get(first.casefold(), first) if not rest else first
    if "-" in first:
        return first
    if first.casefold() not in ENGLISH and first.casefold() != "und":
        return ""
    cased = {2: str.upper, 4: str.title}
    code = "-".join((first.lower(), *(cased.get(len(one), str.lower)(one) for one in rest)))
    return code if CODE.fullmatch(code) else ""


def made_up_code(written: str) -> str:
    """A code for a language that is in no table, so that its words are not lost."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    letters = re.sub(r"[^a-z0-9]", "", plain)[:8] or f"{zlib.crc32(written.encode()):08x}"
    return f"und-x-{letters}"
