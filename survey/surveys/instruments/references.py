"""Which questions the expressions and wordings of a survey refer to, and renaming those."""

from collections.abc import Callable, Mapping

import msgspec

from survey.surveys.expressions import REFERENCE
from survey.surveys.item_types import (
    AnyPart,
    Container,
    OptionsItem,
)

EXPRESSION_FIELDS = (
    "relevant",
    "constraint",
    "required_when",
    "calculation",
    "filter",
    "count",
    "default",
)
PIPED_FIELDS = ("text", "hint", "constraint_message", "required_message")


def referenced_names(part: AnyPart) -> set[str]:
    """The names of the questions that the expressions of a part refer to."""
    return {
        name
        for field in EXPRESSION_FIELDS
        for name in REFERENCE.findall(getattr(part, field, "") or "")
    }


def text_with_renames(text: str, names: Mapping[str, str]) -> str:
    """A text with its references to questions renamed."""
    # In one pass, so that two questions can swap their names.
    return REFERENCE.sub(lambda match: f"${{{names.get(match[1], match[1])}}}", text)


def map_expressions(part: AnyPart, act: Callable[[str], str]) -> AnyPart:
    """A part with `act` applied to each of its own expressions."""
    fields = {
        field: act(getattr(part, field)) for field in EXPRESSION_FIELDS if hasattr(part, field)
    }
    return msgspec.structs.replace(part, **fields)


def part_with_renames(part: AnyPart, names: Mapping[str, str]) -> AnyPart:
    """A part, and all it contains, with references renamed in expressions and wordings."""

    def rename(text: str) -> str:
        return text_with_renames(text, names)

    fields: dict[str, object] = {
        field: {code: rename(text) for code, text in wording.items()}
        for field in PIPED_FIELDS
        if (wording := getattr(part, field, None))
    }
    if isinstance(part, Container):
        fields["items"] = tuple(part_with_renames(one, names) for one in part.items)
    if isinstance(part, OptionsItem):
        fields["options"] = tuple(
            msgspec.structs.replace(
                option, text={code: rename(text) for code, text in option.text.items()}
            )
            for option in part.options
        )
    return map_expressions(msgspec.structs.replace(part, **fields), rename)
