"""Names of languages as spreadsheets write them, and their codes."""

import re

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
CODES = {name.casefold(): code for code, name in NAMES.items()}
CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
NAMED = re.compile(r"(.*?)\s*\(([A-Za-z0-9-]+)\)\s*")


def heading(code: str) -> str:
    """A language as the head of a column: 'Bengali (bn)'."""
    return f"{NAMES.get(code, code)} ({code})"


def code_of(written: str) -> str:
    """The code of a language however a file writes it; '' where it is none."""
    match = NAMED.fullmatch(written)
    named = match[2] if match else CODES.get(written.strip().casefold(), written.strip())
    return named if CODE.fullmatch(named) else ""
