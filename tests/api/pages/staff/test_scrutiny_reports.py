"""A meeting's report: exact for its panel, gated for all others; answers, actions and triggers."""

import datetime
import re

import msgspec
import pytest
from lxml import html

from api import clock
from api.jobs.edition_inputs import all_inputs
from survey.editions.scrutiny import SafeMeetingReport
from survey.store.accounts import people
from survey.store.scrutiny import marks, panels, reports
from tests.api.pages.forms import send
from tests.jobs import run_all_jobs
from tests.people import CINDY, JOAN, NADIA, OMAR
from tests.stored.case_rows import HACKNEY, insert_complaint
from tests.stored.closed_meetings import close_meeting, publish_report
from tests.stored.scrutiny_meetings import begin_marking, save_panel

MEETINGS, PANELS = "/work/scrutiny/meetings", "/work/scrutiny/panels"


def words_of(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def day_fields(name, day):
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


ANSWER = {"verdict": "accepted", "words": "We agree.", "learning": "More time to talk."}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture
async def nadia(signed_in):
    return await signed_in(NADIA)


@pytest.fixture
async def panel(db):
    return await save_panel(db.the_connection)


@pytest.fixture
async def meeting(db, panel):
    return await close_meeting(db.the_connection, panel)


async def first_mark(db, meeting):
    return (await marks.load_answers(db.the_connection, meeting))[0]


async def answer_first(client, db, meeting, **typed):
    one = await first_mark(db, meeting)
    address = f"{MEETINGS}/{meeting}/answers/{one.number}"
    given = ANSWER | {"version": "0"} | day_fields("answered", clock.today()) | typed
    return await send(client, address, given)


async def test_the_panel_reads_exact_figures_and_others_gated_ones(cindy, nadia, db, meeting):
    for client in (cindy, nadia):
        page = words_of(await client.get(f"{MEETINGS}/{meeting}/report"))
        assert "these figures are exact" in page
        assert re.search(r"amber or red, very likely \d+ to \d+%", page)
    public = words_of(await cindy.get(f"{MEETINGS}/{meeting}/report/public"))
    assert "withheld" in public
    assert "Fired at a child" in public


async def test_the_panel_reads_its_marks_by_reason_and_finds_the_records(nadia, db, meeting):
    await db.the_connection.execute(
        "UPDATE scrutiny_joint_marks SET reasons = '{Necessity,Grounds}' WHERE colour = 'red'"
    )
    reason = "Necessity"
    stored = await marks.load_joint_marks(db.the_connection, meeting)
    having = [mark for mark in stored if reason in mark.reasons]
    page = html.fromstring((await nadia.get(f"{MEETINGS}/{meeting}/report")).text)
    [row] = [
        found
        for found in page.xpath("//h2[@id='reasons']/following::table[1]/tbody/tr")
        if found.xpath("string(th)").strip() == reason
    ]
    counts = [int(count) for count in row.xpath("td[position() < 5]/text()")]
    colours = ("red", "amber", "green", "unsure")
    assert counts == [sum(mark.colour == colour for mark in having) for colour in colours]
    assert len(row.xpath(".//a")) == len(having)
    assert (await nadia.get(row.xpath(".//a/@href")[0])).status_code == 200
    # Who stepped aside from a record is not led to it.
    await db.the_connection.execute(
        "INSERT INTO scrutiny_conflicts (record, account) SELECT $1::uuid, id FROM accounts"
        " WHERE email = $2",
        having[0].record,
        NADIA[0],
    )
    text = (await nadia.get(f"{MEETINGS}/{meeting}/report")).text
    again = html.fromstring(text)
    assert len(again.xpath("//h2[@id='reasons']/following::table[1]//a")) == (
        len(page.xpath("//h2[@id='reasons']/following::table[1]//a")) - len(having[0].reasons)
    )


async def test_who_runs_a_panel_finds_the_way_to_mark_its_report_as_a_button(cindy, nadia, meeting):
    button = f'data-module="govuk-button" href="{MEETINGS}/{meeting}/report/public#publish"'
    assert button in (await cindy.get(f"{MEETINGS}/{meeting}/report")).text
    assert button not in (await nadia.get(f"{MEETINGS}/{meeting}/report")).text


async def test_a_meeting_that_is_not_closed_has_no_report(cindy, db, panel):
    ident = await begin_marking(db.the_connection, panel)
    answer = await cindy.get(f"{MEETINGS}/{ident}/report")
    assert answer.status_code == 409
    assert "not closed yet" in answer.text


async def test_who_has_nothing_to_do_with_a_panel_reads_nothing(signed_in, meeting, panel):
    omar = await signed_in(OMAR)
    for address in (
        f"{MEETINGS}/{meeting}/report",
        f"{MEETINGS}/{meeting}/answers",
        f"{PANELS}/{panel}/triggers",
    ):
        assert (await omar.get(address)).status_code in (403, 404)


async def publish(reviewer, publisher, db, meeting):
    """One person marks the report of today as reviewed, and another one publishes it."""
    await send(reviewer, f"{MEETINGS}/{meeting}/report/review", {})
    waiting = await reports.find_waiting(db.the_connection, meeting)
    address = f"{MEETINGS}/{meeting}/report/publication"
    return await send(publisher, address, {"version": str(waiting.version)})


async def test_a_report_is_published_once_and_again_with_later_answers(
    cindy, joan, client, db, meeting
):
    assert (await client.get(f"/scrutiny/{meeting}/report")).status_code == 404
    await publish(cindy, joan, db, meeting)
    page = await client.get(f"/scrutiny/{meeting}/report")
    assert "Version 1" in page.text
    await answer_first(cindy, db, meeting)
    await publish(joan, cindy, db, meeting)
    assert (
        "There is a later report"
        in (await client.get(f"/scrutiny/{meeting}/report?version=1")).text
    )
    stored = await reports.get_report(db.the_connection, meeting, None)
    assert (stored.version, stored.newest) == (2, 2)
    page = words_of(await cindy.get(f"{MEETINGS}/{meeting}/report"))
    assert f"reviewed by {CINDY[1]}, published by {JOAN[1]}" in page


async def test_nobody_publishes_a_report_that_they_reviewed(cindy, joan, client, db, meeting):
    public = f"{MEETINGS}/{meeting}/report/public"
    assert "The person who marks it as reviewed cannot publish it" in (await cindy.get(public)).text
    refused = await publish(cindy, cindy, db, meeting)
    assert refused.status_code == 409
    assert "scrutiny_report.own" in refused.text
    page = (await cindy.get(public)).text
    assert "You marked this report as reviewed." in page
    assert "/report/publication" not in page
    assert (await client.get(f"/scrutiny/{meeting}/report")).status_code == 404
    assert f"/scrutiny/{meeting}/report" not in (await client.get("/scrutiny")).text
    page = (await joan.get(public)).text
    assert f"{CINDY[1]} marked it as reviewed, so another person may publish it" in page
    assert "/report/publication" in page
    assert "Hackney panel, report of meeting 1" in (await joan.get("/work")).text


async def test_who_reviewed_and_who_published_is_in_the_audit(cindy, joan, db, meeting):
    await publish(cindy, joan, db, meeting)
    found = await people.load_audit(db.the_connection, 2**31, 10)
    told = {one.act: (one.name, one.detail) for one in found}
    assert told["scrutiny report reviewed"][0] == CINDY[1]
    name, detail = told["scrutiny report published"]
    assert name == JOAN[1]
    assert detail == {"reviewed_by": CINDY[1]}


async def test_where_the_operator_allows_it_one_person_publishes(app, cindy, db, meeting):
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, one_person_publishes=True)
    try:
        assert (await publish(cindy, cindy, db, meeting)).status_code == 303
    finally:
        app.state.settings = before
    [line] = await people.load_audit(db.the_connection, 2**31, 1)
    assert "which the operator allows" in line.detail["by_one_person"]


async def test_a_member_neither_reviews_nor_publishes(cindy, nadia, db, meeting):
    base = f"{MEETINGS}/{meeting}/report"
    assert (await send(nadia, f"{base}/review", {})).status_code == 403
    await send(cindy, f"{base}/review", {})
    assert (await send(nadia, f"{base}/publication", {"version": "1"})).status_code == 403
    assert "/report/publication" not in (await nadia.get(f"{base}/public")).text


async def test_a_second_chair_publishes_what_the_only_reviewer_reviewed(
    cindy, nadia, db, panel, meeting
):
    await people.set_role(db.the_connection, JOAN[0], "organiser")
    public = f"{MEETINGS}/{meeting}/report/public"
    assert "ask an administrator to add one" in (await cindy.get(public)).text
    await db.the_connection.execute(
        "UPDATE scrutiny_members SET chairs = true WHERE account ="
        " (SELECT id FROM accounts WHERE email = $1)",
        NADIA[0],
    )
    assert "ask an administrator to add one" not in (await cindy.get(public)).text
    assert (await publish(cindy, nadia, db, meeting)).status_code == 303


async def test_what_is_published_is_what_was_reviewed(cindy, joan, client, db, meeting):
    base = f"{MEETINGS}/{meeting}/report"
    await send(cindy, f"{base}/review", {})
    waiting = await reports.find_waiting(db.the_connection, meeting)
    assert "answers or actions have changed" not in (await joan.get(f"{base}/public")).text
    due = day_fields("due", clock.today() + datetime.timedelta(days=9))
    action = {"what": "Show the panel the training", "owner": "Chief inspector"} | due
    await send(cindy, f"{base}/actions", action)
    page = (await joan.get(f"{base}/public")).text
    assert "answers or actions have changed" in page
    assert "Show the panel the training" not in page
    assert "Show the panel the training" in (await joan.get(f"{base}/public?today=yes")).text
    await send(joan, f"{base}/publication", {"version": str(waiting.version)})
    assert (await client.get(f"/scrutiny/{meeting}/report.json")).content == waiting.body


async def test_a_version_that_gave_way_to_a_later_one_is_not_published(cindy, joan, db, meeting):
    base = f"{MEETINGS}/{meeting}/report"
    for reviewer in (cindy, joan):
        await send(reviewer, f"{base}/review", {})
    old = await send(joan, f"{base}/publication", {"version": "1"})
    assert old.status_code == 409
    assert "a later one was reviewed in the meantime" in old.text
    for status in (303, 409):  # pressed twice
        answer = await send(cindy, f"{base}/publication", {"version": "2"})
        assert answer.status_code == status
    stored = await reports.load_versions(db.the_connection, meeting)
    assert [one.version for one in stored] == [2]


async def test_a_review_that_is_sent_twice_is_one(cindy, joan, db, meeting):
    base = f"{MEETINGS}/{meeting}/report"
    for _ in range(2):
        await send(cindy, f"{base}/review", {})
    answer = await send(joan, f"{base}/publication", {"version": "1"})
    assert answer.status_code == 303


async def test_the_gate_knows_a_report_that_waits(cindy, db, meeting):
    await send(cindy, f"{MEETINGS}/{meeting}/report/review", {})
    today, first = clock.today(), datetime.date(2000, 1, 1)
    known = await all_inputs.load_counts_since(db.the_connection, first, "London", first)
    assert len(known) == 1
    assert await all_inputs.load_panel_reports(db.the_connection, today, today) == []


async def test_residents_find_a_published_report_from_the_list_of_reports(client, db, meeting):
    report = f'href="/scrutiny/{meeting}/report"'
    assert 'href="/scrutiny"' in (await client.get("/reports")).text
    assert report not in (await client.get("/scrutiny")).text
    await publish_report(db.the_connection, meeting)
    assert report in (await client.get("/scrutiny")).text


async def test_the_files_of_a_report_are_those_of_its_page(client, db, meeting):
    await publish_report(db.the_connection, meeting)
    address = f"/scrutiny/{meeting}/report"
    body = (await client.get(f"{address}.json")).content
    found = msgspec.json.decode(body, type=SafeMeetingReport)
    assert found.marks.red == 5  # six, to the nearest five
    assert "all: red,,Hackney panel" not in body.decode()
    rows = (await client.get(f"{address}.csv")).text
    assert "Krippendorff's alpha of the members" in rows
    pdf = (await client.get(f"{address}.pdf")).content
    assert pdf.startswith(b"%PDF")


async def test_the_monthly_edition_has_the_published_report(db, meeting):
    today = clock.today()
    assert await all_inputs.load_panel_reports(db.the_connection, today, today) == []
    await publish_report(db.the_connection, meeting)
    [one] = await all_inputs.load_panel_reports(db.the_connection, today, today)
    assert one.meeting == meeting
    before = today - datetime.timedelta(days=1)
    assert await all_inputs.load_panel_reports(db.the_connection, before, today) == []
    assert await all_inputs.load_panel_reports(db.the_connection, today, before) == []


async def test_a_withdrawn_report_stays_with_its_reason_and_out_of_later_editions(
    cindy, nadia, client, db, meeting
):
    today = clock.today()
    report, public = f"{MEETINGS}/{meeting}/report", f"/scrutiny/{meeting}/report"
    reason = {"reason": "Two marks were swapped."}
    await send(cindy, f"{report}/review", {})
    # Nothing is withdrawn that was not published.
    assert (await send(cindy, f"{report}/withdrawal", reason)).status_code == 409
    await publish_report(db.the_connection, meeting)
    assert (await send(nadia, f"{report}/withdrawal", reason)).status_code == 403
    empty = await send(cindy, f"{report}/withdrawal", {"reason": " "})
    assert "Say why, in 300 characters or fewer" in words_of(empty)
    assert "has withdrawn" not in (await client.get(public)).text
    await send(cindy, f"{report}/withdrawal", reason)
    assert (await send(cindy, f"{report}/withdrawal", reason)).status_code == 409
    page = words_of(await client.get(public))
    assert "The panel has withdrawn this report: Two marks were swapped." in page
    assert await all_inputs.load_panel_reports(db.the_connection, today, today) == []
    await publish_report(db.the_connection, meeting)
    assert "has withdrawn" not in (await client.get(public)).text
    assert "has withdrawn" in (await client.get(f"{public}?version=2")).text
    assert len(await all_inputs.load_panel_reports(db.the_connection, today, today)) == 1


async def test_an_answer_is_saved_by_the_chair_and_read_by_a_member(cindy, nadia, db, meeting):
    answer = await answer_first(cindy, db, meeting)
    assert answer.headers["location"].endswith("/answers?done=answered")
    one = await first_mark(db, meeting)
    assert (one.verdict, one.learning, one.version) == ("accepted", "More time to talk.", 1)
    page = words_of(await nadia.get(f"{MEETINGS}/{meeting}/answers/{one.number}"))
    assert "We agree." in page
    assert (await answer_first(nadia, db, meeting)).status_code == 403


async def test_of_two_answers_at_once_the_second_is_refused(cindy, db, meeting):
    await answer_first(cindy, db, meeting)
    assert (await answer_first(cindy, db, meeting, words="Other")).status_code == 409


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("words", "", "Enter what the force answered"),
        ("verdict", "", "Select what the force says"),
        ("answered-day", "77", "This day does not exist"),
    ],
)
async def test_an_answer_with_a_mistake_keeps_what_was_typed(
    cindy, db, meeting, field, typed, said
):
    answer = await answer_first(cindy, db, meeting, **{"learning": "Stays"}, **{field: typed})
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert "Stays" in answer.text


async def test_who_stepped_aside_reads_no_answer_on_the_record(nadia, db, meeting):
    one = await first_mark(db, meeting)
    await db.the_connection.execute(
        "INSERT INTO scrutiny_conflicts (record, account) SELECT $1::uuid, id FROM accounts"
        " WHERE email = $2",
        one.record,
        NADIA[0],
    )
    page = words_of(await nadia.get(f"{MEETINGS}/{meeting}/answers"))
    assert "You stepped aside from this record" in page
    answer = await nadia.get(f"{MEETINGS}/{meeting}/answers/{one.number}")
    assert answer.status_code == 403


async def test_overdue_answers_are_on_the_board(cindy, db, meeting):
    due = clock.today() - datetime.timedelta(days=1)
    assert "Answers the force owes" not in (await cindy.get("/work")).text
    await marks.save_due_day(db.the_connection, meeting, due)
    page = words_of(await cindy.get("/work"))
    assert "Hackney panel, meeting 1: 14 answers since" in page
    assert "Overdue from the force" in words_of(await cindy.get("/work/meeting"))


async def test_the_day_of_answers_can_be_moved(cindy, db, meeting):
    day = clock.today() + datetime.timedelta(days=40)
    await send(cindy, f"{MEETINGS}/{meeting}/answers/due", day_fields("due", day))
    assert (await first_mark(db, meeting)).due == day
    wrong = day_fields("due", day) | {"due-year": "1999"}
    answer = await send(cindy, f"{MEETINGS}/{meeting}/answers/due", wrong)
    assert "Enter a real date in the year after the meeting" in words_of(answer)


async def test_an_action_of_a_meeting_is_followed_with_all_others(cindy, db, meeting):
    due = day_fields("due", clock.today() + datetime.timedelta(days=9))
    given = {"what": "Show the panel the training", "owner": "Chief inspector"} | due
    await send(cindy, f"{MEETINGS}/{meeting}/report/actions", given)
    assert "Show the panel the training" in (await cindy.get(f"{MEETINGS}/{meeting}/report")).text
    page = words_of(await cindy.get("/work/actions"))
    assert "Agreed at meeting 1 of Hackney panel" in page
    assert (
        "Show the panel the training"
        in (await cindy.get(f"{MEETINGS}/{meeting}/report/public")).text
    )


async def test_a_trigger_is_set_is_set_off_and_answered(cindy, client, db, panel):
    typed = {"kind": "each", "allegation": "custody", "days": "14", "least": "", "period": "month"}
    await send(cindy, f"{PANELS}/{panel}/triggers", typed)
    page = words_of(await cindy.get(f"{PANELS}/{panel}/triggers"))
    assert "Each complaint about Detention in police custody" in page
    assert "If nothing changes" in page
    await db.the_connection.execute("UPDATE scrutiny_triggers SET since = since - 9")
    at = clock.now() - datetime.timedelta(days=2)
    at = at.replace(minute=0, second=0, microsecond=0)
    await insert_complaint(db.the_connection, at, ("custody",), area=HACKNEY)
    await panels.raise_complaints(db.the_connection, clock.today())
    [one] = await panels.load_events(db.the_connection, panel)
    assert "Not due yet" in words_of(await cindy.get(f"{PANELS}/{panel}/triggers"))
    given = {"words": "Looked into.", "version": "0"} | day_fields("answered", clock.today())
    await send(cindy, f"{PANELS}/{panel}/triggers/events/{one.id}", given)
    assert "Answered" in words_of(await cindy.get(f"{PANELS}/{panel}/triggers"))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("kind", "", "Select what sets off the trigger"),
        ("least", "1", "Enter a number from 2"),
        ("days", "0", "Enter 1 to 180 days"),
        ("allegation", "nonsense", "Select a kind of complaint"),
    ],
)
async def test_a_trigger_with_a_mistake_keeps_what_was_typed(cindy, panel, field, typed, said):
    good = {"kind": "number", "least": "7", "period": "week", "days": "21", "allegation": ""}
    answer = await send(cindy, f"{PANELS}/{panel}/triggers", good | {field: typed})
    assert answer.status_code == 422
    assert said in words_of(answer)
    if field != "days":
        assert 'value="21"' in answer.text


async def test_a_trigger_can_be_ended(cindy, db, panel):
    typed = {"kind": "child", "allegation": "", "days": "14", "least": "", "period": "month"}
    await send(cindy, f"{PANELS}/{panel}/triggers", typed)
    [one] = await panels.load_triggers(db.the_connection, panel)
    await send(cindy, f"{PANELS}/{panel}/triggers/{one.id}/end", {})
    [now] = await panels.load_triggers(db.the_connection, panel)
    assert now.ended_on == clock.today()


async def test_the_worker_sets_off_triggers(db, panel):
    from survey.store import jobs

    await jobs.enqueue(db.the_connection, "raise_triggers")
    await run_all_jobs(db)
    assert await panels.load_events(db.the_connection, panel) == []
