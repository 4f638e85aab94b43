"""Copies a question or group to the place right after it, under new names."""

import re
from collections.abc import Mapping

import msgspec

from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.drafts import InstrumentDraft, add_part
from survey.surveys.instruments.items import AnyPart, Grid, SelectOne, all_parts
from survey.surveys.instruments.references import ContainerTypes, part_with_renames


def duplicate(draft: InstrumentDraft, name: str) -> tuple[InstrumentDraft, str]:
    """The draft with a copy of a question or group, and the copy's name.

    Where the questions of a group refer to each other, the copies refer to each other too.
    """
    part = draft.find(name)
    taken = set(all_names(draft.instrument))
    names: dict[str, str] = {}
    for one in all_parts([part]):
        for old in (one.name, *(row.name for row in getattr(one, "rows", ()))):
            if old not in names:
                names[old] = numbered_name(old, taken)
                taken.add(names[old])
    return add_part(draft, part_copy(part_with_renames(part, names), names), behind=name), names[
        name
    ]


def numbered_name(name: str, taken: set[str]) -> str:
    """The same name with the next free number."""
    stem = re.sub(r"_\d+$", "", name)[:50]
    return next(free for n in range(2, 10_000) if (free := f"{stem}_{n}") not in taken)


def part_copy(part: AnyPart, names: Mapping[str, str]) -> AnyPart:
    """A copy of a part under new names.

    The copy loses its population margin: only one question may decide a respondent's category.
    """
    part = msgspec.structs.replace(part, name=names[part.name])
    if isinstance(part, ContainerTypes):
        return msgspec.structs.replace(
            part, items=tuple(part_copy(one, names) for one in part.items)
        )
    if isinstance(part, Grid):
        rows = (msgspec.structs.replace(row, name=names[row.name]) for row in part.rows)
        return msgspec.structs.replace(part, rows=tuple(rows))
    if isinstance(part, SelectOne) and part.margin:
        options = (msgspec.structs.replace(option, kind="") for option in part.options)
        return msgspec.structs.replace(part, margin=None, options=tuple(options))
    return part
