"""Edits of the codebook in words, version by version."""

import msgspec

from api.pages.work import moment
from survey.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    Names,
    Pin,
    Rename,
    Retire,
    Seed,
    Split,
    names_after,
    names_of,
)
from survey.instruments import said
from survey.store.database import Record

LONGEST_QUOTE = 80


class Accepted(msgspec.Struct, frozen=True):
    """A version: who accepted it, when, why, and what it changed."""

    version: int
    by: str | None
    at: str
    note: str
    edits: list[str]


def history(first: Codebook, rows: list[Record]) -> list[Accepted]:
    """Every version, the newest first; a theme is called as it was called then."""
    names = names_of(first)
    found = []
    for row in reversed(rows):
        edits = msgspec.convert(row["edits"], list[AnyEdit])
        words = told(edits, names)
        names = names_after(edits, names)
        at = moment(row["accepted_at"])
        found.append(Accepted(row["version"], row["accepted_by_name"], at, row["note"], words))
    return found[::-1]


def told(edits: list[AnyEdit] | tuple[AnyEdit, ...], names: Names) -> list[str]:
    """A sentence an edit; `names` are those before the first of them."""
    words = []
    for edit in edits:
        after = names_after([edit], names)
        words.append(sentence(edit, names, after))
        names = after
    return words


def sentence(edit: AnyEdit, names: Names, after: Names) -> str:
    subject = edit.theme.id if isinstance(edit, Add) else edit.theme
    old, new = (quoted(known.get(subject, subject)) for known in (names, after))
    match edit:
        case Add():
            return f"Added {new}"
        case Rename(name=name):
            others = ", ".join(f"in {code}: {quoted(text)}" for code, text in name.items())
            return f"Renamed {old} to {new}" if old != new else f"Named {old} {others}"
        case Merge(into=into):
            return f"Merged {old} into {quoted(names.get(into, into))}"
        case Split(parts=parts):
            return f"Split {old} into {' and '.join(quoted(said(part.name)) for part in parts)}"
        case Retire():
            return f"Retired {old}"
        case _:
            return f"{old}: {inside(edit)}"


def inside(edit: AnyEdit) -> str:
    """What an edit changed that concerns one theme alone."""
    match edit:
        case Describe():
            return "new description"
        case Seed(words=words):
            return f"seed words {', '.join(words) or 'removed'}"
        case Pin(pinned=pinned):
            return "pinned" if pinned else "no longer pinned"
        case Exemplify(text=text):
            return f"example added {quoted(text)}"
        case Exclude(text=text):
            return f"marked as not belonging: {quoted(text)}"
        case Forget(text=text):
            return f"example removed {quoted(text)}"
    raise TypeError(type(edit).__name__)


def quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= LONGEST_QUOTE else flat[: LONGEST_QUOTE - 1] + '…'}”"
