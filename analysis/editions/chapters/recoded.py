"""How a newer codebook coded the same texts: why a figure changes although nobody wrote more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from analysis.editions.inputs import EarlierCoding, EditionInputs
from analysis.statistics.variance import Flags
from survey.coding.codebooks import (
    Add,
    AnyEdit,
    Merge,
    NamesByTheme,
    Pin,
    Rename,
    Retire,
    Split,
    theme_names,
    theme_names_after,
)
from survey.editions.figures import NewCodebook, ThemeCodebookEffect, ThemeShare

STREAMS = ("sampled", "open", "complaints")


def codebook_effect(material: EditionInputs, inside: Flags) -> NewCodebook | None:
    """What changed in the codebook since the previous edition; None if the version is the same.

    Texts that arrived after the change were never read under the older version and are left out.
    """
    before = material.before
    if before is None:
        return None
    both = inside & before.known
    return NewCodebook(
        before=before.book.version,
        reasons=tuple(book.note for book in before.later if book.note),
        changes=tuple(codebook_changes(before)),
        texts=int(both.sum()),
        recoded=tuple(recoded_themes(material, before, both)),
    )


def themes_with_meanings(
    material: EditionInputs, found: Sequence[ThemeShare]
) -> tuple[ThemeShare, ...]:
    """Themes with their descriptions, and whether they are new since the previous edition."""
    new: set[str] = set()
    if material.before is not None:
        new = {theme for theme, _ in material.themes} - {one for one, _ in material.before.themes}
    return tuple(
        msgspec.structs.replace(
            one,
            new=one.theme in new,
            meaning=material.meanings.get(one.theme, ""),
        )
        for one in found
    )


def recoded_themes(
    material: EditionInputs, before: EarlierCoding, both: Flags
) -> Iterator[ThemeCodebookEffect]:
    """Each stream's number of texts by theme under both versions, where the two differ."""
    now = dict(material.themes)
    names = dict(before.themes) | now
    for stream in STREAMS:
        rows = both & (material.texts.stream == stream)
        was = texts_by_theme(before.themes, before.spoken[rows])
        became = texts_by_theme(material.themes, material.texts.spoken[rows])
        for theme, name in names.items():
            if was[theme] != became[theme]:
                yield ThemeCodebookEffect(
                    theme=theme, name=name, stream=stream, before=was[theme], after=became[theme]
                )


def texts_by_theme(themes: Iterable[tuple[str, str]], spoken: Flags) -> Counter[str]:
    sums = np.asarray(spoken.sum(axis=0)).tolist()
    return Counter({theme: many for (theme, _), many in zip(themes, sums, strict=True)})


def codebook_changes(before: EarlierCoding) -> Iterator[str]:
    """The edits since the earlier version as sentences, without the texts in them."""
    names, taught = theme_names(before.book), Counter[str]()
    for edit in (edit for book in before.later for edit in book.edits):
        after = theme_names_after([edit], names)
        if sentence := edit_sentence(edit, names, after):
            yield sentence
        elif not isinstance(edit, Pin):
            taught[edit.theme if isinstance(edit.theme, str) else edit.theme.id] += 1
        names = after
    if taught:
        some = ", ".join(f"“{names[theme]}” ({times})" for theme, times in taught.items())
        yield f"Examples, words or descriptions changed: {some}."


def edit_sentence(edit: AnyEdit, names: NamesByTheme, after: NamesByTheme) -> str:
    match edit:
        case Add(theme=theme):
            return f"“{after[theme.id]}” was added."
        case Rename(theme=theme) if names[theme] != after[theme]:
            return f"“{names[theme]}” is now called “{after[theme]}”."
        case Merge(theme=theme, into=into):
            return f"“{names[theme]}” was merged into “{names[into]}”."
        case Split(theme=theme, parts=parts):
            into = " and ".join(f"“{after[part.id]}”" for part in parts)
            return f"“{names[theme]}” was split into {into}."
        case Retire(theme=theme):
            return f"“{names[theme]}” was retired."
    return ""
