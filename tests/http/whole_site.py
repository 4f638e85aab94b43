"""Something on every page: surveys, cases, an edition, a codebook draft, texts, and who looks at
them, so that every form that the application has is shown somewhere."""

import re

import httpx
import msgspec

from api import clock
from api.jobs import double_coding as coding_twice
from survey.discoveries import Discovery
from survey.store import (
    codebooks,
    codes,
    discoveries,
    instruments,
    people,
    proposals,
    reports,
    subscribers,
)
from survey.store import double_coding as labels
from tests import double_coded
from tests.http.everything import EVERYTHING, FILLED
from tests.http.everything_sent import SENDING
from tests.http.forms import send
from tests.http.test_casework_pages import CONTACT, counted
from tests.http.test_following import closed, opened
from tests.http.test_resident_pages import COMPLAINT, walk
from tests.http.test_resident_pages import send as send_answers
from tests.http.test_theme_pages import CANDIDATE, MERGE, NEW, SPLIT, coding
from tests.lodged import lodged
from tests.people import CINDY, JOAN
from tests.publishing import keep
from tests.unit.editions import sample

CASES = "/work/complaints"
DRAFT = "/work/themes/codebook/draft"
KEY = "k" * 43
LINK = f"/sign-in/{KEY}"


async def of_anybody(client, db):
    """Pages that need nothing: the ways in, and a subscriber's links."""
    await subscribers.ask(db.the_connection, "a@example.org", ["weekly"], KEY)
    ways = ["/", "/access-code", "/case", "/sign-in", LINK, "/surveys/taser-trial"]
    return [*ways, "/subscribe", f"/subscribe/{KEY}", f"/unsubscribe/{KEY}", "/complaints"]


async def on_the_way(client, db):
    """Every kind of question, answered up to the check, and pages that ask for files."""
    for one in (EVERYTHING, SENDING):
        await instruments.insert(db.the_connection, one)
    filled = {step: fields for step, (fields, _) in FILLED.items()} | {"why": {"answer": "x"}}
    check = await walk(client, "/surveys/everything", filled)
    begun = await client.post("/surveys/sending", data={"answer": "E09000012"})
    added = await client.post("/surveys/sending/scene", data={"act": "add"})
    return [check.url.path, begun.headers["location"], added.headers["location"],
            "/surveys/sending/both", *(f"/surveys/everything/{one}" for one in FILLED)]  # fmt: skip


async def complaining(client, db):
    check = await walk(client, "/complaints", COMPLAINT)
    return [check.url.path, *(f"/complaints/{step}?change" for step in COMPLAINT)]


async def complained(client, db):
    await walk(client, "/complaints", COMPLAINT)
    return [f"/complaints/done/{await send_answers(client, '/complaints')}"]


async def owning(client, db):
    await opened(client, await lodged(db))
    return ["/case"]


async def owning_a_closed_one(client, db):
    receipt = await lodged(db)
    joan = await people.by_email(db.the_connection, JOAN[0])
    await closed(db, receipt, joan["id"])
    await opened(client, receipt)
    return ["/case"]


RESIDENTS = (of_anybody, on_the_way, complaining, complained, owning, owning_a_closed_one)


async def organising(joan, db):
    """A draft like a template, one of every kind of question, and a survey with access codes."""
    template = await send(joan, "/work/builder", {"title": "Ours", "start": "after-incident"})
    own = (await send(joan, "/work/builder", {"title": "Every kind"})).headers["location"]
    for kind in ("grid", "range", "repeat", "calculate", "choices", "text"):
        asked = {"act": "add", "kind": kind, "words": f"A {kind}", "then": "stay"}
        await send(joan, f"{own}/act", asked)
    names = re.findall(rf'href="({own}/questions/[^"]+)"', (await joan.get(own)).text)
    draft = template.headers["location"]
    return [
        *names,
        draft,
        f"{draft}/try",
        "/work/surveys",
        "/work/surveys/taser-trial",
        "/work/builder",
    ]


async def reviewing_cases(joan, db):
    """A case in every state that shows a form: new, in hand, decided, merged, with records."""
    await counted(db)
    happened = {"contact": CONTACT, "happened_on": "2026-01-07"}
    cases = [f"{CASES}/{(await lodged(db, **happened)).reference}" for _ in range(4)]
    await read_by_a_machine(db)
    took = {"kind": "assigned", "to": "me", "version": "1"}
    for case in cases[1:]:
        await send(joan, f"{case}/moves", took)
    decided = {"kind": "outcome", "allegation": "incivility", "outcome": "resolved"}
    await send(joan, f"{cases[1]}/moves", decided | {"message": "We looked.", "version": "2"})
    merged = {"number": cases[2].rpartition("/")[2], "same_person": "no", "note": "The same day"}
    await send(joan, f"{cases[3]}/merge", merged | {"version": "2"})
    form = {"name": "Thanks", "body": "Thank you for telling us."}
    await send(joan, f"{CASES}/replies", form)
    await send(joan, f"{CASES}/views", {"name": "Mine", "query": "status=open"})
    return [*cases, f"{CASES}/replies", CASES, f"{CASES}/lodge"]


async def read_by_a_machine(db):
    """Code every text by hand, as if the machine had read it: their ids."""
    texts = [row["id"] for row in await db.the_connection.fetch("SELECT id::text FROM texts")]
    await codes.save(db.the_connection, texts, [coding() for _ in texts])
    return texts


async def reading_texts(joan, db):
    """A text, proposals, a discovery, the draft of a codebook, and texts coded by two people."""
    text = (await read_by_a_machine(db))[0]
    await proposals.insert_many(db.the_connection, [NEW, MERGE, SPLIT], codebook=1, key="w")
    found = msgspec.structs.replace(CANDIDATE, quotes=(text,), size=40)
    cut = Discovery(texts=40, reader="r1", proposed=6, candidates=(found,), cuts={6: (0,)})
    await discoveries.insert(db.the_connection, cut)
    await send(joan, DRAFT)
    seen = (await codebooks.draft(db.the_connection)).revision
    edit = {"revision": str(seen), "kind": "pin", "pinned": "yes"}
    await send(joan, f"{DRAFT}/themes/young-people/edits", edit)
    themes = await double_coded.themes_of(db.the_connection)
    said = [([themes[n % 3]], "negative") for n in range(4)]
    twice = (await double_coded.written(db.the_connection, said))[0]
    await coding_twice.draw(db.the_connection, double_coded.QUARTER, seed=7)
    for who, theme in ((CINDY, themes[0]), (JOAN, themes[1])):
        account = await double_coded.account(db.the_connection, who)
        label = double_coded.label([theme])
        await labels.insert_label(db.the_connection, twice, label, by=account)
    pages = ("proposals", "discovery", "codebook", "codebook/draft/themes/young-people")
    return [f"/work/texts/{text}", *(f"/work/themes/{one}" for one in pages),
            f"/work/double-coding/texts/{twice}", "/work/double-coding/next"]  # fmt: skip


async def publishing(joan, db):
    """A draft of an edition with a comment and an action, and one that is published."""
    published = sample(number=1)
    await keep(db.the_connection, published)
    draft = msgspec.structs.replace(published, number=2)
    await reports.save(db.the_connection, draft)
    base = f"/work/editions/weekly/{published.start}"
    today = clock.today()
    day = {"due-day": today.day, "due-month": today.month, "due-year": today.year}
    await send(joan, f"{base}/2/comments", {"words": "Is this right?"})
    await send(joan, f"{base}/2/actions", {"what": "Ask them", "owner": "Joan"} | day)
    on = {"on-day": today.day, "on-month": today.month, "on-year": today.year}
    await send(joan, "/work/alerts", {"kind": "under_18", "area": "E09000012"} | on)
    return [f"{base}/1", f"{base}/2", "/work/alerts", "/work/actions", "/work/editions"]


async def administering(joan, db):
    return ["/work/people", "/work/jobs", "/work/password", "/work/files", "/work/quotes"]


STAFF = (organising, reviewing_cases, reading_texts, publishing, administering)


def browser(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")
