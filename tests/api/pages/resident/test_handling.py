"""Owners of closed cases say how it was handled: once, in time, and never next to the case."""

import asyncio
import datetime
import json

import pytest
from lxml import html

from api import clock
from api.operations import cases, own_cases
from api.operations.cases import CaseCommand
from api.pages.resident.my_case_page import HANDLING_FIELDS as FIELDS
from survey.cases import CaseEvent, last_day_to_answer, quarter_end
from survey.deployments import quarter_of
from survey.editions.caseload import FEWEST_KEPT, HANDLING_QUESTIONS, complete_answers
from survey.problems import Conflict
from survey.store.accounts import people
from survey.store.cases import case_owners, caseload, complaints, events
from survey.store.database import open_database
from tests.alone import create_database
from tests.api.pages.forms import send
from tests.api.pages.resident.test_following import act_on_case, close_case, open_case
from tests.people import JOAN
from tests.stored.complaint_forms import CLOSING_MESSAGES, create_case

PAGE = "/case/handling"
GIVEN = dict(zip(FIELDS, ("5", "4", "3", "1", "prefer_not_to_say"), strict=True))
SUMS = {
    ("fairly", "5"): 1,
    ("informed", "4"): 1,
    ("understood", "3"): 1,
    ("speed", "1"): 1,
    ("again", "prefer_not_to_say"): 1,
}


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


@pytest.fixture
async def closed(client, db, joan):
    """A case that was closed today, open in the browser."""
    receipt = await create_case(db)
    await close_case(db, receipt, joan)
    await open_case(client, receipt)
    return receipt


@pytest.fixture
def on_day(monkeypatch):
    """Makes it another day for everything that asks for the time."""

    def move_to(day):
        noon = clock.midnight(day) + datetime.timedelta(hours=12)
        monkeypatch.setattr(clock, "now", lambda: noon)

    return move_to


async def sums(db):
    rows = await db.the_connection.fetch("SELECT * FROM closed_case_sums")
    return {(row["question"], row["answer"]): row["people"] for row in rows}


async def answered(db):
    return await db.the_connection.fetchval("SELECT sum(answered) FROM closed_case_quarters")


async def answer(client, form=GIVEN):
    return await send(client, PAGE, form, page=PAGE)


async def test_the_owner_of_a_closed_case_is_asked_and_answers_once(client, db, closed):
    assert PAGE in (await client.get("/case")).text
    sent = await answer(client)
    assert (sent.status_code, sent.headers["location"]) == (303, "/case?done=handling")
    assert await sums(db) == SUMS
    page = await client.get("/case?done=handling")
    assert "Your answers are in the totals" in page.text
    assert PAGE not in page.text
    assert "Your answers are in the totals already" in (await client.get(PAGE)).text


async def test_a_second_send_and_a_second_tab_change_nothing(client, db, closed):
    await client.get(PAGE)
    for form in (GIVEN, dict.fromkeys(FIELDS, "1")):
        token = await send(client, PAGE, form, page="/case")
        assert token.headers["location"] == "/case?done=handling"
    assert (await sums(db), await answered(db)) == (SUMS, 1)


async def test_a_statement_that_is_left_out_counts_as_not_said(client, db, closed):
    await answer(client, {"handling-2": "2", "handling-3": "\0", "handling-4": "9" * 100_000})
    said = complete_answers({"informed": "2"})
    assert await sums(db) == dict.fromkeys(said.items(), 1)


async def test_nothing_chosen_is_refused_at_the_first_statement(client, db, closed):
    page = await answer(client, {})
    assert page.status_code == 422
    shown = html.fromstring(page.text)
    assert shown.xpath('//*[@class="govuk-error-summary"]//a/@href') == ["#handling-1"]
    assert shown.xpath('//input[@id="handling-1"]')
    assert await sums(db) == {}


async def test_an_open_case_is_not_asked(client, db):
    await open_case(client, await create_case(db))
    assert PAGE not in (await client.get("/case")).text
    assert "once the working group has closed a case" in (await client.get(PAGE)).text
    await send(client, PAGE, GIVEN, page="/case")
    assert await sums(db) == {}


async def test_a_withdrawn_complaint_is_not_asked(client, db):
    await open_case(client, await create_case(db))
    await send(client, "/case/withdraw", page="/case")
    assert PAGE not in (await client.get("/case")).text


async def test_who_has_no_case_open_is_asked_to_open_it(client, db, joan):
    receipt = await create_case(db)
    await close_case(db, receipt, joan)
    wrong = {"number": receipt.reference, "passphrase": "wrong words"}
    assert (await send(client, "/case", wrong, page="/case")).status_code == 422
    assert "Open the case" in (await client.get(PAGE)).text
    assert "Open the case" in (await send(client, PAGE, GIVEN, page="/case")).text
    assert await sums(db) == {}


async def test_a_reopened_case_is_asked_again_only_once_in_a_quarter(client, db, joan, closed):
    assert (await answer(client)).status_code == 303
    await act_on_case(db, closed, "reopened", joan)
    assert PAGE not in (await client.get("/case")).text
    await close_case(db, closed, joan)
    assert PAGE not in (await client.get("/case")).text
    await send(client, PAGE, GIVEN, page="/case")
    assert await answered(db) == 1


async def test_a_case_reopened_while_the_form_was_open_is_not_counted(client, db, joan, closed):
    await client.get(PAGE)
    await act_on_case(db, closed, "reopened", joan)
    said = await send(client, PAGE, GIVEN, page="/case")
    assert "nothing to answer at the moment" in said.text
    assert await sums(db) == {}


async def test_the_last_day_to_answer_is_28_days_after_the_quarter(client, db, closed, on_day):
    last = last_day_to_answer(quarter_of(clock.today()))
    assert last == quarter_end(quarter_of(clock.today())) + datetime.timedelta(days=28)
    await client.get(PAGE)
    on_day(last + datetime.timedelta(days=1))
    late = await send(client, PAGE, GIVEN, page="/case")
    assert f"You could answer until {last.day} " in late.text
    assert PAGE not in (await client.get("/case")).text
    assert await sums(db) == {}
    on_day(last)
    assert (await answer(client)).status_code == 303
    assert await sums(db) == SUMS


async def close_cases(db, joan, number):
    receipts = [await create_case(db) for _ in range(number)]
    for receipt in receipts:
        await close_case(db, receipt, joan)
    return receipts


async def answer_for(db, receipts):
    said = {name: GIVEN[field] for field, name in FIELDS.items()}
    for receipt in receipts:
        await own_cases.save_handling_answers(db, receipt.reference, said)


async def finish(db, on_day):
    """Make the running quarter final, as the hourly job does; the final quarter."""
    quarter = quarter_of(clock.today())
    on_day(last_day_to_answer(quarter))
    await own_cases.finish_handling_quarters(db.the_connection)
    assert await caseload.load_final(db.the_connection, quarter, datetime.date.max) == []
    on_day(last_day_to_answer(quarter) + datetime.timedelta(days=1))
    await own_cases.finish_handling_quarters(db.the_connection)
    [final] = await caseload.load_final(db.the_connection, quarter, datetime.date.max)
    return final


async def test_a_quarter_is_final_after_its_last_day_and_its_marks_are_gone(db, joan, on_day):
    receipts = await close_cases(db, joan, FEWEST_KEPT + 2)
    await answer_for(db, receipts[:FEWEST_KEPT])
    case = await complaints.get(db.the_connection, receipts[-1].reference)
    await case_owners.save_opening(db.the_connection, case.id, clock.today(), "owner")
    final = await finish(db, on_day)
    assert (final.closed, final.returned, final.answered) == (12, 11, 10)
    assert final.groups("fairly") == {"agree": 10, "neither": 0, "disagree": 0}
    assert final.groups("again") == {"agree": 0, "neither": 0, "disagree": 0}
    assert await db.the_connection.fetch("SELECT * FROM closed_case_answered") == []
    with pytest.raises(Conflict, match="could be answered until"):
        await answer_for(db, receipts[-1:])
    assert not await caseload.count_person(db.the_connection, final.quarter)


async def test_few_answers_are_not_kept(db, joan, on_day):
    await answer_for(db, await close_cases(db, joan, FEWEST_KEPT - 1))
    final = await finish(db, on_day)
    assert (final.answered, final.answers) == (FEWEST_KEPT - 1, {})
    assert await sums(db) == {}


async def test_an_erased_case_stays_in_the_sums_and_its_mark_goes(db, joan, on_day):
    receipts = await close_cases(db, joan, FEWEST_KEPT)
    await answer_for(db, receipts)
    await complaints.erase(db.the_connection, receipts[0].reference)
    assert await db.the_connection.fetchval("SELECT count(*) FROM closed_case_answered") == 9
    final = await finish(db, on_day)
    assert (final.closed, final.returned, final.answered) == (10, 10, 10)


async def test_what_is_stored_names_no_case_and_no_time(db, client, closed):
    await answer(client)
    case = await complaints.get(db.the_connection, closed.reference)
    for table in ("closed_case_quarters", "closed_case_sums"):
        rows = [dict(row) for row in await db.the_connection.fetch(f"SELECT * FROM {table}")]
        words = json.dumps(rows, default=str)
        assert rows
        assert closed.reference not in words
        assert str(case.id) not in words
        assert set(rows[0]) <= {
            "quarter", "answered", "closed", "returned", "question", "answer", "people",
        }  # fmt: skip
    kinds = [one.event.kind for one in await events.load_history(db.the_connection, case.id)]
    assert kinds[-1] == "closed"  # answering is no event of the case


@pytest.mark.slow
async def test_of_people_who_answer_at_once_and_twice_each_counts_once(server):
    async with (
        create_database(server, "handling") as dsn,
        open_database(dsn) as alone,
    ):
        references = [(await create_case(alone)).reference for _ in range(4)]
        for reference in references:
            for kind in ("outcome", "closed"):
                await decide(alone, reference, kind)
        said = complete_answers({"fairly": "5"})
        await asyncio.gather(
            *(own_cases.save_handling_answers(alone, one, said) for one in references * 3)
        )
        async with alone.connection() as connection:
            assert await connection.fetchval("SELECT answered FROM closed_case_quarters") == 4
            assert {row["people"] for row in await connection.fetch(
                "SELECT people FROM closed_case_sums"
            )} == {4}  # fmt: skip


async def decide(database, reference, kind):
    about = {"allegation": "incivility", "outcome": "resolved"} if kind == "outcome" else {}
    async with database.connection() as connection, connection.transaction():
        case = await complaints.get(connection, reference)
        deed = CaseCommand(
            event=CaseEvent(kind=kind, **about),
            side="reviewer",
            expected=case.version,
            message=CLOSING_MESSAGES[kind],
        )
        await cases.apply_command(connection, reference, deed)


@pytest.mark.parametrize("language", [*HANDLING_QUESTIONS.text])
async def test_every_language_has_the_questions_and_the_page(client, db, closed, language):
    page = html.fromstring(
        (await client.get(f"{PAGE}?lang={language}", follow_redirects=True)).text
    )
    shown = [one.text_content().strip() for one in page.xpath('//*[@class="likert__item"]')]
    assert shown == [row.text[language] for row in HANDLING_QUESTIONS.rows]
    assert page.get("lang") == language
    assert not page.xpath('//main//form[@action="/case/handling"]//*[@lang]')
