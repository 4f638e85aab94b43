"""The staff page that add-a-staff-page.md shows works as it is written, in 80 lines at most."""

import datetime
import re
import sys
import types

import httpx
import pytest
from jinja2 import DictLoader
from lxml import html

from api.app import build
from api.pages import work
from api.pages.shell import build_environment
from survey.editions.figures import SeriesMark
from survey.store.editions import edition_work
from tests.api.pages.forms import send
from tests.conftest import UNLIMITED
from tests.house.trees import ROOT
from tests.people import JOAN

RECIPE = (ROOT / "docs/how-to/programmers/add-a-staff-page.md").read_text(encoding="utf-8")
MODULE, *TEMPLATES = [
    block for _, block in re.findall(r"^```(python|html)\n(.*?)^```", RECIPE, re.S | re.M)
][:3]
FOLDER = "api.pages.staff.editions"


@pytest.fixture
async def joan(db, signed_in, monkeypatch):
    """Joan, at an installation that has the page of the recipe."""
    days = types.ModuleType(f"{FOLDER}.days")
    monkeypatch.setitem(sys.modules, days.__name__, days)
    exec(compile(MODULE, "days.py", "exec"), vars(days))
    before = work.pages_by_folder()
    pages = before | {FOLDER: [*before[FOLDER], *days.PAGES]}
    monkeypatch.setattr(work, "pages_by_folder", lambda: pages)
    loaders = build_environment().loader.loaders
    names = ("work/days.html", "work/day.html")
    loaders.append(DictLoader(dict(zip(names, TEMPLATES, strict=True))))
    joan = await signed_in(JOAN)
    installation = build(UNLIMITED, db)
    transport = httpx.ASGITransport(installation, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", cookies=joan.cookies
    ) as client:
        yield client
    loaders.pop()


def words_of(answer):
    assert answer.status_code == 200, answer.text
    return " ".join(html.fromstring(answer.text).text_content().split())


async def test_the_page_of_the_recipe_lists_filters_shows_and_deletes(joan, db):
    for day, label in ((1, "Trial begins"), (2, "New policy")):
        event = SeriesMark(datetime.date(2026, 3, day), label, f"Note on {label}")
        await edition_work.save_marked_event(db.the_connection, None, event)
    listed = words_of(await joan.get("/work/days"))
    assert "Trial begins" in listed
    assert "New policy" in listed
    found = await joan.get("/work/days", params={"words": "POLICY"})
    assert "Trial begins" not in words_of(found)
    [address] = html.fromstring(found.text).xpath("//main//table//a/@href")
    assert "Note on New policy" in words_of(await joan.get(address))
    gone = await send(joan, f"{address}/delete", page=address)
    assert "The day is deleted." in words_of(await joan.get(gone.headers["location"]))
    assert [one.label for one in await edition_work.load_marked_events(db.the_connection)] == [
        "Trial begins"
    ]
    assert (await joan.get(address)).status_code == 404


def test_the_page_of_the_recipe_has_80_lines_at_most():
    assert sum(block.count("\n") for block in (MODULE, *TEMPLATES)) <= 80
