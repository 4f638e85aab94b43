"""Handing out a survey: links, codes, posters, words, counts, password, who asks, websites."""

import datetime
import html
import io
import re

import msgspec
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from api.pages.organiser.ways import count_in_words
from survey.store.accounts import people
from survey.store.surveys import instruments, sharing
from survey.surveys.sharing import parse_origin, password_letters
from tests.api.observing.test_measuring import NoDatabase
from tests.api.pages.forms import send
from tests.api.pages.organiser.test_builder import amina, club, publish, write_question
from tests.api.pages.resident.test_resident_pages import answer_pages, send_answers
from tests.files.uploads import SVG

__all__ = ["amina", "club"]  # fixtures
SLUG = "police-in-our-estate"
PANEL = f"/work/surveys/{SLUG}/share"
SURVEY = f"/surveys/{SLUG}"
ANSWERS = {"borough": {"answer": "E09000012"}, "do_you_feel_safe": {"answer": "yes"}}
BEN = ("ben@example.org", "Ben", "organiser")
PASSWORD = "Otter River Lamp"


@pytest.fixture
async def ours(club):
    """The organiser of a survey that is published."""
    await write_question(
        club, "choice", "Do you feel safe?", option__1__en="Yes", option__2__en="No"
    )
    await publish(club)
    return club


@pytest.fixture
def public(app):
    """The same application at a public address."""
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, public_url="https://voices.example.org")
    yield "https://voices.example.org"
    app.state.settings = before


async def codes_of(db):
    return {way.kind: way.code for way in await sharing.load_ways(db.the_connection, SLUG)}


async def counted(app, db, code):
    await app.state.way_counts.save(db)
    weeks = await sharing.load_weeks(db.the_connection, SLUG)
    return [(one.begun, one.sent) for one in weeks if one.code == code]


def read_codes(picture):
    """The QR codes in a picture. Other kinds are not asked for: one is seen at times in the squares
    of a QR code.
    """
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return [one.text for one in found]


def decoded(png):
    return read_codes(Image.open(io.BytesIO(png)))[0]


def pdf_page(body):
    (page,) = pypdfium2.PdfDocument(body)
    text = " ".join(page.get_textpage().get_text_bounded().split())
    return text, page.render(scale=2).to_pil()


async def test_publishing_leads_to_the_page_where_the_survey_is_shared(club, db):
    await write_question(club, "choice", "Do you feel safe?")
    answer = await publish(club)
    page = await club.get(answer.headers["location"])
    assert answer.headers["location"] == f"{PANEL}?done=published"
    assert "The survey is published. Now share it." in page.text
    link = (await codes_of(db))["link"]
    said = (
        f"http://test{SURVEY}",
        f"http://test/s/{link}",
        "https://wa.me/?text=",
        "mailto:?subject=Police%20in%20our%20estate",
        "It takes about 1 minute.\n",
    )
    for words in said:
        assert words in page.text
    assert "%(" not in page.text
    assert f'href="{PANEL}"' in (await club.get(f"/work/surveys/{SLUG}")).text


async def test_a_qr_code_leads_to_its_short_link(ours, db, public):
    await ours.get(PANEL)
    code = (await codes_of(db))["poster"]
    png = await ours.get(f"{PANEL}/{code}.png")
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert decoded(png.content) == f"{public}/s/{code}"
    svg = await ours.get(f"{PANEL}/{code}.svg")
    assert svg.text.startswith("<?xml")
    assert "sandbox" in svg.headers["content-security-policy"]
    drawn = pypdfium2.PdfDocument((await ours.get(f"{PANEL}/{code}.pdf")).content)
    seen = read_codes(drawn[0].render(scale=4).to_pil())
    assert seen[0] == f"{public}/s/{code}"
    assert (await ours.get(f"{PANEL}/2222222.png")).status_code == 404
    assert (await ours.get(f"{PANEL}/poster.exe")).status_code == 404


@pytest.mark.parametrize(
    ("sheet", "kind", "copies"),
    [("poster", "poster", 1), ("cards-a5", "card", 2), ("cards-a6", "card", 4)],
)  # fmt: skip
async def test_a_poster_and_cards_say_what_where_and_who(sheet, kind, copies, ours, db, public):
    await send(ours, f"{PANEL}/who-asks", {"organisation": "Park Lane Youth Club", "contact": ""})
    made = await ours.get(f"{PANEL}/{sheet}.pdf")
    assert made.headers["content-type"] == "application/pdf"
    text, seen = pdf_page(made.content)
    code = (await codes_of(db))[kind]
    assert text.count("Park Lane Youth Club is asking.") == copies
    assert text.count(f"voices.example.org/s/{code}") == copies
    assert read_codes(seen) == [f"{public}/s/{code}"] * copies


async def test_a_poster_of_this_computer_says_that_it_is_no_use(ours, app):
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, public_url="http://localhost:8000")
    try:
        page = (await ours.get(PANEL)).text
        text, seen = pdf_page((await ours.get(f"{PANEL}/poster.pdf")).content)
    finally:
        app.state.settings = before
    assert "These addresses work on this computer only" in page
    assert "Do not hand this out." in text
    assert "localhost" not in text
    assert read_codes(seen) == []


async def test_a_short_link_is_counted_when_somebody_begins_and_when_they_send(
    ours, client, app, db
):
    await ours.get(PANEL)
    code = (await codes_of(db))["whatsapp"]
    link = await client.get(f"/s/{code.lower()}")
    assert link.headers["location"] == f"{SURVEY}?way={code}"
    start = await client.get(link.headers["location"])
    assert f'<input type="hidden" name="way" value="{code}">' in start.text
    # Programs that make previews open links too: nothing is counted before somebody begins.
    assert await counted(app, db, code) == []
    begun = await client.post(SURVEY, data={"answer": "E09000012", "way": code})
    assert await counted(app, db, code) == [(1, 0)]
    await client.post(begun.headers["location"], data={"answer": "yes"})
    sent = await client.post(f"{SURVEY}/send")
    assert "/done/" in sent.headers["location"]
    assert await counted(app, db, code) == [(1, 1)]
    await client.post(f"{SURVEY}/send")  # a second click
    assert await counted(app, db, code) == [(1, 1)]


async def test_no_way_is_stored_with_an_answer_nor_left_in_the_draft(ours, client, db):
    await ours.get(PANEL)
    code = (await codes_of(db))["poster"]
    await client.post(SURVEY, data={"answer": "E09000012", "way": code})
    await client.post(f"{SURVEY}/do_you_feel_safe", data={"answer": "yes"})
    await client.post(f"{SURVEY}/send")
    held = await db.the_connection.fetch(
        "SELECT to_jsonb(r)::text AS row FROM responses r"
        " UNION ALL SELECT content::text FROM drafts"
    )
    assert held
    assert not [one["row"] for one in held if code in one["row"]]


async def test_a_wrong_first_page_does_not_forget_the_way(ours, client, db):
    await ours.get(PANEL)
    code = (await codes_of(db))["card"]
    await client.post(SURVEY, data={"answer": "", "way": code})
    again = await client.get(SURVEY)
    assert f'name="way" value="{code}"' in again.text
    await client.post(SURVEY, data={"answer": "E09000012", "way": code})
    onward = await client.post(SURVEY, data={"again": "yes", "sure": "yes"})
    assert onward.headers["location"] == f"{SURVEY}?way={code}"


async def test_who_comes_by_the_full_address_is_counted_as_such(ours, client, app, db):
    await ours.get(PANEL)
    await answer_pages(client, SURVEY, ANSWERS)
    await send_answers(client, SURVEY)
    codes = await codes_of(db)
    assert await counted(app, db, codes["address"]) == [(1, 1)]
    # A way of another survey, or one that somebody made up, counts nowhere.
    assert await counted(app, db, codes["link"]) == [(0, 0)]


def test_few_who_came_are_not_counted_out():
    shown = [count_in_words(n) for n in (0, 1, 9, 10, 14, 1_234)]
    few = "Fewer than 10"
    assert shown == [few, few, few, "10 or more", "10 or more", "1,230 or more"]


async def test_the_first_who_came_on_a_way_changes_nothing_on_the_page(ours, client, app, db):
    before = (await ours.get(PANEL)).text
    code = (await codes_of(db))["mail"]
    await client.post(SURVEY, data={"answer": "E09000012", "way": code})
    assert await counted(app, db, code) == [(1, 0)]
    after = (await ours.get(PANEL)).text
    shown = re.compile(r'<h2[^>]*id="ways">.*?</table>', re.DOTALL)
    assert shown.search(after)[0] == shown.search(before)[0]
    assert "By week" not in after


async def test_the_way_on_which_somebody_came_is_not_the_row_that_was_written_last(
    ours, client, app, db
):
    await ours.get(PANEL)
    code = (await codes_of(db))["poster"]
    await client.post(SURVEY, data={"answer": "E09000012", "way": code})
    # Counted in memory, and saved with all ways of the survey at once.
    assert await db.the_connection.fetchval("SELECT count(*) FROM way_weeks") == 0
    assert await counted(app, db, code) == [(1, 0)]
    rows = await db.the_connection.fetch("SELECT code, xmin::text FROM way_weeks")
    assert {row["code"] for row in rows} == set((await codes_of(db)).values())
    assert len({row["xmin"] for row in rows}) == 1


async def test_counts_wait_for_a_database_that_is_away(ours, app, db):
    await ours.get(PANEL)
    code, week = (await codes_of(db))["card"], datetime.date(2026, 11, 23)
    for act in ("begun", "begun", "sent"):
        app.state.way_counts.add(SLUG, week, code, act)
    await app.state.way_counts.save(NoDatabase())
    assert await counted(app, db, code) == [(2, 1)]
    assert await counted(app, db, code) == [(2, 1)]


async def test_an_organiser_names_a_way(ours, db):
    added = await send(ours, f"{PANEL}/ways", {"way": "Youth club stall"})
    assert added.headers["location"] == f"{PANEL}?done=way#ways"
    text = (await ours.get(PANEL)).text
    way = next(one for one in await sharing.load_ways(db.the_connection, SLUG) if one.name)
    assert f"test<wbr>/s/{way.code}" in text
    assert (
        "There is a way with this name already."
        in (await send(ours, f"{PANEL}/ways", {"way": "Youth club stall"})).text
    )
    empty = await send(ours, f"{PANEL}/ways", {"way": " "})
    assert (empty.status_code, "Enter a name" in empty.text) == (422, True)


@pytest.mark.parametrize("code", ["2222222", "short", "0000000"])
async def test_a_mistyped_short_link_says_so(code, client):
    page = await client.get(f"/s/{code}")
    assert page.status_code == 404
    assert "There is no survey at this short link." in page.text


async def test_a_survey_leaves_the_list_and_comes_back_without_a_new_version(ours, client, db):
    assert f'href="{SURVEY}"' in (await client.get("/surveys")).text
    await send(ours, f"{PANEL}/listing", {"listing": "unlisted"})
    assert f'href="{SURVEY}"' not in (await client.get("/surveys")).text
    assert SLUG not in (await client.get("/api/v1/surveys?limit=200")).text
    assert (await client.get(SURVEY)).status_code == 200
    await send(ours, f"{PANEL}/listing", {"listing": "listed"})
    assert f'href="{SURVEY}"' in (await client.get("/surveys")).text
    assert (await instruments.get(db.the_connection, SLUG))[0].version == 1


async def test_the_next_version_has_who_asks_as_it_is_today(ours, db):
    await send(ours, f"/work/surveys/{SLUG}/draft")
    who = {"organisation": "The Club", "contact": "club@example.org", "thanks-en": "Thanks!",
           "next_step-en": "We meet on 3 March."}  # fmt: skip
    await send(ours, f"{PANEL}/who-asks", who)
    about = await ours.get(f"/work/builder/{SLUG}/about")
    assert f'href="{PANEL}#who-asks"' in about.text
    await publish(ours)
    newest = (await instruments.load_history(db.the_connection, SLUG))[-1]
    said = (newest.version, newest.organisation, newest.thanks, newest.next_step)
    assert said == (2, "The Club", {"en": "Thanks!"}, {"en": "We meet on 3 March."})


async def set_password(ours):
    answer = await send(ours, f"{PANEL}/password", {"password": PASSWORD})
    assert answer.status_code == 303, answer.text


async def test_a_password_is_asked_before_anybody_begins(ours, client, db):
    await set_password(ours)
    stored = await sharing.get_settings(db.the_connection, SLUG)
    assert stored.password_hash.startswith("$argon2id$")
    assert "Password of this survey" in (await client.get(SURVEY)).text
    for typed, words in (("", "Enter the password"), ("wrong words", "This is not the password")):
        refused = await client.post(SURVEY, data={"answer": "E09000012", "password": typed})
        assert (refused.status_code, words in refused.text) == (422, True)
        assert re.search(r'value="E09000012"[^>]* selected', refused.text)
        assert "soundings_draft" not in client.cookies
    assert "start" in (await client.get(f"{SURVEY}/do_you_feel_safe")).text.lower()
    # A telephone begins with a capital letter and adds a space.
    typed = {"answer": "E09000012", "password": "otter  RIVER lamp "}
    begun = await client.post(SURVEY, data=typed)
    assert begun.headers["location"] == f"{SURVEY}/do_you_feel_safe"
    await client.post(begun.headers["location"], data={"answer": "yes"})
    assert "/done/" in (await client.post(f"{SURVEY}/send")).headers["location"]


async def test_the_right_password_with_another_mistake_is_not_asked_again(ours, client, db):
    await set_password(ours)
    await client.post(SURVEY, data={"answer": "", "password": PASSWORD})
    again = await client.get(SURVEY)
    assert "Password of this survey" not in again.text
    begun = await client.post(SURVEY, data={"answer": "E09000012"})
    assert begun.headers["location"] == f"{SURVEY}/do_you_feel_safe"
    held = await db.the_connection.fetch("SELECT content::text AS row FROM drafts")
    assert not [one for one in held if "otter" in one["row"].lower()]


async def test_guesses_at_a_password_are_limited(ours, client, app):
    await set_password(ours)
    for _ in range(10):
        await client.post(SURVEY, data={"answer": "E09000012", "password": "a wrong one"})
    late = await client.post(SURVEY, data={"answer": "E09000012", "password": PASSWORD})
    assert late.status_code == 429
    assert "There were too many wrong passwords" in late.text


async def test_programs_need_the_password_too(ours, client):
    await set_password(ours)
    address = f"/api/v1/surveys/{SLUG}"
    sent = {"borough": "Hackney", "answers": {"do_you_feel_safe": "yes"}}
    for answer in (
        await client.get(address),
        await client.post(f"{address}/responses", json=sent),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "survey.password_missing")
    wrong = {"Survey-Password": "not this one"}
    refused = await client.post(f"{address}/responses", json=sent, headers=wrong)
    assert refused.json()["code"] == "survey.password_wrong"
    right = {"Survey-Password": PASSWORD}
    assert (await client.get(address, headers=right)).status_code == 200
    done = await client.post(f"{address}/responses", json=sent, headers=right)
    assert done.status_code == 201


async def test_a_password_is_removed(ours, client):
    await set_password(ours)
    short = await send(ours, f"{PANEL}/password", {"password": "short"})
    assert "Enter a password of 8 characters or more" in short.text
    await send(ours, f"{PANEL}/password", {"act": "remove"})
    assert "Password of this survey" not in (await client.get(SURVEY)).text


def test_capitals_and_spaces_of_a_password_do_not_count():
    assert password_letters(" Otter  River ") == "otterriver"


async def test_who_asks_is_on_every_page_of_the_survey(ours, client, db):
    picture = io.BytesIO()
    Image.new("RGBA", (900, 300), "teal").save(picture, "PNG")
    who = {"organisation": "Park Lane Youth Club", "contact": "club@example.org"}
    who |= {"thanks-en": "Thank you for your time.", "next_step-en": "We meet on 3 March."}
    logo = {"logo": ("logo.png", picture.getvalue())}
    done = await send(ours, f"{PANEL}/who-asks", who, files=logo)
    assert done.status_code == 303, done.text
    tag = (await sharing.get_settings(db.the_connection, SLUG)).logo_tag
    image = await client.get(f"/logos/{SLUG}/{tag}")
    assert Image.open(io.BytesIO(image.content)).size == (320, 107)
    assert "immutable" in image.headers["cache-control"]
    pages = [await client.get(SURVEY)]
    pages.append(await answer_pages(client, SURVEY, ANSWERS, until="do_you_feel_safe"))
    pages.append(await client.post(pages[-1].url, data={"answer": "yes"}, follow_redirects=True))
    pages.append(await client.post(f"{SURVEY}/send", follow_redirects=True))
    for page in pages:
        assert page.text.count("Park Lane Youth Club is asking.") == 1, page.url
        assert f'src="/logos/{SLUG}/{tag}"' in page.text
        assert "club@example.org" in page.text
    assert "Thank you for your time." in pages[-1].text
    assert "We meet on 3 March." in pages[-1].text
    form = await ours.get(f"/work/surveys/{SLUG}/files/form.pdf")
    pdf = pypdfium2.PdfDocument(form.content)
    words = " ".join(page.get_textpage().get_text_bounded() for page in pdf)
    for said in ("Park Lane Youth Club", "club@example.org", "Thank you for your time."):
        assert said in " ".join(words.split())
    await send(ours, f"{PANEL}/who-asks", who | {"remove_logo": "yes"})
    assert (await client.get(f"/logos/{SLUG}/{tag}")).status_code == 404


async def test_a_logo_or_a_contact_alone_is_shown_too(ours, client):
    await send(ours, f"{PANEL}/who-asks", {"organisation": "", "contact": "020 7946 0000"})
    await client.post(SURVEY, data={"answer": "E09000012"})
    for address in (SURVEY, f"{SURVEY}/do_you_feel_safe"):
        page = await client.get(address)
        assert page.text.count("Questions about this survey: <bdi>020 7946 0000</bdi>") == 1, (
            address
        )
        assert "is asking." not in page.text


async def test_a_logo_that_is_too_large_is_refused_before_it_is_read(ours, db):
    huge = {"logo": ("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(15_000_000))}
    page = await send(ours, f"{PANEL}/who-asks", {"organisation": "The Club"}, files=huge)
    assert page.status_code == 413
    assert "Nothing was saved." in page.text
    assert (await instruments.get(db.the_connection, SLUG))[0].organisation == ""


@pytest.mark.parametrize("body", [SVG.encode(), b"\x89PNG\r\n\x1a\nno picture", b"words"])
async def test_what_is_no_picture_is_refused_and_the_words_stay(body, ours, db):
    who = {"organisation": "Typed just now", "contact": ""}
    page = await send(ours, f"{PANEL}/who-asks", who, files={"logo": ("logo.svg", body)})
    assert page.status_code == 422
    assert "This logo cannot be used" in page.text
    assert 'value="Typed just now"' in page.text
    assert (await instruments.get(db.the_connection, SLUG))[0].organisation == ""


async def test_only_websites_that_the_organiser_named_may_frame_the_card(ours, client, db):
    await ours.get(PANEL)
    card = f"/embed/{(await codes_of(db))['embed']}"
    assert "frame-ancestors 'none'" in (await client.get(card)).headers["content-security-policy"]
    named = {"origins": "https://Club.example/our-page\nhttps://mosque.example:8443"}
    await send(ours, f"{PANEL}/websites", named)
    policy = (await client.get(card)).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://club.example https://mosque.example:8443")
    for page in (SURVEY, "/", "/surveys"):
        others = (await client.get(page)).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in others
    panel = (await ours.get(PANEL)).text
    code = html.unescape(re.search(r">(&lt;iframe.*?)</textarea>", panel)[1])
    assert f'src="http://test{card}?lang=en"' in code
    assert f"{SURVEY}?way=" in (await client.get(card)).text


@pytest.mark.parametrize(
    "typed", ["club", "javascript:alert(1)", "https://a b", "https://x;script-src *", "*"]
)  # fmt: skip
async def test_what_is_no_website_is_refused(typed, ours):
    page = await send(ours, f"{PANEL}/websites", {"origins": typed})
    assert page.status_code == 422
    assert "is not an address such as https://club.org" in page.text


def test_the_origin_of_an_address():
    assert parse_origin(" HTTPS://Club.Example/a/page?x=1 ") == "https://club.example"
    assert parse_origin("https://-club.example") == ""


async def test_another_organiser_finds_no_page_to_share_it(ours, signed_in, db):
    await people.insert(db.the_connection, *BEN, None)
    ben = await signed_in(BEN)
    assert (await ben.get(PANEL)).status_code == 404
    assert (await send(ben, f"{PANEL}/listing", {"listing": "unlisted"})).status_code == 404
    assert (await ours.get("/work/surveys/feedback/share")).status_code == 403
