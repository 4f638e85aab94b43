"""What a new codebook changed: its edits as sentences, and the same texts under both versions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from analysis.editions.inputs import EarlierCoding, EditionInputs
from analysis.statistics.sampling.variance import Flags
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
from survey.editions.chapters.themes import NewCodebook, ThemeCodebookEffect
from survey.sentences import Sentence

STREAMS = ("sampled", "open", "complaints")


def codebook_effect(inputs: EditionInputs, inside: Flags) -> NewCodebook | None:
    """What changed in the codebook since the previous edition; None if the version is the same.

    Texts that arrived after the change were never read under the older version and are left out.
    """
    before = inputs.before
    if before is None:
        return None
    both = inside & before.known
    return NewCodebook(
        before=before.book.version,
        reasons=tuple(book.note for book in before.later if book.note),
        changes=tuple(codebook_changes(before)),
        texts=int(both.sum()),
        recoded=tuple(recoded_themes(inputs, before, both)),
    )


def recoded_themes(
    inputs: EditionInputs, before: EarlierCoding, both: Flags
) -> Iterator[ThemeCodebookEffect]:
    """Each stream's number of texts by theme under both versions, where the two differ."""
    now = dict(inputs.themes)
    names = dict(before.themes) | now
    for stream in STREAMS:
        rows = both & (inputs.texts.stream == stream)
        was = texts_by_theme(before.themes, before.spoken[rows])
        became = texts_by_theme(inputs.themes, inputs.texts.spoken[rows])
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
        yield Sentence("Examples, words or descriptions changed: {themes}.", themes=some)


def edit_sentence(edit: AnyEdit, names: NamesByTheme, after: NamesByTheme) -> str:
    match edit:
        case Add(theme=theme):
            return Sentence("“{theme}” was added.", theme=after[theme.id])
        case Rename(theme=theme) if names[theme] != after[theme]:
            return Sentence(
                "“{theme}” is now called “{name}”.", theme=names[theme], name=after[theme]
            )
        case Merge(theme=theme, into=into):
            return Sentence(
                "“{theme}” was merged into “{into}”.", theme=names[theme], into=names[into]
            )
        case Split(theme=theme, parts=parts):
            into = listed_names([after[part.id] for part in parts])
            return Sentence("“{theme}” was split into {parts}.", theme=names[theme], parts=into)
        case Retire(theme=theme):
            return Sentence("“{theme}” was retired.", theme=names[theme])
    return ""


def listed_names(names: Sequence[str]) -> str:
    """The names in quotation marks, as a list in a sentence."""
    *others, last = [f"“{name}”" for name in names]
    if not others:
        return last
    return Sentence("{names} and {last}", names=", ".join(others), last=last)
