"""Which questions the expressions and words of a survey speak of, and these with new names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from survey.instruments.items import AnyPart, Choice, Choices, Group, Page, Rank, Repeat

NAMED = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
EXPRESSIONS = (
    "relevant",
    "constraint",
    "required_when",
    "calculation",
    "filter",
    "count",
    "default",
)
SPEAKING = ("text", "hint", "constraint_message", "required_message")
Holding = (Group, Page, Repeat)
WithOptions = Choice | Choices | Rank


def named_by(part: AnyPart) -> set[str]:
    """The questions that the expressions of a part speak of."""
    return {name for field in EXPRESSIONS for name in NAMED.findall(getattr(part, field, "") or "")}


def renamed_in(text: str, names: Mapping[str, str]) -> str:
    """A text with the new names of questions."""
    return NAMED.sub(lambda match: f"${{{names.get(match[1], match[1])}}}", text)


def with_expressions(part: AnyPart, act: Callable[[str], str]) -> AnyPart:
    """A part with an act done to each of its own expressions."""
    fields = {field: act(getattr(part, field)) for field in EXPRESSIONS if hasattr(part, field)}
    return msgspec.structs.replace(part, **fields)


def with_names(part: AnyPart, names: Mapping[str, str]) -> AnyPart:
    """A part, and all it holds, whose expressions and words have the new names of questions."""

    def spoken(text: str) -> str:
        return renamed_in(text, names)

    fields: dict[str, Any] = {
        field: {code: spoken(text) for code, text in wording.items()}
        for field in SPEAKING
        if (wording := getattr(part, field, None))
    }
    if isinstance(part, Holding):
        fields["items"] = tuple(with_names(one, names) for one in part.items)
    if isinstance(part, WithOptions):
        fields["options"] = tuple(
            msgspec.structs.replace(
                option, text={code: spoken(text) for code, text in option.text.items()}
            )
            for option in part.options
        )
    return with_expressions(msgspec.structs.replace(part, **fields), spoken)
