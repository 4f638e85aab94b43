"""The codebook and what is coded by it.

The codebook has selected themes, the edits people make to them, and where removed themes went. A
code says which themes a machine found in a text, in what tone, and how sure it was.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from survey.surveys.instruments import Wording, wording_text
from survey.themes.refusals import unknown_theme

NamesByTheme = dict[str, str]
Polarity = Literal["negative", "neutral", "positive"]
CommentType = Literal["experience", "complaint", "praise", "suggestion", "question"]


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """A selected theme: named and described by people, recognised by its examples.

    Its `id` never changes and is never reused. `counterexamples` are texts that do not belong,
    `seeds` words that point to it; proposals made by the machine leave a `pinned` theme alone.
    """

    id: str
    name: Wording
    description: str
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    pinned: bool = False


class Descent(msgspec.Struct, frozen=True):
    """A theme that version `version` removed, and the themes it went into; () if retired."""

    version: int
    theme: str
    into: tuple[str, ...]


class Edit(msgspec.Struct, frozen=True, kw_only=True, tag_field="edit"):
    """One change to a codebook; stored with the version that it led to."""


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
    """The edit by which a text that does not belong to a theme becomes a counterexample of it."""

    theme: str
    text: str


class Forget(Edit, frozen=True, kw_only=True, tag="forget"):
    """The edit by which a text is no longer an example or a counterexample of a theme."""

    theme: str
    text: str


class Merge(Edit, frozen=True, kw_only=True, tag="merge"):
    """The edit by which one theme is merged into another, which keeps its id and its name."""

    theme: str
    into: str


class Split(Edit, frozen=True, kw_only=True, tag="split"):
    """The edit by which a theme is replaced by two or more, which have ids of their own."""

    theme: str
    parts: tuple[Theme, ...]


class Retire(Edit, frozen=True, kw_only=True, tag="retire"):
    theme: str


AnyEdit = (
    Add | Rename | Describe | Seed | Pin | Exemplify | Exclude | Forget | Merge | Split | Retire
)


class Codebook(msgspec.Struct, frozen=True, kw_only=True):
    """One published version of the selected themes; coding never changes it.

    `edits` turned the previous version into this one; `descent` lists every theme ever removed.
    """

    version: int
    themes: tuple[Theme, ...]
    edits: tuple[AnyEdit, ...] = ()
    descent: tuple[Descent, ...] = ()
    note: str = ""

    def get(self, theme: str) -> Theme:
        for known_theme in self.themes:
            if known_theme.id == theme:
                return known_theme
        raise unknown_theme(theme, self.version)

    def ids(self) -> frozenset[str]:
        return frozenset(theme.id for theme in self.themes)

    def used_ids(self) -> frozenset[str]:
        """Every theme id used in this or an earlier version; an id is never reused."""
        return self.ids() | {descent.theme for descent in self.descent}


def theme_names(book: Codebook) -> NamesByTheme:
    return {theme.id: wording_text(theme.name) for theme in book.themes}


def theme_names_after(edits: Iterable[AnyEdit], names: NamesByTheme) -> NamesByTheme:
    """The names of all themes, removed ones included, once the edits are applied."""
    known = dict(names)
    for edit in edits:
        match edit:
            case Add(theme=theme):
                known[theme.id] = wording_text(theme.name)
            case Split(parts=parts):
                known |= {part.id: wording_text(part.name) for part in parts}
            case Rename(theme=ident, name=name) if "en" in name:
                known[ident] = name["en"]
    return known


class CandidateTheme(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that the machine proposes; it is not used until a person selects it."""

    label: str
    words: tuple[str, ...]
    quotes: tuple[str, ...]
    size: int


def current_themes(book: Codebook, themes: Iterable[str], *, since: int) -> tuple[str, ...]:
    """Themes that were coded under version `since`, as themes of this version: in order, each once.

    A merged theme becomes the one it was merged into; a retired theme is left out. A split theme
    keeps its own id: which part the text belongs to is not known until it is re-coded.
    """
    into = {descent.theme: descent.into for descent in book.descent if descent.version > since}
    final = dict.fromkeys(final_theme(theme, into) for theme in themes)
    return tuple(theme for theme in final if theme)


def final_theme(theme: str, into: dict[str, tuple[str, ...]]) -> str:
    # A theme that stayed gets a pair, so that the loop ends there as it does at one that was split.
    while len(way := into.get(theme, (theme, theme))) == 1:
        theme = way[0]
    return theme if way else ""


def theme_shifts(
    book: Codebook, before: Iterable[str], after: Iterable[str], *, since: int
) -> list[tuple[str, str]]:
    """The changes of theme of a text re-coded under this version, as (from, to); "" is no theme.

    A theme that the text has lost goes to those of the theme's successors that the text has now,
    or, if there are none, to all themes that are new in the text.
    """
    earlier, later = dict.fromkeys(before), dict.fromkeys(after)
    gained = [theme for theme in later if theme not in earlier]
    into = {descent.theme: descent.into for descent in book.descent if descent.version > since}
    shifts: list[tuple[str, str]] = []
    for theme in earlier:
        if theme not in later:
            heirs = [heir for heir in successor_themes(theme, into) if heir in later]
            shifts += [(theme, other) for other in heirs or gained or [""]]
    reached = {other for _, other in shifts}
    return shifts + [("", theme) for theme in gained if theme not in reached]


def successor_themes(theme: str, into: dict[str, tuple[str, ...]]) -> list[str]:
    """The themes in use that a theme became, over all versions; the theme itself if it stayed."""
    if theme not in into:
        return [theme]
    return [heir for successor in into[theme] for heir in successor_themes(successor, into)]


def ids_counted_as(book: Codebook, theme: str) -> tuple[str, ...]:
    """Every id, of this or an earlier version, that this version counts under the theme."""
    into = {descent.theme: descent.into for descent in book.descent}
    return tuple(sorted(ident for ident in book.used_ids() if final_theme(ident, into) == theme))


class Span(msgspec.Struct, frozen=True):
    """Personal data in a text: characters start to end, and what kind it is."""

    start: int
    end: int
    kind: str


class ShippedTone(msgspec.Struct, frozen=True, array_like=True):
    """The tone of a text as the machine reads it before it learned from anybody's labels."""

    label: Polarity
    polarity: float
    confidence: float


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """A sentence of a text, `start` to `end` of the redacted text, with its own tone."""

    start: int
    end: int
    label: Polarity
    polarity: float


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The tone of a text from -1 to 1 (p+ less p-), with TextBlob's words.

    `label` is what reports count, `confidence` the probability of that label, and `scorers` the
    result of each scorer, from -1 to 1. Where a tone head read it, `shipped` is the tone without
    it, and `checked` how often such a tone is right, where labels of the stream show that.
    `statements` are the sentences of a text with praise and blame, as shipped; older codes have
    none. `left_out` is where the redacted text has courtesies, which were not read.
    """

    label: Polarity
    polarity: float
    subjectivity: float
    words: tuple[tuple[str, float], ...]
    confidence: float = 0.0
    scorers: tuple[tuple[str, float], ...] = ()
    shipped: ShippedTone | None = None
    checked: float | None = None
    statements: tuple[Statement, ...] = ()
    left_out: tuple[tuple[int, int], ...] = ()


def shown_confidence(tone: Sentiment) -> float | None:
    """How sure the machine is of a tone, as people are shown it: only if labels have checked it.

    As shipped it is off by up to .19 (patients' comments), more than the .05 that we accept.
    """
    return tone.checked


class ThemeCode(msgspec.Struct, frozen=True):
    """A theme found in a text; the strongest passage is `start` to `end` of the redacted text."""

    theme: str
    strength: float
    start: int = 0
    end: int = 0


class Passages(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors of a redacted text and of its sentences, stored so that it is encoded only once.

    `reader` is the model that made them; `spans` the start and end of each; `vectors` their rows
    as little-endian float16, one after the other.
    """

    reader: str
    spans: tuple[tuple[int, int], ...]
    vectors: bytes


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """Everything assigned to one text; None where it could not be read.

    `sentiment` and `comment_type` are for English only; `passages` need a model of the text's
    language. `theme_passages` are those of a second model, if the themes were found in these.
    """

    language: str
    redacted: str
    spans: tuple[Span, ...]
    sentiment: Sentiment | None
    themes: tuple[ThemeCode, ...]
    coder: str
    coder_version: str
    codebook: int
    comment_type: CommentType | None = None
    passages: Passages | None = None
    theme_passages: Passages | None = None
