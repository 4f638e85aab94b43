"""Copies a question or group to the place right after it, under new names."""

import re

from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.drafts import InstrumentDraft, add_part
from survey.surveys.instruments.references import part_with_renames
from survey.surveys.item_types import all_parts


def duplicate(draft: InstrumentDraft, name: str) -> tuple[InstrumentDraft, str]:
    """The draft with a copy of a question or group, and the copy's name.

    Where the questions of a group refer to each other, the copies refer to each other too.
    """
    part = draft.find(name)
    taken = set(all_names(draft.instrument))
    names: dict[str, str] = {}
    for one in all_parts([part]):
        for old in (one.name, *one.row_texts()):
            if old not in names:
                names[old] = numbered_name(old, taken)
                taken.add(names[old])
    copy = part_with_renames(part, names).with_new_names(names)
    return add_part(draft, copy, behind=name), names[name]


def numbered_name(name: str, taken: set[str]) -> str:
    """The same name with the next free number."""
    stem = re.sub(r"_\d+$", "", name)[:50]  # leaves room for a number
    # More numbers than a survey can have parts and rows, so one is always free.
    return next(free for n in range(2, 10_000) if (free := f"{stem}_{n}") not in taken)
