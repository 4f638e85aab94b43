"""The pages of organisers, reviewers and administrators, and the audit of what they do there."""

import base64
import csv
import datetime
import html
import io
import re
import uuid

import msgspec
import pytest
from lxml import html as lxml_html

from api import clock
from api.jobs.texts import coding
from api.operations.answers import submissions
from api.pages.forms import filled_form
from api.pages.organiser.samples import parse_whole
from survey.cases import allegation_title
from survey.formats.foreign import printable_text
from survey.store import jobs
from survey.store.accounts import people
from survey.store.cases import complaints
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.pages.forms import send
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.conftest import roll_back_at_end
from tests.people import AMINA, CINDY, JOAN, PASSWORD
from tests.stored.answers import end_their_hour
from tests.stored.coded_twice import FEEDBACK
from tests.stored.complaint_forms import create_case

NARRATIVE = "Sergeant John Smith pushed me. Ring me on 07700 900123."
DRAW = {"number": "3", "stratum": "E09000012", "psu": "E01000001", "probability": "0.002"}
SURVEYS, COMPLAINTS, PEOPLE = "/work/surveys", "/work/complaints", "/work/people"
PERCEPTION = b"Borough;Quarter\nHackney;first\n"


@pytest.fixture
async def db(connection):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def amina(signed_in):
    return await signed_in(AMINA)


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


@pytest.fixture
async def case(db):
    """The reference of a complaint with two allegations, its text already coded."""
    receipt = await create_case(db, narrative=NARRATIVE, allegations=["incivility", "custody"])
    await coding.code_all(db.the_connection)
    return receipt.reference


@pytest.fixture
def audit(db):
    """Reads the latest audit entries: act, subject and details."""

    async def lines(number=1):
        rows = await people.load_audit(db.the_connection, 2**62, number)
        return [(row.act, row.subject, row.detail) for row in rows]

    return lines


def definition(**changes):
    return msgspec.json.encode(msgspec.structs.replace(EVERYTHING, **changes)).decode()


def next_page(text):
    return html.unescape(re.search(r'href="([^"]+after=[^"]+)"', text)[1])


async def find_account(db, who):
    return await people.by_email(db.the_connection, who[0])


@pytest.mark.parametrize(
    ("who", "seen", "unseen"),
    [(AMINA, SURVEYS, COMPLAINTS), (CINDY, COMPLAINTS, PEOPLE), (JOAN, PEOPLE, "nowhere")],
)
async def test_the_first_page_says_who_one_is_and_what_one_may_do(who, seen, unseen, signed_in):
    text = (await (await signed_in(who)).get("/work")).text
    assert who[1] in text
    assert who[2] in text
    assert f'href="{seen}"' in text
    assert f'href="{unseen}"' not in text
    assert 'action="/sign-out"' in text


# ---------------------------------------------------------------- organisers


async def test_the_list_has_every_survey_of_the_house_but_not_the_complaint_form(amina):
    text = (await amina.get(SURVEYS)).text
    assert f"{SURVEYS}/taser-trial" in text
    assert f"{SURVEYS}/feedback" in text
    assert f"{SURVEYS}/complaint" not in text
    assert (await amina.get(f"{SURVEYS}/complaint")).status_code == 404


async def test_a_survey_is_published_from_words_or_from_a_file(amina, audit):
    typed = await send(amina, SURVEYS, {"definition": definition()})
    assert typed.headers["location"] == f"{SURVEYS}/everything?done=published"
    assert await audit() == [("survey published", "everything 1", {})]
    file = {"file": ("survey.json", definition(version=2).encode())}
    chosen = await send(amina, SURVEYS, {"definition": "not this"}, files=file)
    assert chosen.headers["location"] == f"{SURVEYS}/everything?done=published"
    text = (await amina.get(f"{SURVEYS}/everything?done=published")).text
    assert "The survey is published." in text
    assert "Every kind of question" in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a file, or a definition typed in"),
        ("{", "not the file that was expected"),
        ('{"slug": "x<b>y"}', "not the file that was expected"),
        (definition(slug="Bad Slug"), "needs 2 to 60 lower-case letters"),
        (definition(version=0), "needs a whole number from 1 up"),
        (definition(items=()), "there is nothing to answer"),
        (definition(title={"en": "NUL \0 here"}), "a character that cannot be printed"),
    ],
)
async def test_a_survey_that_is_refused_says_why_and_loses_nothing(text, sentence, amina, audit):
    answer = await send(amina, SURVEYS, {"definition": text})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<b>y" not in answer.text
    assert text[:12] in html.unescape(answer.text)
    assert await audit() == []


async def test_a_published_version_is_never_replaced(amina):
    await send(amina, SURVEYS, {"definition": definition()})
    answer = await send(amina, SURVEYS, {"definition": definition(title={"en": "Other"})})
    assert answer.status_code == 409
    assert "published and cannot be changed" in answer.text


async def test_nobody_publishes_a_version_of_a_survey_that_is_not_theirs(amina, joan, signed_in):
    await send(joan, SURVEYS, {"definition": definition()})
    for change, status, sentence in (
        ({"version": 2}, 403, "not one of your surveys"),
        ({"slug": "feedback", "version": FEEDBACK + 1}, 403, "is built in and feeds the report"),
        ({"slug": "mine", "kind": "complaint"}, 422, "is a complaint form"),
    ):
        answer = await send(amina, SURVEYS, {"definition": definition(**change)})
        assert (answer.status_code, sentence in answer.text) == (status, True)
    administrator = {
        "definition": definition(slug="feedback", version=FEEDBACK + 1, kind="feedback")
    }
    assert (await send(joan, SURVEYS, administrator)).status_code == 303


async def test_another_groups_survey_is_as_unknown_as_one_that_is_not_there(amina, joan):
    await send(joan, SURVEYS, {"definition": definition()})
    theirs, none = [
        await amina.get(f"{SURVEYS}/{slug}{path}")
        for path in ("", "/answers.csv")
        for slug in ("everything", "notheretoo")
    ][:2]
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.text.replace("everything", "X") == none.text.replace("notheretoo", "X")
    assert "everything" not in (await amina.get(SURVEYS)).text
    assert (await amina.get(f"{SURVEYS}/everything/answers.csv")).status_code == 404
    for act in ("standing", "codes"):
        assert (await send(amina, f"{SURVEYS}/everything/{act}")).status_code == 404


async def test_a_survey_is_closed_and_opened_again(joan, audit):
    here = f"{SURVEYS}/taser-trial"
    for state, word in (("closed", "closed"), ("open", "reopened")):
        answer = await send(joan, f"{here}/standing", {"standing": state})
        assert answer.headers["location"] == f"{here}?done={word}"
        assert await audit() == [(f"survey {word}", "taser-trial", {})]


@pytest.mark.parametrize("slug", ["feedback", "taser-trial"])
async def test_only_an_administrator_steers_what_feeds_the_report(slug, amina, joan, audit):
    here = f"{SURVEYS}/{slug}"
    for act, form in (("standing", {"standing": "closed"}), ("codes", DRAW)):
        assert (await send(amina, f"{here}/{act}", form)).status_code == 403
    assert await audit() == []
    assert "Only an administrator" in (await amina.get(here)).text
    closed = await send(joan, f"{here}/standing", {"standing": "closed"})
    assert closed.status_code == 303


async def answer_everything(db, times):
    for number in range(times):
        answers = {
            "which": "two" if number else "prefer_not_to_say",
            "several": ["one", "three"],
            "polite": 2,
            "quick": 5,
            "day": "2007-02-01",
            "agreed": True,
            "why": "=SECRET()",
        }
        sent = Submission(area="Hackney", answers=answers)
        await submissions.submit_response(db, "everything", sent)
    await end_their_hour(db.the_connection, "everything")


async def test_closed_questions_are_shown_from_ten_answers_up(amina, db):
    await send(amina, SURVEYS, {"definition": definition()})
    await answer_everything(db, 9)
    here = f"{SURVEYS}/everything/results"
    assert "90%" not in (text := (await amina.get(here)).text)
    assert "9 people have answered so far, not counting this hour." in text
    assert "once 10 people have answered" in text
    await answer_everything(db, 1)
    text = (await amina.get(here)).text
    shown = re.findall(r'"row" class="[^"]+">([^<]+)</th>\s*<td[^>]+>(\d+)</td>', text)
    assert ("Two &amp; more", "8") in shown
    assert ("Prefer not to say", "2") in shown
    assert ("One &amp; more", "10") in shown
    assert "SECRET" not in text


async def test_the_export_has_the_answers_without_the_words_and_is_noted(amina, db, audit):
    await send(amina, SURVEYS, {"definition": definition()})
    await answer_everything(db, 2)
    answer = await amina.get(f"{SURVEYS}/everything/answers.csv")
    name = f'attachment; filename="everything-{clock.today()}.csv"'
    assert answer.headers["content-disposition"] == name
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["several"] for row in rows] == ["one three"] * 2
    assert "SECRET" not in answer.text
    assert await audit() == [("answers exported", "everything", {"answers": 2})]


async def test_access_codes_are_shown_once_and_open_the_survey(joan, db, audit):
    here = f"{SURVEYS}/taser-trial"
    answer = await send(joan, f"{here}/codes", DRAW)
    body = base64.b64decode(re.search(r"data:text/csv;base64,([^\"]+)", answer.text)[1]).decode()
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert len({row["code"] for row in rows}) == 3
    assert all(re.fullmatch(r"(\w{4}-){4}\w{4}", row["code"]) for row in rows)
    assert rows[0]["code"] in answer.text
    detail = {"number": 3, "stratum": "E09000012"}
    assert await audit() == [("access codes drawn", "taser-trial", detail)]
    assert rows[0]["code"] not in (text := (await joan.get(here)).text)
    assert "3 codes made. Used: Fewer than 10" in text
    used = await db.the_connection.fetchval(
        "UPDATE invitations SET used = true WHERE code_digest = $1 RETURNING probability",
        instruments.code_digest(rows[0]["code"].lower()),
    )
    assert used == 0.002


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "0"), ("number", "2001"), ("number", "many"), ("number", "2.5"),
        ("stratum", "E09999999"), ("stratum", ""), ("psu", "=1+1"), ("psu", ""),
        ("probability", "0"), ("probability", "1.1"), ("probability", "nan"),
    ],
)  # fmt: skip
async def test_a_draw_that_cannot_be_is_refused_and_kept_as_typed(field, value, joan, audit):
    answer = await send(joan, f"{SURVEYS}/taser-trial/codes", DRAW | {field: value})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "E01000001" in answer.text or field == "psu"
    assert await audit() == []


async def test_letters_without_an_answer_are_recorded_as_numbers(joan, audit):
    here = f"{SURVEYS}/taser-trial"
    await send(joan, f"{here}/codes", DRAW)
    letters = {"letters_stratum": "E09000012", "refused": "1", "undelivered": "1"}
    assert (await send(joan, f"{here}/letters", letters)).status_code == 303
    assert "Letters without an answer, by borough" in (await joan.get(here)).text
    detail = {"stratum": "E09000012", "refused": 1, "not_reached": 0, "unable": 0}
    detail |= {"undelivered": 1, "ineligible": 0}
    assert ("letters recorded", "taser-trial", detail) in await audit()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("letters_stratum", {"letters_stratum": ""}), ("unable", {"unable": "some"}),
        ("refused", {"refused": "2", "undelivered": "2"}),
    ],
)  # fmt: skip
async def test_more_letters_than_codes_are_refused_and_kept_as_typed(field, typed, joan):
    await send(joan, f"{SURVEYS}/taser-trial/codes", DRAW)
    letters = {"letters_stratum": "E09000012", "not_reached": "1"} | typed
    answer = await send(joan, f"{SURVEYS}/taser-trial/letters", letters)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert re.search(r'id="not_reached"[^>]*value="1"', answer.text)


async def test_neither_page_nor_refusal_tells_when_one_code_more_was_used(joan, db):
    here = f"{SURVEYS}/taser-trial"
    await send(joan, f"{here}/codes", DRAW | {"number": "20"})
    letters = {"letters_stratum": "E09000012", "refused": "20"}
    said = []
    for used in (13, 14):
        await db.the_connection.execute(
            """
            UPDATE invitations SET used = true WHERE code_digest IN
                (SELECT code_digest FROM invitations ORDER BY code_digest LIMIT $1)
            """,
            used,
        )
        refused = await send(joan, f"{here}/letters", letters)
        assert "At most 10 letters to this borough are unanswered" in refused.text
        pages = [lxml_html.fromstring(one.text) for one in (await joan.get(here), refused)]
        said.append([" ".join(page.xpath("//main")[0].text_content().split()) for page in pages])
    assert "20 codes made. Used: 10 or more" in said[0][0]
    assert said[0] == said[1]


async def test_an_open_survey_has_no_access_codes(joan):
    assert (await send(joan, f"{SURVEYS}/feedback/codes", DRAW)).status_code == 409


# ---------------------------------------------------------------- reviewers: complaints


async def test_complaints_come_in_pages_and_by_their_state(cindy, db, case):
    for _ in range(26):
        await create_case(db, narrative="x", allegations=["other"], area="Barnet")
    text = (await cindy.get(COMPLAINTS)).text
    assert "27 open complaints, 27 cases" in text
    first = set(re.findall(r"complaints/([A-Z2-9]{4}-[A-Z2-9]{4})", text))
    text = (await cindy.get(next_page(text))).text
    second = set(re.findall(r"complaints/([A-Z2-9]{4}-[A-Z2-9]{4})", text))
    assert (len(first), len(second)) == (25, 2)
    assert case in first | second
    assert "No case matches" in (await cindy.get(f"{COMPLAINTS}?status=open")).text
    assert (await cindy.get(f"{COMPLAINTS}?status=odd")).status_code == 422


async def test_a_case_shows_its_words_without_personal_data(cindy, case):
    text = (await cindy.get(f"{COMPLAINTS}/{case}")).text
    assert "pushed me" in text
    assert "Smith" not in text
    assert "900123" not in text
    assert allegation_title("incivility") in text
    assert "Hackney" in text


async def test_words_that_nothing_has_read_yet_are_not_shown(cindy, db):
    receipt = await create_case(db, narrative=NARRATIVE)
    text = (await cindy.get(f"{COMPLAINTS}/{receipt.reference}")).text
    assert "Refresh this page in a minute" in text
    assert "pushed me" not in text


async def test_the_words_as_written_need_a_reason_that_is_kept(cindy, case, audit):
    here = f"{COMPLAINTS}/{case}"
    without = await send(cindy, f"{here}/words", {"reason": "because"})
    assert without.status_code == 422
    assert "Smith" not in without.text
    assert await audit() == []
    reason = "To call the person back"
    given = await send(cindy, f"{here}/words", {"reason": reason})
    assert given.status_code == 200
    assert "Smith" in given.text
    assert await audit() == [("words read", case, {"reason": reason})]
    assert "Smith" not in (await cindy.get(here)).text
    assert given.headers["cache-control"] == "no-store"


async def version_of(db, case):
    return (await complaints.get(db.the_connection, case)).version


async def test_a_case_is_walked_to_its_end_and_opened_again(cindy, db, case, audit):
    decided = {"allegation": "incivility", "outcome": "service_not_acceptable"}
    for kind, more in (
        ("assigned", {"to": "me"}),
        ("acknowledged", {}),
        ("outcome", decided | {"message": "They were rude; we told them so."}),
        ("closed", {"note": "Told the <b>station</b>"}),
        ("reopened", {"note": "More came in"}),
    ):
        form = {"kind": kind, "version": str(await version_of(db, case))} | more
        answer = await send(cindy, f"{COMPLAINTS}/{case}/moves", form)
        assert answer.headers["location"] == f"{COMPLAINTS}/{case}?done={kind}"
        assert (await audit())[0][:2] == (f"case {kind}", case)
    text = (await cindy.get(f"{COMPLAINTS}/{case}")).text
    assert "The service was not acceptable" in text
    assert "&lt;b&gt;station" in text
    assert "by Cindy Marsh" in text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "outcome", "allegation": "stop_and_search", "outcome": "withdrawn"},
         "outcome-allegation"),
        ({"kind": "outcome", "allegation": "custody"}, "outcome-outcome"),
        ({"kind": "acknowledged", "note": "x" * 2_001}, "acknowledged-note"),
        ({"kind": "reopened"}, "reopened-note"),
        ({"kind": "outcome", "allegation": "custody", "outcome": "resolved"}, "outcome-message"),
        ({"kind": "closed"}, "closed-message"),
        ({"kind": "noted"}, "noted-note"),
    ],
)  # fmt: skip
async def test_a_move_that_lacks_something_is_asked_for_again(form, field, cindy, case, audit):
    answer = await send(cindy, f"{COMPLAINTS}/{case}/moves", {"version": "1"} | form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert await audit() == []


@pytest.mark.parametrize("form", [{"kind": "received"}, {"kind": "acknowledged", "version": "x"}])
async def test_an_unknown_move_is_refused(form, cindy, case):
    answer = await send(cindy, f"{COMPLAINTS}/{case}/moves", {"version": "1"} | form)
    assert answer.status_code == 422


async def test_a_case_that_changed_shows_what_changed_and_keeps_the_note(cindy, joan, case, audit):
    form = {"kind": "acknowledged", "version": "1", "note": "I was first"}
    await send(joan, f"{COMPLAINTS}/{case}/moves", form)
    before = await audit(10)
    answer = await send(cindy, f"{COMPLAINTS}/{case}/moves", form | {"note": "No, I was"})
    assert answer.status_code == 409
    assert "has changed since you opened it" in answer.text
    assert "by Joan Adeyemi" in answer.text
    assert "No, I was" in answer.text
    assert await audit(10) == before


async def test_a_move_that_cannot_follow_is_told(cindy, case):
    form = {"kind": "reopened", "version": "1", "note": "Why not"}
    answer = await send(cindy, f"{COMPLAINTS}/{case}/moves", form)
    assert answer.status_code == 409
    assert "cannot follow" in answer.text


async def test_an_unknown_case_is_not_found(cindy):
    assert (await cindy.get(f"{COMPLAINTS}/ABCD-2345")).status_code == 404
    assert (await cindy.get(f"{COMPLAINTS}/%00")).status_code in (400, 404)


# ---------------------------------------------------------------- reviewers: editions and files


def day_fields(day):
    return {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)}


async def test_an_edition_is_asked_for_once(cindy, db, audit):
    form = {"kind": "weekly"} | day_fields(datetime.date(2026, 1, 8))
    for _ in range(2):
        answer = await send(cindy, "/work/editions", form)
        assert answer.headers["location"] == "/work/editions?done=asked"
    asked = await jobs.load_pending(db.the_connection, ["weekly_edition"])
    assert [row.key for row in asked] == ["2026-01-05 anew"]
    assert await audit() == [("edition asked for", "weekly 2026-01-05", {})]
    assert "Being prepared" in (await cindy.get("/work/editions?done=asked")).text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "daily"} | day_fields(datetime.date(2026, 1, 8)), "kind"),
        ({"kind": "weekly"} | day_fields(datetime.date(2999, 1, 1)), "day-day"),
        ({"kind": "weekly", "day-day": "31", "day-month": "2", "day-year": "2026"}, "day-day"),
        ({"kind": "weekly", "day-day": "9" * 5_000}, "day-day"),
    ],
)
async def test_an_edition_of_no_period_is_refused(form, field, cindy):
    answer = await send(cindy, "/work/editions", form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def known_on_fields(day):
    return {f"known-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


PLAIN = (
    b"source,area,start,end,measure,tactic,count\n"
    b"Force A,Hackney,2026-01-05,2026-01-11,incidents,fired,3\n"
)  # fmt: skip


async def test_a_file_is_imported_and_listed_as_known_on_its_day(cindy, audit):
    form = {"kind": "deployments"} | known_on_fields(datetime.date(2026, 2, 1))
    files = {"file": ("../../plain\x00.csv", PLAIN)}
    answer = await send(cindy, "/work/files", form, files=files)
    assert answer.status_code == 200, answer.text
    assert "Saved plain" in answer.text
    assert "1 figure for 1 area" in answer.text
    assert "1 February 2026" in answer.text
    assert (await audit())[0][0] == "deployments imported"
    again = await send(cindy, "/work/files", form, files=files)
    assert again.status_code == 409
    assert "was imported before" in again.text


async def test_a_file_with_wrong_cells_is_told_cell_by_cell(cindy, audit):
    form = {"kind": "deployments"} | known_on_fields(datetime.date(2026, 2, 1))
    files = {"file": ("wrong.csv", PLAIN.replace(b"fired,3", b"fired,<b>"))}
    answer = await send(cindy, "/work/files", form, files=files)
    assert answer.status_code == 422
    assert "row 2" in answer.text
    assert "<b>" not in answer.text
    assert await audit() == []


@pytest.mark.parametrize(
    ("form", "content", "field"),
    [
        ({"kind": "other"}, PLAIN, "kind"),
        ({"kind": "deployments"}, b"", "file"),
        ({"kind": "deployments", "known-year": "2999"}, PLAIN, "known-day"),
        ({"kind": "perception"}, PLAIN, "file"),
    ],
)
async def test_a_file_that_cannot_be_imported_is_refused(form, content, field, cindy):
    form = known_on_fields(datetime.date(2026, 2, 1)) | form
    answer = await send(cindy, "/work/files", form, files={"file": ("f.csv", content)})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


async def test_a_file_of_another_kind_is_named_with_what_to_choose(cindy):
    form = {"kind": "deployments"} | known_on_fields(datetime.date(2026, 2, 1))
    answer = await send(cindy, "/work/files", form, files={"file": ("pas.csv", PAS)})
    assert answer.status_code == 422
    assert "pas.csv looks like the Public Attitude Survey: choose Perception" in answer.text
    form["kind"] = "perception"
    answer = await send(cindy, "/work/files", form, files={"file": ("survey.json", SURVEY_JSON)})
    assert "survey.json looks like a survey as JSON: begin a survey with it" in answer.text


async def test_figures_brought_to_the_builder_are_named_with_where_they_belong(amina):
    answer = await send(amina, "/work/builder/import", {}, files={"file": ("pas.csv", PAS)})
    assert answer.status_code == 422
    assert "looks like the Public Attitude Survey" in answer.text


PAS = b"Date;Survey;Borough;Measure;Proportion;MPS\n31/12/2014;PAS;Hackney;Trust MPS;0,8;0,8\n"
SURVEY_JSON = b'{"slug": "parks", "items": []}'


async def test_a_file_may_be_larger_than_other_forms_but_not_endless(cindy, amina):
    form = {"kind": "deployments"} | known_on_fields(datetime.date(2026, 2, 1))
    for size, status in ((2_000_000, 422), (20_100_000, 413)):
        files = {"file": ("f.csv", b"x" * size)}
        assert (await send(cindy, "/work/files", form, files=files)).status_code == status
    large = {"file": ("f.json", b"x" * 2_000_000)}
    assert (await send(amina, SURVEYS, files=large)).status_code == 413


# ---------------------------------------------------------------- administrators


ADA = {"email": "Ada@example.org", "name": "Ada <b>L", "role": "reviewer"}


async def test_a_person_is_added_with_a_link_that_works_once(joan, client, audit):
    answer = await send(joan, PEOPLE, ADA)
    key = re.search(r"/sign-in/([\w-]{43})", answer.text)[1]
    assert "<b>L" not in answer.text
    assert await audit() == [("account added", "Ada@example.org", {"role": "reviewer"})]
    assert key not in (await joan.get(PEOPLE)).text
    assert (await send(client, f"/sign-in/{key}", page="/sign-in")).status_code == 303
    assert "Ada &lt;b&gt;L" in (await client.get("/work")).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "ada"}, "email"), ({"email": "a b@c"}, "email"), ({"email": "a@b@c"}, "email"),
        ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"role": "god"}, "role"),
    ],
)  # fmt: skip
async def test_a_person_who_cannot_be_added_is_asked_for_again(change, field, joan, audit):
    answer = await send(joan, PEOPLE, ADA | change)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert await audit() == []


async def test_an_address_has_one_account(joan, audit):
    answer = await send(joan, PEOPLE, ADA | {"email": AMINA[0]})
    assert answer.status_code == 409
    assert await audit() == []


async def test_a_role_is_changed_and_noted(joan, db, amina, audit):
    account = await find_account(db, AMINA)
    here = f"{PEOPLE}/{account.id}"
    assert (await send(joan, f"{here}/role", {"role": "god"})).status_code == 422
    assert (await send(joan, f"{here}/role", {"role": "reviewer"})).status_code == 303
    assert await audit() == [("role changed", AMINA[0], {"from": "organiser", "to": "reviewer"})]
    assert (await amina.get(COMPLAINTS)).status_code == 200
    assert "Role changed." in (await joan.get(f"{here}?done=role")).text


async def test_a_closed_account_loses_sessions_links_and_password(joan, db, amina, client, audit):
    account = await find_account(db, AMINA)
    here = f"{PEOPLE}/{account.id}"
    made = await send(joan, f"{here}/link")
    key = re.search(r"/sign-in/([\w-]{43})", made.text)[1]
    await send(joan, f"{here}/standing", {"standing": "closed"})
    assert await audit() == [("account closed", AMINA[0], {})]
    assert (await send(joan, f"{here}/link")).status_code == 409
    await send(joan, f"{here}/standing", {"standing": "open"})
    assert (await amina.get("/work")).headers["location"] == "/sign-in?ended=yes"
    answer = await send(client, f"/sign-in/{key}", page="/sign-in")
    assert answer.status_code == 401
    assert "used before, or has expired" in answer.text


async def test_a_new_link_replaces_every_other_way_in(joan, db, amina, client):
    account = await find_account(db, AMINA)
    await send(amina, "/work/password", {"new": PASSWORD})
    first, second = [
        re.search(r"/sign-in/([\w-]{43})", (await send(joan, f"{PEOPLE}/{account.id}/link")).text)[
            1
        ]
        for _ in range(2)
    ]
    assert (await amina.get("/work")).status_code == 302
    assert (await find_account(db, AMINA)).password_hash is None
    for key, status in ((first, 401), (second, 303)):
        answer = await send(client, f"/sign-in/{key}", page="/sign-in")
        assert answer.status_code == status


@pytest.mark.parametrize("act", ["role", "standing", "link"])
async def test_nobody_shuts_the_door_behind_themselves(act, joan, db, audit):
    account = await find_account(db, JOAN)
    answer = await send(joan, f"{PEOPLE}/{account.id}/{act}", {"role": "organiser"})
    assert answer.status_code == 403
    assert (await find_account(db, JOAN)).role == "administrator"
    assert await audit() == []


async def test_an_unknown_account_is_not_found(joan):
    for act in ("role", "standing", "link"):
        answer = await send(joan, f"{PEOPLE}/{uuid.uuid4()}/{act}", {"role": "reviewer"})
        assert answer.status_code == 404


async def test_a_person_sets_a_password_and_is_signed_out_elsewhere(amina, signed_in, audit):
    elsewhere = await signed_in(AMINA)
    short = await send(amina, "/work/password", {"new": "short"})
    assert short.status_code == 422
    assert "12 characters" in short.text
    answer = await send(amina, "/work/password", {"new": PASSWORD})
    assert answer.headers["location"] == "/work?done=password"
    assert ("password set", AMINA[0], {}) in await audit(2)
    assert (await elsewhere.get("/work")).status_code == 302
    assert "Your password is set" in (await amina.get("/work?done=password")).text
    wrong = await send(amina, "/work/password", {"new": "four other plain words", "old": "guess"})
    assert wrong.status_code == 422
    right = {"new": "four other plain words", "old": PASSWORD}
    assert (await send(amina, "/work/password", right)).status_code == 303


async def test_the_audit_comes_in_pages_the_newest_first(joan, db):
    for number in range(52):
        await people.append_audit(db.the_connection, "tried", f"thing {number}", by=None)
    text = (await joan.get("/work/audit")).text
    assert text.index("thing 51") < text.index("thing 2<")
    assert "Command line" in text
    assert "thing 1<" not in text
    text = (await joan.get(next_page(text))).text
    assert "thing 1<" in text
    assert (await joan.get("/work/audit?after=x")).status_code == 400


async def test_held_jobs_are_shown_without_their_message_and_run_again(joan, db, audit):
    await jobs.enqueue(db.the_connection, "weekly_edition", "2026-01-05")
    job = await jobs.claim(db.the_connection, ["weekly_edition"])
    await jobs.hold(db.the_connection, job, ValueError("what a resident wrote"))
    text = (await joan.get("/work/jobs")).text
    assert "ValueError" in text
    assert "2026-01-05" in text
    assert "what a resident wrote" not in text
    answer = await send(joan, "/work/jobs/release")
    assert answer.headers["location"] == "/work/jobs?done=released"
    assert await audit() == [("held jobs released", "jobs", {})]
    assert "No job is held" in (await joan.get("/work/jobs")).text


# ---------------------------------------------------------------- what is typed


@pytest.mark.parametrize(
    ("typed", "text"),
    [(" a\x00b\r\nc ", "ab\nc"), ("e\u0301", "\u00e9"), ("\ud800x", "x"), ("سلام", "سلام")],
)
def test_what_is_typed_is_stored_without_characters_that_cannot_be_printed(typed, text):
    assert printable_text(typed) == text


def test_numbers_and_days_are_read_as_people_write_them():
    assert [parse_whole(text) for text in ("1,000", "7", "1e400", "2.5")] == [1000, 7, -1, -1]
    typed = filled_form({"d-day": " 7 ", "d-month": "02", "d-year": "2026"})
    assert typed.day("d") == datetime.date(2026, 2, 7)
    assert filled_form({}).day("d") is None
