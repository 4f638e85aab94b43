"""What a newer codebook made of the same texts: why a figure differs though nobody wrote more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from analysis.material import Before, Material
from analysis.statistics.variance import Flags
from survey.codebooks import (
    Add,
    AnyEdit,
    Merge,
    Names,
    Pin,
    Rename,
    Retire,
    Split,
    names_after,
    names_of,
)
from survey.reports import NewCodebook, Recoded, ThemeShare

STREAMS = ("sampled", "open", "complaints")


def since(material: Material, inside: Flags) -> NewCodebook | None:
    """What changed since the edition before; None where that was told in the same version.

    Texts that arrived after the change were never read under the older version and stay out.
    """
    before = material.before
    if before is None:
        return None
    both = inside & before.known
    return NewCodebook(
        before=before.book.version,
        reasons=tuple(book.note for book in before.later if book.note),
        changes=tuple(changes(before)),
        texts=int(both.sum()),
        recoded=tuple(recoded(material, before, both)),
    )


def marked(material: Material, found: Sequence[ThemeShare]) -> tuple[ThemeShare, ...]:
    """Themes with what they are about, and whether the edition before had them in its codebook."""
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


def recoded(material: Material, before: Before, both: Flags) -> Iterator[Recoded]:
    """Each stream's texts by theme under both versions, where the two differ."""
    now = dict(material.themes)
    names = dict(before.themes) | now
    for stream in STREAMS:
        rows = both & (material.texts.stream == stream)
        was = counted(before.themes, before.spoken[rows])
        became = counted(material.themes, material.texts.spoken[rows])
        for theme, name in names.items():
            if was[theme] != became[theme]:
                yield Recoded(
                    theme=theme, name=name, stream=stream, before=was[theme], after=became[theme]
                )


def counted(themes: Iterable[tuple[str, str]], spoken: Flags) -> Counter[str]:
    sums = np.asarray(spoken.sum(axis=0)).tolist()
    return Counter({theme: many for (theme, _), many in zip(themes, sums, strict=True)})


def changes(before: Before) -> Iterator[str]:
    """The edits of all versions since as sentences, without the texts in them."""
    names, taught = names_of(before.book), Counter[str]()
    for edit in (edit for book in before.later for edit in book.edits):
        after = names_after([edit], names)
        if sentence := told(edit, names, after):
            yield sentence
        elif not isinstance(edit, Pin):
            taught[edit.theme if isinstance(edit.theme, str) else edit.theme.id] += 1
        names = after
    if taught:
        some = ", ".join(f"“{names[theme]}” ({times})" for theme, times in taught.items())
        yield f"Examples, words or descriptions changed: {some}."


def told(edit: AnyEdit, names: Names, after: Names) -> str:
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
