"""The request that handlers of staff pages take: what it reads, saves and answers."""

import pytest
from litestar.testing import RequestFactory

from api.pages.forms import Form, filled_form
from api.pages.work import StaffRequest, provide_page
from api.security.people import Person
from survey.problems import Conflict
from survey.store.accounts import people
from tests.people import JOAN


@pytest.fixture
async def joan(db):
    account = await people.by_email(db.the_connection, JOAN[0])
    return Person(id=account.id, name=account.name, email=JOAN[0], role="administrator")


@pytest.fixture
def page_of(db, joan):
    def build(form=None, query=None):
        request = RequestFactory().get("/work/made-up", query_params=query)
        return StaffRequest(request, db, joan, form or Form())

    return build


async def newest_act(db):
    return (await people.load_audit(db.the_connection, 2**62, 1))[0].act


async def test_a_change_is_saved_with_its_line_in_the_audit_or_not_at_all(db, page_of, joan):
    page = page_of()
    async with page.write("account changed", "first") as connection:
        await people.set_role(connection, joan.email, "reviewer")
    assert await newest_act(db) == "account changed"

    async def write_and_fail():
        async with page.write("account closed", "second") as connection:
            await people.set_role(connection, joan.email, "organiser")
            raise Conflict("made.up", "It is closed.", "")

    with pytest.raises(Conflict):
        await write_and_fail()
    assert (await newest_act(db), (await people.get(db.the_connection, joan.id)).role) == (
        "account changed",
        "reviewer",
    )


async def test_a_form_that_was_sent_is_not_filled_in_again(page_of):
    shown, sent = page_of(), page_of(filled_form({"name": ""}))
    for page in (shown, sent):
        page.fill({"name": "Joan", "areas": ["E1", "E2"]})
    assert (shown.form["name"], shown.form.all("areas")) == ("Joan", ["E1", "E2"])
    assert (sent.form["name"], sent.form.all("areas")) == ("", [])


async def test_a_page_that_is_shown_again_says_what_is_wrong_and_keeps_what_was_typed(page_of):
    page = page_of(filled_form({"name": "Joan"}))
    page.form.refuse(Conflict("name.taken", "Taken.", "Choose another."), [("name", "Taken.")])
    shown = page.show("home/landing", said="this")
    assert (shown.status_code, shown.template_name) == (409, "work/home/landing.html")
    assert shown.context["typed"] == {"name": "Joan"}
    assert shown.context["errors"] == [("name", "Taken.")]
    assert (shown.context["refused"].remedy, shown.context["said"]) == ("Choose another.", "this")


async def test_the_word_of_what_was_done_goes_into_the_address_and_comes_from_it(page_of):
    assert page_of().to("/work/events", "saved").url == "/work/events?done=saved"
    assert page_of().to("/work/events").url == "/work/events"
    assert page_of(query={"done": "saved"}).show("home/landing").context["done"] == "saved"


async def test_a_request_that_only_reads_has_an_empty_form(db, joan):
    request = RequestFactory().get("/work/made-up", query_params={"name": "Joan"})
    page = await provide_page(request, db, joan)
    assert (page.form.values, page.query.get("name")) == ({}, "Joan")


async def test_what_is_loaded_is_what_the_function_reads(page_of, joan):
    assert (await page_of().load(people.get, joan.id)).email == joan.email
