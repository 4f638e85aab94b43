"""Working on a case: every form on its page, accepted and refused, for whom, and the audit."""

import csv
import datetime
import html
import io
import re

import pytest

from api import clock
from api.jobs.texts import coding
from api.operations import cases
from api.pages.staff.cases.case_history import due_words
from survey.cases import CaseEvent, allegation_title
from survey.cases.contacts import Contact
from survey.deployments import DeploymentCount, Import
from survey.problems import Invalid
from survey.store import database, deployments
from survey.store.accounts import people
from survey.store.cases import complaints, events, inbox
from survey.store.themes import codes
from tests.api.pages.forms import send, token_on
from tests.conftest import roll_back_at_end
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import create_case

WORK = "/work/complaints"
NARRATIVE = "Sergeant John Smith pushed me by the bakery. Ring me on 07700 900123, not the florist."
REASON = {"reason": "To decide what is masked"}
OUTCOME = {
    "kind": "outcome",
    "allegation": "incivility",
    "outcome": "resolved",
    "message": "The officer apologised to you.",
}
CONTACT = Contact(name="Robin Miles", email="robin@example.org")


@pytest.fixture
async def db(connection):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture
async def case(db):
    answers = {"narrative": NARRATIVE, "happened_on": "2026-01-07"}
    receipt = await create_case(db, contact=CONTACT, **answers)
    await coding.code_all(db.the_connection)
    return receipt.reference


@pytest.fixture
def audit(db):
    async def lines(number=1):
        rows = await people.load_audit(db.the_connection, 2**62, number)
        return [(row.act, row.subject, row.detail) for row in rows]

    return lines


@pytest.fixture
def act(db):
    """Sends a form about a case with its current version, or with `version` of the form."""

    async def sent(client, reference, path, form):
        version = {"version": str(await version_of(db, reference))}
        return await send(client, f"{WORK}/{reference}/{path}", version | form)

    return sent


async def version_of(db, reference):
    return (await complaints.get(db.the_connection, reference)).version


async def account_id(db, who):
    return (await people.by_email(db.the_connection, who[0])).id


async def load_events(db, reference):
    case = await complaints.get(db.the_connection, reference)
    rows = await events.load_timeline(db.the_connection, case.id)
    return [row.event for row in rows]


def is_accepted(answer, reference, kind):
    return (answer.status_code, answer.headers.get("location")) == (
        303,
        f"{WORK}/{reference}?done={kind}",
    )


async def page_text(client, reference):
    return html.unescape((await client.get(f"{WORK}/{reference}")).text)


# ---------------------------------------------------------------- what the page says


async def test_the_page_says_what_is_due_whose_turn_it_is_and_who_works_on_it(cindy, case, act):
    text = await page_text(cindy, case)
    assert "Take this case" in text
    assert "The working group" in text
    assert "No one yet" in text
    assert "2 allegations" not in text
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    await act(cindy, case, "moves", {"kind": "acknowledged"})
    await act(cindy, case, "moves", {"kind": "asked", "message": "When was it?"})
    text = await page_text(cindy, case)
    assert "The person</dd>" in text
    assert "You</dd>" in text
    assert "Take this case" not in text


async def test_a_form_is_there_for_every_move_that_can_be_made_and_for_no_other(cindy, case, act):
    def forms(text):
        return set(re.findall(r'id="do-(\w+)"', text))

    new = {"acknowledged", "outcome", "told", "assigned", "merged", "noted"}
    assert forms(await page_text(cindy, case)) == new
    await act(cindy, case, "moves", {"kind": "acknowledged"})
    assert forms(await page_text(cindy, case)) == new - {"acknowledged"} | {"asked"}
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    await act(cindy, case, "moves", OUTCOME)
    assert forms(await page_text(cindy, case)) == {"outcome", "closed", "told", "assigned", "noted"}
    await act(cindy, case, "moves", {"kind": "closed"})
    assert forms(await page_text(cindy, case)) == {"reopened", "told", "noted"}


# ---------------------------------------------------------------- decided with words


async def test_nobody_decides_or_closes_a_case_without_what_the_person_reads(
    cindy, case, act, db, audit
):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    before = await audit(9)
    for form in (OUTCOME | {"message": ""}, {"kind": "closed"}):
        answer = await act(cindy, case, "moves", form)
        assert answer.status_code == 422
        assert f'href="#{form["kind"]}-message"' in answer.text
    assert await audit(9) == before
    await act(cindy, case, "moves", OUTCOME)
    assert is_accepted(await act(cindy, case, "moves", {"kind": "closed"}), case, "closed")
    found = await complaints.get(db.the_connection, case)
    rows = await events.load_timeline(db.the_connection, found.id)
    assert [row.body for row in rows if row.body] == [OUTCOME["message"]]


async def test_closing_a_disputed_case_needs_a_new_explanation(cindy, case, act, db):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    await act(cindy, case, "moves", OUTCOME)
    await act(cindy, case, "moves", {"kind": "closed"})
    await cases.apply_to_latest(db.the_connection, case, CaseEvent(kind="appealed"), "person")
    assert (await act(cindy, case, "moves", {"kind": "closed"})).status_code == 422
    again = {"kind": "closed", "message": "We looked again and found the same."}
    assert is_accepted(await act(cindy, case, "moves", again), case, "closed")


async def test_by_no_other_way_is_a_case_decided_without_words(case, db):
    event = CaseEvent(kind="outcome", allegation="incivility", outcome="resolved")
    with pytest.raises(Invalid) as refused:
        await cases.apply_to_latest(db.the_connection, case, event, "reviewer")
    assert refused.value.code == "case.unexplained"


async def test_a_private_note_is_for_colleagues_alone(cindy, joan, case, act, db, client):
    note = "The same officer as in an older case"
    assert is_accepted(
        await act(cindy, case, "moves", {"kind": "noted", "note": note}), case, "noted"
    )
    assert note in await page_text(joan, case)
    found = await complaints.get(db.the_connection, case)
    assert found.status == "new"
    mails = await db.the_connection.fetchval("SELECT count(*) FROM case_mails WHERE version > 1")
    assert mails == 0


def test_what_is_due_says_what_and_how_late():
    def words(status, due, today=datetime.date(2026, 11, 26)):
        return due_words(status, due and datetime.date.fromisoformat(due), today)

    assert words("new", "2026-09-16") == "Acknowledge by 16 September: 10 weeks late"
    assert words("open", "2026-11-25") == "Decide by 25 November: 1 day late"
    assert words("open", "2026-11-26") == "Decide by 26 November"
    assert words("decided", "2027-01-04") == "Close by 4 January 2027"
    assert words("disputed", "2026-11-14") == "Look at it again by 14 November: 12 days late"
    assert words("waiting", "2026-11-14") == "Waiting for the person until 14 November"
    assert (words("closed", None), words("merged", "2026-11-14")) == ("", "")


async def test_an_allegation_has_one_name_in_the_list_on_the_case_and_in_the_figures(cindy, db):
    receipt = await create_case(db, allegations=["discrimination"])
    title = allegation_title("discrimination")
    for address in (WORK, f"{WORK}/{receipt.reference}"):
        text = html.unescape((await cindy.get(address)).text)
        assert title in text
        assert "worse because of who you are" not in text


# ---------------------------------------------------------------- many at once


async def test_cases_are_assigned_together_and_what_cannot_be_is_said(cindy, case, act, db, audit):
    other, ended = (await create_case(db)).reference, (await create_case(db)).reference
    await cases.apply_to_latest(db.the_connection, ended, CaseEvent(kind="withdrawn"), "person")
    joan = await account_id(db, JOAN)
    form = {"case": [case, other, ended], "to": joan, "list": "status=all"}
    answer = await send(cindy, f"{WORK}/assign", form)
    assert answer.headers["location"] == f"{WORK}?status=all&done=assigned-2-1"
    page = (await cindy.get(answer.headers["location"])).text
    assert "2 cases are assigned. 1 could not be" in page
    for reference in (case, other):
        assert (await complaints.get(db.the_connection, reference)).handler == joan
    assert [line[0] for line in await audit(2)] == ["case assigned"] * 2


async def test_an_assignment_that_lacks_something_keeps_what_was_chosen(cindy, case):
    answer = await send(cindy, f"{WORK}/assign", {"case": [case], "to": ""})
    assert answer.status_code == 422
    assert 'href="#assign-to"' in answer.text
    assert re.search(rf'value="{case}" id="cases" checked', answer.text)
    assert 'href="#cases"' in (await send(cindy, f"{WORK}/assign", {"to": "me"})).text


async def test_the_list_is_a_file_too_without_words(cindy, case, audit):
    answer = await cindy.get(f"{WORK}/list.csv?status=new")
    assert answer.headers["content-type"].startswith("text/csv")
    [line] = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert (line["Case"], line["Status"], line["Borough"]) == (case, "New", "Hackney")
    assert line["Next step"].startswith("Acknowledge by")
    assert "bakery" not in answer.text
    assert (await audit())[0][0] == "case list exported"


async def test_cases_are_found_by_the_day_they_came(cindy, case):
    today = clock.today()
    assert case in (await cindy.get(f"{WORK}?since={today}&until={today}")).text
    before = today - datetime.timedelta(days=1)
    assert case not in (await cindy.get(f"{WORK}?until={before}")).text
    assert (await cindy.get(f"{WORK}?since=yesterday")).status_code == 422


async def test_the_case_before_and_after_in_the_list_are_a_click_away(cindy, case, act, db):
    newer = (await create_case(db)).reference
    for reference in (case, newer):
        await db.the_connection.execute(
            "UPDATE complaints SET due_on = NULL WHERE reference = $1", reference
        )
    rows = re.findall(rf'href="{WORK}/([A-Z0-9]{{4}}-[A-Z0-9]{{4}})"', (await cindy.get(WORK)).text)
    first, second = rows[:2]
    assert f'rel="next" href="{WORK}/{second}"' in await page_text(cindy, first)
    text = html.unescape((await cindy.get(f"{WORK}/{second}?list=status%3Dnew")).text)
    assert f'rel="prev" href="{WORK}/{first}?list=status%3Dnew"' in text
    moved = await act(cindy, second, "moves", {"kind": "acknowledged", "list": "status=new"})
    assert moved.headers["location"].endswith("?done=acknowledged&list=status%3Dnew")
    left = (await cindy.get(moved.headers["location"])).text
    assert f'rel="next" href="{WORK}/{first}?list=status%3Dnew"' in html.unescape(left)


# ---------------------------------------------------------------- reply templates


SHIPPED = [
    "Acknowledgement",
    "More information needed",
    "More time needed",
    "Not for us: where to go",
    "Outcome explained",
]


async def test_replies_to_start_from_are_there_and_one_that_is_deleted_stays_away(
    cindy, case, act, db
):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    page = (await cindy.get(f"{WORK}/{case}")).text
    assert all(f">{name}</option>" in page for name in SHIPPED)
    templates = await inbox.load_reply_templates(db.the_connection)
    assert [template.name for template in templates] == SHIPPED
    await send(cindy, f"{WORK}/replies/delete", {"id": str(templates[0].id)})
    assert await database.migrate(db.the_connection) == []
    left = await inbox.load_reply_templates(db.the_connection)
    assert [template.name for template in left] == SHIPPED[1:]


async def test_an_installation_with_replies_of_its_own_gets_no_others(db):
    file = database.read_files(database.SCHEMA)["017_reply_templates.sql"]
    await db.the_connection.execute("DELETE FROM reply_templates WHERE name <> 'Acknowledgement'")
    await db.the_connection.execute(file)
    [template] = await inbox.load_reply_templates(db.the_connection)
    assert template.name == "Acknowledgement"


async def test_a_message_with_a_gap_of_its_template_is_not_sent(cindy, case, act, db):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    form = {"kind": "told", "message": "You will hear from us by [day]. [name] wrote to us."}
    refused = await act(cindy, case, "moves", form)
    assert '<a href="#told-message">Fill in [day]</a>' in refused.text
    assert form["message"] in refused.text
    form["message"] = form["message"].replace("[day]", "Friday")
    assert (await act(cindy, case, "moves", form)).status_code == 303


async def test_who_writes_a_message_learns_of_templates_where_there_is_none(cindy, case, act, db):
    await db.the_connection.execute("DELETE FROM reply_templates")
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    page = (await cindy.get(f"{WORK}/{case}")).text
    assert 'href="/work/complaints/replies">Save it as a reply template' in page


async def test_a_template_is_inserted_below_what_was_typed_and_can_be_changed(
    cindy, case, act, db, audit
):
    await db.the_connection.execute("DELETE FROM reply_templates")
    at = f"{WORK}/replies"
    assert (await send(cindy, at, {"name": "", "body": ""})).status_code == 422
    answer = await send(cindy, at, {"name": "Delay", "body": "We need <b>more</b> time."})
    assert answer.headers["location"] == f"{at}?done=saved"
    assert await audit() == [("reply template saved", "Delay", {})]
    [template] = await inbox.load_reply_templates(db.the_connection)
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    form = {"kind": "told", "message": "Dear Zoe", "template": str(template.id), "insert": "yes"}
    answer = await act(cindy, case, "moves", form)
    assert answer.status_code == 200
    assert "Dear Zoe\n\nWe need &lt;b&gt;more&lt;/b&gt; time.</textarea>" in answer.text
    assert "We need" in (await cindy.get(f"{at}?change={template.id}")).text
    gone = await send(cindy, f"{at}/delete", {"id": str(template.id)})
    assert "We need &lt;b&gt;more&lt;/b&gt; time.</textarea>" in gone.text
    assert await inbox.load_reply_templates(db.the_connection) == []
    assert (await send(cindy, f"{at}/delete", {"id": "x"})).status_code == 303


# ---------------------------------------------------------------- assign, ask, tell


async def test_a_case_is_taken_in_one_press_and_given_to_another(cindy, case, act, audit, db):
    answer = await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    assert is_accepted(answer, case, "assigned")
    assert await audit() == [("case assigned", case, {"to": await account_id(db, CINDY)})]
    joan = await account_id(db, JOAN)
    await act(cindy, case, "moves", {"kind": "assigned", "to": joan, "note": "I am away"})
    text = await page_text(cindy, case)
    assert "Assigned to</strong> Joan Adeyemi" in text
    assert "I am away" in text
    assert (await complaints.get(db.the_connection, case)).handler == joan


@pytest.mark.parametrize("to", ["", "nobody", "00000000-0000-0000-0000-000000000000", "amina"])
async def test_a_case_is_given_to_who_reviews_only(to, cindy, case, act, audit, db):
    to = await account_id(db, AMINA) if to == "amina" else to
    answer = await act(cindy, case, "moves", {"kind": "assigned", "to": to, "note": "kept"})
    assert answer.status_code == 422
    assert 'href="#assigned-to"' in answer.text
    assert "kept</textarea>" in answer.text
    assert await audit() == []


@pytest.mark.parametrize("kind", ["asked", "told"])
async def test_a_message_reaches_the_thread_and_only_its_handler_reads_it(
    kind, cindy, joan, case, act, audit
):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    await act(cindy, case, "moves", {"kind": "acknowledged"})
    message = {"kind": kind, "message": "Which <b>street</b> was it?"}
    assert is_accepted(await act(cindy, case, "moves", message), case, kind)
    assert await audit() == [(f"case {kind}", case, {})]
    answer = await cindy.get(f"{WORK}/{case}")
    assert "Which &lt;b&gt;street&lt;/b&gt; was it?" in answer.text
    theirs = await page_text(joan, case)
    assert "street" not in theirs
    assert "The working group, Cindy Marsh" in theirs
    assert "take the case first" in theirs


@pytest.mark.parametrize("message", ["", "x" * 5_001])
async def test_a_message_needs_words_and_not_too_many(message, cindy, case, act, audit):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    before = await audit(9)
    answer = await act(cindy, case, "moves", {"kind": "told", "message": message})
    assert answer.status_code == 422
    assert 'href="#told-message"' in answer.text
    assert await audit(9) == before


async def test_only_who_works_on_a_case_writes_to_its_owner(cindy, case, act, audit):
    answer = await act(cindy, case, "moves", {"kind": "told", "message": "Hello"})
    assert answer.status_code == 403
    assert "is not assigned to you" in answer.text
    assert await audit() == []


# ---------------------------------------------------------------- two at once


@pytest.mark.parametrize(
    ("path", "form", "typed"),
    [
        ("moves", {"kind": "told", "message": "My long answer"}, "My long answer"),
        ("moves", {"kind": "acknowledged", "note": "My note"}, "My note"),
        ("redactions", {"item": "narrative", "more": "bakery"}, "bakery"),
        ("merge", {"same_person": "no", "note": "Same evening"}, "Same evening"),
        ("links", {"kind": "linked", "note": "The red dot"}, "The red dot"),
    ],
)
async def test_who_was_slower_reads_what_changed_and_keeps_what_they_typed(
    path, form, typed, cindy, joan, case, act, audit, db
):
    await import_counts(db)
    if path == "merge":
        form = form | {"number": (await create_case(db)).reference}
    if path == "links":
        form = form | {"record": offered_record(await page_text(cindy, case))}
    await act(joan, case, "moves", {"kind": "assigned", "to": "me"})
    before = await audit(9)
    answer = await act(cindy, case, path, form | {"version": "1"})
    assert answer.status_code == 409
    assert "has changed since you opened it" in answer.text
    assert "Assigned to</strong> Joan Adeyemi" in answer.text
    assert typed in answer.text
    assert await audit(9) == before


async def test_a_move_that_cannot_follow_says_so_and_keeps_the_words(cindy, case, act):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    answer = await act(cindy, case, "moves", {"kind": "asked", "message": "Too early?"})
    assert answer.status_code == 409
    assert "cannot follow" in answer.text
    assert "Too early?" in answer.text


# ---------------------------------------------------------------- contact


async def test_the_contact_is_shown_to_the_handler_once_and_each_time_is_noted(
    cindy, joan, case, act, audit
):
    refused = await act(cindy, case, "contact", {})
    assert refused.status_code == 403
    assert "is not assigned to you" in refused.text
    assert await audit() == []
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    for _ in range(2):
        answer = await act(cindy, case, "contact", {})
        assert "robin@example.org" in answer.text
    assert await audit(2) == [("contact read", case, {})] * 2
    assert "robin@" not in await page_text(cindy, case)
    assert "robin@" not in await page_text(joan, case)
    assert (await act(joan, case, "contact", {})).status_code == 403


async def test_a_case_without_a_contact_says_so(cindy, act, db):
    reference = (await create_case(db)).reference
    assert "The person left no contact" in await page_text(cindy, reference)
    await act(cindy, reference, "moves", {"kind": "assigned", "to": "me"})
    answer = await act(cindy, reference, "contact", {})
    assert "The person left no contact" in answer.text


# ---------------------------------------------------------------- what is masked


def offered_spans(text):
    return re.findall(r'name="offered" value="([^"]+)"', text)


async def save_redactions(
    client, reference, version, ticked, *, item="narrative", more="", spans=()
):
    here = f"{WORK}/{reference}"
    fields = [("version", str(version)), ("item", item), ("written", "yes"), ("more", more)]
    fields += [("span", one) for one in ticked] + [("offered", one) for one in spans]
    form = {name: [v for n, v in fields if n == name] for name, _ in fields}
    form["_csrf_token"] = await token_on(client, "/work")
    return await client.post(f"{here}/redactions", data=form)


async def test_a_person_decides_with_the_words_in_sight_and_the_history_tells(
    cindy, joan, case, audit, db
):
    page = (await send(cindy, f"{WORK}/{case}/words", REASON)).text
    spans = offered_spans(page)
    assert len(spans) == page.count("checked") == 2
    phone = [one for one in spans if one.endswith("phone")]
    answer = await save_redactions(cindy, case, 1, phone, more="bakery\nFLORIST", spans=spans)
    assert is_accepted(answer, case, "redacted")
    assert await audit() == [("case redacted", case, {"item": "narrative", "masked": 3})]
    text = await page_text(joan, case)
    assert "Sergeant John Smith pushed me by the [masked]." in text
    assert "900123" not in text
    assert "3 places redacted, as a person decided" in text
    assert "florist" not in text
    assert [one.items for one in await load_events(db, case)][-1] == ("narrative",)


async def test_what_was_masked_further_stays_to_be_ticked(cindy, case, db):
    page = (await send(cindy, f"{WORK}/{case}/words", REASON)).text
    await save_redactions(
        cindy, case, 1, offered_spans(page), more="bakery", spans=offered_spans(page)
    )
    page = (await send(cindy, f"{WORK}/{case}/words", REASON)).text
    assert [one.split("-")[2] for one in offered_spans(page)] == ["name", "masked", "phone"]
    assert page.count("checked") == 3
    await save_redactions(cindy, case, 2, [], spans=offered_spans(page))
    rows = await codes.load_redactions(
        db.the_connection, (await complaints.get(db.the_connection, case)).id
    )
    assert [(one.number, one.spans, one.name) for one in rows] == [
        (2, 0, "Cindy Marsh"),
        (1, 3, "Cindy Marsh"),
    ]


async def test_only_who_gave_a_reason_to_read_the_words_can_unmask_them(
    cindy, joan, case, audit, db
):
    page = (await send(joan, f"{WORK}/{case}/words", REASON)).text
    before = await audit(9)
    answer = await save_redactions(cindy, case, 1, [], spans=offered_spans(page))
    assert answer.status_code == 403
    assert "while you see it as it was written" in html.unescape(answer.text)
    assert await audit(9) == before
    assert "Smith" not in await page_text(cindy, case)


async def test_more_of_what_is_shown_is_masked_without_the_original(cindy, case, act, audit):
    form = {"item": "narrative", "more": "BAKERY\nFLORIST"}
    assert is_accepted(await act(cindy, case, "redactions", form), case, "redacted")
    text = await page_text(cindy, case)
    assert "by the [masked]" in text
    assert "florist" not in text
    assert "bakery" not in text
    assert "900123" not in text
    assert [one[0] for one in await audit(9)] == ["case redacted"]


@pytest.mark.parametrize(
    ("more", "sentence"), [("", "Write the words"), ("Smith", "not in what is shown: Smith")]
)
async def test_words_behind_a_mark_cannot_be_guessed(more, sentence, cindy, case, act, audit):
    answer = await act(cindy, case, "redactions", {"item": "narrative", "more": more})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'href="#more-narrative"' in answer.text
    assert await audit() == []


async def test_a_mistake_with_the_words_in_sight_keeps_what_was_ticked(cindy, case, audit):
    page = (await send(cindy, f"{WORK}/{case}/words", REASON)).text
    answer = await save_redactions(
        cindy, case, 1, offered_spans(page)[:1], more="Jones", spans=offered_spans(page)
    )
    assert answer.status_code == 422
    assert "Smith" in answer.text
    assert answer.text.count("checked") == 1
    assert "Jones</textarea>" in answer.text
    assert await audit(2) == [("words read", case, REASON)] * 2


async def test_a_text_that_is_not_there_is_not_masked(cindy, case, act):
    answer = await act(cindy, case, "redactions", {"item": "wanted", "more": "x"})
    assert answer.status_code == 404


# ---------------------------------------------------------------- duplicates


@pytest.fixture
async def again(db):
    """The same complaint submitted again, a day later and in slightly different words."""
    answers = {"narrative": f"{NARRATIVE} I saw it.", "happened_on": "2026-01-08"}
    receipt = await create_case(db, **answers)
    await coding.code_all(db.the_connection)
    return receipt.reference


async def test_cases_that_may_be_the_same_are_shown_with_why(cindy, case, again, db):
    elsewhere = (await create_case(db, area="Camden", happened_on="2026-01-07")).reference
    text = await page_text(cindy, case)
    assert f'href="{WORK}/{again}"' in text
    assert re.search(r"its words are \d\d% alike; same borough, within three days", text)
    same = text[text.index('id="same"') :]
    assert elsewhere not in same


async def test_a_merge_keeps_both_numbers_and_counts_once_and_can_be_undone(
    cindy, case, again, act, audit
):
    form = {"case": case, "same_person": "yes", "note": "The same evening"}
    assert is_accepted(await act(cindy, again, "merge", form), again, "merged")
    assert await audit() == [("case merged", again, {"into": case, "same_person": True})]
    assert "2 complaints, 1 case" in await page_text(cindy, case)
    text = await page_text(cindy, again)
    assert "merged into <a" in text
    assert "made by the same person" in text
    assert "2 open complaints, 1 case" in html.unescape((await cindy.get(WORK)).text)
    empty = await act(cindy, again, "part", {})
    assert 'href="#parted-note"' in empty.text
    assert is_accepted(
        await act(cindy, again, "part", {"note": "Another evening"}), again, "parted"
    )
    assert "2 open complaints, 2 cases" in html.unescape((await cindy.get(WORK)).text)
    assert "2 complaints, 1 case" not in await page_text(cindy, case)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "merged-number"),
        ({"number": "", "case": ""}, "merged-case"),
        ({"number": "QQQQ-QQQ2"}, "merged-number"),
        ({"number": "itself"}, "merged-number"),
        ({"same_person": ""}, "merged-same_person"),
        ({"note": ""}, "merged-note"),
    ],
)
async def test_a_merge_that_lacks_something_is_asked_for_again(
    change, field, cindy, case, again, act, audit
):
    form = {"number": case, "same_person": "no", "note": "Why not"} | change
    form["number"] = again if form["number"] == "itself" else form["number"]
    answer = await act(cindy, again, "merge", form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert await audit() == []


async def test_a_case_that_holds_others_is_not_merged_and_one_at_its_end_takes_none(
    cindy, case, again, act, db
):
    form = {"same_person": "no", "note": "Together"}
    third = (await create_case(db)).reference
    await act(cindy, again, "merge", form | {"number": case})
    answer = await act(cindy, case, "merge", form | {"number": third})
    assert answer.status_code == 409
    assert "Other complaints were merged into case" in answer.text
    answer = await act(cindy, third, "merge", form | {"number": again})
    assert answer.status_code == 409
    assert "cannot follow" in answer.text


# ---------------------------------------------------------------- records of deployments


async def import_counts(db, start=datetime.date(2026, 1, 5), tactic="fired", *, many=3, days=7):
    """Import a file with one count for each of two boroughs."""
    counts = [
        DeploymentCount(
            area=area,
            start=start,
            end=start + datetime.timedelta(days=days - 1),
            measure="incidents",
            tactic=tactic,
            count=many,
        )
        for area in ("E09000012", "E09000007")
    ]
    found = Import(
        source="met_tables",
        file="f.csv",
        sha256=f"{start}{tactic}".ljust(64, "0"),
        known_on=datetime.date(2026, 2, 1),
        counts=tuple(counts),
    )
    await deployments.save(db.the_connection, found)


def offered_record(text):
    return re.search(r'name="record" type="radio" value="([^"]+)"', text)[1]


async def test_a_case_is_linked_to_a_record_by_a_person_who_says_why(cindy, case, act, audit, db):
    await import_counts(db)
    await import_counts(db, start=datetime.date(2026, 3, 2))
    text = await page_text(cindy, case)
    assert text.count('name="record"') == 1
    assert "Fired: 3 incidents, 5 Jan 2026 to 11 Jan 2026 (met tables)" in text
    form = {"kind": "linked", "record": offered_record(text), "note": "She saw the dart"}
    assert is_accepted(await act(cindy, case, "links", form), case, "linked")
    detail = {"source": "met_tables", "tactic": "fired", "start": "2026-01-05"}
    assert await audit() == [("case linked", case, detail)]
    text = await page_text(cindy, case)
    assert "She saw the dart" in text
    assert re.search(r"Linked .+, by Cindy Marsh", text)
    [*_, last] = await load_events(db, case)
    assert (last.source, last.deployment.count) == ("met_tables", 3)
    undo = form | {"kind": "unlinked", "note": "Another day"}
    assert is_accepted(await act(cindy, case, "links", undo), case, "unlinked")
    assert "No longer linked" in await page_text(cindy, case)
    assert (await act(cindy, case, "links", undo)).status_code == 422


@pytest.mark.parametrize(
    ("change", "field"), [({"record": "x"}, "linked-record"), ({"note": ""}, "linked-note")]
)
async def test_a_link_needs_a_record_of_the_list_and_a_reason(
    change, field, cindy, case, act, audit, db
):
    await import_counts(db)
    form = {
        "kind": "linked",
        "record": offered_record(await page_text(cindy, case)),
        "note": "So it was",
    }
    answer = await act(cindy, case, "links", form | change)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert await audit() == []


@pytest.mark.parametrize(("many", "days", "words"), [
    (1, 7, "Fired: 1 incident, 5 Jan"), (4, 7, ""), (3, 31, ""),
])  # fmt: skip
async def test_only_a_count_that_points_at_few_events_can_be_linked(
    many, days, words, cindy, case, db
):
    await import_counts(db, many=many, days=days)
    text = await page_text(cindy, case)
    assert ('name="record"' in text) == bool(words)
    assert words in text


@pytest.mark.parametrize(
    ("start", "tactic", "shown"),
    [("2026-01-12", "fired", 1), ("2026-01-15", "fired", 0), ("2026-01-05", "force", 0)],
)
async def test_records_of_the_week_are_shown_where_none_covers_the_day(
    start, tactic, shown, cindy, case, db
):
    await import_counts(db, start=datetime.date.fromisoformat(start), tactic=tactic)
    text = await page_text(cindy, case)
    assert text.count('name="record"') == shown
    assert ("No published count is small enough" in text) == (not shown)


# ---------------------------------------------------------------- records before corrections


async def test_a_record_before_a_correction_is_shown_and_its_words_with_the_others(cindy, case, db):
    record = await complaints.get(db.the_connection, case)
    await db.the_connection.execute(
        "INSERT INTO case_events (complaint, version, event) VALUES ($1, 2, $2)",
        record.id,
        {"kind": "corrected", "items": ["narrative"]},
    )
    await db.the_connection.execute(
        "INSERT INTO case_earlier VALUES ($1, 2, 'E09000007', $2, $3, $4)",
        record.id,
        {"concerning": "witness"},
        ["custody"],
        {"narrative": "It was Officer Jones."},
    )
    text = await page_text(cindy, case)
    assert f"Earlier, corrected on {clock.today():%-d %b %Y}" in text
    assert "Camden" in text
    assert "Jones" not in text
    page = await send(cindy, f"{WORK}/{case}/words", REASON)
    assert "Officer Jones" in page.text


# ---------------------------------------------------------------- files


@pytest.fixture
async def file(case, db):
    """Id of a file attached to the case, inserted as if the form had asked for one."""
    record = await complaints.get(db.the_connection, case)
    return await db.the_connection.fetchval(
        "INSERT INTO attachments (mark, instrument, item, media_type, body, complaint, expires_at)"
        " VALUES (repeat('a', 26), 'complaint', 'recording', 'audio/mpeg', 'sound', $1, NULL)"
        " RETURNING id::text",
        record.id,
    )


async def test_a_file_is_listed_and_each_download_is_noted(cindy, case, file, audit):
    address = f"{WORK}/{case}/files/{file}"
    text = await page_text(cindy, case)
    assert f'href="{address}" download' in text
    assert "Not scanned" in text
    answer = await cindy.get(address)
    assert answer.content == b"sound"
    assert f'filename="{case}-{file[:8]}' in answer.headers["content-disposition"]
    assert await audit() == [("attachment downloaded", case, {"attachment": file})]


async def test_a_file_in_quarantine_or_of_another_case_is_given_to_nobody(
    cindy, case, file, audit, db
):
    other = (await create_case(db)).reference
    assert (await cindy.get(f"{WORK}/{other}/files/{file}")).status_code == 404
    await db.the_connection.execute("UPDATE attachments SET scan = 'waiting'")
    assert (await cindy.get(f"{WORK}/{case}/files/{file}")).status_code == 409
    assert f'files/{file}"' not in await page_text(cindy, case)
    assert await audit() == []


# ---------------------------------------------------------------- saved views


async def test_a_view_is_saved_opened_and_deleted_by_whom_it_belongs_to(cindy, joan, audit):
    query = "status=waiting&borough=E09000012&nonsense=1"
    answer = await send(cindy, f"{WORK}/views", {"name": "Hackney <b>waits", "query": query})
    assert answer.headers["location"] == f"{WORK}?status=waiting&borough=E09000012&done=saved"
    assert await audit() == [("view saved", "complaints", {})]
    text = (await cindy.get(f"{WORK}?status=waiting&borough=E09000012")).text
    assert "Hackney &lt;b&gt;waits</strong>" in text
    assert "waits" not in (await joan.get(WORK)).text
    await send(joan, f"{WORK}/views/delete", {"name": "Hackney <b>waits"})
    assert "waits" in (await cindy.get(WORK)).text
    await send(cindy, f"{WORK}/views/delete", {"name": "Hackney <b>waits"})
    assert "waits" not in (await cindy.get(WORK)).text


@pytest.mark.parametrize("name", ["", "x" * 61])
async def test_a_view_needs_a_name(name, cindy, audit):
    answer = await send(cindy, f"{WORK}/views", {"name": name, "query": "status=open"})
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert await audit() == []


async def test_a_pasted_number_opens_its_case_and_an_unknown_one_finds_nothing(cindy, case):
    for typed in (case, case.lower(), f" {case.replace('-', ' ')} "):
        answer = await cindy.get(WORK, params={"q": typed, "status": "closed"})
        assert answer.headers["location"] == f"{WORK}/{case}"
    assert "No case matches" in (await cindy.get(f"{WORK}?q=QQQQ-QQQ2")).text


@pytest.mark.parametrize("query", ["status=odd", "handler=x", "channel=pigeon", "overdue=1"])
async def test_an_unknown_filter_value_is_refused(query, cindy):
    assert (await cindy.get(f"{WORK}?{query}")).status_code == 422


async def test_the_inbox_tells_who_works_on_what(cindy, case, act):
    await act(cindy, case, "moves", {"kind": "assigned", "to": "me"})
    text = (await cindy.get(f"{WORK}?handler=me")).text
    assert case in text
    assert case not in (await cindy.get(f"{WORK}?handler=nobody")).text
    cells = re.search(r"handler=[0-9a-f-]{36}\">Cindy Marsh</a></th>(.+?)</tr>", text, re.DOTALL)
    assert re.findall(r">(\d+)</td>", cells[1]) == ["1", "0", "0"]
