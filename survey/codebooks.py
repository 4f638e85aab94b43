"""The codebook: selected themes, the edits people make to them, and where each theme went."""

from collections.abc import Iterable

import msgspec

from survey.instruments import Wording, said
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


Names = dict[str, str]


def names_of(book: Codebook) -> Names:
    return {theme.id: said(theme.name) for theme in book.themes}


def names_after(edits: Iterable[AnyEdit], names: Names) -> Names:
    """What themes are called, those that have gone too, once the edits are made."""
    known = dict(names)
    for edit in edits:
        match edit:
            case Add(theme=theme):
                known[theme.id] = said(theme.name)
            case Split(parts=parts):
                known |= {part.id: said(part.name) for part in parts}
            case Rename(theme=ident, name=name) if "en" in name:
                known[ident] = name["en"]
    return known


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


def shifted(
    book: Codebook, before: Iterable[str], after: Iterable[str], *, since: int
) -> list[tuple[str, str]]:
    """Which themes a text left for which, re-coded under this version; "" is no theme.

    A theme that has gone leaves for what it went into where the text speaks of that, and any other
    for whatever is new in the text.
    """
    told, heard = dict.fromkeys(before), dict.fromkeys(after)
    gained = [theme for theme in heard if theme not in told]
    into = {one.theme: one.into for one in book.descent if one.version > since}
    found: list[tuple[str, str]] = []
    for theme in told:
        if theme not in heard:
            heirs = [heir for heir in heirs_of(theme, into) if heir in heard]
            found += [(theme, other) for other in heirs or gained or [""]]
    reached = {other for _, other in found}
    return found + [("", theme) for theme in gained if theme not in reached]


def heirs_of(theme: str, into: dict[str, tuple[str, ...]]) -> list[str]:
    """The themes in use that a theme went into, over all versions; itself if it stayed."""
    if theme not in into:
        return [theme]
    return [heir for one in into[theme] for heir in heirs_of(one, into)]


def told_as(book: Codebook, theme: str) -> tuple[str, ...]:
    """Every id that a text may have been coded with and that this version tells as the theme."""
    into = {one.theme: one.into for one in book.descent}
    return tuple(sorted(one for one in book.used_ids() if end(one, into) == theme))


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
