"""The words of an instrument, wherever they stand, by language."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from survey.instruments.items import AnyPart, Wording, every, said

WORDED = frozenset(
    {
        "title", "summary", "text", "short", "hint", "labels", "low_label", "high_label",
        "required_message", "constraint_message", "thanks",
    }
)  # fmt: skip


def wordings(part: Any, where: str = "") -> Iterator[tuple[str, Wording]]:
    """Every wording, and where it stands: 'age.hint', 'age.options.18.text'."""
    if isinstance(part, msgspec.Struct):
        name = getattr(part, "name", "")
        at = f"{where}.{name}".strip(".") if name else where
        for field in part.__struct_fields__:
            value = getattr(part, field)
            if field in WORDED and isinstance(value, dict):
                yield f"{at}.{field}".strip("."), value
            elif field in WORDED and isinstance(value, tuple):
                yield from ((f"{at}.{field}.{n}", one) for n, one in enumerate(value, 1))
            elif isinstance(value, tuple):
                yield from (found for one in value for found in wordings(one, at))


def languages_of(instrument: Any) -> list[str]:
    """Every language that something is said in, the one with the most words first."""
    counts: dict[str, int] = {}
    for _, wording in wordings(instrument):
        for code, text in wording.items():
            counts[code] = counts.get(code, 0) + bool(text)
    return sorted(counts, key=lambda code: (-counts[code], code != "en", code))


def untranslated(instrument: Any, languages: Iterable[str] = ()) -> dict[str, list[str]]:
    """By language, where a wording has no words in it although it has some in another."""
    return {
        code: [where for where, said in wordings(instrument) if said and not said.get(code)]
        for code in languages or languages_of(instrument)
    }


def spoken_in(part: Any, code: str) -> Any:
    """The same with every wording in one language only, where it has it."""
    if isinstance(part, tuple):
        return tuple(spoken_in(one, code) for one in part)
    if not isinstance(part, msgspec.Struct):
        return part
    fields = {}
    for field in part.__struct_fields__:
        value = getattr(part, field)
        worded = field in WORDED
        fields[field] = alone(value, code) if worded else spoken_in(value, code)
    return msgspec.structs.replace(part, **fields)


def alone(wording: Any, code: str) -> Any:
    if isinstance(wording, tuple):
        return tuple(alone(one, code) for one in wording)
    return {code: wording[code]} if wording.get(code) else wording


MOST_QUOTED = 80


def quoted(part: AnyPart) -> str:
    """A question in its own words, as messages speak of it."""
    words = said(part.text) or part.name
    return f"“{words[:MOST_QUOTED]}…”" if len(words) > MOST_QUOTED else f"“{words}”"


def listed(words: Sequence[str]) -> str:
    """One thing after the other, the last behind 'and'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def words_by_name(instrument: Any) -> dict[str, str]:
    """Every name that an expression may use, with the words that people know it by."""
    found: dict[str, str] = {}
    for part in every(instrument.items):
        found[part.name] = quoted(part)
        found |= {row.name: f"“{said(row.text)}”" for row in getattr(part, "rows", ())}
    return found
