"""Language codes, and the names of languages as spreadsheets write them."""

import csv
import re
import unicodedata
import zlib
from pathlib import Path

# The languages that the builder offers.
OFFERED_NAMES = {
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
ENGLISH_NAMES = {row["code"]: row["english"] for row in ROWS} | OFFERED_NAMES
CODES: dict[str, str] = {
    name.casefold(): row["code"]
    # Reversed, so that of two languages with one name the first row counts.
    for row in reversed(ROWS)
    for name in (row["english"], *row["own"].split("|"))
    if name
} | {name.casefold(): code for code, name in OFFERED_NAMES.items()}
CODES |= {"tetun": "tet", "dari": "fa-AF", "دری": "fa-AF", "chinese (simplified)": "zh-Hans",
          "simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant",
          "chinese (traditional)": "zh-Hant"}  # fmt: skip
# Three-letter codes of languages that have a two-letter one.
SHORTER = {
    "amh": "am", "ara": "ar", "ben": "bn", "deu": "de", "eng": "en", "fas": "fa", "fra": "fr",
    "fre": "fr", "ger": "de", "hau": "ha", "hin": "hi", "ind": "id", "ita": "it", "kin": "rw",
    "nep": "ne", "nld": "nl", "orm": "om", "per": "fa", "pol": "pl", "por": "pt", "prs": "fa-AF",
    "pus": "ps", "ron": "ro", "rus": "ru", "som": "so", "spa": "es", "swa": "sw", "swe": "sv",
    "tir": "ti", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh",
}  # fmt: skip
# Places as people write them after a language.
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


def language_heading(code: str) -> str:
    """A language as a column head: 'Bengali (bn)'."""
    return f"{ENGLISH_NAMES.get(code, code)} ({code})"


def find_language_code(written: str) -> str:
    """The code of a language, however a file writes it; '' if it is not known."""
    written = written.strip()
    if code := CODES.get(written.casefold()):
        return code
    match = NAMED.fullmatch(written)
    if match is None:
        return normalised_code(written)
    base, remark = CODES.get(match[1].casefold(), ""), match[2].strip()
    return (
        with_remark(base, remark) if base else normalised_code(remark) or normalised_code(match[1])
    )


def with_remark(base: str, remark: str) -> str:
    """The code of a language, made more precise by what is in brackets after its name."""
    code = normalised_code(remark)
    if code.partition("-")[0] == base:
        return code
    if place := PLACES.get(remark.casefold()):
        return f"{base}-{place}"
    if code and remark.islower():
        return code
    return f"{base}-{remark}" if PLACE.fullmatch(remark) else base


def normalised_code(written: str) -> str:
    """A code in its standard spelling, such as pt-BR; '' if it is not the code of any language."""
    first, *rest = written.replace("_", "-").split("-")
    first = SHORTER.get(first.casefold(), first) if not rest else first
    if "-" in first:
        return first
    if first.casefold() not in ENGLISH_NAMES and first.casefold() != "und":
        return ""
    # BCP 47 writes countries as GB and scripts as Hans.
    cased = {2: str.upper, 4: str.title}
    code = "-".join(
        (first.lower(), *(cased.get(len(subtag), str.lower)(subtag) for subtag in rest))
    )
    return code if CODE.fullmatch(code) else ""


def made_up_code(written: str) -> str:
    """A made-up code for a language that is in no table, so that its wordings are not lost."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    # A name in another script has no such letters; its checksum is the same in every file.
    letters = re.sub(r"[^a-z0-9]", "", plain)[:8] or f"{zlib.crc32(written.encode()):08x}"
    return f"und-x-{letters}"
