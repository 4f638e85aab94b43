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


def in_one_language(part: Part, code: str) -> Part:
    """The same part with every wording reduced to one language, if it has that language."""
    fields = {}
    for field in part.__struct_fields__:
        value = getattr(part, field)
        worded = field in WORDING_FIELDS
        fields[field] = only_language(value, code) if worded else parts_reduced(value, code)
    return msgspec.structs.replace(part, **fields)


def parts_reduced(value: object, code: str) -> object:
    """The value of a field with every part in it reduced to one language."""
    if isinstance(value, tuple):
        return tuple(parts_reduced(one, code) for one in value)
    return in_one_language(value, code) if isinstance(value, msgspec.Struct) else value


def only_language(
    wording: Wording | tuple[Wording, ...], code: str
) -> Wording | tuple[Wording, ...]:
    if isinstance(wording, tuple):
        return tuple({code: one[code]} if one.get(code) else one for one in wording)
    return {code: wording[code]} if wording.get(code) else wording


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
