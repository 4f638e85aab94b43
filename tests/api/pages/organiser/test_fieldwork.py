"""Fieldwork as its organiser leads it: points, visits, progress, rates, and what is sent back."""

import pytest
from lxml import html

from api.operations.answers import submissions
from api.pages.organiser.samples.sample_points import dispositions
from survey.problems import Problem
from survey.store.answers import erasure
from survey.store.surveys import fieldwork as fieldwork_store
from survey.store.surveys import instruments
from survey.store.surveys.fieldwork import NewPoint
from survey.surveys.fieldwork import OUTCOMES, POINT_HEADS, example_points
from survey.surveys.responses import Submission
from tests.api.pages.forms import send
from tests.people import JOAN
from tests.reading_age import reading_age
from tests.stored import fieldwork
from tests.stored.fieldwork import DOOR, FOLDER, POINTS, as_csv, code_of


@pytest.fixture
async def joan(db, signed_in):
    await fieldwork.insert_survey(db.the_connection)
    return await signed_in(JOAN)


async def load_points(db):
    return {
        one.reference: one
        for one in await fieldwork_store.load_points(db.the_connection, DOOR.slug)
    }


async def count_answers(db):
    return await db.the_connection.fetchval("SELECT count(*) FROM responses")


async def test_points_and_visits_become_outcomes_and_rates(joan, db):
    await fieldwork.add_points(joan)
    await fieldwork.answer_at(db, "A001")
    assert (await fieldwork.add_visits(joan)).status_code == 303
    found = await load_points(db)
    assert {name: one.outcome for name, one in found.items() if one.visits} == {
        "A001": "interview",
        "A002": "nobody_home",
        "A003": "not_a_home",
        "A004": "refused",
        "A005": "awaited",
        "A006": "language",
    }
    counts = dispositions(list(found.values()))
    assert (counts.complete, counts.refused, counts.not_reached, counts.unable) == (1, 1, 1, 2)
    assert (counts.silent, counts.ineligible) == (6, 1)
    page = (await joan.get(FOLDER)).text
    assert "12 points: 12 assigned, 6 visited, 8 visits." in page
    assert "Interview made, no answer received" in page
    assert "9%" in page  # RR1, 1 of 11
    assert "36%" in page  # CON1, (1 + 1 + 2) of 11
    assert "Ann Other" not in page
    heads = html.fromstring(page).xpath("//th[@scope='col']")
    assert not any("RR1" in head.text_content() for head in heads)
    assert reading_age(page) <= 14


async def test_points_that_nobody_visited_have_no_rate(joan):
    """Found: two rates that were not known, and beside them one of "none recorded"."""
    await fieldwork.add_points(joan)
    page = html.fromstring((await joan.get(FOLDER)).text)
    rows = page.xpath("//tr[th[normalize-space()='Team A']]")
    assert rows
    assert all([cell.text_content().strip() for cell in row[-3:]] == ["–"] * 3 for row in rows)


async def test_each_file_has_an_example_that_its_own_reader_takes(joan, db):
    page = (await joan.get(FOLDER)).text
    assert f"{FOLDER}/points.csv" in page
    points = (await joan.get(f"{FOLDER}/points.csv")).content
    assert points.startswith(",".join(heads[0] for heads in POINT_HEADS.values()).encode())
    # It has everything but a code of this survey, which nobody is shown a second time.
    refused = (await fieldwork.upload(joan, "points", points)).text
    assert "There is no column" not in refused
    assert refused.count("Row 2") == 1
    own = points.replace(example_points()[1][1].encode(), code_of("A001").encode())
    assert (await fieldwork.upload(joan, "points", own)).status_code == 303
    visits = (await joan.get(f"{FOLDER}/visits.csv")).content
    assert (await fieldwork.upload(joan, "visits", visits)).status_code == 303
    [point] = (await load_points(db)).values()
    assert {visit.outcome for visit in point.visits} == set(OUTCOMES)


async def test_nothing_of_the_file_but_the_reference_and_a_digest_is_stored(joan, db):
    await fieldwork.add_points(joan)
    rows = await db.the_connection.fetch("SELECT * FROM sample_points")
    stored = "".join(str(dict(row)) for row in rows)
    assert "A001" in stored
    assert "Ann Other" not in stored
    assert code_of("A001") not in stored


async def test_a_file_with_a_mistake_saves_nothing_and_says_where(joan, db):
    await send(joan, f"{FOLDER}/interviewers", {"name": "Team A"})
    head = ("reference", "code", "interviewer")
    wrong = as_csv(head, ("A001", code_of("A001"), "Team A"), ("A002", "NOPE", ""))
    page = await fieldwork.upload(joan, "points", wrong)
    assert page.status_code == 422
    assert "Row 3" in page.text
    assert "not one of this survey’s sample" in page.text
    assert await load_points(db) == {}
    assert (await fieldwork.upload(joan, "points", b"")).status_code == 422
    await fieldwork.add_points(joan, "Team B")
    other = as_csv(head, ("B001", code_of("A001"), ""), ("A002", code_of("A001"), ""))
    page = (await fieldwork.upload(joan, "points", other)).text
    assert "The code is that of the point A001" in page
    many = [("A001", f"2026-01-{day:02}", "morning", "Nobody home") for day in range(1, 22)]
    page = await fieldwork.add_visits(joan, many)
    assert "The point A001 would have more than 20 visits" in page.text
    assert not (await load_points(db))["A001"].visits


async def test_points_are_assigned_by_neighbourhood_and_by_another_file(joan, db):
    head = ("reference", "code")
    await fieldwork.upload(joan, "points", as_csv(head, *((one, code_of(one)) for one in POINTS)))
    for name in ("Team A", "Team B"):
        await send(joan, f"{FOLDER}/interviewers", {"name": name})
    twice = await send(joan, f"{FOLDER}/interviewers", {"name": "Team A"})
    assert twice.status_code == 422
    empty = await send(joan, f"{FOLDER}/assign", {})
    assert 'href="#unit"' in empty.text
    assert 'href="#interviewer"' in empty.text
    rows = await db.the_connection.fetch("SELECT id::text, name FROM collector_groups")
    ids = {row["name"]: row["id"] for row in rows}
    await send(joan, f"{FOLDER}/assign", {"unit": "E00", "interviewer": ids["Team A"]})
    found = await load_points(db)
    assert [name for name, one in found.items() if one.interviewer] == [*POINTS[::3]]
    moved = as_csv((*head, "interviewer"), ("A001", code_of("A001"), "Team B"))
    await fieldwork.upload(joan, "points", moved)
    assert (await load_points(db))["A001"].interviewer == ids["Team B"]
    assert "1 assigned" not in (await joan.get(FOLDER)).text


async def test_points_of_a_revoked_interviewer_are_given_to_another(joan, db):
    await fieldwork.add_points(joan)
    assert "Assign points" not in (await joan.get(FOLDER)).text
    await send(joan, f"{FOLDER}/interviewers", {"name": "Team B"})
    rows = await db.the_connection.fetch("SELECT id::text, name FROM collector_groups")
    ids = {row["name"]: row["id"] for row in rows}
    await send(joan, f"{FOLDER}/interviewers/{ids['Team A']}/revoke")
    assert "Assign points" in (await joan.get(FOLDER)).text
    await send(joan, f"{FOLDER}/assign", {"unit": "E01", "interviewer": ids["Team B"]})
    found = await load_points(db)
    assert found["A002"].interviewer == ids["Team B"]
    assert found["A001"].interviewer == ids["Team A"]


async def test_a_point_that_somebody_else_added_meanwhile_is_not_overwritten(joan, db):
    await fieldwork.add_points(joan)
    digest = (await fieldwork_store.load_digests(db.the_connection, DOOR.slug))["A001"]
    with pytest.raises(Problem) as refused:
        await fieldwork_store.save_points(db.the_connection, DOOR.slug, [NewPoint("B001", digest)])
    assert refused.value.code == "fieldwork.changed"


async def test_an_interview_sent_back_is_replaced_by_the_next_and_nothing_is_lost(joan, db):
    await fieldwork.add_points(joan)
    first = await fieldwork.answer_at(db, "A001")
    empty = await send(joan, f"{FOLDER}/send-back", {"point": "A002"})
    assert 'href="#point"' in empty.text
    assert 'href="#reason"' in empty.text
    back = {"point": "A001", "reason": "wrong_person"}
    assert (await send(joan, f"{FOLDER}/send-back", back)).status_code == 303
    point = (await load_points(db))["A001"]
    assert (point.outcome, point.sent_back) == ("sent_back", "wrong_person")
    assert await count_answers(db) == 1
    page = (await joan.get(FOLDER)).text
    assert "1 interview was sent back and has not been done again yet" in page
    assert "still count the earlier answer" in page
    assert reading_age(page) <= 14
    results = (await joan.get(f"/work/surveys/{DOOR.slug}/results")).text
    assert "1 of the answers is from an interview that was sent back" in results
    assert (await send(joan, f"{FOLDER}/send-back", back)).status_code == 422
    second = await fieldwork.answer_at(db, "A001")
    assert second.reference != first.reference
    references = await db.the_connection.fetch("SELECT reference FROM responses")
    assert [row["reference"] for row in references] == [second.reference]
    point = (await load_points(db))["A001"]
    assert (point.outcome, point.sent_back) == ("interview", None)
    assert "still count" not in (await joan.get(FOLDER)).text
    with pytest.raises(Problem):
        await fieldwork.answer_at(db, "A001")
    assert await count_answers(db) == 1


async def test_a_request_that_is_sent_twice_leaves_the_interview(joan, db):
    await fieldwork.add_points(joan)
    given = {"years": "young", "sex": "male"}
    sent = Submission(area="Hackney", answers=given, access_code=code_of("A001"))
    marks = (b"k" * 32, b"b" * 32)
    first = await submissions.submit_response(db, DOOR.slug, sent, marks)
    again = await submissions.submit_response(db, DOOR.slug, sent, marks)
    assert (again.reference, again.again) == (first.reference, True)
    assert await count_answers(db) == 1


async def test_an_erased_interview_is_forgotten_and_the_database_alone_links_none(joan, db):
    await fieldwork.add_points(joan)
    receipt = await fieldwork.answer_at(db, "A001")
    digest = (await fieldwork_store.load_digests(db.the_connection, DOOR.slug))["A001"]
    [row] = await db.the_connection.fetch("SELECT mark, reference FROM point_answers")
    assert row["reference"] == receipt.reference
    assert row["mark"] != digest
    await erasure.erase(db.the_connection, receipt.reference)
    assert await db.the_connection.fetchval("SELECT count(*) FROM point_answers") == 0


async def test_only_a_survey_with_a_sample_has_fieldwork(joan):
    assert (await joan.get("/work/surveys/feedback/fieldwork")).status_code == 409


async def test_an_interview_not_done_again_counts_as_one_when_the_survey_closes(joan, db):
    await fieldwork.add_points(joan)
    await fieldwork.answer_at(db, "A001")
    await send(joan, f"{FOLDER}/send-back", {"point": "A001", "reason": "mistake"})
    await instruments.set_closed(db.the_connection, DOOR.slug, closed=True)
    await fieldwork_store.delete_closed_links(db.the_connection)
    await instruments.set_closed(db.the_connection, DOOR.slug, closed=False)
    assert (await load_points(db))["A001"].outcome == "interview"
    # Its answer is not counted twice.
    with pytest.raises(Problem):
        await fieldwork.answer_at(db, "A001")
    assert await count_answers(db) == 1


async def test_links_go_when_the_survey_is_closed(joan, db):
    await fieldwork.add_points(joan)
    await fieldwork.answer_at(db, "A001")
    await fieldwork_store.delete_closed_links(db.the_connection)
    assert (await load_points(db))["A001"].may_be_sent_back
    await instruments.set_closed(db.the_connection, DOOR.slug, closed=True)
    await fieldwork_store.delete_closed_links(db.the_connection)
    assert not (await load_points(db))["A001"].may_be_sent_back
    assert await db.the_connection.fetchval("SELECT count(*) FROM point_answers") == 0
    assert await count_answers(db) == 1
