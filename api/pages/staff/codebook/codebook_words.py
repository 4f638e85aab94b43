"""Edits of the codebook in words, version by version."""

from collections.abc import Iterable

import msgspec

from api.pages.work import format_moment
from survey.store.coding.codebooks import AcceptedCodebook
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    NamesByTheme,
    Pin,
    Rename,
    Retire,
    Seed,
    Split,
    theme_names,
    theme_names_after,
)

LONGEST_QUOTE = 80


class CodebookVersionRow(msgspec.Struct, frozen=True):
    """A version: who accepted it, when, why, and what it changed."""

    version: int
    by: str | None
    at: str
    note: str
    edits: list[str]


def codebook_history(first: Codebook, versions: list[AcceptedCodebook]) -> list[CodebookVersionRow]:
    """Every version, newest first; themes have the names they had then."""
    names = theme_names(first)
    found = []
    # From the oldest on: an edit is described in the names that its themes had before it.
    for one in reversed(versions):
        words = edit_sentences(one.edits, names)
        names = theme_names_after(one.edits, names)
        at = format_moment(one.accepted_at)
        found.append(CodebookVersionRow(one.version, one.accepted_by_name, at, one.note, words))
    return found[::-1]


def edit_sentences(edits: Iterable[AnyEdit], names: NamesByTheme) -> list[str]:
    """A sentence for each edit; `names` are the theme names before the first edit."""
    words = []
    for edit in edits:
        after = theme_names_after([edit], names)
        words.append(edit_sentence(edit, names, after))
        names = after
    return words


def edit_sentence(edit: AnyEdit, names: NamesByTheme, after: NamesByTheme) -> str:
    subject = edit.theme.id if isinstance(edit, Add) else edit.theme
    old, new = (quoted_text(known.get(subject, subject)) for known in (names, after))
    match edit:
        case Add():
            return f"Added {new}"
        case Rename(name=name):
            others = ", ".join(f"in {code}: {quoted_text(text)}" for code, text in name.items())
            return f"Renamed {old} to {new}" if old != new else f"Named {old} {others}"
        case Merge(into=into):
            return f"Merged {old} into {quoted_text(names.get(into, into))}"
        case Split(parts=parts):
            return (
                f"Split {old} into "
                f"{' and '.join(quoted_text(wording_text(part.name)) for part in parts)}"
            )
        case Retire():
            return f"Retired {old}"
        case _:
            return f"{old}: {theme_edit_words(edit)}"


def theme_edit_words(edit: AnyEdit) -> str:
    """What an edit of one theme changed, in words."""
    match edit:
        case Describe():
            return "new description"
        case Seed(words=words):
            return f"seed words {', '.join(words) or 'removed'}"
        case Pin(pinned=pinned):
            return "pinned" if pinned else "no longer pinned"
        case Exemplify(text=text):
            return f"example added {quoted_text(text)}"
        case Exclude(text=text):
            return f"marked as not belonging: {quoted_text(text)}"
        case Forget(text=text):
            return f"example removed {quoted_text(text)}"
    # A new kind of edit without words should fail in the tests and not be shown empty.
    raise TypeError(type(edit).__name__)


def quoted_text(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= LONGEST_QUOTE else flat[: LONGEST_QUOTE - 1] + '…'}”"
