"""Refusals of a codebook and its themes, and of what is found in texts."""

from survey.problems import Conflict, Invalid, NotFound, Unavailable


def missing_codebook() -> Unavailable:
    return Unavailable("codebook.missing", "There is no codebook yet.", "Run `soundings migrate`.")


def unknown_codebook(version: int) -> NotFound:
    return NotFound(
        "codebook.unknown",
        f"There is no version {version} of the codebook.",
        "Look at the list of versions.",
    )


def full_codebook(most: int) -> Invalid:
    return Invalid(
        "codebook.full",
        f"A codebook can have {most} themes at most.",
        "Merge or retire themes that mean nearly the same.",
    )


def unchanged_codebook() -> Invalid:
    return Invalid(
        "codebook.unchanged",
        "The draft has no changes.",
        "Make a change, or discard the draft.",
    )


def changed_codebook_draft() -> Conflict:
    return Conflict(
        "codebook.draft_changed",
        "Someone else changed the draft in the meantime.",
        "Read the draft again, then make your change.",
    )


def stale_codebook_draft(version: int) -> Conflict:
    return Conflict(
        "codebook.draft_stale",
        f"The draft of version {version} was not made from the version in use.",
        "Nothing was lost: look at the version in use, then make the changes again.",
    )


def missing_codebook_draft() -> Conflict:
    return Conflict(
        "codebook.draft_missing",
        "There is no draft any more: it was accepted or discarded.",
        "Look at the version in use, then start a new draft.",
    )


def unknown_theme(theme: str, version: int) -> NotFound:
    return NotFound(
        "theme.unknown",
        f"There is no theme called {theme!r} in version {version} of the codebook.",
        "Look at the list of themes.",
    )


def last_theme() -> Invalid:
    return Invalid(
        "theme.last",
        "A codebook needs at least one theme.",
        "Add another theme before you retire this one.",
    )


def repeated_theme(name: str) -> Invalid:
    return Invalid("theme.twice", f"{name!r} is in this file twice.")


def theme_merged_with_itself() -> Invalid:
    return Invalid(
        "theme.merge_self",
        "A theme cannot be merged with itself.",
        "Choose another theme to merge it into.",
    )


def missing_merge_theme() -> Invalid:
    return Invalid("theme.merge_self", "Choose the theme to merge it into.")


def too_few_theme_parts() -> Invalid:
    return Invalid(
        "theme.split_parts",
        "A theme can only be split into two or more parts.",
        "Name at least two parts, or rename the theme instead.",
    )


def unknown_theme_edit() -> Invalid:
    return Invalid("theme.edit", "Choose what to change.")


def bad_theme_id(theme: str) -> Invalid:
    return Invalid(
        "theme.id",
        f"{theme!r} cannot be the id of a theme.",
        "Use 2 to 60 lower-case letters, digits and hyphens.",
    )


def used_theme_id(theme: str) -> Conflict:
    return Conflict(
        "theme.id_used",
        f"The id {theme!r} was used before.",
        "An id is never used twice; choose another.",
    )


def bad_theme_name() -> Invalid:
    return Invalid(
        "theme.name", "A theme needs a name of up to 120 characters.", "Write a short name."
    )


def used_theme_name(name: str) -> Invalid:
    return Invalid(
        "theme.name_used",
        f"Another theme is already called {name!r}.",
        "Choose another name, or merge the two themes.",
    )


def bad_theme_text(what: str, longest: int) -> Invalid:
    """The refusal of a description or an example, whichever `what` names."""
    return Invalid(
        f"theme.{what}",
        f"The {what} is empty, or longer than {longest:,} characters.",
        "Write a sentence or two.",
    )


def too_many_examples(most: int) -> Invalid:
    return Invalid(
        "theme.examples",
        f"A theme can have {most} examples at most.",
        "Remove examples that say the same.",
    )


def unknown_theme_example() -> Invalid:
    return Invalid("theme.example_unknown", "Choose one of the texts of this theme.")


def too_many_seeds(most: int, longest: int) -> Invalid:
    return Invalid(
        "theme.seeds",
        f"A theme can have {most} seed words at most, of up to {longest} characters.",
        "Use words that point to this theme and to no other.",
    )


def unknown_candidate() -> NotFound:
    return NotFound("candidate.unknown", "There is no such candidate.", "Look at the newest.")


def unknown_discovery() -> NotFound:
    return NotFound("discovery.unknown", "There is no such discovery.", "Look at the newest one.")


def unknown_campaign() -> NotFound:
    return NotFound(
        "campaign.unknown", "There is no such campaign.", "Look at the list of campaigns."
    )


def changed_campaign() -> Conflict:
    return Conflict(
        "campaign.changed",
        "Someone else has changed what holds for this campaign.",
        "Open the campaign again and look at what holds now.",
    )


def unknown_text() -> NotFound:
    return NotFound(
        "text.unknown", "There is no such text.", "It may have been erased by its writer."
    )
