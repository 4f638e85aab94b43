"""The codebook: selected themes, the edits people make to them, and where each theme went."""

from collections.abc import Iterable

import msgspec

from survey.instruments import Wording
from survey.problems import NotFound


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """A selected theme: named and described by people, recognised by its examples.

    Its `id` is its own for ever. `counterexamples` are texts that do not belong, `seeds` words
    that tell of it; a `pinned` theme is left alone by what a machine proposes.
    """

    id: str
    name: Wording
    description: str
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    pinned: bool = False


class Descent(msgspec.Struct, frozen=True):
    """Where a theme went that version `version` no longer has: into others, or nowhere."""

    version: int
    theme: str
    into: tuple[str, ...]


class Edit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit"):
    """One change to a codebook, kept with the version that it made."""


class Add(Edit, frozen=True, kw_only=True, tag="add"):
    theme: Theme


class Rename(Edit, frozen=True, kw_only=True, tag="rename"):
    theme: str
    name: Wording


class Describe(Edit, frozen=True, kw_only=True, tag="describe"):
    theme: str
    description: str


class Seed(Edit, frozen=True, kw_only=True, tag="seed"):
    theme: str
    words: tuple[str, ...]


class Pin(Edit, frozen=True, kw_only=True, tag="pin"):
    theme: str
    pinned: bool = True


class Exemplify(Edit, frozen=True, kw_only=True, tag="exemplify"):
    theme: str
    text: str


class Exclude(Edit, frozen=True, kw_only=True, tag="exclude"):
    """The text does not belong to the theme."""

    theme: str
    text: str


class Forget(Edit, frozen=True, kw_only=True, tag="forget"):
    """The text is no example of the theme any more, neither for nor against it."""

    theme: str
    text: str


class Merge(Edit, frozen=True, kw_only=True, tag="merge"):
    """One theme is folded into another, which keeps its id and its name."""

    theme: str
    into: str


class Split(Edit, frozen=True, kw_only=True, tag="split"):
    """A theme gives way to two or more, which have ids of their own."""

    theme: str
    parts: tuple[Theme, ...]


class Retire(Edit, frozen=True, kw_only=True, tag="retire"):
    theme: str


AnyEdit = (
    Add | Rename | Describe | Seed | Pin | Exemplify | Exclude | Forget | Merge | Split | Retire
)


class Codebook(msgspec.Struct, frozen=True, kw_only=True):
    """One frozen version of the selected themes; coding never changes it.

    `edits` made it out of the version before; `descent` remembers every theme that has gone.
    """

    version: int
    themes: tuple[Theme, ...]
    edits: tuple[AnyEdit, ...] = ()
    descent: tuple[Descent, ...] = ()
    note: str = ""

    def get(self, theme: str) -> Theme:
        for one in self.themes:
            if one.id == theme:
                return one
        raise NotFound(
            "theme.unknown",
            f"There is no theme called {theme!r} in version {self.version} of the codebook.",
            "Look at the list of themes.",
        )

    def ids(self) -> frozenset[str]:
        return frozenset(theme.id for theme in self.themes)

    def used_ids(self) -> frozenset[str]:
        """Every id that any version so far has given; none is given twice."""
        return self.ids() | {one.theme for one in self.descent}


class CandidateTheme(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that a machine proposes; it codes nothing until a person selects it."""

    label: str
    words: tuple[str, ...]
    quotes: tuple[str, ...]
    size: int


def carried(book: Codebook, themes: Iterable[str], *, since: int) -> tuple[str, ...]:
    """Codes made under version `since`, told in the themes of this version, in order, each once.

    A merged theme is told as the one it went into and a retired one as nothing. One that was
    split stays under its own id: which part the text belongs to is not known until it is re-coded.
    """
    into = {one.theme: one.into for one in book.descent if one.version > since}
    told = dict.fromkeys(end(theme, into) for theme in themes)
    return tuple(theme for theme in told if theme)


def end(theme: str, into: dict[str, tuple[str, ...]]) -> str:
    while len(way := into.get(theme, (theme, theme))) == 1:
        theme = way[0]
    return theme if way else ""


def family(book: Codebook, theme: str) -> frozenset[str]:
    """The theme, all that it went into and all that went into these: what keeps a total."""
    found = {theme}
    while True:
        more = {
            name
            for one in book.descent
            for name in (one.theme, *one.into)
            if found & {one.theme, *one.into}
        }
        if more <= found:
            return frozenset(found)
        found |= more
