"""The error messages for edits of the codebook that cannot be made. Read it as documentation.

A refused edit leaves the draft as it was.
"""

import re
from pathlib import Path

import pytest

from survey.problems import Problem
from survey.themes import codebook_edits
from survey.themes.codebooks import (
    Add,
    CandidateTheme,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Merge,
    Rename,
    Retire,
    Seed,
    Split,
    Theme,
)
from survey.themes.proposals import NewTheme, edit_from_proposal


def theme(ident, **given):
    return Theme(
        **{"id": ident, "name": {"en": ident}, "description": "Words.", "examples": ()} | given
    )


FULL = tuple(theme(f"theme-{number}") for number in range(codebook_edits.MOST_THEMES - 1))
MANY = tuple(f"Example {number}." for number in range(codebook_edits.MOST_EXAMPLES))
DRAFT = codebook_edits.next_draft(
    Codebook(version=1, themes=(theme("force", examples=MANY), theme("fear")))
)
LONG = "x" * (codebook_edits.LONGEST_EXAMPLE + 1)

# what is asked | the edit | status | code | the sentence
TABLE = [
    (
        "a theme that is not there",
        Rename(theme="horses", name={"en": "Horses"}),
        404, "theme.unknown",
        "There is no theme called 'horses' in version 2 of the codebook.",
    ),
    (
        "an id that cannot be written in an address",
        Add(theme=theme("Police Horses")),
        422, "theme.id", "'Police Horses' cannot be the id of a theme.",
    ),
    (
        "an id that another theme has",
        Add(theme=theme("fear")),
        409, "theme.id_used", "The id 'fear' was used before.",
    ),
    (
        "the id of the theme that is split, for a part of it",
        Split(theme="fear", parts=(theme("fear"), theme("awe"))),
        409, "theme.id_used", "The id 'fear' was used before.",
    ),
    (
        "a theme without a name",
        Rename(theme="fear", name={"en": "  "}),
        422, "theme.name", "A theme needs a name of up to 120 characters.",
    ),
    (
        "the name of another theme, in other capitals",
        Rename(theme="fear", name={"en": " Force "}),
        422, "theme.name_used", "Another theme is already called ' Force '.",
    ),
    (
        "a new theme with the name of another",
        Add(theme=theme("more-force", name={"en": "FORCE"})),
        422, "theme.name_used", "Another theme is already called 'FORCE'.",
    ),
    (
        "two parts of one name",
        Split(theme="fear", parts=(theme("awe"), theme("dread", name={"en": "Awe"}))),
        422, "theme.name_used", "Another theme is already called 'Awe'.",
    ),
    (
        "an empty description",
        Describe(theme="fear", description=""),
        422, "theme.description", "The description is empty, or longer than 1,000 characters.",
    ),
    (
        "an example that goes on and on",
        Exemplify(theme="fear", text=LONG),
        422, "theme.example", "The example is empty, or longer than 1,000 characters.",
    ),
    (
        "a text that does not belong, without words",
        Exclude(theme="fear", text=" "),
        422, "theme.example", "The example is empty, or longer than 1,000 characters.",
    ),
    (
        "one example too many",
        Exemplify(theme="force", text="One more."),
        422, "theme.examples", "A theme can have 200 examples at most.",
    ),
    (
        "a seed word that is a sentence",
        Seed(theme="fear", words=("x" * 61,)),
        422, "theme.seeds",
        "A theme can have 50 seed words at most, of up to 60 characters.",
    ),
    (
        "a theme merged with itself",
        Merge(theme="fear", into="fear"),
        422, "theme.merge_self", "A theme cannot be merged with itself.",
    ),
    (
        "a split into one part",
        Split(theme="fear", parts=(theme("awe"),)),
        422, "theme.split_parts", "A theme can only be split into two or more parts.",
    ),
]  # fmt: skip


def edit_refusal(draft, edit):
    with pytest.raises(Problem) as refusal:
        codebook_edits.apply_edit(draft, edit)
    assert refusal.value.remedy
    return refusal.value.status, refusal.value.code, refusal.value.sentence


@pytest.mark.parametrize(("edit", "refusal"), [(row[1], row[2:]) for row in TABLE])
def test_a_refused_edit_says_why(edit, refusal):
    assert edit_refusal(DRAFT, edit) == refusal


def test_a_full_codebook_takes_no_more_themes():
    full = codebook_edits.next_draft(Codebook(version=1, themes=(*FULL, theme("last"))))
    refusal = (422, "codebook.full", "A codebook can have 70 themes at most.")
    assert edit_refusal(full, Add(theme=theme("one-more"))) == refusal


def test_the_last_theme_cannot_be_retired():
    alone = codebook_edits.next_draft(Codebook(version=1, themes=(theme("fear"),)))
    refusal = (422, "theme.last", "A codebook needs at least one theme.")
    assert edit_refusal(alone, Retire(theme="fear")) == refusal


def test_the_id_of_a_retired_theme_cannot_be_used_again():
    draft = codebook_edits.apply_edit(DRAFT, Retire(theme="fear"))
    assert edit_refusal(draft, Add(theme=theme("fear")))[1] == "theme.id_used"


def test_a_proposal_needs_every_theme_named():
    candidate = CandidateTheme(label="horses", words=("horse",), quotes=("A horse.",), size=30)
    with pytest.raises(Problem) as refusal:
        edit_from_proposal(NewTheme(theme=candidate))
    assert refusal.value.code == "proposal.names"
    assert refusal.value.sentence == "0 of 1 proposed themes were named."


def test_every_refusal_of_an_edit_is_in_the_table():
    written = set(
        re.findall(r'"((?:theme|codebook)\.[a-z_]+)"', Path(codebook_edits.__file__).read_text())
    )
    assert written <= {row[3] for row in TABLE} | {"codebook.full", "theme.last"}
