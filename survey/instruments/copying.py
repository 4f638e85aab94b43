"""A question once more, right behind itself, under names of its own."""

import re
from collections.abc import Mapping

import msgspec

from survey.instruments.checking import all_names
from survey.instruments.drafts import Draft, add
from survey.instruments.items import AnyPart, Choice, Grid, every
from survey.instruments.references import Holding, with_names


def duplicate(draft: Draft, name: str) -> tuple[Draft, str]:
    """The draft with a copy of a question or group, and the copy's name.

    What a group's questions say of each other is said of the copies among themselves.
    """
    part = draft.find(name)
    taken = set(all_names(draft.instrument))
    names: dict[str, str] = {}
    for one in every([part]):
        for old in (one.name, *(row.name for row in getattr(one, "rows", ()))):
            if old not in names:
                names[old] = numbered_name(old, taken)
                taken.add(names[old])
    return add(draft, copy(with_names(part, names), names), behind=name), names[name]


def numbered_name(name: str, taken: set[str]) -> str:
    """The same name with the next number that is free."""
    stem = re.sub(r"_\d+$", "", name)[:50]
    return next(free for n in range(2, 10_000) if (free := f"{stem}_{n}") not in taken)


def copy(part: AnyPart, names: Mapping[str, str]) -> AnyPart:
    """A copy counts for no margin of the population: two questions would tell the same of it."""
    part = msgspec.structs.replace(part, name=names[part.name])
    if isinstance(part, Holding):
        return msgspec.structs.replace(part, items=tuple(copy(one, names) for one in part.items))
    if isinstance(part, Grid):
        rows = (msgspec.structs.replace(row, name=names[row.name]) for row in part.rows)
        return msgspec.structs.replace(part, rows=tuple(rows))
    if isinstance(part, Choice) and part.margin:
        options = (msgspec.structs.replace(option, kind="") for option in part.options)
        return msgspec.structs.replace(part, margin=None, options=tuple(options))
    return part
