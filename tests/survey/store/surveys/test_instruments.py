"""Surveys and drafts in the database: versions, modes, and two people editing one draft."""

import msgspec
import pytest

from api.operations import foundations, imports
from survey.problems import Conflict, Invalid, NotFound
from survey.store import surveys
from survey.store.surveys import instruments
from survey.surveys.instruments import QuestionGroup, Text
from survey.surveys.instruments.drafts import InstrumentDraft, add_part, next_version, replace_part
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.ready import load_ready_instruments

FEEDBACK = next(one for one in load_ready_instruments() if one.slug == "feedback")
FIRST = msgspec.structs.replace(FEEDBACK, slug="youth-club", kind="survey", version=1, follows=None)


@pytest.fixture
def connection(db):
    return db.the_connection


async def in_savepoint(connection, waiting):
    """Await in a savepoint, so that an error leaves the test's transaction usable."""
    async with connection.transaction():
        await waiting


async def check_refused(code, waiting):
    with pytest.raises((Conflict, Invalid, NotFound)) as problem:
        await waiting
    assert problem.value.code == code
    return problem.value


async def test_open_and_sampled_answers_never_meet_even_in_a_later_version(connection):
    await imports.publish_instrument(connection, FIRST)
    sampled = next_version(InstrumentDraft(instrument=FIRST), FIRST)
    sampled = msgspec.structs.replace(sampled, mode="sampled")
    await check_refused(
        "instrument.mode", in_savepoint(connection, instruments.insert(connection, sampled))
    )


async def test_each_version_says_how_it_follows_from_the_one_before(connection):
    await imports.publish_instrument(connection, FIRST)
    left = tuple(one for one in FIRST.items if one.name != "rating")
    second = msgspec.structs.replace(FIRST, version=2, items=left)
    await imports.publish_instrument(connection, second)
    chain = await instruments.load_history(connection, "youth-club")
    assert [one.version for one in chain] == [1, 2]
    assert chain[1].follows.retired == ("rating",)
    assert set(HarmonisedVersions(chain).questions()) == set(FIRST.answer_names())


async def test_a_version_with_a_wrong_map_is_refused(connection):
    await imports.publish_instrument(connection, FIRST)
    second = next_version(InstrumentDraft(instrument=FIRST), FIRST)
    wrong = msgspec.structs.replace(second.follows, kept=())
    second = msgspec.structs.replace(second, follows=wrong)
    problem = await check_refused(
        "instrument.invalid", imports.publish_instrument(connection, second)
    )
    assert len(problem.faults) == 2 * len(FIRST.answer_names())


async def test_a_condition_that_cannot_be_read_is_refused(connection):
    items = (*FIRST.items, Text(name="more", text={"en": "More"}, relevant="1 +"))
    broken = msgspec.structs.replace(FIRST, items=items)
    problem = await check_refused(
        "instrument.invalid", imports.publish_instrument(connection, broken)
    )
    assert [fault.where for fault in problem.faults] == ["more: relevant"]


async def test_two_people_at_one_draft_do_not_undo_each_other(connection):
    await surveys.insert_draft(connection, InstrumentDraft(instrument=FIRST), by=None)
    seen = await surveys.get_draft(connection, "youth-club")
    await surveys.save_draft(connection, add_part(seen, Text(name="more", text={"en": "More"})))
    late = replace_part(
        seen, "subject", msgspec.structs.replace(seen.find("subject"), hint={"en": "H"})
    )
    await check_refused("draft.changed", surveys.save_draft(connection, late))
    draft = await surveys.get_draft(connection, "youth-club")
    assert (draft.revision, draft.instrument.items[-1].name) == (2, "more")


async def test_a_survey_has_one_draft(connection):
    await surveys.insert_draft(connection, InstrumentDraft(instrument=FIRST), by=None)
    again = surveys.insert_draft(connection, InstrumentDraft(instrument=FIRST), by=None)
    await check_refused("draft.there", in_savepoint(connection, again))
    assert [one.draft.revision for one in await surveys.load_drafts(connection)] == [1]
    await surveys.delete_draft(connection, "youth-club")
    await check_refused("draft.unknown", surveys.get_draft(connection, "youth-club"))


async def test_what_is_nested_comes_back_as_it_was(connection):
    held = QuestionGroup(name="held", items=(Text(name="inner", text={"en": "I"}),))
    draft = add_part(
        InstrumentDraft(instrument=FIRST, was={"a": "b"}, merged={"c": {"d": "e"}}), held
    )
    await surveys.insert_draft(connection, draft, by=None)
    assert await surveys.get_draft(connection, "youth-club") == msgspec.structs.replace(
        draft, revision=1
    )


async def test_the_next_version_of_a_closed_survey_is_closed_until_somebody_opens_it(connection):
    await instruments.insert(connection, FIRST)
    await instruments.set_closed(connection, "youth-club", closed=True)
    await instruments.insert(connection, msgspec.structs.replace(FIRST, version=2))
    now, closed = await instruments.get(connection, "youth-club")
    assert (now.version, closed) == (2, True)
    await instruments.set_closed(connection, "youth-club", closed=False)
    await instruments.insert(connection, msgspec.structs.replace(FIRST, version=3))
    assert not (await instruments.get(connection, "youth-club"))[1]


async def test_what_comes_with_an_upgrade_never_goes_below_a_version_that_is_published(
    connection, monkeypatch
):
    """An administrator has published a later version than the one we now supply."""
    later, theirs = (
        msgspec.structs.replace(FEEDBACK, version=FEEDBACK.version + n, follows=None)
        for n in (1, 2)
    )
    await imports.publish_instrument(connection, theirs)
    before = await instruments.load_history(connection, "feedback")
    monkeypatch.setattr(imports, "load_ready_instruments", lambda: [later])
    await foundations.load_foundations(connection)
    assert await instruments.load_history(connection, "feedback") == before
