"""Signed out in the middle of an edit: signing in again brings it back."""

import pytest
from lxml import html

from api.security import cookies
from api.security import people as people_room
from survey.store import surveys
from survey.store.accounts import people, sessions
from tests.api.pages.forms import send, token_on
from tests.api.pages.organiser.test_builder import CLUB, add_question, amina, club, form_fields
from tests.leaks import find_in_tables
from tests.people import AMINA, CINDY
from tests.stored.complaint_forms import create_case

__all__ = ["amina", "club"]  # fixtures
BEA = ("bea@example.org", "Bea", "organiser")


async def send_signed_out(client, db, who, address, form, **given):
    """Send a form of a page that was opened before the session ended."""
    token = await token_on(client, "/work")
    account = await people.by_email(db.the_connection, who[0])
    await sessions.delete_all_of(db.the_connection, account.id)
    client.cookies.delete(cookies.SESSION)  # as old as the session itself
    return await client.post(address, data={"_csrf_token": token} | form, **given)


async def sign_in_again(client, db, email):
    account = await people.by_email(db.the_connection, email)
    link = await people_room.create_sign_in_link(db.the_connection, account.id)
    return await send(client, f"/sign-in/{link}", page=f"/sign-in/{link}")


@pytest.fixture
async def unsent(club, db):
    """An edit of a question that was sent after the session had ended."""
    name = await add_question(club, "text", "Why?")
    page = (await club.get(f"{CLUB}/questions/{name}")).text
    form = form_fields(page) | {"text-en": "Why is that, in your words?"}
    return await send_signed_out(club, db, AMINA, f"{CLUB}/questions/{name}", form)


async def saved_text(db):
    draft = await surveys.get_draft(db.the_connection, "police-in-our-estate")
    return draft.find("why").text["en"]


async def test_an_edit_is_saved_after_signing_in_again(club, db, unsent):
    assert unsent.headers["location"] == "/sign-in?ended=yes"
    said = html.fromstring((await club.get("/sign-in?ended=yes")).text).text_content()
    assert "your last change is not saved yet" in said
    again = await sign_in_again(club, db, AMINA[0])
    assert again.headers["location"] == "/work/unsent"
    page = await club.get("/work/unsent")
    assert "Why is that, in your words?" in page.text
    assert await saved_text(db) == "Why?"
    (form,) = [one for one in html.fromstring(page.text).forms if one.action == "/work/unsent"]
    fields = dict(form.form_values()) | {"unsent": "save"}
    onward = await club.post("/work/unsent", data=fields)
    assert (onward.status_code, onward.headers["location"]) == (307, f"{CLUB}/questions/why")
    answer = await club.post(onward.headers["location"], data=fields)
    assert answer.headers["location"] == f"{CLUB}#part-why"
    assert await saved_text(db) == "Why is that, in your words?"
    assert (await club.get("/work/unsent")).headers["location"] == "/work"


async def test_an_edit_can_be_discarded_instead(club, db, unsent):
    await sign_in_again(club, db, AMINA[0])
    answer = await send(club, "/work/unsent", {"unsent": "discard"})
    assert answer.headers["location"] == f"{CLUB}/questions/why"
    assert await saved_text(db) == "Why?"
    assert (await club.get("/work/unsent")).headers["location"] == "/work"


async def test_somebody_else_at_the_same_browser_does_not_see_it(club, db, unsent):
    await people.insert(db.the_connection, *BEA, None)
    await sign_in_again(club, db, BEA[0])
    assert (await club.get("/work/unsent")).headers["location"] == "/work"
    await sign_in_again(club, db, AMINA[0])
    assert (await club.get("/work/unsent")).headers["location"] == "/work"


async def test_a_member_of_the_working_group_at_the_same_browser_goes_to_their_work(
    club, db, unsent
):
    assert (await sign_in_again(club, db, CINDY[0])).headers["location"] == "/work/unsent"
    assert (await club.get("/work/unsent")).headers["location"] == "/work"


async def test_a_message_about_a_case_comes_back_and_is_sent(signed_in, db):
    cindy = await signed_in(CINDY)
    case = f"/work/complaints/{(await create_case(db)).reference}"
    await send(cindy, f"{case}/moves", {"kind": "assigned", "to": "me", "version": "1"})
    form = {"kind": "told", "message": "We have asked the station.", "version": "2", "list": ""}
    await send_signed_out(cindy, db, CINDY, f"{case}/moves", form)
    assert await find_in_tables(db.the_connection, ["asked the station"]) == set()
    await sign_in_again(cindy, db, CINDY[0])
    page = html.fromstring((await cindy.get("/work/unsent")).text)
    assert [one.text for one in page.xpath("//main//li")] == ["We have asked the station."]
    assert page.xpath("//main//p//a/@href") == [case]
    (sent,) = [one for one in page.forms if one.action == "/work/unsent"]
    fields = dict(sent.form_values()) | {"unsent": "save"}
    onward = await cindy.post("/work/unsent", data=fields)
    assert onward.status_code == 307
    answer = await cindy.post(onward.headers["location"], data=fields)
    assert answer.headers["location"].startswith(f"{case}?done=told")


async def test_a_file_is_not_kept_and_the_page_says_so(club, db):
    files = {"file": ("survey.json", b"{}", "application/json")}
    form = {"definition": "And some words"}
    await send_signed_out(club, db, AMINA, "/work/surveys", form, files=files)
    await sign_in_again(club, db, AMINA[0])
    page = (await club.get("/work/unsent")).text
    assert "choose the file once more" in page
    assert "And some words" in page
    onward = await send(club, "/work/unsent", {"unsent": "save"})
    assert onward.headers["location"] == "/work/surveys"


async def test_what_is_too_large_to_be_saved_is_said_at_once(club, db):
    form = {"definition": "x" * 200_001}
    answer = await send_signed_out(club, db, AMINA, "/work/surveys", form)
    assert answer.headers["location"] == "/sign-in?ended=yes&lost=size"
    assert "too large to be saved" in (await club.get(answer.headers["location"])).text
    assert (await sign_in_again(club, db, AMINA[0])).headers["location"] == "/work"


@pytest.mark.parametrize(("address", "saved"), [("/work/password", False), (f"{CLUB}/act", True)])
async def test_a_password_waits_nowhere_and_a_button_does(club, db, address, saved):
    form = {"new": "Three Plain words", "act": "undo", "revision": "1"}
    await send_signed_out(club, db, AMINA, address, form)
    assert bool(club.cookies.get("soundings_unsent")) == saved
    await sign_in_again(club, db, AMINA[0])
    page = (await club.get("/work/unsent", follow_redirects=True)).text
    assert ("Do it now" in page or "Save it now" in page) == saved


async def test_whoever_was_signed_in_is_told_why_they_see_the_sign_in_page(club, db):
    account = await people.by_email(db.the_connection, AMINA[0])
    await sessions.delete_all_of(db.the_connection, account.id)
    address = (await club.get(CLUB)).headers["location"]
    assert "because you had not used these pages for a while" in (await club.get(address)).text
    club.cookies.delete(cookies.SESSION)
    assert (await club.get(CLUB)).headers["location"] == "/sign-in"


async def test_an_error_page_keeps_the_menu_and_the_way_out(club):
    page = html.fromstring((await club.get("/work/builder/not-there")).text)
    assert "/work/surveys" in page.xpath("//nav[@aria-label='Menu']//a/@href")
    assert page.xpath("//form[@action='/sign-out']")
    assert AMINA[1] in page.xpath("//header")[0].text_content()
    assert "This draft does not exist." in page.xpath("//h1")[0].text_content()


async def test_the_header_says_who_is_signed_in(club):
    page = html.fromstring((await club.get("/work/help")).text)
    assert AMINA[1] in page.xpath("//header")[0].text_content()
    assert "Sign in for staff" not in page.text_content()


OWN_PAGE = {"sec-fetch-site": "same-origin"}


async def words_given_back(client, address, form, **headers):
    """What the page says to somebody whose browser lost all its cookies, without its links."""
    client.cookies.clear()
    answer = await client.post(address, data={"_csrf_token": "x"} | form, headers=headers)
    assert answer.status_code == 403
    page = html.fromstring(answer.text)
    assert page.findtext(".//h1") == "This page is out of date"
    assert "Nothing was saved or changed" in answer.text
    [again] = [one for one in page.xpath("//main//a") if one.text == "Open the page again"]
    return [one.text for one in page.xpath("//main//li[@dir='auto']")], again.get("href")


async def test_a_browser_without_its_cookies_gets_its_own_words_back(signed_in, db):
    cindy = await signed_in(CINDY)
    case = f"/work/complaints/{(await create_case(db)).reference}"
    form = {"kind": "told", "message": "We have asked the station.", "version": "2"}
    given = await words_given_back(cindy, f"{case}/moves", form, **OWN_PAGE)
    assert given == (["We have asked the station."], case)
    assert await words_given_back(cindy, f"{case}/moves", form) == ([], case)
    too_long = form | {"message": "so many words " * 20_000}
    assert await words_given_back(cindy, f"{case}/moves", too_long, **OWN_PAGE) == ([], case)


async def test_a_passphrase_is_never_given_back(client):
    form = {"number": "TRYT-HEMP", "passphrase": "chain showy chew awoke mop mute"}
    assert await words_given_back(client, "/case", form, **OWN_PAGE) == ([], "/case")
    form = {"new": "three words or five"}
    given = await words_given_back(client, "/work/password", form, **OWN_PAGE)
    assert given == ([], "/work/password")


async def test_a_form_of_before_signing_in_again_is_given_back(signed_in):
    cindy = await signed_in(CINDY)
    await token_on(cindy, "/work")
    form = {"_csrf_token": "x", "label": "A march in the city"}
    answer = await cindy.post("/work/events", data=form, headers=OWN_PAGE)
    assert answer.status_code == 403
    assert "A march in the city" in answer.text
