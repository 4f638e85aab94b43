"""What people wrote: theme shares, and what a new codebook changed."""

from collections.abc import Iterable

import msgspec

from survey.editions.figures import FigureStatus


class ThemeShare(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one stream on a theme.

    `texts` is the machine's count. Where `corrected`, `share` is corrected with `labels` texts that
    people coded, else it is the machine's own; `machine_share` is the machine's in both cases.
    `new` if the theme was not in the previous edition's codebook; `meaning` is its description.
    `voices` and `voice_share` are the machine's with each campaign counted once; they are None for
    people drawn by chance, each of whom is one voice.
    """

    theme: str
    name: str
    stream: str
    domain: str
    texts: int | None
    share: float | None
    low: float | None
    high: float | None
    status: FigureStatus = "shown"
    machine_share: float | None = None
    corrected: bool = False
    labels: int | None = None
    method: str = "machine count"
    voices: int | None = None
    voice_share: float | None = None
    new: bool = False
    meaning: str = ""


def themes_by_frequency(rows: Iterable[ThemeShare]) -> list[ThemeShare]:
    """The largest share (or count) first; withheld themes come last, by name."""
    return sorted(
        rows,
        key=lambda one: (one.texts is None, -(one.share or 0), -(one.texts or 0), one.name),
    )


class ThemeCodebookEffect(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of a stream are on a theme under two versions of the codebook.

    The texts are the same: only the coding differs. None where withheld.
    """

    theme: str
    name: str
    stream: str
    before: int | None
    after: int | None


class NewCodebook(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, and why, since version `before`, which the previous edition used.

    `texts` were coded under both versions.
    """

    before: int
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    texts: int | None
    recoded: tuple[ThemeCodebookEffect, ...]
