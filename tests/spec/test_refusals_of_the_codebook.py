"""What people are told when an edit of the codebook cannot be made. Read it as documentation.

A refused edit leaves the draft as it was.
"""

import re
from pathlib import Path

import pytest

from survey import edits
from survey.codebooks import (
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
from survey.problems import Problem
from survey.proposals import NewTheme, as_edit


def theme(name, **given):
    return Theme(
        **{"id": name, "name": {"en": name}, "description": "Words.", "examples": ()} | given
    )


FULL = tuple(theme(f"theme-{number}") for number in range(edits.MOST_THEMES - 1))
MANY = tuple(f"Example {number}." for number in range(edits.MOST_EXAMPLES))
DRAFT = edits.draft_of(Codebook(version=1, themes=(theme("force", examples=MANY), theme("fear"))))
LONG = "x" * (edits.LONGEST_EXAMPLE + 1)

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


def refused(draft, edit):
    with pytest.raises(Problem) as refusal:
        edits.edited(draft, edit)
    assert refusal.value.remedy
    return refusal.value.status, refusal.value.code, refusal.value.sentence


@pytest.mark.parametrize(("edit", "told"), [(row[1], row[2:]) for row in TABLE])
def test_the_edit(edit, told):
    assert refused(DRAFT, edit) == told


def test_a_codebook_that_is_full():
    full = edits.draft_of(Codebook(version=1, themes=(*FULL, theme("last"))))
    told = (422, "codebook.full", "A codebook can have 70 themes at most.")
    assert refused(full, Add(theme=theme("one-more"))) == told


def test_the_last_theme_retired():
    alone = edits.draft_of(Codebook(version=1, themes=(theme("fear"),)))
    told = (422, "theme.last", "A codebook needs at least one theme.")
    assert refused(alone, Retire(theme="fear")) == told


def test_an_id_that_a_theme_had_once():
    draft = edits.edited(DRAFT, Retire(theme="fear"))
    assert refused(draft, Add(theme=theme("fear")))[1] == "theme.id_used"


def test_a_proposal_of_which_not_everything_is_named():
    candidate = CandidateTheme(label="horses", words=("horse",), quotes=("A horse.",), size=30)
    with pytest.raises(Problem) as refusal:
        as_edit(NewTheme(theme=candidate))
    assert refusal.value.code == "proposal.names"
    assert refusal.value.sentence == "0 of 1 proposed themes were named."


def test_every_refusal_of_an_edit_stands_here():
    written = set(re.findall(r'"((?:theme|codebook)\.[a-z_]+)"', Path(edits.__file__).read_text()))
    assert written <= {row[3] for row in TABLE} | {"codebook.full", "theme.last"}
