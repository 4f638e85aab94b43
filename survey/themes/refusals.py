"""Refusals of a codebook and its themes, and of what is found in texts."""

from survey.problems import Conflict, Invalid, NotFound, Unavailable

missing_codebook = Unavailable.of(
    "codebook.missing", "There is no codebook yet.", "Run `soundings migrate`."
)
unknown_codebook = NotFound.of(
    "codebook.unknown",
    "There is no version {version} of the codebook.",
    "Look at the list of versions.",
)
full_codebook = Invalid.of(
    "codebook.full",
    "A codebook can have {most} themes at most.",
    "Merge or retire themes that mean nearly the same.",
)
unchanged_codebook = Invalid.of(
    "codebook.unchanged", "The draft has no changes.", "Make a change, or discard the draft."
)
changed_codebook_draft = Conflict.of(
    "codebook.draft_changed",
    "Someone else changed the draft in the meantime.",
    "Read the draft again, then make your change.",
)
stale_codebook_draft = Conflict.of(
    "codebook.draft_stale",
    "The draft of version {version} was not made from the version in use.",
    "Nothing was lost: look at the version in use, then make the changes again.",
)
missing_codebook_draft = Conflict.of(
    "codebook.draft_missing",
    "There is no draft any more: it was accepted or discarded.",
    "Look at the version in use, then start a new draft.",
)

unknown_theme = NotFound.of(
    "theme.unknown",
    "There is no theme called {theme!r} in version {version} of the codebook.",
    "Look at the list of themes.",
)
last_theme = Invalid.of(
    "theme.last",
    "A codebook needs at least one theme.",
    "Add another theme before you retire this one.",
)
repeated_theme = Invalid.of("theme.twice", "{name!r} is in this file twice.")
theme_merged_with_itself = Invalid.of(
    "theme.merge_self",
    "A theme cannot be merged with itself.",
    "Choose another theme to merge it into.",
)
missing_merge_theme = Invalid.of("theme.merge_self", "Choose the theme to merge it into.")
too_few_theme_parts = Invalid.of(
    "theme.split_parts",
    "A theme can only be split into two or more parts.",
    "Name at least two parts, or rename the theme instead.",
)
unknown_theme_edit = Invalid.of("theme.edit", "Choose what to change.")
bad_theme_id = Invalid.of(
    "theme.id",
    "{theme!r} cannot be the id of a theme.",
    "Use 2 to 60 lower-case letters, digits and hyphens.",
)
used_theme_id = Conflict.of(
    "theme.id_used",
    "The id {theme!r} was used before.",
    "An id is never used twice; choose another.",
)
bad_theme_name = Invalid.of(
    "theme.name", "A theme needs a name of up to 120 characters.", "Write a short name."
)
used_theme_name = Invalid.of(
    "theme.name_used",
    "Another theme is already called {name!r}.",
    "Choose another name, or merge the two themes.",
)


def bad_theme_text(what: str, longest: int) -> Invalid:
    """The refusal of a description or an example, whichever `what` names."""
    return Invalid(
        f"theme.{what}",
        f"The {what} is empty, or longer than {longest:,} characters.",
        "Write a sentence or two.",
    )


too_many_examples = Invalid.of(
    "theme.examples",
    "A theme can have {most} examples at most.",
    "Remove examples that say the same.",
)
unknown_theme_example = Invalid.of(
    "theme.example_unknown", "Choose one of the texts of this theme."
)
too_many_seeds = Invalid.of(
    "theme.seeds",
    "A theme can have {most} seed words at most, of up to {longest} characters.",
    "Use words that point to this theme and to no other.",
)

unknown_candidate = NotFound.of(
    "candidate.unknown", "There is no such candidate.", "Look at the newest."
)

unknown_discovery = NotFound.of(
    "discovery.unknown", "There is no such discovery.", "Look at the newest one."
)

unknown_campaign = NotFound.of(
    "campaign.unknown", "There is no such campaign.", "Look at the list of campaigns."
)
changed_campaign = Conflict.of(
    "campaign.changed",
    "Someone else has changed what holds for this campaign.",
    "Open the campaign again and look at what holds now.",
)

unknown_text = NotFound.of(
    "text.unknown", "There is no such text.", "It may have been erased by its writer."
)
