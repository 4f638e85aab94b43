"""The texts of an instrument by language, wherever they occur."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from survey.surveys.item_types import AnyPart, Wording, all_parts, wording_text

Part = TypeVar("Part", bound=msgspec.Struct)
WORDING_FIELDS = frozenset(
    {
        "title", "summary", "text", "short", "hint", "labels", "low_label", "high_label",
        "required_message", "constraint_message", "thanks", "next_step",
    }
)  # fmt: skip


def all_wordings(part: object, where: str = "") -> Iterator[tuple[str, Wording]]:
    """Every wording and its path: 'age.hint', 'age.options.18.text'."""
    if isinstance(part, msgspec.Struct):
        name = getattr(part, "name", "")
        at = f"{where}.{name}".strip(".") if name else where
        for field in part.__struct_fields__:
            value = getattr(part, field)
            if field in WORDING_FIELDS and isinstance(value, dict):
                yield f"{at}.{field}".strip("."), value
            elif field in WORDING_FIELDS and isinstance(value, tuple):
                yield from ((f"{at}.{field}.{n}", one) for n, one in enumerate(value, 1))
            elif isinstance(value, tuple):
                yield from (found for one in value for found in all_wordings(one, at))


def languages_used(instrument: object) -> list[str]:
    """Every language that is used, the one with the most texts first."""
    counts: dict[str, int] = {}
    for _, wording in all_wordings(instrument):
        for code, text in wording.items():
            counts[code] = counts.get(code, 0) + bool(text)
    return sorted(counts, key=lambda code: (-counts[code], code != "en", code))


def missing_translations(instrument: object, languages: Iterable[str] = ()) -> dict[str, list[str]]:
    """For each language, the paths of wordings that lack it although they exist in another."""
    return {
        code: [where for where, said in all_wordings(instrument) if said and not said.get(code)]
        for code in languages or languages_used(instrument)
    }


def in_languages_only(part: Part, codes: Sequence[str]) -> Part:
    """The same part with every wording in these languages only; one that has none of them stays."""
    fields: dict[str, object] = {}
    for field in part.__struct_fields__:
        value = getattr(part, field)
        if field not in WORDING_FIELDS:
            fields[field] = parts_reduced(value, codes)
        elif isinstance(value, tuple):
            fields[field] = tuple(reduced_wording(one, codes) for one in value)
        else:
            fields[field] = reduced_wording(value, codes)
    return msgspec.structs.replace(part, **fields)


def parts_reduced(value: object, codes: Sequence[str]) -> object:
    """The value of a field with every part in it in these languages only."""
    if isinstance(value, tuple):
        return tuple(parts_reduced(one, codes) for one in value)
    return in_languages_only(value, codes) if isinstance(value, msgspec.Struct) else value


def reduced_wording(wording: Wording, codes: Sequence[str]) -> Wording:
    return {code: text for code, text in wording.items() if text and code in codes} or wording


MOST_QUOTED = 80


def quoted_question(part: AnyPart) -> str:
    """The text of a question in quotation marks and cut short, for use in messages."""
    words = wording_text(part.text) or part.name
    return f"“{words[:MOST_QUOTED]}…”" if len(words) > MOST_QUOTED else f"“{words}”"


def and_list(words: Sequence[str]) -> str:
    """The words as one phrase: 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def words_by_name(parts: Iterable[AnyPart]) -> dict[str, str]:
    """The quoted text of each part and grid row, by the name that expressions use."""
    found: dict[str, str] = {}
    for part in all_parts(parts):
        found[part.name] = quoted_question(part)
        found |= {name: f"“{wording_text(text)}”" for name, text in part.row_texts().items()}
    return found
