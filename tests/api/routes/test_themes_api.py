"""Themes as JSON: what anybody may read of the codebook, and what only the working group may."""

import pytest

from api.jobs.texts import codebook_versions
from survey.store.themes import codebooks
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import Add, CandidateTheme, Exemplify, Merge, Rename, Split, Theme
from survey.themes.proposals import NewTheme
from tests.people import AMINA, CINDY

AT = "/api/v1/codebook"
WRITTEN = "what a resident wrote"


def example_theme(name):
    return Theme(id=name, name={"en": name.title()}, description="A part.", examples=(WRITTEN,))


EDITS = (
    Rename(theme="officer-training", name={"en": "Training"}),
    Exemplify(theme="officer-training", text=WRITTEN),
    Merge(theme="young-people", into="fairness-between-groups"),
    Split(theme="feeling-safer", parts=(example_theme("at-home"), example_theme("out-of-doors"))),
    Add(theme=example_theme("curfews")),
)


async def accept_edits(connection, *edits):
    draft = next_draft(await codebooks.get_newest(connection))
    for edit in edits:
        draft = apply_edit(draft, edit)
    await codebooks.save_draft(connection, draft, revision=0, by=None)
    return await codebook_versions.accept_draft(connection, by=None, note="after the meeting")


@pytest.fixture
async def accepted(db):
    return await accept_edits(db.the_connection, *EDITS)


async def test_the_codebook_in_force_has_names_and_descent(client, accepted):
    book = (await client.get(AT)).json()
    themes = {one["id"]: one for one in book["themes"]}
    assert book["version"] == 2
    assert set(themes) == accepted.ids()
    assert themes["officer-training"]["name"] == {"en": "Training"}
    assert book["descent"] == [
        {"version": 2, "theme": "young-people", "into": ["fairness-between-groups"]},
        {"version": 2, "theme": "feeling-safer", "into": ["at-home", "out-of-doors"]},
    ]


async def test_an_older_version_is_as_it_was(client, accepted):
    before = (await client.get(f"{AT}/1")).json()
    assert "young-people" in [one["id"] for one in before["themes"]]
    assert before["descent"] == []


async def test_the_versions_tell_the_edits(client, accepted):
    newest, first = (await client.get(f"{AT}/versions")).json()["items"]
    assert (newest["version"], newest["note"], first["edits"]) == (2, "after the meeting", [])
    edits = [(one["edit"], one["theme"], one["into"]) for one in newest["edits"]]
    assert edits == [
        ("rename", "officer-training", []),
        ("exemplify", "officer-training", []),
        ("merge", "young-people", ["fairness-between-groups"]),
        ("split", "feeling-safer", ["at-home", "out-of-doors"]),
        ("add", "curfews", []),
    ]


@pytest.mark.parametrize("at", [AT, f"{AT}/1", f"{AT}/2", f"{AT}/versions"])
async def test_the_public_api_shows_no_examples(client, accepted, at):
    text = (await client.get(at)).text
    assert WRITTEN not in text
    assert not any(one.examples[0] in text for one in accepted.themes)


async def test_the_versions_come_in_pages(client, db, accepted):
    await accept_edits(db.the_connection, Rename(theme="curfews", name={"en": "Curfew"}))
    seen, more = [], ""
    while more is not None:
        page = (await client.get(f"{AT}/versions?limit=1{more}")).json()
        seen += [one["version"] for one in page["items"]]
        more = page["next"] and f"&after={page['next']}"
    assert seen == [3, 2, 1]


@pytest.mark.parametrize(("version", "code"), [(2, "codebook.unknown"), (0, "request.malformed")])
async def test_a_version_that_is_not_there(client, version, code):
    assert (await client.get(f"{AT}/{version}")).json()["code"] == code


async def test_proposals_are_for_the_working_group(signed_in, db):
    candidate = CandidateTheme(label="curfew", words=("curfew",), quotes=(WRITTEN,), size=31)
    found = [NewTheme(theme=candidate)]
    await codebooks.insert_proposals(db.the_connection, found, codebook=1, key="a week")
    at = "/work/themes/proposals.json"
    (proposal,) = (await (await signed_in(CINDY)).get(at)).json()
    assert (proposal["proposal"]["kind"], proposal["proposal"]["theme"]["size"]) == ("new", 31)
    assert (await (await signed_in(AMINA)).get(at)).status_code == 403
