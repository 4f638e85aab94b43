"""What an edit does to a draft of the codebook, and which edits are refused."""

import itertools
import re
import unicodedata

import msgspec

from survey.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Descent,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    Pin,
    Rename,
    Retire,
    Seed,
    Split,
    Theme,
)
from survey.instruments import Wording
from survey.problems import Conflict, Invalid

THEME_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
MOST_THEMES = 70
MOST_EXAMPLES = 200
LONGEST_EXAMPLE = 1_000
MOST_SEEDS = 50
LONGEST_SEED = 60


def draft_of(book: Codebook) -> Codebook:
    """The next version, as yet without an edit."""
    return msgspec.structs.replace(book, version=book.version + 1, edits=(), note="")


def edited(draft: Codebook, edit: AnyEdit) -> Codebook:
    """The draft with one edit more; refused where it names what is not there."""
    match edit:
        case Add(theme=theme):
            themes = (*draft.themes, sound(draft, theme))
        case Merge(theme=theme, into=into):
            return gone(with_edit(draft, merged(draft, theme, into), edit), theme, (into,))
        case Split(theme=theme, parts=parts):
            return gone(
                with_edit(draft, split(draft, theme, parts), edit),
                theme,
                tuple(part.id for part in parts),
            )
        case Retire(theme=theme):
            return gone(with_edit(draft, without(draft, theme), edit), theme, ())
        case _:
            changed = change(draft.get(edit.theme), edit)
            themes = tuple(changed if one.id == edit.theme else one for one in draft.themes)
    return with_edit(draft, themes, edit)


def change(theme: Theme, edit: AnyEdit) -> Theme:
    """A theme after an edit that concerns it alone."""
    replace = msgspec.structs.replace
    match edit:
        case Rename(name=name):
            return replace(theme, name=theme.name | worded(name))
        case Describe(description=description):
            return replace(theme, description=written(description, "description"))
        case Seed(words=words):
            return replace(theme, seeds=seeded(words))
        case Pin(pinned=pinned):
            return replace(theme, pinned=pinned)
        case Exemplify(text=text):
            examples = roomy((*less(theme.examples, text), written(text, "example")))
            rest = less(theme.counterexamples, text)
            return replace(theme, examples=examples, counterexamples=rest)
        case Exclude(text=text):
            against = roomy((*less(theme.counterexamples, text), written(text, "example")))
            return replace(theme, examples=less(theme.examples, text), counterexamples=against)
        case Forget(text=text):
            return replace(
                theme,
                examples=less(theme.examples, text),
                counterexamples=less(theme.counterexamples, text),
            )
    raise TypeError(f"{type(edit).__name__} concerns more than one theme")


def less(texts: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(one for one in texts if one != text)


def merged(draft: Codebook, theme: str, into: str) -> tuple[Theme, ...]:
    if theme == into:
        raise Invalid(
            "theme.merge_self",
            "A theme cannot be merged with itself.",
            "Choose another theme to merge it into.",
        )
    one, other = draft.get(theme), draft.get(into)
    examples = tuple(dict.fromkeys((*other.examples, *one.examples)))
    against = (*other.counterexamples, *one.counterexamples)
    whole = msgspec.structs.replace(
        other,
        examples=examples[:MOST_EXAMPLES],
        counterexamples=tuple(dict.fromkeys(text for text in against if text not in examples)),
        seeds=tuple(dict.fromkeys((*other.seeds, *one.seeds))),
        pinned=one.pinned or other.pinned,
    )
    return tuple(whole if t.id == into else t for t in draft.themes if t.id != theme)


def split(draft: Codebook, theme: str, parts: tuple[Theme, ...]) -> tuple[Theme, ...]:
    if len(parts) < 2:
        raise Invalid(
            "theme.split_parts",
            "A theme can only be split into two or more parts.",
            "Name at least two parts, or rename the theme instead.",
        )
    draft.get(theme)
    grown = draft
    for part in parts:
        themes = (*grown.themes, sound(grown, part))
        grown = msgspec.structs.replace(grown, themes=themes)
    new = grown.themes[len(draft.themes) :]
    return tuple(part for one in draft.themes for part in (new if one.id == theme else (one,)))


def without(draft: Codebook, theme: str) -> tuple[Theme, ...]:
    draft.get(theme)
    if len(draft.themes) == 1:
        raise Invalid(
            "theme.last",
            "A codebook needs at least one theme.",
            "Add another theme before you retire this one.",
        )
    return tuple(one for one in draft.themes if one.id != theme)


def sound(draft: Codebook, theme: Theme) -> Theme:
    """A new theme that may join: an id nobody had, a name, a description."""
    if not THEME_ID.fullmatch(theme.id):
        raise Invalid(
            "theme.id",
            f"{theme.id!r} cannot be the id of a theme.",
            "Use 2 to 60 lower-case letters, digits and hyphens.",
        )
    if theme.id in draft.used_ids():
        raise Conflict(
            "theme.id_used",
            f"The id {theme.id!r} was used before.",
            "An id is never used twice; choose another.",
        )
    if len(draft.themes) >= MOST_THEMES:
        raise Invalid(
            "codebook.full",
            f"A codebook can have {MOST_THEMES} themes at most.",
            "Merge or retire themes that mean nearly the same.",
        )
    worded(theme.name)
    written(theme.description, "description")
    roomy(theme.examples)
    return theme


def worded(name: Wording) -> Wording:
    if not name or any(not text.strip() or len(text) > 120 for text in name.values()):
        raise Invalid(
            "theme.name", "A theme needs a name of up to 120 characters.", "Write a short name."
        )
    return name


def written(text: str, what: str) -> str:
    if not text.strip() or len(text) > LONGEST_EXAMPLE:
        raise Invalid(
            f"theme.{what}",
            f"The {what} is empty, or longer than {LONGEST_EXAMPLE:,} characters.",
            "Write a sentence or two.",
        )
    return text


def roomy(examples: tuple[str, ...]) -> tuple[str, ...]:
    if len(examples) > MOST_EXAMPLES:
        raise Invalid(
            "theme.examples",
            f"A theme can have {MOST_EXAMPLES} examples at most.",
            "Remove examples that say the same.",
        )
    return examples


def seeded(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(kept) > MOST_SEEDS or any(len(word) > LONGEST_SEED for word in kept):
        raise Invalid(
            "theme.seeds",
            f"A theme can have {MOST_SEEDS} seed words at most, of up to {LONGEST_SEED} "
            "characters.",
            "Use words that point to this theme and to no other.",
        )
    return kept


def free_id(draft: Codebook, name: str, but: frozenset[str] = frozenset()) -> str:
    """An id for a new theme, told from its name, that nobody had and `but` does not hold."""
    used = draft.used_ids() | but
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = "-".join(re.findall(r"[a-z0-9]+", letters))[:50].strip("-")
    stem = plain if len(plain) > 1 else "theme"
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([stem], numbered) if one not in used)


def with_edit(draft: Codebook, themes: tuple[Theme, ...], edit: AnyEdit) -> Codebook:
    return msgspec.structs.replace(draft, themes=themes, edits=(*draft.edits, edit))


def gone(draft: Codebook, theme: str, into: tuple[str, ...]) -> Codebook:
    left = (*draft.descent, Descent(draft.version, theme, into))
    return msgspec.structs.replace(draft, descent=left)


def forgotten(book: Codebook, words: frozenset[str]) -> Codebook:
    """A version without texts that were erased: as examples and in the edits that brought them."""
    return msgspec.structs.replace(
        book,
        themes=tuple(rid(theme, words) for theme in book.themes),
        edits=tuple(unsaid(edit, words) for edit in book.edits),
    )


def rid(theme: Theme, words: frozenset[str]) -> Theme:
    return msgspec.structs.replace(
        theme,
        examples=tuple(text for text in theme.examples if text not in words),
        counterexamples=tuple(text for text in theme.counterexamples if text not in words),
    )


def unsaid(edit: AnyEdit, words: frozenset[str]) -> AnyEdit:
    match edit:
        case Add(theme=theme):
            return Add(theme=rid(theme, words))
        case Split(theme=name, parts=parts):
            return Split(theme=name, parts=tuple(rid(part, words) for part in parts))
        case Exemplify(text=text) | Exclude(text=text) | Forget(text=text) if text in words:
            return msgspec.structs.replace(edit, text="")
    return edit
