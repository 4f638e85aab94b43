"""Organisers' pages need a reading age of at most 14, drafts and refusals too."""

import re

import pytest

from tests.api.pages.forms import send
from tests.api.pages.organiser.test_builder import BASE, amina
from tests.reading_age import reading_age

__all__ = ["amina"]  # a fixture
STAFF = 14
PAGES = ("/work", "/work/help", "/work/surveys", BASE, "/work/surveys/feedback", "/work/password",
         "/work/surveys/taser-trial")  # fmt: skip
DRAFT_PAGES = ("", "/about", "/bank", "/publish", "/preview", "/try", "/report", "/discard")


async def organiser_pages(client):
    """Every kind of page that an organiser sees: responses by address."""
    template = await send(client, BASE, {"title": "Ours", "start": "after-incident"})
    draft = template.headers["location"]
    empty = (await send(client, BASE, {"title": "Empty"})).headers["location"]
    list_of = (await client.get(draft)).text
    names = re.findall(rf'href="{draft}/questions/([^"]+)"', list_of)
    addresses = [*PAGES, empty, f"{empty}/publish", *(f"{draft}{one}" for one in DRAFT_PAGES)]
    addresses += [f"{draft}/questions/{name}" for name in names[:12]]
    found = {address: await client.get(address) for address in addresses}
    found["a refused question"] = await send(client, f"{draft}/questions/{names[0]}", {})
    found["a refused survey"] = await send(client, BASE, {"title": ""})
    return found


@pytest.mark.slow
async def test_the_pages_of_organisers_ask_for_no_more_than_fourteen(amina):
    found = await organiser_pages(amina)
    refused = [name for name, answer in found.items() if answer.status_code != 200]
    assert refused == ["a refused question", "a refused survey"]
    ages = {name: round(reading_age(answer.text), 1) for name, answer in found.items()}
    assert len(ages) > 25
    assert {name: age for name, age in ages.items() if age > STAFF} == {}
