"""An edition in the working group: drafted, discussed, reviewed, published, withdrawn; actions."""

import datetime
import hashlib
import re

import msgspec
import pytest
from lxml import html

from api import clock
from api.jobs import edition_marks, worker
from api.jobs.edition_inputs import editions as making
from survey.editions import Correction
from survey.editions.actions import EditionKey
from survey.problems import Conflict
from survey.store import editions as reports
from survey.store import jobs
from survey.store.accounts import people
from survey.store.editions import actions, edition_work
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.api.pages.forms import send
from tests.jobs import run_all_jobs
from tests.people import CINDY, JOAN
from tests.stored.published_editions import save_and_publish

WORK = f"/work/editions/weekly/{WEEK}/1"
PUBLIC = f"/reports/weekly/{WEEK}"
FILES = ("edition.pdf", "edition.csv", "edition.parquet", "edition.json")
TOMORROW = clock.today() + datetime.timedelta(days=1)
ACTION = {
    "what": "Ask the Met for the missing week",
    "owner": "Met liaison",
    "due-day": str(TOMORROW.day),
    "due-month": str(TOMORROW.month),
    "due-year": str(TOMORROW.year),
}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def draft(db):
    return await reports.save(db.the_connection, sample(number=1))


async def mark_edition(client, step):
    return await send(client, f"{WORK}/marks/{step}")


@pytest.fixture
async def joan(signed_in):
    """A reviewer other than Cindy, because nobody publishes what they reviewed."""
    return await signed_in(JOAN)


async def audited_acts(db):
    return [row.act for row in await people.load_audit(db.the_connection, 2**31, 50)]


async def test_a_draft_is_nowhere_in_public(client, draft):
    addresses = [PUBLIC, f"{PUBLIC}?number=1", f"/api/v1{PUBLIC}", f"/api/v1{PUBLIC}?number=1"]
    for address in [*addresses, *(f"{PUBLIC}/{file}?number=1" for file in FILES)]:
        tag = {"If-None-Match": f'"{draft}"'}
        assert (await client.get(address, headers=tag)).status_code == 404
    assert "There are no reports yet." in (await client.get("/reports")).text
    assert (await client.get("/api/v1/reports")).json()["items"] == []


async def test_the_working_group_reads_a_draft_and_its_files(cindy, draft):
    page = (await cindy.get(WORK)).text
    assert "Only the working group sees it" in page
    assert "58.4 of 100" in page
    whole = (await cindy.get(f"{WORK}/read")).text
    assert "What to keep in mind" in whole
    assert f'href="{WORK}/edition.pdf"' in whole
    found = {file: await cindy.get(f"{WORK}/{file}") for file in FILES}
    assert {answer.status_code for answer in found.values()} == {200}
    assert hashlib.sha256(found["edition.json"].content).hexdigest() == draft
    assert found["edition.pdf"].content.startswith(b"%PDF-")
    assert "no-store" in found["edition.json"].headers["cache-control"]


async def test_reviewed_then_published_and_not_one_byte_has_changed(cindy, joan, client, draft, db):
    assert (await mark_edition(cindy, "reviewed")).headers["location"] == f"{WORK}?done=reviewed"
    assert (await client.get(PUBLIC)).status_code == 404
    assert (await mark_edition(joan, "published")).headers["location"] == f"{WORK}?done=published"
    bytes_ = (await client.get(f"{PUBLIC}/edition.json")).content
    assert hashlib.sha256(bytes_).hexdigest() == draft
    page = (await cindy.get(WORK)).text
    assert [page.count(f", by {one[1]}") for one in (CINDY, JOAN)] == [1, 1]
    assert (await audited_acts(db))[:2] == ["edition published", "edition reviewed"]


async def test_nothing_is_published_that_nobody_has_reviewed(cindy, client, draft, db):
    refused = await mark_edition(cindy, "published")
    assert refused.status_code == 409
    assert "edition.not_to_be_published" in refused.text
    assert f'href="{WORK}"' in refused.text  # no dead end
    assert (await client.get(PUBLIC)).status_code == 404
    assert "edition published" not in await audited_acts(db)


async def test_nobody_publishes_what_they_reviewed(cindy, joan, client, draft, db):
    assert "The person who marks it as reviewed cannot publish it" in (await cindy.get(WORK)).text
    await mark_edition(cindy, "reviewed")
    page = (await cindy.get(WORK)).text
    assert "Another reviewer or an administrator publishes it" in page
    assert "marks/published" not in page
    refused = await mark_edition(cindy, "published")
    assert refused.status_code == 409
    assert "edition.own" in refused.text
    assert (await client.get(PUBLIC)).status_code == 404
    page = (await joan.get(WORK)).text
    assert f"{CINDY[1]} marked it as reviewed, so another person may publish it" in page
    assert "marks/published" in page
    assert (await mark_edition(joan, "published")).status_code == 303


@pytest.fixture
def one_person_allowed(app):
    """An installation whose operator lets one person review and publish."""
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, one_person_publishes=True)
    yield
    app.state.settings = before


async def test_the_only_reviewer_does_not_publish_alone_and_is_told_what_to_do(cindy, draft, db):
    await people.set_role(db.the_connection, JOAN[0], "organiser")
    page = (await cindy.get(WORK)).text
    assert "ask an administrator to add one" in page
    await mark_edition(cindy, "reviewed")
    refused = await mark_edition(cindy, "published")
    assert refused.status_code == 409
    assert "SOUNDINGS_ONE_PERSON_PUBLISHES=true" in refused.text


@pytest.mark.usefixtures("one_person_allowed")
async def test_one_person_publishes_where_the_operator_allows_it(cindy, draft, db):
    assert "lets one person review and publish. The audit" in (await cindy.get(WORK)).text
    await mark_edition(cindy, "reviewed")
    assert "You may publish it too." in (await cindy.get(WORK)).text
    assert (await mark_edition(cindy, "published")).status_code == 303
    [line] = await people.load_audit(db.the_connection, 2**31, 1)
    assert line.act == "edition published"
    assert "the operator allows" in line.detail["by_one_person"]


async def test_the_audit_of_a_publication_names_who_reviewed(cindy, joan, draft, db):
    await mark_edition(cindy, "reviewed")
    await mark_edition(joan, "published")
    [line] = await people.load_audit(db.the_connection, 2**31, 1)
    assert line.detail == {"reviewed_by": CINDY[1]}


async def test_what_a_command_reviewed_anybody_may_publish_and_the_page_says_so(cindy, draft, db):
    which = EditionKey("weekly", WEEK, 1)
    await edition_work.insert_mark(db.the_connection, which, "reviewed", by=None)
    assert "A command marked it as reviewed, so any reviewer" in (await cindy.get(WORK)).text
    assert (await mark_edition(cindy, "published")).status_code == 303


@pytest.mark.parametrize("step", ["reviewed", "published"])
async def test_each_step_is_done_once(cindy, joan, draft, step):
    await mark_edition(cindy, "reviewed")
    await mark_edition(joan, "published")
    assert (await mark_edition(joan, step)).status_code == 409


async def test_a_newer_draft_changes_nothing_for_readers(client, cindy, db):
    first = await save_and_publish(db.the_connection, sample(number=1))
    await reports.save(db.the_connection, sample(number=2))
    answer = await client.get(PUBLIC)
    assert first in answer.text
    assert "There is a later edition" not in answer.text
    assert f"{PUBLIC}?number=2" not in (await client.get("/reports")).text
    assert f"/work/editions/weekly/{WEEK}/2" in (await cindy.get("/work/editions")).text


async def test_an_edition_is_compared_with_the_last_that_readers_saw(db):
    connection = db.the_connection
    await reports.save(connection, sample(number=1, data_as_of=datetime.date(2008, 7, 1)))
    assert await reports.find_previous(connection, "weekly", WEEK, 2) is None
    await save_and_publish(connection, sample(number=2, data_as_of=datetime.date(2008, 7, 2)))
    await save_and_publish(connection, sample(number=3, data_as_of=datetime.date(2008, 7, 3)))
    await reports.save(connection, sample(number=4, data_as_of=datetime.date(2008, 7, 4)))
    before = await reports.find_previous(connection, "weekly", WEEK, 5)
    assert before.data_as_of == datetime.date(2008, 7, 3)
    which = EditionKey("weekly", WEEK, 3)
    await edition_work.insert_mark(connection, which, "withdrawn", by=None, reason="Wrong.")
    before = await reports.find_previous(connection, "weekly", WEEK, 5)
    assert before.data_as_of == datetime.date(2008, 7, 2)


async def test_a_withdrawn_edition_stays_with_its_reason(cindy, client, db):
    sha256 = await save_and_publish(db.the_connection, sample(number=1))
    assert (await send(cindy, f"{WORK}/withdrawal", {"reason": " "})).status_code == 422
    form = {"reason": "Two boroughs were <b>mixed up</b>."}
    await send(cindy, f"{WORK}/withdrawal", form)
    page = (await client.get(PUBLIC)).text
    assert "withdrawn this edition: Two boroughs were &lt;b&gt;mixed up" in page
    assert sha256 in page
    assert "Withdrawn" in (await client.get("/reports")).text
    (listed,) = (await client.get("/api/v1/reports")).json()["items"]
    assert listed["withdrawn"] == form["reason"]
    assert (await send(cindy, f"{WORK}/withdrawal", form)).status_code == 409


async def test_a_draft_cannot_be_withdrawn(cindy, draft):
    refused = await send(cindy, f"{WORK}/withdrawal", {"reason": "Wrong."})
    assert refused.status_code == 409


# ---------------------------------------------------------------- comments


async def send_comment(client, words, part=""):
    sent = {"words": words, "part": part, "place": part or "whole"}
    return await send(client, f"{WORK}/comments", sent)


async def test_a_comment_stands_at_its_heading_with_name_and_time(cindy, draft):
    sent = await send_comment(cindy, "Is this <i>right</i>?\nI doubt it.", "caveats")
    assert sent.headers["location"].startswith(f"{WORK}/read#comment-")
    page = html.fromstring((await cindy.get(f"{WORK}/read")).text)
    [section] = page.xpath('//section[@aria-labelledby="caveats"]')
    [there] = section.xpath('.//*[@id="comments-caveats"]')
    assert "Is this <i>right</i>?" in there.text_content()
    assert CINDY[1] in there.text_content()
    work = (await cindy.get(WORK)).text
    assert f'href="{WORK}/read#comments-caveats">What to keep in mind</a>: 1 open' in work


async def test_the_label_of_a_comment_names_its_heading(cindy, draft):
    page = html.fromstring((await cindy.get(f"{WORK}/read")).text)
    found = page.xpath("//label[starts-with(@for, 'words-')]")
    labels = [one.text_content().strip() for one in found]
    assert labels
    assert all(one.startswith("Comment on ") and "<" not in one for one in labels)


async def test_every_heading_of_the_reading_page_takes_a_comment(cindy, draft):
    page = html.fromstring((await cindy.get(f"{WORK}/read")).text)
    sections = page.xpath("//main//section[.//*[starts-with(@id, 'comments-')]]/@aria-labelledby")
    forms = page.xpath(f'//form[@action="{WORK}/comments"]')
    assert len(sections) > 3
    assert sections == [form.fields["part"] for form in forms]
    assert page.xpath("//select") == []


@pytest.mark.parametrize("part", ["", "caveats"])
@pytest.mark.parametrize("words", ["", " \n ", "x" * 2_001])
async def test_a_comment_says_something_and_not_too_much(cindy, draft, words, part, db):
    refused = await send_comment(cindy, words, part)
    assert refused.status_code == 422
    page = html.fromstring(refused.text)
    [link] = page.xpath('//*[contains(@class, "govuk-error-summary")]//a/@href')
    [field] = page.xpath("//textarea[@id=$id]", id=link[1:])
    assert (field.text or "").strip() == words.strip()
    assert await db.the_connection.fetchval("SELECT count(*) FROM edition_comments") == 0


async def change_comment(client, number, step):
    return await send(client, f"{WORK}/comments/{number}/{step}")


async def test_a_comment_is_answered_resolved_and_reopened(cindy, joan, draft, db):
    sent = await send_comment(cindy, "Which week?", "caveats")
    number = sent.headers["location"].rpartition("-")[2]
    reply = {"words": "The last one.", "part": "caveats", "place": "x", "answers": number}
    assert (await send(joan, f"{WORK}/comments", reply)).status_code == 303
    page = (await cindy.get(f"{WORK}/read")).text
    assert page.index("Which week?") < page.index("The last one.")
    assert (await change_comment(joan, number, "resolved")).status_code == 303
    assert f"Resolved by {JOAN[1]}, " in (await cindy.get(f"{WORK}/read")).text
    assert "0 open, 1 resolved" in (await cindy.get(WORK)).text
    assert (await change_comment(joan, number, "resolved")).status_code == 409
    assert (await change_comment(cindy, number, "reopened")).status_code == 303
    assert "Resolved by" not in (await cindy.get(f"{WORK}/read")).text
    acts = await audited_acts(db)
    assert acts[:4] == [
        "comment reopened", "comment resolved", "comment answered", "edition commented",
    ]  # fmt: skip


async def test_a_reply_needs_its_comment(cindy, draft):
    reply = {"words": "To nobody.", "part": "", "answers": "77"}
    assert (await send(cindy, f"{WORK}/comments", reply)).status_code == 409


async def test_a_comment_is_struck_out_by_name_and_never_gone(cindy, signed_in, draft):
    sent = await send_comment(cindy, "Wrong week.")
    assert sent.headers["location"].startswith(f"{WORK}?done=commented#comment-")
    number = sent.headers["location"].rpartition("-")[2]
    joan = await signed_in(JOAN)
    assert (await change_comment(joan, number, "struck")).status_code == 303
    page = (await cindy.get(WORK)).text
    assert f"Struck out by {JOAN[1]}" in page
    assert "<s>Wrong week.</s>" in page
    assert (await change_comment(cindy, number, "struck")).status_code == 409


async def test_no_comment_reaches_the_public(cindy, joan, client, draft):
    await send_comment(cindy, "For us only.")
    await mark_edition(cindy, "reviewed")
    await mark_edition(joan, "published")
    for address in (PUBLIC, f"{PUBLIC}/edition.json", f"{PUBLIC}/edition.csv"):
        assert "For us only." not in (await client.get(address)).text


# ---------------------------------------------------------------- actions


@pytest.fixture
async def agreed(cindy, draft, db):
    answer = await send(cindy, f"{WORK}/actions", ACTION)
    assert answer.headers["location"] == f"{WORK}?done=agreed"
    return await db.the_connection.fetchval("SELECT max(id) FROM actions")


async def change_action(client, number, version=1, **given):
    form = {name: ACTION[name] for name in ACTION if name != "what"}
    form |= {"version": str(version), "status": "done", "outcome": "They sent it."} | given
    return await send(client, f"/work/actions/{number}", form)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"what": ""}, "Say what needs to be done"),
        ({"owner": "x" * 101}, "Say who does it"),
        ({"due-month": "13"}, "This day does not exist"),
        ({"due-year": "9999"}, "Enter a real date"),
    ],
)
async def test_an_action_has_what_an_owner_and_a_day(cindy, draft, wrong, said, db):
    answer = await send(cindy, f"{WORK}/actions", ACTION | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert await db.the_connection.fetchval("SELECT count(*) FROM actions") == 0


async def test_an_action_is_settled_with_its_outcome_and_keeps_its_history(cindy, agreed):
    assert (await change_action(cindy, agreed)).headers["location"] == "/work/actions?done=changed"
    page = (await cindy.get(f"/work/actions/{agreed}")).text
    assert page.index("They sent it.") < page.index("What has happened")
    assert "<strong>Agreed</strong>" in page
    assert f"by {CINDY[1]}" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outcome": ""}, "Say what the result was"),
        ({"status": "lost"}, "Choose its status"),
        ({"owner": ""}, "Say who does it"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(cindy, agreed, wrong, said):
    answer = await change_action(cindy, agreed, **wrong)
    assert answer.status_code == 422
    assert said in answer.text


async def test_of_two_changes_on_the_same_version_one_is_refused(cindy, agreed):
    await change_action(cindy, agreed)
    late = await change_action(cindy, agreed, status="dropped", outcome="Nobody has time.")
    assert late.status_code == 409
    assert "action.changed" in late.text


async def test_a_version_with_thousands_of_digits_is_an_old_one(cindy, agreed):
    """Python refuses to read such a number, which ended the request with an error of ours."""
    assert (await change_action(cindy, agreed, version="9" * 5000)).status_code == 409


async def test_an_unknown_action_is_not_found(cindy):
    assert (await cindy.get("/work/actions/77")).status_code == 404
    assert (await change_action(cindy, 77)).status_code == 404


async def test_what_is_overdue_stands_first_and_is_counted(cindy, agreed, db):
    which = ("weekly", WEEK, 1)
    cindy_id = (await people.by_email(db.the_connection, CINDY[0])).id
    past = clock.today() - datetime.timedelta(days=1)
    await actions.insert(db.the_connection, which, "Late", "Chair", past, by=cindy_id)
    page = (await cindy.get("/work/actions")).text
    assert page.index("Late") < page.index(ACTION["what"])
    assert ">Overdue</h2>" in page
    assert "<strong>1</strong> overdue" in (await cindy.get("/work")).text


async def test_the_next_monthly_edition_prints_open_and_settled_actions(cindy, agreed, db):
    from api.jobs.edition_inputs import editions

    await send(cindy, f"{WORK}/actions", ACTION | {"what": "Second"})
    await change_action(cindy, agreed)
    start = clock.today().replace(day=1)
    monthly, _ = await editions.make_edition(db.the_connection, "monthly", start)
    assert [(one.what, one.status) for one in monthly.actions] == [
        ("Second", "open"), (ACTION["what"], "done"),
    ]  # fmt: skip
    page = (await cindy.get(f"/work/editions/monthly/{start}/1/read")).text
    assert "Actions from last month" in page
    text = re.sub(r"<[^>]+>", "", page)
    assert re.search(r"Second\s+Owner: Met liaison\s+Due: [^\n]+\s+Status: open", text)
    assert "done: They sent it." in page
    weekly, _ = await editions.make_edition(db.the_connection, "weekly", WEEK)
    assert weekly.actions == ()


# ---------------------------------------------------------------- what is on its way


async def test_what_failed_is_named_with_the_way_out(cindy, db, monkeypatch):
    async def refuse(connection, key):
        raise Conflict("quote.withdrawn", "Quote 3 may not be printed.", "")

    monkeypatch.setitem(worker.JOBS, "weekly_edition", refuse)
    await jobs.enqueue(db.the_connection, "weekly_edition", str(WEEK))
    await run_all_jobs(db)
    page = (await cindy.get("/work/editions")).text
    assert "failed once, and is tried again by itself" in page
    for _ in range(worker.MOST_TRIES):
        await db.the_connection.execute("UPDATE jobs SET due_at = now()")
        await run_all_jobs(db)
    page = (await cindy.get("/work/editions")).text
    assert "Could not be made" in page
    assert "(quote.withdrawn)" in page


async def test_the_list_says_when_the_next_ones_come(cindy):
    page = (await cindy.get("/work/editions")).text
    assert re.search(r"Weekly edition from [^<]+: [^<]+, 06:00, local time", page)
    assert re.search(r"Monthly edition from [^<]+: 1 [^<]+, 06:00, local time", page)


async def test_a_person_gets_another_edition_of_a_period_that_stands(cindy, db):
    await save_and_publish(db.the_connection, sample(number=1))
    day = {"kind": "weekly", "day-day": str(WEEK.day), "day-month": str(WEEK.month)}
    asked = day | {"day-year": str(WEEK.year)}
    refused = await send(cindy, "/work/editions", asked)
    assert "Edition 1 of 30 June to 6 July 2008 is published. Say why you correct it" in (
        refused.text
    )
    assert not await jobs.load_pending(db.the_connection, ["weekly_edition"])
    await send(cindy, "/work/editions", asked | {"why": "Hackney sent its\r\n figures again."})
    page = (await cindy.get("/work/editions")).text
    assert "Weekly edition from 30 June 2008: waiting for its turn" in page
    await run_all_jobs(db)
    assert f"/work/editions/weekly/{WEEK}/2" in (await cindy.get("/work/editions")).text
    made = await reports.get(db.the_connection, "weekly", WEEK, 2, drafts=True)
    assert made.correction == Correction(1, "Hackney sent its figures again.")
    read = (await cindy.get(f"/work/editions/weekly/{WEEK}/2/read")).text
    assert "Why: Hackney sent its figures again." in read


async def test_a_second_edition_of_a_published_period_is_refused_without_a_reason(cindy, db):
    await save_and_publish(db.the_connection, sample(number=1))
    with pytest.raises(Conflict) as refused:
        await making.make_edition(db.the_connection, "weekly", WEEK)
    assert refused.value.code == "edition.unexplained"
    # A draft that was made before the first one was published gives no reason either.
    await reports.save(db.the_connection, sample(number=2, correction=Correction(0, "")))
    which = EditionKey("weekly", WEEK, 2)
    with pytest.raises(Conflict) as refused:
        await edition_marks.publish_at_once(db.the_connection, which)
    assert refused.value.code == "edition.unexplained"


async def test_what_was_published_before_its_period_was_over_needs_no_reason(db):
    early = sample(number=1, end=WEEK + datetime.timedelta(days=2))
    await save_and_publish(db.the_connection, early)
    made, _ = await making.make_edition(db.the_connection, "weekly", WEEK)
    assert made.correction == Correction(1, "Edition 1 ended on 2 July 2008.")


async def test_a_day_that_does_not_exist_is_said_to_be_just_that(signed_in):
    cindy = await signed_in(CINDY)
    asked = {"kind": "weekly", "day-day": "31", "day-month": "2", "day-year": "2026"}
    answer = await send(cindy, "/work/editions", asked)
    assert answer.status_code == 422
    assert "This day does not exist" in answer.text
    assert "not one in the future" not in answer.text


async def test_the_list_says_who_reviewed_and_published(signed_in, db):
    await save_and_publish(db.the_connection, sample(number=1))
    page = html.fromstring((await (await signed_in(CINDY)).get("/work/editions")).text)
    heads = [head.text_content() for head in page.xpath("//table//th[@scope='col']")]
    assert heads[4:6] == ["Reviewed by", "Published by"]
    [row] = page.xpath("//tbody/tr")
    assert all(cell.text_content().strip() not in ("", "–") for cell in row.xpath("./td")[3:5])
