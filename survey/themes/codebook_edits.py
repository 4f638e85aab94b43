"""Applies edits to a draft of the codebook, and refuses those that are not possible."""

import itertools
import re
import unicodedata

import msgspec
from msgspec.structs import replace

from survey.surveys.instruments import Wording
from survey.themes import refusals
from survey.themes.codebooks import (
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

THEME_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
# As many as themefinder allows a set of themes.
MOST_THEMES = 70
MOST_EXAMPLES = 200
LONGEST_EXAMPLE = 1_000
MOST_SEEDS = 50
LONGEST_SEED = 60


def next_draft(book: Codebook) -> Codebook:
    """A draft of the next version, without edits so far."""
    return replace(book, version=book.version + 1, edits=(), note="")


def apply_edit(draft: Codebook, edit: AnyEdit) -> Codebook:
    """The draft after one more edit; raises if the edit is not possible."""
    match edit:
        case Add(theme=theme):
            themes = (*draft.themes, check_new_theme(draft, theme, draft.themes))
        case Merge(theme=theme, into=into):
            return draft_with_descent(
                draft_with_edit(draft, themes_after_merge(draft, theme, into), edit), theme, (into,)
            )
        case Split(theme=theme, parts=parts):
            return draft_with_descent(
                draft_with_edit(draft, themes_after_split(draft, theme, parts), edit),
                theme,
                tuple(part.id for part in parts),
            )
        case Retire(theme=theme):
            draft.get(theme)
            if len(draft.themes) == 1:
                raise refusals.last_theme()
            return draft_with_descent(
                draft_with_edit(draft, without_theme(draft.themes, theme), edit), theme, ()
            )
        case _:
            changed = apply_theme_edit(draft.get(edit.theme), edit)
            if isinstance(edit, Rename):
                check_free_name(without_theme(draft.themes, edit.theme), edit.name)
            themes = tuple(changed if theme.id == edit.theme else theme for theme in draft.themes)
    return draft_with_edit(draft, themes, edit)


def apply_theme_edit(theme: Theme, edit: AnyEdit) -> Theme:
    """A theme after an edit that concerns only this theme."""
    replace = msgspec.structs.replace
    match edit:
        case Rename(name=name):
            return replace(theme, name=theme.name | check_theme_name(name))
        case Describe(description=description):
            return replace(theme, description=check_theme_text(description, "description"))
        case Seed(words=words):
            return replace(theme, seeds=parse_seeds(words))
        case Pin(pinned=pinned):
            return replace(theme, pinned=pinned)
        case Exemplify(text=text):
            examples = check_examples(
                (*without_text(theme.examples, text), check_theme_text(text, "example"))
            )
            # One text may not speak for a theme and against it, so it leaves the other list.
            rest = without_text(theme.counterexamples, text)
            return replace(theme, examples=examples, counterexamples=rest)
        case Exclude(text=text):
            against = check_examples(
                (*without_text(theme.counterexamples, text), check_theme_text(text, "example"))
            )
            return replace(
                theme, examples=without_text(theme.examples, text), counterexamples=against
            )
        case Forget(text=text):
            return replace(
                theme,
                examples=without_text(theme.examples, text),
                counterexamples=without_text(theme.counterexamples, text),
            )
    raise TypeError(f"{type(edit).__name__} concerns more than one theme")


class ThemeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do to one theme: texts before and after, and the ids of some texts that
    would join and leave it.
    """

    theme: str
    name: str
    before: int
    after: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class DraftEffect(msgspec.Struct, frozen=True):
    """What a draft would do to the newest `texts` texts, theme by theme."""

    texts: int
    themes: tuple[ThemeEffect, ...]


def without_text(texts: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(kept_text for kept_text in texts if kept_text != text)


def themes_after_merge(draft: Codebook, theme: str, into: str) -> tuple[Theme, ...]:
    if theme == into:
        raise refusals.theme_merged_with_itself()
    old_theme, other = draft.get(theme), draft.get(into)
    # Those of the theme that stays come first, because the limit below cuts the last ones off.
    examples = tuple(dict.fromkeys((*other.examples, *old_theme.examples)))
    against = (*other.counterexamples, *old_theme.counterexamples)
    whole = replace(
        other,
        examples=examples[:MOST_EXAMPLES],
        # What speaks against one theme may be an example of the other, and so of the two together.
        counterexamples=tuple(dict.fromkeys(text for text in against if text not in examples)),
        seeds=tuple(dict.fromkeys((*other.seeds, *old_theme.seeds))),
        pinned=old_theme.pinned or other.pinned,
    )
    return tuple(whole if t.id == into else t for t in without_theme(draft.themes, theme))


def themes_after_split(draft: Codebook, theme: str, parts: tuple[Theme, ...]) -> tuple[Theme, ...]:
    if len(parts) < 2:
        raise refusals.too_few_theme_parts()
    # For its refusal: the parts of an unknown theme would vanish without a word.
    draft.get(theme)
    grown = draft
    for part in parts:
        # Checked with the parts before it in place, or two parts could share an id or a name. A
        # part may take the name of the theme that is split.
        others = without_theme(grown.themes, theme)
        themes = (*grown.themes, check_new_theme(grown, part, others))
        grown = replace(grown, themes=themes)
    new = grown.themes[len(draft.themes) :]
    return tuple(
        part
        for old_theme in draft.themes
        for part in (new if old_theme.id == theme else (old_theme,))
    )


def without_theme(themes: tuple[Theme, ...], theme: str) -> tuple[Theme, ...]:
    return tuple(kept_theme for kept_theme in themes if kept_theme.id != theme)


def check_new_theme(draft: Codebook, theme: Theme, others: tuple[Theme, ...]) -> Theme:
    """Return a new theme if it can be added next to others: an unused id, a name that none of them
    has, a description; else raise.
    """
    if not THEME_ID.fullmatch(theme.id):
        raise refusals.bad_theme_id(theme.id)
    if theme.id in draft.used_ids():
        raise refusals.used_theme_id(theme.id)
    if len(draft.themes) >= MOST_THEMES:
        raise refusals.full_codebook(MOST_THEMES)
    check_free_name(others, check_theme_name(theme.name))
    check_theme_text(theme.description, "description")
    check_examples(theme.examples)
    return theme


def check_free_name(others: tuple[Theme, ...], name: Wording) -> None:
    """Raise if another theme has the name, in any of its languages; capitals and blanks do not
    count.
    """
    for other in others:
        for code, text in name.items():
            if folded_text(other.name.get(code, "")) == folded_text(text):
                raise refusals.used_theme_name(text)


def folded_text(text: str) -> str:
    """The text in a form for comparison: lower case, single blanks, and one form of each letter."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def check_theme_name(name: Wording) -> Wording:
    if not name or any(not text.strip() or len(text) > 120 for text in name.values()):
        raise refusals.bad_theme_name()
    return name


def check_theme_text(text: str, what: str) -> str:
    if not text.strip() or len(text) > LONGEST_EXAMPLE:
        raise refusals.bad_theme_text(what, LONGEST_EXAMPLE)
    return text


def check_examples(examples: tuple[str, ...]) -> tuple[str, ...]:
    if len(examples) > MOST_EXAMPLES:
        raise refusals.too_many_examples(MOST_EXAMPLES)
    return examples


def parse_seeds(words: tuple[str, ...]) -> tuple[str, ...]:
    seeds = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(seeds) > MOST_SEEDS or any(len(word) > LONGEST_SEED for word in seeds):
        raise refusals.too_many_seeds(MOST_SEEDS, LONGEST_SEED)
    return seeds


def free_theme_id(draft: Codebook, name: str, but: frozenset[str] = frozenset()) -> str:
    """An id for a new theme, made from its name, that was never used and is not in `but`."""
    used = draft.used_ids() | but
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    # Fifty letters leave room for a number within the sixty of an id.
    plain = "-".join(re.findall(r"[a-z0-9]+", letters))[:50].strip("-")
    stem = plain if len(plain) > 1 else "theme"
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(
        candidate for candidate in itertools.chain([stem], numbered) if candidate not in used
    )


def draft_with_edit(draft: Codebook, themes: tuple[Theme, ...], edit: AnyEdit) -> Codebook:
    return replace(draft, themes=themes, edits=(*draft.edits, edit))


def draft_with_descent(draft: Codebook, theme: str, into: tuple[str, ...]) -> Codebook:
    left = (*draft.descent, Descent(draft.version, theme, into))
    return replace(draft, descent=left)


def codebook_without_texts(book: Codebook, words: frozenset[str]) -> Codebook:
    """A version without texts that were erased: in its examples and in its edits."""
    return replace(
        book,
        themes=tuple(theme_without_texts(theme, words) for theme in book.themes),
        edits=tuple(edit_without_texts(edit, words) for edit in book.edits),
    )


def theme_without_texts(theme: Theme, words: frozenset[str]) -> Theme:
    return replace(
        theme,
        examples=tuple(text for text in theme.examples if text not in words),
        counterexamples=tuple(text for text in theme.counterexamples if text not in words),
    )


def edit_without_texts(edit: AnyEdit, words: frozenset[str]) -> AnyEdit:
    match edit:
        case Add(theme=theme):
            return Add(theme=theme_without_texts(theme, words))
        case Split(theme=name, parts=parts):
            return Split(
                theme=name, parts=tuple(theme_without_texts(part, words) for part in parts)
            )
        # The edit stays without its words: only these were a resident's to erase.
        case Exemplify(text=text) | Exclude(text=text) | Forget(text=text) if text in words:
            return replace(edit, text="")
    return edit
