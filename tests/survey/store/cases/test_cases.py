"""Every move of a case in the database: stored, not allowed, or refused as the case changed."""

import asyncio
import typing

import asyncpg
import pytest

from api import clock
from api.jobs.kinds import remind_overdue_cases
from api.operations import cases
from api.operations.cases import CaseCommand
from survey.cases import TRANSITIONS, CaseEvent, CaseStatus, is_in_time
from survey.cases.contacts import Contact
from survey.problems import Conflict, Forbidden, NotFound
from survey.store import database
from survey.store.accounts import people
from survey.store.cases import complaints, events
from survey.store.themes import codes
from survey.surveys.responses import Submission
from survey.themes.redactions import occurrences, redact
from tests.alone import create_database
from tests.people import AMINA, JOAN
from tests.stored.complaint_forms import ANSWERS, CLOSING_MESSAGES, create_case

MOVES_TO = {
    "new": (),
    "open": ("acknowledged",),
    "waiting": ("acknowledged", "asked"),
    "decided": ("outcome",),
    "closed": ("outcome", "closed"),
    "disputed": ("outcome", "closed", "appealed"),
    "merged": ("merged",),
}


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


def minimal_event(kind, main, handler):
    given = {
        "outcome": {"allegation": "incivility", "outcome": "resolved"},
        "merged": {"case": main, "same_person": True},
        "joined": {"case": main},
        "assigned": {"to": handler},
    }
    return CaseEvent(kind=kind, **given.get(kind, {}))


async def act_on_case(db, reference, kind, main, handler, **given):
    case = await complaints.get(db.the_connection, reference)
    side = TRANSITIONS[kind].by[0]
    deed = CaseCommand(
        event=minimal_event(kind, main, handler),
        side=side,
        expected=case.version,
        by=handler if side == "reviewer" else None,
        **({"message": CLOSING_MESSAGES.get(kind)} | given),
    )
    return await cases.apply_command(db.the_connection, reference, deed)


async def submit_in_status(db, status, handler):
    reference, main = (await create_case(db)).reference, (await create_case(db)).reference
    for kind in MOVES_TO[status]:
        await act_on_case(db, reference, kind, main, handler)
    return reference, main


@pytest.mark.parametrize("kind", sorted(TRANSITIONS))
@pytest.mark.parametrize("status", typing.get_args(CaseStatus))
async def test_a_move_is_stored_with_the_resulting_status_or_refused(db, joan, status, kind):
    reference, main = await submit_in_status(db, status, joan)
    before = await complaints.get(db.the_connection, reference)
    assert before.status == status
    state = await cases.load_status(db.the_connection, before)
    if status in TRANSITIONS[kind].to and is_in_time(state, kind, clock.today()):
        assert await act_on_case(db, reference, kind, main, joan) == before.version + 1
    else:
        with pytest.raises(Conflict):
            await act_on_case(db, reference, kind, main, joan)
    after = await complaints.get(db.the_connection, reference)
    now = await cases.load_status(db.the_connection, after)
    fields = (after.status, after.handler, after.due_on, after.merged_into)
    assert fields == (now.status, now.handler, now.due, now.merged_into)


async def test_who_saw_an_older_case_is_told_that_it_changed(db, joan):
    reference, main = await submit_in_status(db, "new", joan)
    await act_on_case(db, reference, "acknowledged", main, joan)
    stale = CaseCommand(event=CaseEvent(kind="told"), side="reviewer", expected=1, by=joan)
    with pytest.raises(Conflict) as refused:
        await cases.apply_command(db.the_connection, reference, stale)
    assert refused.value.code == "case.changed"


async def test_events_never_change_and_go_only_with_their_case(db, joan):
    reference, _ = await submit_in_status(db, "open", joan)
    for statement in ("UPDATE case_events SET version = 9", "DELETE FROM case_events"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with db.the_connection.transaction():
                await db.the_connection.execute(statement)
    assert await complaints.erase(db.the_connection, reference)


async def test_a_merge_tells_both_cases_and_can_be_undone(db, joan):
    connection = db.the_connection
    reference, main = await submit_in_status(db, "new", joan)
    deed = CaseCommand(
        event=CaseEvent(kind="merged", note="the same evening"), side="reviewer", expected=1
    )
    await cases.merge_cases(connection, reference, main, deed, same_person=True)
    case = await complaints.get(connection, reference)
    assert (case.status, case.merged_into) == ("merged", main)
    assert await events.load_merged_references(
        connection, (await complaints.get(connection, main)).id
    ) == [reference]
    undo = CaseCommand(
        event=CaseEvent(kind="parted", note="another evening"), side="reviewer", expected=2
    )
    await cases.unmerge_case(connection, reference, undo)
    case = await complaints.get(connection, reference)
    assert (case.status, case.merged_into) == ("open", None)
    kinds = [row.event.kind for row in await load_timeline(connection, main)]
    assert kinds == ["received", "joined", "parted"]


async def load_timeline(connection, reference):
    return await events.load_timeline(connection, (await complaints.get(connection, reference)).id)


async def test_a_message_is_kept_with_its_event_and_only_with_it(db, joan):
    reference, main = await submit_in_status(db, "open", joan)
    await act_on_case(db, reference, "asked", main, joan, message="When was it?", language="en")
    [*_, last] = await load_timeline(db.the_connection, reference)
    assert (last.event.kind, last.body, last.name) == ("asked", "When was it?", JOAN[1])
    assert "When was it?" not in str(last.event)


async def test_only_who_left_an_address_gets_a_mail_and_who_handles_the_case(db, joan):
    connection = db.the_connection
    silent = (await create_case(db)).reference
    reached = (await create_case(db, contact=Contact(email="a@example.org"))).reference
    amina = (await people.by_email(connection, AMINA[0])).id
    for reference in (silent, reached):
        await act_on_case(db, reference, "acknowledged", "", joan)
        case = await complaints.get(connection, reference)
        give = CaseCommand(
            event=CaseEvent(kind="assigned", to=amina),
            side="reviewer",
            expected=case.version,
            by=joan,
        )
        await cases.apply_command(connection, reference, give)
    rows = await connection.fetch(
        "SELECT c.reference, m.version, m.account IS NULL AS person"
        "  FROM case_mails m JOIN complaints c ON c.id = m.complaint ORDER BY m.version, m.id"
    )
    mails = [(row["reference"], row["version"], row["person"]) for row in rows]
    assert sorted(mails) == sorted(
        [(reached, 1, True), (reached, 2, True), (reached, 3, False), (silent, 3, False)]
    )


async def test_only_the_handler_passes_the_check_for_the_handler(db, joan):
    reference, main = await submit_in_status(db, "new", joan)
    with pytest.raises(Forbidden):
        cases.require_caseworker(await complaints.get(db.the_connection, reference), joan)
    await act_on_case(db, reference, "assigned", main, joan)
    cases.require_caseworker(await complaints.get(db.the_connection, reference), joan)


async def test_an_unknown_case_is_refused(db):
    with pytest.raises(NotFound):
        await cases.apply_command(
            db.the_connection,
            "AAAA-2222",
            CaseCommand(event=CaseEvent(kind="told"), side="reviewer", expected=1),
        )


async def test_the_same_request_gives_the_same_number_and_passphrase(db):
    first = await create_case(db, key="once")
    again = await create_case(db, key="once")
    assert (again.reference, again.passphrase) == (first.reference, first.passphrase)
    assert again.again
    assert not first.again
    assert len(first.passphrase.split()) == 6


@pytest.mark.slow
async def test_of_many_at_once_one_is_first_and_the_others_read_that_it_changed(server):
    """Each on its own connection, since only the database decides who was first."""
    async with (
        create_database(server, "cases") as dsn,
        database.open_database(dsn) as alone,
    ):
        reference = (await create_case(alone)).reference

        async def acknowledge():
            deed = CaseCommand(event=CaseEvent(kind="acknowledged"), side="reviewer", expected=1)
            async with alone.connection() as connection, connection.transaction():
                return await cases.apply_command(connection, reference, deed)

        found = await asyncio.gather(*[acknowledge() for _ in range(8)], return_exceptions=True)
    refused = [one for one in found if one != 2]
    assert len(refused) == 7
    assert {one.code for one in refused} == {"case.changed"}


async def test_what_a_person_masked_stays_masked_in_words_that_are_corrected(db, joan):
    connection = db.the_connection
    reference = (await create_case(db, narrative="Wombat shouted at me.")).reference
    case = await complaints.get(connection, reference)
    text = await codes.get_written_text(connection, case.id, "narrative")
    decided = redact(text.body, occurrences(text.body, "Wombat"))
    await codes.insert_redaction(connection, text.id, decided, by=joan)
    answers = ANSWERS | {"narrative": "wombat shouted at us. Call 07700 900123."}
    await cases.correct_complaint(db, reference, Submission(area="Hackney", answers=answers))
    [now] = await codes.load_masked_texts(connection, case.id)
    assert now.redacted == "[masked] shouted at us. Call [phone]."
    assert now.decided


async def test_a_case_that_is_older_than_deadlines_gets_its_day(db):
    reference = (await create_case(db)).reference
    due = (await complaints.get(db.the_connection, reference)).due_on
    await db.the_connection.execute("UPDATE complaints SET due_on = NULL")
    await remind_overdue_cases(db.the_connection, "")
    assert (await complaints.get(db.the_connection, reference)).due_on == due
