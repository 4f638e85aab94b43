"""A refusal that is a page of its own leads on to what it is about."""

import re
from types import SimpleNamespace

import pytest
from litestar.routes import HTTPRoute
from lxml import html

from api.error_handlers import page_above
from api.pages.work import StaffRequest
from survey.problems import Conflict
from survey.store import editions
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.api.pages.forms import send, token_on
from tests.people import CINDY, JOAN
from tests.stored.complaint_forms import create_case

FILLED = {"uuid": "00000000-0000-4000-8000-000000000001", "int": "1"}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


def links_of(answer):
    page = html.fromstring(answer.text)
    return [link.get("href") for link in page.xpath("//main//li/a")]


async def test_what_was_marked_in_another_window_leads_to_the_edition(cindy, db):
    await editions.save(db.the_connection, sample(number=1))
    edition = f"/work/editions/weekly/{WEEK}/1"
    await send(cindy, f"{edition}/marks/reviewed")
    answer = await send(cindy, f"{edition}/marks/reviewed")
    assert answer.status_code == 409
    assert links_of(answer)[0] == edition
    assert "See the edition as it is now" in answer.text


async def test_a_page_that_does_not_exist_leads_to_the_list_above_it(cindy, db):
    case = await create_case(db)
    answer = await cindy.get(f"/work/complaints/{case.reference[:-4]}ZZZZ")
    assert answer.status_code == 404
    assert links_of(answer)[0] == "/work/complaints"


@pytest.mark.parametrize("address", ["assign", "{case}/moves", "{case}/nonsense"])
async def test_the_address_of_a_form_alone_leads_to_its_page(cindy, db, address):
    """Somebody who presses Enter in the address bar of a page that refused their form."""
    case = (await create_case(db)).reference
    answer = await cindy.get(f"/work/complaints/{address.format(case=case)}")
    assert answer.status_code in (404, 405)
    assert links_of(answer)[0] == f"/work/complaints{f'/{case}' * ('case' in address)}"


WROTE = "Two officers knew him already"
moved_on = Conflict.of("test.moved_on", "A colleague was faster.")


def refuse(*_given, **_more):
    raise moved_on()


async def test_every_conflict_keeps_what_was_typed_and_leads_on(app, signed_in, monkeypatch):
    """Each form of the staff pages is refused as if a colleague had been faster."""
    joan = await signed_in(JOAN)
    routes = [
        route
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and "POST" in route.methods
        and route.path.startswith("/work/")
    ]
    token = await token_on(joan, "/work")
    for way in ("load", "connection", "write"):
        monkeypatch.setattr(StaffRequest, way, refuse)
    refused = 0
    for route in routes:
        address = re.sub(
            r"{\w+:?(\w*)}", lambda part: FILLED.get(part[1], "2026-11-01"), route.path
        )
        typed = {"_csrf_token": token, "words": WROTE, "password": WROTE}
        answer = await joan.post(address, data=typed)
        if answer.status_code == 409:
            refused += 1
            assert links_of(answer)[0].startswith("/work/"), address
            assert answer.text.count(WROTE) == 1, address
    assert refused > 100


async def test_a_conflict_says_who_was_faster_and_when(cindy, signed_in, db):
    await editions.save(db.the_connection, sample(number=1))
    mark = f"/work/editions/weekly/{WEEK}/1/marks/reviewed"
    await send(await signed_in(JOAN), mark)
    answer = await send(cindy, mark)
    assert answer.status_code == 409
    assert f"{JOAN[1]} was the last to change it, " in answer.text
    again = await send(await signed_in(JOAN), mark)
    assert "was the last to change it" not in again.text


def test_every_form_of_the_staff_has_a_page_to_go_back_to(app):
    """All of them: also the family of refusals that no test provokes."""
    forms = [
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and "POST" in route.methods
        and route.path_format.startswith("/work/")
    ]
    assert len(forms) > 100
    for form in forms:
        request = SimpleNamespace(
            app=app,
            method="POST",
            url=SimpleNamespace(path=form),
            scope={"path_template": form},
        )
        assert page_above(request).startswith("/work/"), form
