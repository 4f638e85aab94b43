"""What the codebook formats share: the themes in a file, and the edits they make to a draft."""

from collections.abc import Iterator

import msgspec

from survey.coding.codebook_edits import (
    apply_edit,
    check_theme_name,
    check_theme_text,
    folded_text,
    free_theme_id,
    parse_seeds,
)
from survey.coding.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Pin,
    Rename,
    Seed,
    Theme,
)
from survey.coding.refusals import repeated_theme
from survey.files import bad_cells, too_large_file
from survey.problems import Fault, Problem
from survey.surveys.instruments import Wording, wording_text

MOST_BYTES = 1_000_000
MOST_FAULTS = 20


class ThemeFromFile(msgspec.Struct, frozen=True, kw_only=True):
    """One theme in a file, and where it is; fields that the file lacks are empty or None."""

    where: str
    name: Wording
    id: str = ""
    description: str = ""
    seeds: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    pinned: bool | None = None


class CodebookFile(msgspec.Struct, frozen=True):
    """The themes of a file; `notes` say which parts of it were not read."""

    offers: tuple[ThemeFromFile, ...]
    notes: tuple[str, ...] = ()


class CodebookImport(msgspec.Struct, frozen=True):
    """A draft after an import, the edits made, and the ids of themes not in the file."""

    draft: Codebook
    edits: tuple[AnyEdit, ...]
    unnamed: tuple[str, ...]


def codebook_import(
    draft: Codebook, offers: tuple[ThemeFromFile, ...], file: str
) -> CodebookImport:
    """The draft with everything that the file adds or changes; nothing is ever removed.

    All or nothing: raises with every row that cannot be used.
    """
    grown, named, faults = draft, set[str](), list[Fault]()
    for offer in offers:
        try:
            theme = find_theme(draft, offer)
            if theme and theme.id in named:
                raise repeated_theme(wording_text(theme.name))
            before = len(grown.themes)
            for edit in theme_edits(grown, theme, offer):
                grown = apply_edit(grown, edit)
            named.add(theme.id if theme else grown.themes[before].id)
        except Problem as refused:
            faults.append(Fault(offer.where, refused.sentence.removesuffix(".")))
    if faults:
        raise bad_cells(file, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    edits = grown.edits[len(draft.edits) :]
    return CodebookImport(
        grown, edits, tuple(theme.id for theme in draft.themes if theme.id not in named)
    )


def find_theme(draft: Codebook, offer: ThemeFromFile) -> Theme | None:
    """The existing theme that is meant: by its id, else by its English name."""
    name = folded_text(wording_text(offer.name))
    for theme in draft.themes:
        same_name = bool(name) and folded_text(wording_text(theme.name)) == name
        # An id that the draft has outweighs the name: the theme may have been renamed in the file.
        if theme.id == offer.id or (same_name and offer.id not in draft.ids()):
            return theme
    return None


def theme_edits(draft: Codebook, theme: Theme | None, offer: ThemeFromFile) -> Iterator[AnyEdit]:
    if theme is None:
        yield Add(theme=new_theme(draft, offer))
        return
    if new := {code: name for code, name in offer.name.items() if theme.name.get(code) != name}:
        yield Rename(theme=theme.id, name=new)
    if offer.description and folded_text(offer.description) != folded_text(theme.description):
        yield Describe(theme=theme.id, description=offer.description)
    # A file adds words and never takes any away: it may be older than the draft.
    if set(offer.seeds) - set(theme.seeds):
        yield Seed(theme=theme.id, words=(*theme.seeds, *offer.seeds))
    for text in missing_texts(offer.examples, theme.examples):
        yield Exemplify(theme=theme.id, text=text)
    for text in missing_texts(offer.counterexamples, theme.counterexamples):
        yield Exclude(theme=theme.id, text=text)
    if offer.pinned is not None and offer.pinned != theme.pinned:
        yield Pin(theme=theme.id, pinned=offer.pinned)


def new_theme(draft: Codebook, offer: ThemeFromFile) -> Theme:
    """A theme that the draft does not have; without a description it gets its name for one."""
    for text in (*offer.examples, *offer.counterexamples):
        check_theme_text(text, "example")
    return Theme(
        id=offer.id or free_theme_id(draft, wording_text(offer.name)),
        name=check_theme_name(offer.name),
        description=offer.description or wording_text(offer.name),
        examples=offer.examples,
        counterexamples=offer.counterexamples,
        seeds=parse_seeds(offer.seeds),
        pinned=bool(offer.pinned),
    )


def missing_texts(offered: tuple[str, ...], have: tuple[str, ...]) -> list[str]:
    """Texts that are not there yet; differences in case and white space do not count."""
    known = {folded_text(text) for text in have}
    return [text for text in dict.fromkeys(offered) if folded_text(text) not in known]


def check_file_size(file: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise too_large_file(file, MOST_BYTES)
