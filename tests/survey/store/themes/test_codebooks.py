"""The stored codebook: drafts are not overwritten, versions never change, proposals come once."""

import asyncio

import msgspec
import pytest

from api.jobs.texts import codebook_versions
from api.jobs.texts.discoveries import save_proposals
from api.operations.answers import submissions
from survey.problems import Conflict, Invalid, NotFound
from survey.store import jobs
from survey.store.themes import codebooks
from survey.surveys.responses import Submission
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import CandidateTheme, Merge, Pin, Rename
from survey.themes.proposals import MergeThemes, NewTheme, SplitTheme
from tests.jobs import run_all_jobs
from tests.stored.coded_texts import delete_answers

RENAME = Rename(theme="officer-training", name={"en": "Minds"})
FOLD = Merge(theme="young-people", into="fairness-between-groups")
CURFEW = CandidateTheme(
    label="curfew, evening", words=("curfew", "evening"), quotes=("A curfew.",), size=31
)


async def save_edits(connection, *edits, revision=0):
    draft = next_draft(await codebooks.get_newest(connection))
    for edit in edits:
        draft = apply_edit(draft, edit)
    return await codebooks.save_draft(connection, draft, revision=revision, by=None)


async def check_refused(code, doing):
    with pytest.raises((Conflict, Invalid, NotFound)) as refusal:
        await doing
    assert refusal.value.code == code


async def test_a_draft_is_kept_with_its_edits(db):
    connection = db.the_connection
    assert await codebooks.find_draft(connection) is None
    revision = await save_edits(connection, RENAME)
    draft = await codebooks.find_draft(connection)
    assert (draft.revision, draft.book.edits, draft.by_name) == (revision, (RENAME,), None)


async def test_a_draft_that_somebody_else_changed_is_not_saved_over(db):
    connection = db.the_connection
    seen = await save_edits(connection, RENAME)
    await save_edits(connection, RENAME, FOLD, revision=seen)
    await check_refused("codebook.draft_changed", save_edits(connection, RENAME, revision=seen))
    assert (await codebooks.find_draft(connection)).book.edits == (RENAME, FOLD)


async def test_a_draft_is_begun_once(db):
    await save_edits(db.the_connection, RENAME)
    await check_refused("codebook.draft_changed", save_edits(db.the_connection, FOLD))


async def test_a_dropped_draft_is_not_saved_over_the_next_one(db):
    connection = db.the_connection
    old = await save_edits(connection, RENAME)
    await codebooks.discard_draft(connection)
    await check_refused("codebook.draft_changed", save_edits(connection, RENAME, revision=old))
    assert await save_edits(connection, FOLD) > old
    await check_refused("codebook.draft_changed", save_edits(connection, RENAME, revision=old))


async def test_an_accepted_draft_is_in_force_and_asks_for_recoding(db):
    connection = db.the_connection
    await save_edits(connection, RENAME, FOLD)
    book = await codebook_versions.accept_draft(connection, by=None, note="said twice")
    assert await codebooks.get_newest(connection) == book == await codebooks.get(connection, 2)
    assert await codebooks.find_draft(connection) is None
    (asked,) = await jobs.load_pending(connection, ["recode_texts"])
    assert asked.key == "2"
    newest, first = await codebooks.load_versions(connection)
    assert (newest.version, newest.note, first.version) == (2, "said twice", 1)
    assert newest.edits == (RENAME, FOLD)


async def test_a_draft_of_another_base_is_refused_and_stays(db):
    connection = db.the_connection
    await save_edits(connection, RENAME)
    other = apply_edit(next_draft(await codebooks.get_newest(connection)), FOLD)
    await codebooks.insert(connection, other)
    before = await codebooks.find_draft(connection)
    with pytest.raises(Conflict, match="not made from the version in use") as refusal:
        async with connection.transaction():
            await codebook_versions.accept_draft(connection, by=None, note="")
    assert refusal.value.code == "codebook.draft_stale"
    assert await codebooks.find_draft(connection) == before


async def test_a_version_is_given_once(db):
    connection = db.the_connection
    with pytest.raises(Conflict, match="not made from"):
        async with connection.transaction():
            await codebooks.insert(connection, await codebooks.get_newest(connection))


async def test_only_what_was_seen_is_accepted(db):
    seen = await save_edits(db.the_connection, RENAME)
    await save_edits(db.the_connection, RENAME, FOLD, revision=seen)
    accepting = codebook_versions.accept_draft(db.the_connection, by=None, note="", revision=seen)
    await check_refused("codebook.draft_changed", accepting)


async def test_a_draft_without_an_edit_is_no_version(db):
    await save_edits(db.the_connection)
    await check_refused(
        "codebook.unchanged", codebook_versions.accept_draft(db.the_connection, by=None, note="")
    )


async def test_a_version_that_never_was_is_unknown(db):
    await check_refused("codebook.unknown", codebooks.get(db.the_connection, 7))


async def test_of_two_who_save_at_once_one_is_told(pool):
    async def save(edit):
        async with pool.connection() as connection:
            return await save_edits(connection, edit)

    found = await asyncio.gather(save(RENAME), save(FOLD), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "int"]


FOUND = [
    NewTheme(theme=CURFEW),
    MergeThemes(theme="young-people", into="officer-training", likeness=0.93),
    SplitTheme(theme="officer-training", parts=(CURFEW, CURFEW)),
]


async def test_a_week_s_proposals_are_kept_once(db):
    connection = db.the_connection
    for _ in range(2):
        await codebooks.insert_proposals(connection, FOUND, codebook=1, key="2026-11-16")
    open_proposals = await codebooks.load_open_proposals(connection)
    assert sorted((one.proposal for one in open_proposals), key=str) == sorted(FOUND, key=str)
    assert await codebooks.get_proposal(connection, open_proposals[0].id) == open_proposals[0]


async def test_what_was_decided_stays_decided(db):
    connection = db.the_connection
    await codebooks.insert_proposals(connection, FOUND[:1], codebook=1, key="a week")
    (one,) = await codebooks.load_open_proposals(connection)
    await codebooks.decide_proposal(connection, one.id, "declined", by=None)
    assert await codebooks.load_open_proposals(connection) == []
    again = codebooks.decide_proposal(connection, one.id, "accepted", by=None)
    await check_refused("proposal.decided", again)
    await check_refused("proposal.unknown", codebooks.get_proposal(connection, 10**9))


async def test_a_proposal_accepted_into_a_discarded_draft_is_open_again(db):
    connection = db.the_connection
    await codebooks.insert_proposals(connection, FOUND[:1], codebook=1, key="a week")
    (one,) = await codebooks.load_open_proposals(connection)
    await save_edits(connection, RENAME)
    await codebooks.decide_proposal(connection, one.id, "accepted", by=None)
    await codebooks.discard_draft(connection)
    assert await codebooks.load_open_proposals(connection) == [one]


async def test_a_proposal_about_a_theme_that_is_gone_is_no_longer_open(db):
    connection = db.the_connection
    await codebooks.insert_proposals(connection, FOUND, codebook=1, key="a week")
    await save_edits(connection, FOLD)
    await codebook_versions.accept_draft(connection, by=None, note="")
    open_proposals = await codebooks.load_open_proposals(connection)
    assert {type(one.proposal) for one in open_proposals} == {NewTheme, SplitTheme}


async def store_proposals(connection, key):
    await save_proposals(connection, await codebooks.get_newest(connection), FOUND, key)
    return [one.proposal for one in await codebooks.load_open_proposals(connection)]


async def test_a_week_that_is_proposed_for_again_adds_nothing(db):
    first = await store_proposals(db.the_connection, "2026-11-16")
    assert sorted(first, key=str) == sorted(FOUND, key=str)
    assert await store_proposals(db.the_connection, "2026-11-16") == first
    assert await store_proposals(db.the_connection, "2026-11-23") == first


async def test_what_was_declined_is_not_raised_again(db):
    connection = db.the_connection
    await store_proposals(connection, "2026-11-16")
    for one in await codebooks.load_open_proposals(connection):
        await codebooks.decide_proposal(connection, one.id, "declined", by=None)
    assert await store_proposals(connection, "2026-11-23") == []


async def test_a_pinned_theme_is_left_alone(db):
    connection = db.the_connection
    await save_edits(connection, Pin(theme="officer-training"))
    await codebook_versions.accept_draft(connection, by=None, note="")
    assert await store_proposals(connection, "2026-11-16") == [NewTheme(theme=CURFEW)]


@pytest.mark.slow
async def test_a_quoted_text_that_was_erased_is_quoted_no_more(db):
    connection = db.the_connection
    answers = {"subject": "taser", "story": "A curfew for all."}
    await submissions.submit_response(db, "feedback", Submission(area="Hackney", answers=answers))
    text = str(await connection.fetchval("SELECT id FROM texts WHERE due"))
    await run_all_jobs(db)
    theme = msgspec.structs.replace(CURFEW, quotes=(text,))
    await codebooks.insert_proposals(connection, [NewTheme(theme=theme)], codebook=1, key="a week")
    (one,) = await codebooks.load_open_proposals(connection)
    assert one.proposal.theme.quotes == ("A curfew for all.",)
    await delete_answers(connection, [text])
    assert (await codebooks.get_proposal(connection, one.id)).proposal.theme.quotes == ()
