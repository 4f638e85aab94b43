"""Prepares something on every page (surveys, cases, editions, a codebook draft, texts) and signs
people in, so that every form in the application is shown somewhere.
"""

import datetime
import re

import httpx
import msgspec

from api import clock
from api.jobs.texts import double_coding as coding_twice
from api.operations.answers import submissions
from survey.store import editions
from survey.store.accounts import people, programs
from survey.store.answers import responses
from survey.store.editions import mails
from survey.store.scrutiny import marks, meetings, panels
from survey.store.surveys import instruments
from survey.store.themes import codebooks, codes
from survey.store.themes import double_coding as labels
from survey.surveys.responses import Submission
from survey.themes.proposals import Discovery
from tests.analysis.editions.made_up_edition import sample
from tests.api.pages.forms import send
from tests.api.pages.organiser.test_asking import MET
from tests.api.pages.resident.test_following import close_case, open_case
from tests.api.pages.resident.test_resident_pages import COMPLAINT, answer_pages
from tests.api.pages.resident.test_resident_pages import send_answers as send_answers
from tests.api.pages.staff.test_casework_pages import CONTACT, import_counts
from tests.api.pages.staff.test_theme_pages import CANDIDATE, MERGE, NEW, SPLIT, example_coding
from tests.api.pages.survey_of_everything import EVERYTHING, FILLED
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.people import CINDY, JOAN
from tests.stored import coded_twice, machine_drafts, spoken
from tests.stored.closed_meetings import close_meeting, publish_report, review_report
from tests.stored.complaint_forms import create_case
from tests.stored.fieldwork import FOLDER, add_fieldwork
from tests.stored.published_editions import save_and_publish
from tests.stored.scrutiny_meetings import begin_marking, draw_meeting, save_panel

CASES = "/work/complaints"
DRAFT = "/work/themes/codebook/draft"
KEY = "k" * 43
LINK = f"/sign-in/{KEY}"
ANSWERED = {step: fields for step, (fields, _) in FILLED.items()} | {"why": {"answer": "x"}}


async def prepare_public_pages(client, db):
    """Pages that need no preparation: the ways in, and a subscriber's links."""
    await mails.save_request(db.the_connection, "a@example.org", ["weekly"], KEY)
    ways = ["/", "/access-code", "/case", "/sign-in", LINK, "/surveys/taser-trial"]
    return [*ways, "/subscribe", f"/subscribe/{KEY}", f"/unsubscribe/{KEY}", "/complaints"]


async def prepare_surveys(client, db):
    """Answer every kind of question up to the check page, and open pages that ask for files."""
    for one in (EVERYTHING, FILE_SURVEY):
        await instruments.insert(db.the_connection, one)
    check = await answer_pages(client, "/surveys/everything", ANSWERED)
    begun = await client.post("/surveys/sending", data={"answer": "E09000012"})
    added = await client.post("/surveys/sending/scene", data={"act": "add"})
    return [check.url.path, begun.headers["location"], added.headers["location"],
            "/surveys/sending/both", *(f"/surveys/everything/{one}" for one in FILLED)]  # fmt: skip


async def prepare_complaint(client, db):
    check = await answer_pages(client, "/complaints", COMPLAINT)
    return [check.url.path, *(f"/complaints/{step}?change" for step in COMPLAINT)]


async def prepare_saved(client, db):
    """Answers and a complaint that were saved for later, and the form that takes their code."""
    saved = []
    for base in ("/surveys/feedback", "/complaints"):
        begun = await client.post(base, data={"answer": "E09000012"})
        await client.post(begun.headers["location"], data={"act": "save"})
        saved += [f"{base}/saved", begun.headers["location"]]
    return [*saved, "/continue"]


async def prepare_receipts(client, db):
    """The last page of a complaint and of a survey."""
    await answer_pages(client, "/complaints", COMPLAINT)
    survey = "/surveys/everything"
    await answer_pages(client, survey, ANSWERED)
    return [f"{one}/done/{await send_answers(client, one)}" for one in ("/complaints", survey)]


async def prepare_own_case(client, db):
    await open_case(client, await create_case(db))
    return ["/case"]


async def prepare_closed_case(client, db):
    receipt = await create_case(db)
    joan = await people.by_email(db.the_connection, JOAN[0])
    await close_case(db, receipt, joan.id)
    await open_case(client, receipt)
    return ["/case"]


RESIDENTS = (
    prepare_public_pages,
    prepare_surveys,
    prepare_complaint,
    prepare_saved,
    prepare_receipts,
    prepare_own_case,
    prepare_closed_case,
)


async def ask_people(joan, db):
    """A survey of people the police met, with cards handed out; returns its page."""
    await instruments.insert(db.the_connection, MET)
    page = f"/work/surveys/{MET.slug}/encounters"
    await send(joan, f"{page}/cards", {"number": "3", "kind": "Stop", "borough": "E09000012"})
    return page


async def prepare_fieldwork(joan, db):
    """Twelve sample points with an interviewer, visits and an interview; pages of both sides."""
    own = await add_fieldwork(joan, db)
    # Nobody has these yet, so that there is something to assign.
    await db.the_connection.execute(
        "UPDATE sample_points SET interviewer = NULL WHERE reference > 'A006'"
    )
    page = (await joan.get(FOLDER)).text
    interviewer = re.search(rf'href="({FOLDER}/interviewers/[^"]+)"', page)[1]
    return [FOLDER, interviewer, own, f"{own}/points/A002"]


async def prepare_drafts(joan, db):
    """A draft from a template, one with every kind of question, and a survey with access codes."""
    template = await send(joan, "/work/builder", {"title": "Ours", "start": "after-incident"})
    own = (await send(joan, "/work/builder", {"title": "Every kind"})).headers["location"]
    for kind in ("grid", "range", "repeat", "calculate", "choices", "text"):
        asked = {"act": "add", "kind": kind, "words": f"A {kind}", "then": "stay"}
        await send(joan, f"{own}/act", asked)
    names = re.findall(rf'href="({own}/questions/[^"]+)"', (await joan.get(own)).text)
    draft = template.headers["location"]
    sampled = "/work/surveys/taser-trial"
    drawn = {"number": "3", "stratum": "E09000012", "psu": "E05009368", "probability": "0.1"}
    await send(joan, f"{sampled}/codes", drawn)
    shared = f"{sampled}/share"
    await send(joan, f"{shared}/websites", {"origins": "https://club.example"})
    limited = "/work/surveys/feedback/limits"
    # Before codes are wanted: phones cannot collect then.
    made = await send(joan, "/work/surveys/feedback/phones", {"name": "Tuesday"})
    phones = [
        "/work/surveys/feedback/phones",
        made.headers["location"],
        *await add_programs(joan, db),
    ]
    await send(joan, limited, {"one_each": "code"})
    await send(joan, f"{limited}/codes", {"number": "3"})
    await send(joan, f"{limited}/quotas", {"area": "E09000012", "places": "50"})
    await send(joan, f"{draft}/try", {})
    tried = draft.replace("/work/builder", "/try")
    begun = await joan.post(tried, data={"answer": "E09000012"})
    asking = await ask_people(joan, db)
    paper = "/work/surveys/feedback/paper"
    pages = ["/work/surveys/feedback/uploads", paper, f"{paper}/typing", limited, *phones]
    pages += [f"{sampled}/limits", f"{draft}/try", tried, begun.headers["location"]]
    pages += [shared, "/work/surveys/feedback/share", asking]
    pages += await add_programs(joan, db)
    pages += await prepare_fieldwork(joan, db)
    return [*names, draft, *pages, "/work/surveys", sampled, "/work/builder"]


async def add_programs(joan, db):
    """Keys, and programs that are told of answers and cases; their pages."""
    await send(joan, "/work/keys", {"name": "Ours", "days": "30"})
    account = await people.by_email(db.the_connection, JOAN[0])
    told = ("https://hooks.example.org/", ["response.created"], "sealed")
    ident = await programs.insert_webhook(db.the_connection, "feedback", account.id, *told)
    await programs.insert_test(db.the_connection, ident, clock.now())
    await db.the_connection.execute("UPDATE webhook_messages SET sent = true")
    folder = "/work/surveys/feedback/webhooks"
    return [folder, f"{folder}/{ident}", "/work/surveys/complaint/webhooks", "/work/move"]


async def prepare_cases(joan, db):
    """Cases in every state that shows a form: new, assigned, decided, merged; and records."""
    await import_counts(db)
    happened = {"contact": CONTACT, "happened_on": "2026-01-07"}
    cases = [f"{CASES}/{(await create_case(db, **happened)).reference}" for _ in range(4)]
    await code_all_texts(db)
    took = {"kind": "assigned", "to": "me", "version": "1"}
    for case in cases[1:]:
        await send(joan, f"{case}/moves", took)
    decided = {"kind": "outcome", "allegation": "incivility", "outcome": "resolved"}
    await send(joan, f"{cases[1]}/moves", decided | {"message": "We looked.", "version": "2"})
    sound = await spoken.attach_sound(db, cases[1].rpartition("/")[2])
    await spoken.save_heard(db.the_connection, sound)
    merged = {"number": cases[2].rpartition("/")[2], "same_person": "no", "note": "The same day"}
    await send(joan, f"{cases[3]}/merge", merged | {"version": "2"})
    form = {"name": "Thanks", "body": "Thank you for telling us."}
    await send(joan, f"{CASES}/replies", form)
    await send(joan, f"{CASES}/views", {"name": "Mine", "query": "status=open"})
    return [*cases, f"{cases[1]}/spoken/{sound}", f"{CASES}/replies", CASES, f"{CASES}/lodge"]


async def prepare_results(joan, db):
    """The results of a survey of hers with what people wrote and single answers."""
    account = await people.by_email(db.the_connection, JOAN[0])
    own = msgspec.structs.replace(EVERYTHING, slug="joans")
    await instruments.insert(db.the_connection, own, by=account.id)
    said = {"which": "two", "several": ["one"], "polite": 2, "quick": 5, "why": "Because",
            "day": "2007-02-01", "agreed": True}  # fmt: skip
    for _ in range(10):
        await submissions.submit_response(db, "joans", Submission(area="Hackney", answers=said))
    await code_all_texts(db)
    await db.the_connection.execute(
        "UPDATE responses SET received_at = received_at - interval '2 hours'"
        " WHERE instrument = 'joans'"
    )
    await db.the_connection.execute(
        "UPDATE current_codings SET received_at = received_at - interval '2 hours'"
        " WHERE instrument = 'joans'"
    )
    spam = Submission(area="Hackney", answers=said)
    await submissions.submit_response(db, "joans", spam, suspicion="decoy")
    await db.the_connection.execute(
        "UPDATE held_answers SET received_at = received_at - interval '2 days'"
    )
    base = "/work/surveys/joans/results"
    listed = (await joan.get(f"{base}/answers")).text
    phones = "/work/surveys/joans/phones"
    return [
        base,
        phones,
        "/work/surveys/joans/review",
        f"{base}/words",
        "/work/surveys/joans/owner",
        re.search(rf"{base}/answers/[0-9a-f]+", listed)[0],
    ]


async def code_all_texts(db):
    """Store codes for every text, as if the machine had read it; return the ids of the texts."""
    texts = [row["id"] for row in await db.the_connection.fetch("SELECT id::text FROM texts")]
    await codes.save(db.the_connection, texts, [example_coding() for _ in texts])
    return texts


async def prepare_texts(joan, db):
    """A text, proposals, a discovery, a codebook draft, and a text coded by two people."""
    text = (await code_all_texts(db))[0]
    await codebooks.insert_proposals(db.the_connection, [NEW, MERGE, SPLIT], codebook=1, key="w")
    found = msgspec.structs.replace(CANDIDATE, quotes=(text,), size=40)
    cut = Discovery(texts=40, reader="r1", proposed=6, candidates=(found,), cuts={6: (0,)})
    await codebooks.insert_discovery(db.the_connection, cut)
    await send(joan, DRAFT)
    seen = (await codebooks.find_draft(db.the_connection)).revision
    edit = {"revision": str(seen), "kind": "pin", "pinned": "yes"}
    await send(joan, f"{DRAFT}/themes/young-people/edits", edit)
    themes = await coded_twice.load_theme_ids(db.the_connection)
    said = [([themes[n % 3]], "negative") for n in range(4)]
    twice, once, *_ = await coded_twice.insert_answers(db.the_connection, said)
    await coding_twice.draw_sample(db.the_connection, coded_twice.QUARTER, seed=7)
    for who, theme in ((CINDY, themes[0]), (JOAN, themes[1])):
        account = await coded_twice.ensure_account(db.the_connection, who)
        label = coded_twice.label([theme])
        await labels.insert_label(db.the_connection, twice, label, by=account)
    asked = {"sentence": "No Taser in schools", "themes": "young-people"}
    demand = (await send(joan, "/work/demands/new", asked)).headers["location"].partition("?")[0]
    await db.the_connection.execute(
        "INSERT INTO demand_texts (demand, text, chance) VALUES ($1::uuid, $2::uuid, 0.5)",
        demand.rpartition("/")[2],
        text,
    )
    await prepare_summary(db)
    pages = ("proposals", "discovery", "codebook", "codebook/draft/themes/young-people",
             "young-people/summaries")  # fmt: skip
    return [demand, f"{demand}/next", "/work/demands/new", f"/work/texts/{text}",
            *(f"/work/themes/{one}" for one in pages),
            f"/work/double-coding/texts/{twice}", f"/work/double-coding/code/{once}"]  # fmt: skip


async def prepare_summary(db):
    """A draft of a summary that waits, of a text whose writer agrees to be quoted."""
    words = "They shone a red dot on my brother outside the bakery."
    receipt = await create_case(db, narrative=words)
    text = await db.the_connection.fetchval(
        "SELECT t.id::text FROM texts t JOIN complaints c ON c.id = t.complaint"
        " WHERE c.reference = $1",
        receipt.reference,
    )
    coding = example_coding(words, themes=())
    await codes.save(db.the_connection, [text], [coding])
    await responses.set_consent(db.the_connection, receipt.reference, "yes")
    joan = await people.by_email(db.the_connection, JOAN[0])
    said = "A red dot was shone on a resident's brother outside the bakery."
    day = clock.today()
    await machine_drafts.insert_summary(
        db.the_connection, "young-people", text, words, said, by=joan.id, day=day
    )


async def prepare_editions(joan, db):
    """A published edition, and a draft edition with a comment and an action."""
    published = sample(number=1)
    await save_and_publish(db.the_connection, published)
    draft = msgspec.structs.replace(published, number=2)
    await editions.save(db.the_connection, draft)
    base = f"/work/editions/weekly/{published.start}"
    today = clock.today()
    day = {"due-day": today.day, "due-month": today.month, "due-year": today.year}
    for part in ("", "caveats"):
        await send(joan, f"{base}/2/comments", {"words": "Is this right?", "part": part})
    await send(joan, f"{base}/2/actions", {"what": "Ask them", "owner": "Joan"} | day)
    on = {"on-day": today.day, "on-month": today.month, "on-year": today.year}
    await send(joan, "/work/alerts", {"kind": "under_18", "area": "E09000012"} | on)
    return [f"{base}/1", f"{base}/2", "/work/alerts", "/work/actions", "/work/editions"]


async def prepare_recommendations(joan, db):
    """A recommendation in the ledger with a decision and an answer, and those ready to add."""
    made = {"made-day": 1, "made-month": 2, "made-year": 2021}
    since = {"since-day": 1, "since-month": 2, "since-year": 2021}
    what = {"title": "Report each use", "source": "An inspectorate", "addressee": "The force"}
    added = await send(joan, "/work/recommendations/new", what | made | since)
    row = added.headers["location"].split("?")[0]
    decided = {"status": "done", "reason": "It was seen", "decided-by": "Chair", "version": 1}
    await send(joan, f"{row}/change", what | made | since | decided)
    said = {"said-day": 1, "said-month": 3, "said-year": 2021, "said-by": "The force"}
    await send(joan, f"{row}/answers", said | {"answer": "We accept this."})
    return ["/work/recommendations", "/work/recommendations/new", row, f"{row}/change"]


async def prepare_panel_report(joan, db):
    """The report of a panel's closed meeting, answers to give, and triggers with one set off."""
    who = (JOAN, CINDY)
    panel = await save_panel(db.the_connection, who=who, name="Hackney panel, over")
    meeting = await close_meeting(db.the_connection, panel, who)
    base, triggers_of = (
        f"/work/scrutiny/meetings/{meeting}",
        f"/work/scrutiny/panels/{panel}/triggers",
    )
    # One version that can be withdrawn, and one that Joan can publish.
    await publish_report(db.the_connection, meeting)
    await review_report(db.the_connection, meeting)
    typed = {"kind": "each", "allegation": "", "days": "14", "least": "", "period": "month"}
    await send(joan, triggers_of, typed)
    tomorrow = clock.today() + datetime.timedelta(days=1)
    await panels.raise_complaints(db.the_connection, tomorrow)
    events = await panels.load_events(db.the_connection, panel)
    one, *_ = await marks.load_answers(db.the_connection, meeting)
    return [
        *(f"{base}{one}" for one in ("/report", "/report/public", "/answers")),
        f"{base}/report/public?today=yes",
        f"{base}/answers/{one.number}",
        triggers_of,
        *(f"{triggers_of}/events/{one.id}" for one in events[:1]),
    ]


async def prepare_scrutiny(joan, db):
    """A panel that Joan chairs with a meeting at each stage, and a record to mark."""
    who = (JOAN, CINDY)
    panel = await save_panel(db.the_connection, who=who)
    drawn = await draw_meeting(db.the_connection, panel)
    marking = await begin_marking(db.the_connection, panel, who=who)
    joint = await begin_marking(db.the_connection, panel, who=who)
    await meetings.close_alone(db.the_connection, joint)
    planned = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    seeded = await meetings.insert_meeting(db.the_connection, panel, clock.today())
    await meetings.save_seed(db.the_connection, seeded, "0" * 32, None)
    base = "/work/scrutiny"
    return [
        f"{base}/new",
        *(f"{base}/panels/{panel}{one}" for one in ("", "/settings", "/rule", "/meetings")),
        *(f"{base}/panels/{panel}{one}" for one in ("/members", "/me")),
        *(f"{base}/meetings/{one}" for one in (drawn, marking, joint, planned, seeded)),
        f"{base}/meetings/{drawn}/records/1/mask",
        *(f"{base}/meetings/{one}/records/1" for one in (marking, joint)),
    ]


async def hold_table(joan):
    """The address of a file whose columns are matched, and whose words are not yet."""
    known = {"known-day": "1", "known-month": "6", "known-year": "2024", "kind": "table"}
    rows = b"District,Month,Type of use,Uses\nHackney,Mar-24,Fired,2\nAll,Mar-24,Spoken,3\n"
    file = {"file": ("march.csv", rows)}
    columns = (await send(joan, "/work/files", known, files=file)).headers["location"]
    meanings = {"m0": "area", "m1": "start", "m2": "tactic", "m3": "count", "rows": "1"}
    about = {"source": "Force A: uses", "measure": "officer_reports", "tactic": "ced"}
    await send(joan, columns, meanings | about | {"dates": "%b-%y", "period": "month", "row": "1"})
    return columns.removesuffix("/columns")


async def prepare_admin_pages(joan, db):
    """Pages that need no preparation, an event, an API key and a file to match."""
    await send(joan, "/work/keys", {"name": "Excel", "days": "30"})
    on = {"day-day": "23", "day-month": "3", "day-year": "2020"}
    await send(joan, "/work/events", {"label": "First lockdown", "note": ""} | on)
    table = await hold_table(joan)
    return [
        *(f"{table}/{step}" for step in ("columns", "words", "check")),
        "/work/files/mappings",
        "/work/people",
        "/work/keys",
        "/work/jobs",
        "/work/service",
        "/work/password",
        "/work/files",
        "/work/events",
        "/work/quotes",
    ]


STAFF = (
    prepare_drafts,
    prepare_results,
    prepare_cases,
    prepare_texts,
    prepare_editions,
    prepare_panel_report,
    prepare_scrutiny,
    prepare_recommendations,
    prepare_admin_pages,
)


def browser(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")
