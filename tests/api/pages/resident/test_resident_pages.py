"""What a resident sees, with forms and links alone, from the first page to the receipt."""

import datetime
import html
import re
from pathlib import Path

import pytest

from api import clock
from api.pages import shell
from api.pages.public_copies import static_address
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.security.people import key_digest
from survey.store import places
from survey.store.accounts import sessions
from survey.store.surveys import instruments
from survey.surveys.instruments import Note, QuestionPage, Repeat, all_parts
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.forms import asked_again
from tests.api.pages.survey_of_everything import EVERYTHING, FILLED, WRONG

PAGES = Path(shell.__file__).parent
REFERENCE = re.compile(r"/done/([A-Z2-9]{4}-[A-Z2-9]{4})$")
FEEDBACK = {
    "borough": {"answer": "E09000012"},
    "feedback": {
        "q-subject": "taser",
        "q-story": "The officers explained <it>.\r\nI felt safer.",
    },
}
COMPLAINT = {
    "borough": {"postcode": "E8 1EA"},
    "what": {
        "q-narrative": "It was fired without a word.",
        "q-when_known": "exact",
        "q-happened_on-day": "10",
        "q-happened_on-month": "12",
        "q-happened_on-year": "2007",
    },
    "evidence": {"act": "go"},
    "matter": {
        "q-allegations": ["use_of_force_taser", "incivility"],
        "q-wanted": "An apology.",
    },
}
NOT_QUESTIONS = (Note, QuestionPage, Repeat)


async def answer_pages(client, base, fields, until="check"):
    """Start and answer page by page; the response at the page `until`, which is not answered."""
    here = await client.post(base, follow_redirects=True)
    for _ in range(30):
        step = here.url.path.rsplit("/", 1)[1]
        if step == until:
            return here
        here = await client.post(here.url, data=fields.get(step, {}), follow_redirects=True)
        assert here.status_code == 200, (step, here.text)
    raise AssertionError(f"never came to {until}")


async def send_answers(client, base):
    sent = await client.post(f"{base}/send")
    assert sent.status_code == 303, sent.text
    return REFERENCE.search(sent.headers["location"]).group(1)


def draft_key(client, base):
    return next(
        c.value for c in client.cookies.jar if c.name == "soundings_draft" and c.path == base
    )


async def draft_row(client, db, base):
    key = key_digest(draft_key(client, base))
    return await sessions.find_draft(db.the_connection, key, ResidentDraft)


@pytest.fixture
async def everything(db):
    await instruments.insert(db.the_connection, EVERYTHING)
    return "/surveys/everything"


@pytest.fixture
async def code(db):
    """An access code to the sampled survey."""
    sampled = next(
        instrument for instrument in load_ready_instruments() if instrument.mode == "sampled"
    )
    drawn = [("ABCD-2345", "inner", "u1", 0.01)]
    await instruments.insert_invitations(db.the_connection, sampled, drawn)
    return "abcd 2345"


async def test_the_first_page_leads_everywhere(client):
    page = await client.get("/")
    assert 'action="/access-code"' in page.text
    for address in ("/surveys/feedback", "/complaints", "/surveys", "/reports"):
        assert f'href="{address}"' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_feedback_goes_all_the_way_and_leaves_no_draft(client, db):
    base = "/surveys/feedback"
    check = await answer_pages(client, base, FEEDBACK)
    assert "Hackney" in check.text
    assert "explained &lt;it&gt;.<br>I felt safer." in re.sub(r"\s*<br>\s*", "<br>", check.text)
    reference = await send_answers(client, base)
    done = await client.get(f"{base}/done/{reference}")
    assert reference in done.text
    row = await db.the_connection.fetchrow(
        "SELECT id, area, mode, answers FROM responses WHERE reference = $1", reference
    )
    assert (row["area"], row["mode"]) == ("E09000012", "open")
    assert row["answers"] == {"subject": "taser"}
    body = await db.the_connection.fetchval("SELECT body FROM texts WHERE response = $1", row["id"])
    assert body == "The officers explained <it>.\nI felt safer."
    left = await draft_row(client, db, base)
    assert left.reference == reference
    assert not left.answers
    assert not left.area


async def test_sending_twice_gives_the_same_receipt(client, db):
    await answer_pages(client, "/surveys/feedback", FEEDBACK)
    before = await draft_row(client, db, "/surveys/feedback")
    first = await send_answers(client, "/surveys/feedback")
    assert await send_answers(client, "/surveys/feedback") == first
    key = key_digest(
        draft_key(client, "/surveys/feedback")
    )  # as if both clicks had found the draft
    await sessions.save_draft(
        db.the_connection, key, before, clock.now() + datetime.timedelta(minutes=1)
    )
    assert await send_answers(client, "/surveys/feedback") == first
    back = await client.get("/surveys/feedback/check")
    assert back.headers["location"].endswith(first)
    assert await db.the_connection.fetchval("SELECT count(*) FROM responses") == 1


async def test_a_complaint_becomes_a_case(client, db):
    await answer_pages(client, "/complaints", COMPLAINT)
    reference = await send_answers(client, "/complaints")
    case = await db.the_connection.fetchrow(
        """
        SELECT area, happened_on::text,
               (SELECT body FROM texts WHERE complaint = c.id AND item = 'wanted') AS wanted,
               ARRAY(SELECT kind FROM allegations WHERE complaint = c.id ORDER BY kind) AS kinds
          FROM complaints c WHERE reference = $1
        """,
        reference,
    )
    assert tuple(case) == (
        "E09000012",
        "2007-12-10",
        "An apology.",
        ["incivility", "use_of_force_taser"],
    )


async def test_a_code_that_opens_nothing_is_said_at_once(client):
    base = "/surveys/taser-trial"
    await client.post(base)
    again = await asked_again(client, f"{base}/access-code", data={"answer": "no such code"})
    assert "is wrong or was used before" in again.text


async def test_a_code_used_by_somebody_else_meanwhile_is_asked_for_again(client, db, code):
    base = "/surveys/taser-trial"
    fields = {"access-code": {"answer": code}, "borough": {"answer": "E09000012"}}
    await answer_pages(client, base, fields)
    await db.the_connection.execute("UPDATE invitations SET used = true")
    again = await asked_again(client, f"{base}/send")
    assert "is wrong or was used before" in again.text
    await db.the_connection.execute("UPDATE invitations SET used = false")
    onward = await client.post(f"{base}/access-code?change", data={"answer": code})
    assert onward.headers["location"] == f"{base}/check"
    reference = await send_answers(client, base)
    assert await send_answers(client, base) == reference
    stream = await db.the_connection.fetchval(
        "SELECT mode FROM responses WHERE reference = $1", reference
    )
    assert stream == "sampled"


async def test_every_kind_of_question_is_kept_as_it_was_answered(client, db, everything):
    check = await answer_pages(
        client, everything, {step: fields for step, (fields, _) in FILLED.items()}
    )
    for shown in ("Tower Hamlets", "Two &amp; more", "Being polite", "1 February 2007", "I agree"):
        assert shown in check.text
    assert "Words after the last question." in check.text
    reference = await send_answers(client, everything)
    values = await db.the_connection.fetchval(
        "SELECT answers FROM responses WHERE reference = $1", reference
    )
    wanted = {name: value for _, answers in FILLED.values() for name, value in answers.items()}
    assert values == {name: value for name, value in wanted.items() if name not in ("why", "line")}


async def test_every_answer_is_shown_again_when_it_is_changed(client, everything):
    await answer_pages(client, everything, {step: fields for step, (fields, _) in FILLED.items()})
    for step, (fields, _) in FILLED.items():
        page = (await client.get(f"{everything}/{step}?change")).text
        assert 'action="/surveys/everything/' + step + '?change"' in page
        chosen = re.findall(r'value="([^"]*)" (?:checked|selected)', page)
        for value in fields.values():
            for one in value if isinstance(value, list) else [value]:
                assert one in chosen or is_shown_otherwise(step, page)


def is_shown_otherwise(step, page):
    typed = {"borough": "Tower Hamlets", "line": 'value="A &lt;b&gt;', "times": 'value="3"',
             "far": 'value="2.5"', "day": 'value="2007"', "why": 'value="yes" checked',
             "order": 'value="3" selected', "line ": ""}  # fmt: skip
    return typed[step] in page or (step == "line" and "A &lt;b&gt; &amp; c</textarea>" in page)


async def test_notes_stand_before_the_next_question(client, everything):
    page = await answer_pages(
        client, everything, {"borough": {"answer": "E09000012"}}, until="which"
    )
    assert "Words before the first question." in page.text


@pytest.mark.parametrize(("step", "fields", "field", "sentence"), WRONG)
async def test_what_is_wrong_is_said_at_the_field(
    client, everything, step, fields, field, sentence
):
    await client.post(everything)
    page = await asked_again(client, f"{everything}/{step}", data=fields)
    title = re.search(r"<title>(.*?)</title>", page.text).group(1)
    assert title.startswith("Error: ")
    link = re.search(rf'<a href="#{field}">(.*?)</a>', page.text).group(1)
    assert sentence in link
    assert f'id="{field}"' in page.text
    for name, value in fields.items():
        if name.startswith("answer-") or (step == "times" and name == "answer"):
            assert value in page.text


async def test_a_shared_postcode_district_shows_its_boroughs(client, db, everything):
    await client.post(everything)
    page = await asked_again(client, f"{everything}/borough", data={"postcode": "E1 6AN"})
    assert "E1 6AN" not in str(await draft_row(client, db, everything))
    assert re.findall(r'type="radio" value="(E\d+)"', page.text) == [
        "E09000030",
        "E09000012",
        "E09000001",
    ]
    await client.post(f"{everything}/borough", data={"answer": "E09000030"})
    left = await draft_row(client, db, everything)
    assert left.area == "E09000030"
    assert "E1 6AN" not in str(left)


async def test_a_postcode_typed_now_goes_before_the_borough_chosen_earlier(client, db, everything):
    await client.post(everything)
    await client.post(f"{everything}/borough", data={"answer": "E09000012"})
    fields = {"answer": "E09000012", "postcode": "e1w"}
    await client.post(f"{everything}/borough", data=fields)
    assert (await draft_row(client, db, everything)).area == "E09000030"


async def test_a_change_returns_to_the_answers(client):
    await answer_pages(client, "/surveys/feedback", FEEDBACK)
    change = await client.post(
        "/surveys/feedback/about?change", data={"q-age": "prefer_not_to_say"}
    )
    assert change.headers["location"] == "/surveys/feedback/check"
    assert "Prefer not to say" in (await client.get("/surveys/feedback/check")).text


async def test_skipping_takes_an_answer_back(client, everything):
    await answer_pages(client, everything, {step: fields for step, (fields, _) in FILLED.items()})
    fields = {"answer": "still typed", "skip": "yes"}
    await client.post(f"{everything}/line?change", data=fields)
    assert "A &lt;b&gt;" not in (await client.get(f"{everything}/check")).text


async def test_what_is_needed_cannot_be_passed_by(client, everything):
    await client.post(everything)
    await client.post(f"{everything}/borough", data={"answer": "E09000012"})
    for address in (f"{everything}/check", f"{everything}/no-such-page"):
        assert (await client.get(address)).headers["location"] == f"{everything}/which"
    sent = await client.post(f"{everything}/send", follow_redirects=True)
    assert sent.url.path == f"{everything}/which"


async def test_a_lost_draft_has_a_page_and_nobody_sees_another_draft(client, db):
    for address in ("/surveys/feedback/feedback", "/complaints/check"):
        lost = await client.get(address)
        assert lost.status_code == 410
        assert "no longer have your answers" in lost.text
    assert (await client.post("/surveys/feedback/send")).status_code == 410
    await answer_pages(client, "/surveys/feedback", FEEDBACK)
    key = draft_key(client, "/surveys/feedback")
    elsewhere = await client.get("/complaints/check", headers={"cookie": f"soundings_draft={key}"})
    assert elsewhere.status_code == 410
    await db.the_connection.execute("UPDATE drafts SET expires_at = now() - interval '1 second'")
    assert (await client.get("/surveys/feedback/check")).status_code == 410


async def test_the_cookie_says_nothing_and_dies_with_the_browser(client):
    begun = await client.post("/surveys/feedback")
    cookie = begun.headers["set-cookie"]
    assert re.match(r"soundings_draft=[\w-]{43}; ", cookie)
    assert {"HttpOnly", "SameSite=lax", "Path=/surveys/feedback"} <= set(cookie.split("; "))
    assert "max-age" not in cookie.lower()
    assert "expires" not in cookie.lower()


async def test_a_robot_that_fills_in_every_field_hears_nothing_of_it(client, db):
    await answer_pages(client, "/surveys/feedback", FEEDBACK)
    sent = await client.post("/surveys/feedback/send", data={"website": "http://x.example"})
    done = await client.get(sent.headers["location"])
    assert "Answers sent" in done.text
    assert await db.the_connection.fetchval("SELECT count(*) FROM responses") == 0
    assert await db.the_connection.fetchval("SELECT why FROM held_answers") == "decoy"


async def test_a_closed_survey_says_so(client, db):
    await instruments.set_closed(db.the_connection, "feedback", closed=True)
    page = await client.get("/surveys/feedback")
    assert page.status_code == 410
    assert "This survey is closed" in page.text
    assert 'href="/surveys/feedback"' not in (await client.get("/surveys")).text.split("<footer")[0]


async def test_a_language_is_chosen_once(client):
    chosen = await client.get("/surveys?lang=ar")
    assert chosen.headers["location"] == "/surveys"
    cookie = chosen.headers["set-cookie"]
    assert cookie.startswith("soundings_language=ar; ")
    assert "max-age" not in cookie.lower()
    page = (await client.get("/surveys")).text
    assert '<html lang="ar" dir="rtl"' in page
    assert static_address("app.rtl.css") in page
    assert (await client.get("/surveys?lang=xx")).status_code == 200


async def test_the_browsers_own_language_is_heard(client):
    page = await client.get("/", headers={"accept-language": "de-DE,ar-EG;q=0.8,en;q=0.5"})
    assert '<html lang="ar"' in page.text


async def test_arabic_goes_all_the_way(client, db):
    await client.get("/?lang=ar")
    await client.post("/complaints")
    await client.post("/complaints/borough", data={"answer": "E09000012"})
    wrong = await asked_again(client, "/complaints/what", data={"q-narrative": ""})
    assert "<title>خطأ: ما حدث" in wrong.text
    assert "أخبرنا بما حدث" in wrong.text
    await answer_pages(client, "/complaints", COMPLAINT)
    reference = await send_answers(client, "/complaints")
    language = await db.the_connection.fetchval(
        "SELECT language FROM complaints WHERE reference = $1", reference
    )
    assert language == "ar"


async def test_words_in_another_language_are_marked(client, everything):
    page = await client.get(everything, headers={"accept-language": "ar"})
    assert '<span lang="en" dir="ltr">Every kind of question</span>' in page.text


@pytest.mark.parametrize(
    "address",
    ["/surveys/%00", "/surveys/%00/x", "/surveys/feedback/%00", "/surveys/UPPER", "/complaints/%00",
     "/surveys/feedback/done/%00", "/surveys/none", "/surveys/feedback/done/none"],
)  # fmt: skip
async def test_odd_addresses_are_refused_as_pages(client, address):
    page = await client.get(address)
    assert page.status_code in (400, 404, 410)
    assert "<h1" in page.text


async def test_odd_forms_are_no_mistake_of_ours(client, everything):
    await client.post(everything)
    for content, kind in (
        (b"answer=%ff%00&answer=2", "application/x-www-form-urlencoded"),
        (b'{"answer": 1}', "application/json"),
        (b"--x\r\nContent-Disposition: form-data; name=answer; filename=a\r\n\r\nb\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
    ):  # fmt: skip
        page = await client.post(
            f"{everything}/which", content=content, headers={"content-type": kind}
        )
        assert page.status_code in (303, 400)
        assert page.headers.get("location", f"{everything}/which") == f"{everything}/which"


async def test_the_banner_stands_on_error_pages_too(client, db, app):
    await places.mark_synthetic(db.the_connection, "It is made up.")
    await client.get("/")
    sources = html.unescape((await client.get("/about/sources")).text)
    assert all(line in sources for line in app.state.shown.attribution)
    for address in ("/", "/surveys/feedback", "/nowhere", "/surveys/none"):
        page = (await client.get(address)).text
        assert "Everything here is made up" in page
    app.state.shown = shell.PageCity()
    assert "made up" not in (await client.get("/nowhere")).text


async def test_no_page_needs_what_the_policy_forbids(client, everything):
    filled = {step: fields for step, (fields, _) in FILLED.items()}
    pages = [await client.get(path) for path in ("/", "/surveys", everything, "/nowhere")]
    pages.append(await answer_pages(client, everything, filled))
    pages += [await client.get(f"{everything}/{step}") for step in FILLED]
    for page in pages:
        assert not re.search(
            r"<style| style=|<script(?! type=\"module\" src=\"/static/)|\son\w+=", page.text
        )
        assert not re.search(r'(src|href|action)="(https?:)?//', page.text)


def test_the_ready_instruments_have_a_short_name_for_each_question():
    found = load_ready_instruments()
    assert [(one.slug, one.mode, one.kind) for one in found] == [
        ("complaint", "open", "complaint"),
        ("feedback", "open", "feedback"),
        ("taser-trial", "sampled", "survey"),
    ]
    for instrument in found:
        asked = [one for one in all_parts(instrument.items) if not isinstance(one, NOT_QUESTIONS)]
        assert all(item.short for item in asked)
