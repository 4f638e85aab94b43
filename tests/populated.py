"""Makes a small database with rows in every table, through the product's own code, and dumps it.

`python -P -m tests.populated NAME` does so when a version is released: the dump is the database
NAME in tests/reference/databases, which every later version has to bring up to date.
"""

import asyncio
import base64
import contextlib
import dataclasses
import datetime
import lzma
import re
import sys
import tempfile
import uuid
from pathlib import Path
from unittest import mock

import httpx
import msgspec

from api import clock
from api.app import build
from api.commands import backups
from api.jobs import caseload, kinds
from api.operations import cases, closed_months, own_cases, webhooks
from api.operations.answers import submissions
from api.operations.cases import ONLINE, CaseCommand, ComplaintSubmission
from api.security import people as signing_in
from api.security.cookies import SESSION
from api.security.keyring import Keyring
from demo import command, london, steps
from survey.cases import CaseEvent, allegation_kinds
from survey.cases.contacts import Contact
from survey.deployments import Import, Perception, quarter_of
from survey.editions.actions import Action, EditionKey
from survey.editions.caseload import complete_answers
from survey.editions.figures import SeriesMark
from survey.editions.recommendations import Decision, ForceAnswer, ready_recommendations
from survey.places import PlaceEdition
from survey.receipts import form_code
from survey.scrutiny import CommunityTrigger
from survey.sources.mappings import ColumnMapping, MappedColumns
from survey.store import deployments, health, jobs, places
from survey.store.accounts import people, programs
from survey.store.answers import limited_responses, results
from survey.store.cases import case_owners, complaints, inbox, transcripts
from survey.store.connections import embedded
from survey.store.database import open_database
from survey.store.editions import actions, edition_work, mails, mappings, recommendations
from survey.store.scrutiny import marks as mark_store
from survey.store.scrutiny import meetings, panels, reports
from survey.store.surveys import encounters, instruments, limits, sharing
from survey.store.surveys.encounters import NewlyAsked, NewWave
from survey.store.surveys.sharing import Kiosk
from survey.store.themes import (
    campaigns,
    codebooks,
    codes,
    demands,
    drafts,
    quotes,
    recodings,
    tone_heads,
)
from survey.surveys.encounters import AskingRules
from survey.surveys.responses import Submission
from survey.surveys.sharing import Quota, Way, WayWeek
from survey.surveys.sums import SurveyResults
from survey.themes import redactions
from survey.themes.codebook_edits import DraftEffect, next_draft
from survey.themes.demands import CampaignCoding, Demand, StanceReading
from survey.themes.double_coding import AccuracyEstimate
from survey.themes.proposals import Discovery
from survey.themes.tone_heads import HeadCheck, ToneHead
from tests import released
from tests.api.pages.forms import send, token_on
from tests.api.pages.resident.test_following import open_case
from tests.api.pages.staff.test_theme_pages import CANDIDATE, MERGE, NEW
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.conftest import UNLIMITED
from tests.files.uploads import PDF
from tests.jobs import run_all_jobs
from tests.people import AMINA, CINDY, JOAN
from tests.phones import Phone, fill_form
from tests.stored import machine_drafts, spoken
from tests.stored.fieldwork import add_fieldwork

CONTACT = Contact(name="Robin Miles", email="robin@example.org", phone="020 7946 0000")
PEOPLE = {"organiser": AMINA, "reviewer": CINDY, "administrator": JOAN}
KEYRING = Keyring([base64.urlsafe_b64encode(b"soundings, databases of releases").decode()])
HACKNEY = "E09000012"
A_MONTH_LATER = clock.today() + datetime.timedelta(days=31)
STORY = "The officers explained what they were doing, and my son was less afraid afterwards."


async def simulate_small_city(connection, number, weeks, simulate=london.simulate_city):
    """A made-up city of forty weeks of which few people and deployments are left."""
    whole = await simulate(connection, number, weeks)
    few = {"sampled": 70, "volunteers": 40, "complainants": 16, "deployments": 150, "searches": 60}
    left = {name: getattr(whole, name) for name in few}
    left = {name: rows[:: max(1, len(rows) // few[name])] for name, rows in left.items()}
    return dataclasses.replace(whole, **left)


async def populate(dsn):
    """Fill an empty database; the number and passphrase of a case in it."""
    small = mock.patch.object(london, "simulate_city", simulate_small_city)
    async with open_database(dsn) as database:
        async with database.connection() as connection:
            with small:
                await command.build_demo(connection, 6107, KEYRING, weeks=5, months=2)
            await steps.make_following(connection)
            who = {
                name: await command.ensure_account(connection, *one) for name, one in PEOPLE.items()
            }
        receipt = await add_residents(database, who)
        await run_all_jobs(database)
        async with database.connection() as connection, connection.transaction():
            await add_work_on_cases(connection, receipt, who)
            await add_work_on_texts(connection, who)
            await add_work_on_editions(connection, who)
            await add_work_of_panel(connection, who["reviewer"])
            await add_what_machines_leave(connection, who)
            await add_hour(connection)
            await hold_table(connection, who["reviewer"])
        await add_open_pages(database, receipt, who)
    return receipt


def build_site(database):
    """The application on this database, with the key of the contacts in it."""
    app = build(UNLIMITED, database)
    app.state.update({"database": database, "keyring": KEYRING})
    return app


@contextlib.asynccontextmanager
async def open_browser(app, account=None):
    """A client of the application, signed in as the account if one is given."""
    cookies = {}
    if account:
        async with app.state["database"].connection() as connection:
            cookies = {SESSION: await signing_in.begin_session(connection, account)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", cookies=cookies
    ) as client:
        yield client


async def add_residents(database, who):
    """Add answers, a complaint with all it can hold, and two that were erased; its receipt."""
    async with open_browser(build_site(database)) as client:
        sent = await client.post(
            "/api/v1/surveys/complaint/attachments?item=evidence_file",
            content=PDF,
            headers={"content-type": "application/octet-stream"},
        )
        sound = await client.post(
            "/api/v1/surveys/complaint/attachments?item=evidence_file",
            content=spoken.SOUND,
            headers={"content-type": "application/octet-stream"},
        )
    complaint = {
        "narrative": "They shone a red dot on my brother outside the bakery. I am Robin Miles.",
        "allegations": ["use_of_force_taser", "incivility"],
        "concerning": "self",
    }
    first = ComplaintSubmission(
        area="Hackney",
        answers=complaint
        | {"evidence": [{"evidence_file": one.json()["mark"]} for one in (sent, sound)]},
        contact=CONTACT,
        may_quote=True,
    )
    receipt = await cases.submit_complaint(database, KEYRING, first, "a" * 40, ONLINE)
    corrected = Submission(area="Hackney", answers=complaint | {"allegations": ["incivility"]})
    await cases.correct_complaint(database, receipt.reference, corrected)
    other = ComplaintSubmission(area="Brent", answers=complaint)
    erased = await cases.submit_complaint(database, KEYRING, other, "b" * 40, ONLINE)
    said = Submission(area="Brent", answers={"subject": "taser", "story": STORY}, may_quote=True)
    marks = submissions.request_marks(KEYRING, "feedback", said, "c" * 40)
    await submissions.submit_response(database, "feedback", said, marks)
    gone = await submissions.submit_response(database, "feedback", said)
    await submissions.submit_response(database, "feedback", said, suspicion="decoy")
    async with database.connection() as connection:
        sampled, _ = await instruments.get(connection, "taser-trial")
        drawn = [(f"ABCD-234{n}", HACKNEY, "u1", 0.01) for n in (5, 6)]
        await instruments.insert_invitations(connection, sampled, drawn)
        await sharing.insert_kiosk(connection, Kiosk("feedback", "k" * 22, "012345"))
        await sharing.insert_kiosk_mark(connection, b"m" * 32)
        await sharing.save_shown(connection, "feedback", {"contact": "club@example.org"})
        way = Way("2345678", "feedback", "link")
        await sharing.insert_missing(connection, [way])
        week = kinds.this_week(clock.today())
        await sharing.add_counts(connection, way.slug, week, [WayWeek(way.code, week, 1, 0)])
        await limit_feedback(connection)
        await ask_people(connection)
        for reference in (erased.reference, gone.reference):
            await cases.erase_reference(connection, reference)
    answers = {name: 4 for name in ("listens", "force_fair", "training")}
    by_code = Submission(area="Hackney", answers=answers, access_code="ABCD-2345")
    await submissions.submit_response(database, "taser-trial", by_code)
    return receipt


async def limit_feedback(connection):
    """Limits of the feedback survey, with a quota and codes of members."""
    slug = "feedback"
    await limits.save(connection, slug, opens=None, closes=None, one_each="none")
    await limits.save_most(connection, slug, 10_000)
    await limits.insert_quota(
        connection, slug, Quota(area=HACKNEY, groups={"age": "16-24"}, most=50)
    )
    await limited_responses.recount(
        connection, slug, await instruments.load_history(connection, slug)
    )
    await limits.insert_member_codes(connection, slug, [instruments.code_digest("ABCD-2347")])


async def ask_people(connection):
    """A survey of people the police met, with a wave of asking that goes on."""
    feedback, _ = await instruments.get(connection, "feedback")
    met = msgspec.structs.replace(
        feedback, slug="after-a-stop", version=1, mode="met", kind="survey"
    )
    await instruments.insert(connection, met)
    await limits.ensure(connection, met.slug, None, None)
    day = clock.today()
    new = NewWave(survey=met.slug, first_day=day, last_day=day, rules=AskingRules())
    person = NewlyAsked(
        code_digest=instruments.code_digest("ABCD-2348"), kind="Stop", area=HACKNEY, mark=b"e" * 32
    )
    await encounters.insert(connection, new, [person], day)


async def act_on_case(connection, reference, kind, by, message=None, side="reviewer", **given):
    case = await complaints.get(connection, reference)
    event = CaseEvent(kind=kind, **given)
    deed = CaseCommand(event=event, side=side, expected=case.version, by=by, message=message)
    await cases.apply_command(connection, reference, deed)


async def add_work_on_cases(connection, receipt, who):
    """A case that is worked on, with messages both ways, and what the inbox offers."""
    cindy, number = who["reviewer"], receipt.reference
    await act_on_case(connection, number, "acknowledged", cindy)
    await act_on_case(connection, number, "assigned", cindy, to=cindy)
    await act_on_case(connection, number, "asked", cindy, "When was it?")
    await act_on_case(connection, number, "answered", None, "In the evening.", side="person")
    case = await complaints.get(connection, number)
    [text, *_] = await codes.load_written_texts(connection, case.id)
    masked = redactions.redact(text.body, [redactions.Span(start=0, end=4, kind="name")])
    await codes.insert_redaction(connection, text.id, masked, by=cindy)
    sound = await connection.fetchval(
        "SELECT a.id::text FROM attachments a JOIN complaints c ON c.id = a.complaint"
        " WHERE c.reference = $1 AND a.media_type = 'audio/ogg'",
        number,
    )
    await spoken.save_heard(connection, sound)
    await transcripts.accept(connection, sound, spoken.SAID, by=cindy, changed=0.1, counted=True)
    await case_owners.save_opening(connection, case.id, clock.today(), "owner")
    await case_owners.save_opening(connection, case.id, clock.today(), "handler")
    said = complete_answers({"fairly": "5", "speed": "2"})
    await own_cases.add_handling_answers(connection, case.id, quarter_of(clock.today()), said)
    await inbox.save_view(connection, cindy, "Mine", "status=open")
    await inbox.save_reply_template(connection, "Thanks", "Thank you for telling us.")
    today = clock.today()
    quarter = kinds.last_quarter(kinds.last_quarter(today))
    days = (quarter, kinds.last_quarter(today))
    await caseload.save_quarter_file(connection, days, [*allegation_kinds()], by=cindy)


async def hold_table(connection, who):
    """A file whose columns are being matched, by a mapping that was saved."""
    by = ColumnMapping(source="Force A", columns=MappedColumns(area="Where", start="When"))
    await mappings.insert_saved(connection, "Force A, monthly", by, who)
    (saved,) = await mappings.load_saved(connection)
    rows = b"Where,When\nHackney,2024-03-01\n"
    given = {"mapping": by, "follows": saved.id}
    await mappings.hold(connection, who, "march.csv", rows, clock.today(), **given)


async def add_hour(connection):
    """An hour of the service, as the worker and the pages write it."""
    await health.save_figures(connection, await health.load_figures(connection), 10**10)
    await health.add_requests(connection, 7, 1, 2)


async def add_work_on_texts(connection, who):
    """A draft of the codebook, proposals, a discovery, a campaign and a tone head."""
    cindy, joan = who["reviewer"], who["administrator"]
    book = await codebooks.get_newest(connection)
    revision = await codebooks.save_draft(connection, next_draft(book), revision=0, by=cindy)
    await codebooks.save_effect(connection, revision, DraftEffect(0, ()))
    await recodings.add_shifts(connection, book.version, {("", book.themes[0].id): 2})
    await codebooks.insert_proposals(connection, [NEW, MERGE], codebook=book.version, key="2026-W1")
    rows = await connection.fetch(
        "SELECT DISTINCT text::text AS id FROM codings ORDER BY id LIMIT 3"
    )
    texts = [row["id"] for row in rows]
    candidate = msgspec.structs.replace(CANDIDATE, quotes=(texts[0],), size=40)
    cuts = {6: (0,)}
    found = Discovery(texts=40, reader="r1", proposed=6, candidates=(candidate,), cuts=cuts)
    await codebooks.insert_discovery(connection, found)
    likeness = [None, *(0.8 for _ in texts[1:])]
    sent = campaigns.FoundCampaign(str(uuid.UUID(int=7)), texts[0], texts, likeness)
    await campaigns.save(connection, texts, [sent])
    said = CampaignCoding(
        campaign=str(uuid.UUID(int=7)),
        name="No Taser in schools",
        tone="negative",
        themes=(book.themes[0].id,),
        codebook=book.version,
    )
    await campaigns.insert_coding(connection, said, after=0, by=cindy)
    await campaigns.insert_coding(connection, said, after=1, by=joan)
    await campaigns.undo_coding(connection, said.campaign, 2, by=joan)
    await campaigns.set_dismissed(connection, said.campaign, by=joan)
    await add_demand(connection, texts, book.version, who)
    figure = AccuracyEstimate(n=120, value=0.6, low=0.5, high=0.7)
    checked = HeadCheck(before=figure, after=figure, gain=figure, changed=0.2)
    head = await tone_heads.insert(
        connection, ToneHead(reader="r1", labels=120, folds=()), checked, ()
    )
    await tone_heads.insert_reading(connection, head, after=0, by=joan)
    # An older version of Soundings put recalibrations in force.
    await connection.execute("INSERT INTO recalibrations (version, definition) VALUES (1, '{}')")
    await add_organisers_work(connection, who["organiser"])
    row = await connection.fetchrow(
        "SELECT text::text, redacted FROM codings WHERE redacted <> ''"
        " ORDER BY text, codebook DESC LIMIT 1"
    )
    draft = await machine_drafts.insert_summary(
        connection,
        book.themes[0].id,
        *row,
        "A resident said this.",
        by=cindy,
        day=clock.today(),
    )
    await drafts.decide(connection, draft, "accepted", by=joan, accepted={0: "They said this."})


async def add_organisers_work(connection, amina):
    """The figures of a survey as they are shown, a tag on a text and a flag on an answer."""
    await results.lock_figures(connection, "feedback")
    await results.save_figures(
        connection, "feedback", SurveyResults(version=1, answers=0, counted=0)
    )
    row = await connection.fetchrow(
        "SELECT t.id::text AS text, r.id::text AS response"
        "  FROM texts t JOIN responses r ON r.id = t.response"
        " WHERE r.instrument = 'feedback' LIMIT 1"
    )
    await results.add_tag(connection, row["text"], "to follow up", by=amina)
    await results.flag_answer(connection, row["response"], by=amina, flagged=True)


async def add_demand(connection, texts, version, who):
    """A demand from the campaign that editions report, with a label and what the machine read."""
    demand = Demand(
        id=str(uuid.UUID(int=8)),
        sentence="No stop and search at our gates",
        themes=(),
        words=("school",),
        codebook=version,
        campaign=str(uuid.UUID(int=7)),
    )
    await demands.insert(connection, demand, seed=7, by=who["reviewer"])
    await demands.set_reported(connection, demand.id, by=who["administrator"])
    await connection.execute(
        "INSERT INTO demand_texts (demand, text, chance)"
        " SELECT $1::uuid, text, 0.5 FROM unnest($2::uuid[]) AS text",
        demand.id,
        texts,
    )
    await demands.insert_stance_label(connection, demand.id, texts[0], "for", by=who["reviewer"])
    await demands.save_stances(
        connection, demand.id, 1, [demands.ReadStance(texts[1], "against", 0.7)]
    )
    read = StanceReading(labels=1, accuracy=AccuracyEstimate(n=1, value=0.5, low=0.2, high=0.8))
    await demands.insert_stance_head(connection, demand.id, read)


async def add_work_on_editions(connection, who):
    """A comment, an action that was done, alerts, an event, and a subscriber who is mailed."""
    cindy = who["reviewer"]
    row = await connection.fetchrow(
        "SELECT kind, start_on, number FROM editions WHERE kind = 'weekly' ORDER BY start_on DESC"
    )
    which, today = EditionKey(*row), clock.today()
    await edition_work.insert_comment(connection, which, "", "Is this right?", by=cindy)
    number = await actions.insert(connection, which, "Meet the school", "Cindy", today, by=cindy)
    done = Action(
        id=str(number),
        what="Meet the school",
        owner="Cindy",
        due=today,
        status="done",
        agreed_on=today,
        outcome="We met them.",
    )
    await actions.append(connection, done, 2, by=cindy)
    for area in (HACKNEY, "E09000005"):
        await actions.insert_raised(connection, "under_18", area, today, by=cindy)
    raised = await connection.fetch("SELECT id::text FROM raised_alerts ORDER BY id")
    await actions.take_back(connection, raised[0]["id"], "Reported by mistake", by=cindy)
    await actions.assign(connection, f"raised/{raised[1]['id']}", "Cindy", "Ring them", by=cindy)
    row = ready_recommendations()[0]
    asked = row.as_recommendation()
    decision = Decision(status="open", reason="", decided_by="")
    at = await recommendations.insert(connection, asked, decision, by=cindy, key=row.key)
    accepted = Decision(status="accepted", reason="They wrote to us", decided_by="Chair")
    await recommendations.append(connection, at, 2, asked, accepted, by=cindy)
    said = ForceAnswer(said_on=today, said_by="The force", words="We accept this.", address="")
    await recommendations.insert_answer(connection, at, said, by=cindy)
    await places.save_unread(connection, "https://west.example.org", "unreachable")
    await mails.save_request(connection, "robin@example.org", ["weekly"], "k" * 43)
    await mails.confirm_subscriber(connection, "k" * 43)
    await mails.queue_edition(connection, which)
    await edition_work.save_marked_event(
        connection, None, SeriesMark(today, "New policy", "Read to officers")
    )
    quote = await connection.fetchval("SELECT min(id) FROM quotes")
    await quotes.insert_uses(connection, [quote], *which)


async def add_work_of_panel(connection, by):
    """Another day for the force's answers, a trigger that is set off and answered, and a report
    withdrawn.

    The panel itself, its meetings and their reports are those of the demo.
    """
    today = clock.today()
    [panel] = await panels.load_panels(connection)
    *_, meeting = await meetings.load_meetings(connection, panel.id)
    await mark_store.save_due_day(connection, meeting.id, today)
    rule = CommunityTrigger(
        id="",
        panel=panel.id,
        kind="each",
        allegation="",
        least=1,
        period="month",
        days=28,
        since=today - datetime.timedelta(days=400),
    )
    await panels.insert_trigger(connection, rule)
    await panels.raise_complaints(connection, today + datetime.timedelta(days=1))
    event, *_ = await panels.load_events(connection, panel.id)
    await panels.append_answer(connection, event.id, 1, "Looked into", today, by=by)
    await reports.withdraw_newest(connection, meeting.id, "Wrong marks", by=by)


async def add_what_machines_leave(connection, who):
    """What another place publishes, a file of published perception, a job that waits and one over
    which a worker died.
    """
    elsewhere = PlaceEdition(
        city="Midshire",
        kind="weekly",
        start=datetime.date(2026, 11, 23),
        end=datetime.date(2026, 11, 29),
        number=1,
        synthetic=True,
        lead="Few answers came.",
    )
    await places.save_other(connection, "https://midshire.example", [elsewhere], clock.now())
    share = Perception(
        area=HACKNEY, quarter_end=datetime.date(2007, 12, 31), item="trust", proportion=0.6
    )
    file = Import(
        source="A publisher",
        file="shares.csv",
        sha256="0" * 64,
        known_on=clock.today(),
        perceptions=(share,),
        origin="publisher",
    )
    await deployments.save(connection, file, by=who["administrator"])
    await people.append_audit(connection, "imported", file.file, by=who["administrator"])
    await jobs.enqueue_once(connection, "nudge_cases", "2026-11-27")
    await jobs.enqueue(connection, "code_texts")
    job = await jobs.claim(connection, ["code_texts"])
    await jobs.record_start(connection, job, uuid.UUID(int=5))
    await signing_in.create_sign_in_link(connection, who["organiser"])
    await signing_in.create_api_key(connection, who["organiser"], "Excel", A_MONTH_LATER)
    # As if its months were over: they are written as files.
    await closed_months.archive_next_month(connection, "memory://answers", A_MONTH_LATER)
    # As if one text had been read by the second reader too.
    await connection.execute("INSERT INTO theme_passages SELECT * FROM passages LIMIT 1")
    # Vectors of a few texts will do: they take most of the room, and a text may be without.
    await connection.execute(
        "DELETE FROM passages WHERE text NOT IN (SELECT text FROM passages ORDER BY text LIMIT 9)"
    )


async def add_open_pages(database, receipt, who):
    """What is open in browsers: a case, a report, an answer that is not sent, drafts of surveys."""
    app = build_site(database)
    async with open_browser(app) as client:
        await open_case(client, receipt)
        await client.post("/surveys/feedback", data={"answer": HACKNEY})
        newest = await client.get("/reports/weekly/latest", follow_redirects=True)
        assert newest.status_code == 200
    async with open_browser(app, who["organiser"]) as client:
        begun = await send(client, "/work/builder", {"title": "Ours", "start": "after-incident"})
        asked = {"act": "add", "kind": "text", "words": "Why?", "then": "stay"}
        await send(client, f"{begun.headers['location']}/act", asked)
        await add_phone(client, database, who["organiser"])
        await add_programs(client, database, who["organiser"])
        await add_fieldwork(client, database, who["organiser"])
        await add_upload(client)
        await add_paper(client)
        published = await send(client, "/work/builder", {"title": "Every kind"})
        own = published.headers["location"]
        await send(client, f"{own}/act", asked)
        # One change of two is undone, and can be done again.
        for revision, more in enumerate((asked, {"act": "undo"}), 2):
            await send(client, f"{own}/act", more | {"revision": str(revision)})


async def add_phone(client, database, owner):
    """A group of collectors, and an answer of its phone that waits for a picture."""
    async with database.connection() as connection:
        await instruments.insert(connection, FILE_SURVEY, by=owner)
    made = await send(client, "/work/surveys/sending/phones", {"name": "Tuesday"})
    shown = await client.get(made.headers["location"])
    phone = Phone(client, re.search(r'value="http://test(/key/[^"]+)"', shown.text)[1])
    answers = {"borough_of_answers": HACKNEY, "line": "A line", "photo": "1.jpg"}
    sent = await phone.send(fill_form(await phone.load_form("sending"), answers))
    assert sent.status_code == 201


async def add_programs(client, database, owner):
    """A key with which a program sends answers, and one that is told of them."""
    wanted = {"name": "Ours", "days": "30", "survey": "sending"}
    assert (await send(client, "/work/keys", wanted)).status_code == 200
    sealed = KEYRING.seal_words(webhooks.new_secret().encode(), 0)
    told = ("https://hooks.example.org/", ["response.created"], sealed)
    async with database.connection() as connection:
        ident = await programs.insert_webhook(connection, "sending", owner, *told)
        await programs.insert_test(connection, ident, clock.now())


async def add_upload(client):
    """An upload of one answer."""
    uploads = "/work/surveys/sending/uploads"
    fields = {
        "_csrf_token": await token_on(client, "/work"),
        "rows": "Borough,line\nHackney,A line",
    }
    assert (await client.post(uploads, data=fields)).status_code == 303


async def add_paper(client):
    """Numbered forms, one of which was typed in once."""
    forms = "/work/surveys/sending/paper"
    await send(client, forms, {"send_to": "Youth club\n1 High Street", "twice": "yes"})
    await send(client, f"{forms}/batches", {"copies": "2"})
    typed = {"form": form_code(1), "once": "o" * 20, "borough": "Hackney", "q-line": "A"}
    answer = await send(client, f"{forms}/typing", typed)
    assert "done=first" in answer.headers["location"]


async def write_release(name):
    """Write the database of this release and a backup of it into the tests' folder; print the
    receipt of its case.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.open_server(Path(folder) / "server", throwaway=True) as dsn,
    ):
        receipt = await populate(dsn)
        text = released.dump(dsn, Path(folder) / "dump")
        await asyncio.to_thread(backups.write_backup, dsn, released.FOLDER / f"{name}.backup")
    packed = lzma.compress(text.encode())
    (released.FOLDER / f"{name}.sql.xz").write_bytes(packed)
    print(f"{len(packed):,} bytes; {receipt.reference}, {receipt.passphrase}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(write_release(*sys.argv[1:]))
