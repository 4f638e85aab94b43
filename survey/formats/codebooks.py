"""Codebooks as files: what a file says of themes, and the edits that this makes of a draft."""

from collections.abc import Iterator

import msgspec

from survey.codebooks import (
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
from survey.edits import edited, free_id, seeded, worded, written
from survey.instruments import Wording, said
from survey.problems import Fault, Invalid, Problem, bad_cells, too_large_file

MOST_BYTES = 1_000_000
MOST_FAULTS = 20


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of one theme, and where; what is empty or None it does not say."""

    where: str
    name: Wording
    id: str = ""
    description: str = ""
    seeds: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    pinned: bool | None = None


class Offered(msgspec.Struct, frozen=True):
    """A file that was understood; `notes` tell what of it was not read."""

    offers: tuple[Offer, ...]
    notes: tuple[str, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """A draft after a file: the edits made, and the ids of themes that the file does not name."""

    draft: Codebook
    edits: tuple[AnyEdit, ...]
    unnamed: tuple[str, ...]


def taken(draft: Codebook, offers: tuple[Offer, ...], file: str) -> Taken:
    """The draft with everything that the file adds or says otherwise; nothing is ever removed.

    All or nothing: each row that is refused is named.
    """
    grown, named, faults = draft, set[str](), list[Fault]()
    for offer in offers:
        try:
            theme = found(draft, offer)
            if theme and theme.id in named:
                raise Invalid("theme.twice", f"{said(theme.name)!r} is in this file twice.")
            before = len(grown.themes)
            for edit in differences(grown, theme, offer):
                grown = edited(grown, edit)
            named.add(theme.id if theme else grown.themes[before].id)
        except Problem as refused:
            faults.append(Fault(offer.where, refused.sentence.removesuffix(".")))
    if faults:
        raise bad_cells(file, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    edits = grown.edits[len(draft.edits) :]
    return Taken(grown, edits, tuple(theme.id for theme in draft.themes if theme.id not in named))


def found(draft: Codebook, offer: Offer) -> Theme | None:
    """The theme that is meant: by its id, else by its English name."""
    name = flat(said(offer.name))
    for theme in draft.themes:
        same_name = bool(name) and flat(said(theme.name)) == name
        if theme.id == offer.id or (same_name and offer.id not in draft.ids()):
            return theme
    return None


def differences(draft: Codebook, theme: Theme | None, offer: Offer) -> Iterator[AnyEdit]:
    if theme is None:
        yield Add(theme=new_theme(draft, offer))
        return
    if new := {code: name for code, name in offer.name.items() if theme.name.get(code) != name}:
        yield Rename(theme=theme.id, name=new)
    if offer.description and flat(offer.description) != flat(theme.description):
        yield Describe(theme=theme.id, description=offer.description)
    if set(offer.seeds) - set(theme.seeds):
        yield Seed(theme=theme.id, words=(*theme.seeds, *offer.seeds))
    for text in missing(offer.examples, theme.examples):
        yield Exemplify(theme=theme.id, text=text)
    for text in missing(offer.counterexamples, theme.counterexamples):
        yield Exclude(theme=theme.id, text=text)
    if offer.pinned is not None and offer.pinned != theme.pinned:
        yield Pin(theme=theme.id, pinned=offer.pinned)


def new_theme(draft: Codebook, offer: Offer) -> Theme:
    """A theme that the draft has not; without a description its name must do for a while."""
    for text in (*offer.examples, *offer.counterexamples):
        written(text, "example")
    return Theme(
        id=offer.id or free_id(draft, said(offer.name)),
        name=worded(offer.name),
        description=offer.description or said(offer.name),
        examples=offer.examples,
        counterexamples=offer.counterexamples,
        seeds=seeded(offer.seeds),
        pinned=bool(offer.pinned),
    )


def missing(offered: tuple[str, ...], have: tuple[str, ...]) -> list[str]:
    """Texts that are not there yet; a line break or a space more does not make another text."""
    known = {flat(text) for text in have}
    return [text for text in dict.fromkeys(offered) if flat(text) not in known]


def flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def check_size(file: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise too_large_file(file, MOST_BYTES)
