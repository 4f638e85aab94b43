"""Residents' pages, as rendered, need a reading age of at most 11."""

import pytest

from api.pages.resident.home import ABOUT_PAGES
from tests.api.pages.resident.test_following import open_case
from tests.api.pages.resident.test_resident_pages import COMPLAINT, FEEDBACK
from tests.reading_age import reading_age, sentences
from tests.stored.complaint_forms import create_case

HIGHEST = 11


def too_hard(pages):
    ages = {
        name: round(reading_age(page), 1)
        for name, page in pages.items()
        if len(sentences(page)) > 2
    }
    return {name: age for name, age in ages.items() if age > HIGHEST}


async def test_pages_that_anybody_opens(client, db):
    addresses = [
        "/",
        "/surveys",
        "/surveys/feedback",
        "/complaints",
        "/surveys/taser-trial",
        "/case",
    ]
    addresses += ["/access-code", "/nowhere", "/surveys/none", "/surveys/feedback/done/ABCD-EFGH"]
    addresses += [f"/about/{name}" for name in ABOUT_PAGES if name != "sources"]
    pages = {address: (await client.get(address)).text for address in addresses}
    assert too_hard(pages) == {}


@pytest.mark.parametrize(
    ("base", "filled"), [("/surveys/feedback", FEEDBACK), ("/complaints", COMPLAINT)]
)
async def test_pages_on_the_way(client, db, base, filled):
    pages = {}
    here = await client.post(base, follow_redirects=True)
    while (step := here.url.path.rsplit("/", 1)[1]) != "check":
        pages[step] = here.text
        wrong = await client.post(here.url, data={})
        if wrong.headers["location"] == here.url.path:
            pages[f"{step} with errors"] = (await client.get(here.url)).text
        here = await client.post(here.url, data=filled.get(step, {}), follow_redirects=True)
    pages["check"] = here.text
    sent = await client.post(f"{base}/send")
    pages["done"] = (await client.get(sent.headers["location"])).text
    assert too_hard(pages) == {}


async def test_a_case_and_a_draft_that_has_gone(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    pages = {"case": (await client.get("/case")).text}
    pages["erase"] = (await client.get("/case/erase")).text
    pages["lost"] = (await client.get("/surveys/feedback/check")).text
    assert too_hard(pages) == {}


async def test_what_a_draft_held_last_is_shown_when_it_has_gone(client):
    words = "It was near the bakery, and I can name two witnesses."
    gone = await client.post("/complaints/what", data={"q-narrative": words, "q-place": "here"})
    assert gone.status_code == 410
    assert words in gone.text
    assert ">here<" not in gone.text
