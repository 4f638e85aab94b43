"""A refusal that is a page of its own leads on to what it is about."""

from types import SimpleNamespace

import pytest
from litestar.routes import HTTPRoute
from lxml import html

from api.error_handlers import page_above
from survey.store import editions
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.api.pages.forms import send
from tests.people import CINDY
from tests.stored.complaint_forms import create_case


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
