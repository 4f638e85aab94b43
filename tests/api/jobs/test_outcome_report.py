"""The outcome report of a trial: made of real rows, read as anybody reads it, and made again."""

import datetime
import hashlib

import msgspec
import pypdfium2
import pytest
from click.testing import CliRunner
from lxml import html

from analysis.editions import is_outcome
from api import clock
from api.commands.report import rebuild_from_inputs, report
from api.editions import files
from api.editions.files import slides
from api.jobs.edition_inputs import editions
from survey.editions.recommendations import Decision
from survey.problems import Conflict
from survey.store import editions as store_editions
from survey.store import jobs
from survey.store.accounts import people
from survey.store.answers import erasure
from survey.store.editions import edition_work
from survey.store.editions import recommendations as store
from tests import printed
from tests.analysis.editions.full_editions import full_monthly_edition
from tests.analysis.editions.outcome_editions import BEFORE, MET, NOW, condition, month_report
from tests.api.pages.forms import send
from tests.people import JOAN
from tests.stored.case_rows import insert_complaint
from tests.stored.published_editions import publish_saved, save_and_publish

OPEN = Decision(status="open", reason="", decided_by="")
ADDRESS = f"/reports/outcome/{NOW}"


@pytest.fixture
async def joan(db):
    return (await people.by_email(db.the_connection, JOAN[0])).id


async def agree(connection, by, decision=OPEN, since=NOW, measures=("complaints",)):
    """Enter a condition on which the trial was approved."""
    asked = condition(since, measures)
    number = await store.insert(connection, asked, OPEN, by=by)
    if decision != OPEN:
        await store.append(connection, number, 2, asked, decision, by=by)
    return number


@pytest.fixture
async def trial(db, joan):
    """Two conditions, and the reports of a month before and of one since with more complaints."""
    connection = db.the_connection
    await agree(connection, joan, MET)
    await agree(connection, joan, measures=())
    await save_and_publish(connection, month_report(BEFORE, 400))
    await save_and_publish(connection, month_report(NOW, 800))
    made, sha256 = await editions.make_outcome(connection)
    await publish_saved(connection, made)
    return made, sha256


async def test_it_says_what_was_agreed_decided_and_measured(trial, client):
    made, _ = trial
    assert (made.start, made.end) == (NOW, datetime.date(2026, 9, 30))
    assert made.lead[0].startswith("Conditions of the trial that are met: 1 of 2. Met in part: 0.")
    [moved] = made.recommendations[0].movements or made.recommendations[1].movements
    assert moved.verdict == "rose"
    assert [month.end.month for month in made.trial.months] == [8, 9]
    assert made.trial.before == datetime.date(2026, 8, 31)
    page = html.fromstring((await client.get(ADDRESS)).text)
    text = " ".join(page.text_content().split())
    assert "What was agreed, and what came of it" in text
    # The figures are of the newest month, and say so.
    figures = page.xpath("//ul[@class='stat-row']/li")
    assert figures
    assert all("September 2026" in figure.text_content() for figure in figures)
    assert "The trial month by month" in text
    assert "Complaint rate rose from" in text
    assert "No figure of ours measures it." in text


async def test_it_is_made_again_from_its_inputs_and_has_the_same_hash(trial, db):
    made, sha256 = trial
    stored = await edition_work.get_inputs(db.the_connection, *made.which)
    again, hashed = rebuild_from_inputs(stored.body)
    assert (hashed, again) == (sha256, made)
    assert hashlib.sha256(msgspec.json.encode(made)).hexdigest() == sha256


@pytest.mark.parametrize(
    ("path", "start"),
    [
        ("edition.json", b"{"),
        ("edition.csv", b"table,"),
        ("edition.parquet", b"PAR1"),
        ("edition.xlsx", b"PK"),
        ("edition.pdf", b"%PDF"),
        ("slides.pdf", b"%PDF"),
        ("slides.pptx", b"PK"),
        ("tables/trial-by-month.csv", b"table,"),
        ("datapackage.json", b"{"),
    ],
)
async def test_it_has_every_file_of_an_edition(trial, client, path, start):
    answer = await client.get(f"{ADDRESS}/{path}")
    assert answer.status_code == 200
    assert answer.content.startswith(start)


async def test_lists_the_feed_and_the_api_lead_to_it(trial, client):
    assert f'href="{ADDRESS}"' in (await client.get("/reports")).text
    assert "The trial since" in (await client.get("/reports/outcome")).text
    assert ADDRESS in (await client.get("/reports/feed.xml")).text
    found = (await client.get(f"/api/v1/reports/outcome/{NOW}")).json()
    assert [row["title"] for row in found["recommendations"]]
    latest = await client.get("/reports/outcome/latest")
    assert latest.headers["location"] == ADDRESS


async def test_without_conditions_or_months_nothing_is_made(db, joan):
    with pytest.raises(Conflict) as refused:
        await editions.make_outcome(db.the_connection)
    assert refused.value.code == "outcome.no_conditions"
    await agree(db.the_connection, joan)
    with pytest.raises(Conflict) as refused:
        await editions.make_outcome(db.the_connection)
    assert refused.value.code == "outcome.no_months"


async def test_another_one_needs_a_reason_or_a_newer_month(trial, db):
    connection = db.the_connection
    with pytest.raises(Conflict) as refused:
        await editions.make_outcome(connection)
    assert refused.value.code == "edition.unexplained"
    made, _ = await editions.make_outcome(connection, why="A decision was entered late.")
    assert (made.number, made.correction.number) == (2, 1)
    await save_and_publish(connection, month_report(datetime.date(2026, 10, 1), 800))
    made, _ = await editions.make_outcome(connection)
    assert made.end == datetime.date(2026, 10, 31)
    assert made.correction.why == "Edition 1 ended on 30 September 2026."


async def test_it_copies_what_a_full_report_printed_and_counts_nothing(db, joan):
    connection = db.the_connection
    month = full_monthly_edition()
    await save_and_publish(connection, month)
    await agree(connection, joan, since=month.start, measures=("index", "deployments"))
    made, _ = await editions.make_outcome(connection)
    city = {"index": month.index, "deployments": month.deployments, "complaints": month.complaints}
    for field, rows in city.items():
        [printed] = [row for row in rows if row.domain == month.city]
        assert getattr(made, field) == (printed,)
    assert made.trial.before is None
    assert {movement.verdict for movement in made.trial.moved} == {"none_before"}
    ratios = {(row.dimension, row.group): row for row in made.trial.ratios}
    assert ratios
    for (dimension, group), ratio in ratios.items():
        [row] = [
            row for row in month.disparities
            if (row.dimension, row.group, row.benchmark) == (dimension, group, "residents")
        ]  # fmt: skip
        assert ratio.now == ratio.was == (row.shown.value, row.shown.low, row.shown.high)


async def test_an_erased_answer_leaves_the_inputs(trial, db):
    made, _ = trial
    body = (await edition_work.get_inputs(db.the_connection, *made.which)).body
    assert is_outcome(editions.edition.decompress_inputs(body))
    ident = await insert_complaint(db.the_connection, clock.midnight(NOW), ["use_of_force"])
    reference = await db.the_connection.fetchval(
        "SELECT reference FROM complaints WHERE id = $1", ident
    )
    await erasure.destroy_inputs(db.the_connection, reference)
    assert (await edition_work.get_inputs(db.the_connection, *made.which)).body == body


async def test_later_editions_need_not_know_it(trial, db):
    """It repeats counts of monthly reports, which they know."""
    known = await store_editions.load_for_gate(db.the_connection, BEFORE)
    assert {edition.kind for edition in known} == {"monthly"}
    newest = await store_editions.find_newest_published(db.the_connection)
    assert newest.kind == "monthly"


async def test_its_pdf_is_one_side_of_paper_with_eight_conditions_and_two_years(db, joan):
    connection = db.the_connection
    for number in range(8):
        await agree(connection, joan, MET if number % 2 else OPEN)
    first = BEFORE
    for _ in range(24):
        first = (first - datetime.timedelta(days=1)).replace(day=1)
        await save_and_publish(connection, month_report(first, 500))
    await save_and_publish(connection, month_report(NOW, 800))
    await agree(connection, joan, since=datetime.date(2024, 10, 1))
    made, sha256 = await editions.make_outcome(connection)
    assert len(made.trial.months) == 24
    pdf = files.render_edition_pdf(made, sha256)
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    assert list(printed.faults(pdf)) == []
    assert list(printed.faults(slides.render_slides_pdf(made, sha256))) == []


async def test_without_a_trial_the_form_says_so_at_the_choice(signed_in):
    asked = await send(await signed_in(JOAN), "/work/editions", {"kind": "outcome"})
    assert asked.status_code == 422
    [error] = html.fromstring(asked.text).xpath("//a[@href='#kind']")
    assert "no condition on which a trial was approved" in error.text_content()


async def test_a_condition_is_ticked_and_the_report_asked_for_on_pages(client, signed_in, db, joan):
    person = await signed_in(JOAN)
    await save_and_publish(db.the_connection, month_report(NOW, 400))
    number = await agree(db.the_connection, joan)
    shown = html.fromstring((await person.get(f"/work/recommendations/{number}/change")).text)
    [box] = shown.xpath("//input[@name='condition']")
    assert box.get("checked") is not None
    assert "Condition of the trial" in (await client.get("/recommendations")).text
    asked = await send(person, "/work/editions", {"kind": "outcome"})
    assert asked.status_code == 303
    [job] = await jobs.load_pending(db.the_connection, ["outcome_edition"])
    await editions.make_outcome_report(db.the_connection, job.key)
    assert await store_editions.get(db.the_connection, "outcome", NOW, drafts=True)


async def test_the_command_makes_and_publishes_it(trial, db):
    """`soundings report outcome` calls what makes it, and prints its first sentences."""
    words = CliRunner().invoke(report, ["outcome", "--help"]).output
    assert "a trial over its whole life" in words
