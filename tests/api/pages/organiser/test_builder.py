"""The builder: a group makes a survey, previews and publishes it, and changes it while it runs."""

import io
import re

import msgspec
import pytest
from lxml import html

from api.operations.answers import submissions
from api.pages.organiser.builder.questions import NUMBER_READERS, QUESTION_TYPES
from survey.formats.xlsform import to_sheets, to_workbook
from survey.store import surveys
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.instruments import Grid, SelectOne, missing_translations
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.responses import Submission
from tests.api.pages.forms import send, token_on
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.people import AMINA, CINDY, JOAN
from tests.stored.answers import end_their_hour, load_answers

BASE = "/work/builder"
CLUB = f"{BASE}/police-in-our-estate"


@pytest.fixture
async def amina(signed_in):
    return await signed_in(AMINA)


@pytest.fixture
async def club(amina):
    """An organiser's browser, and an empty draft."""
    answer = await send(amina, BASE, {"title": "Police in our estate"})
    assert answer.headers["location"] == CLUB
    return amina


async def load_draft(db, slug="police-in-our-estate"):
    return await surveys.get_draft(db.the_connection, slug)


async def read_revision(client, address=CLUB):
    return re.search(r'name="revision" value="(\d+)"', (await client.get(address)).text)[1]


async def act(client, **form):
    return await send(client, f"{CLUB}/act", {"revision": await read_revision(client)} | form)


async def add_question(client, kind, words, **more):
    answer = await act(client, act="add", kind=kind, words=words, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


def form_fields(text):
    """The fields that a browser would submit from the question form on this page."""
    (form,) = [one for one in html.fromstring(text).forms if "revision" in one.fields]
    return {name: value for name, value in form.form_values() if name != "_csrf_token"}


async def edit_question(client, question, **form):
    """Open a question, change some of its fields and save it."""
    address = f"{CLUB}/questions/{question}"
    given = {key.replace("__", "-"): text for key, text in form.items()}
    return await send(client, address, form_fields((await client.get(address)).text) | given)


async def write_question(client, kind, words, **more):
    name = await add_question(client, kind, words)
    answer = await edit_question(client, name, **({"text__en": words} | more))
    assert answer.status_code == 303, answer.text
    return name


async def publish(client):
    return await send(client, f"{CLUB}/publish", {"revision": await read_revision(client)})


async def question_names(db):
    return [part.name for part in (await load_draft(db)).instrument.items]


@pytest.mark.slow
async def test_every_type_of_question_can_be_added_opened_and_kept(club, db):
    for kind in QUESTION_TYPES:
        name = await add_question(club, kind, f"A question of type {kind}")
        before = (await load_draft(db)).find(name)
        answer = await edit_question(club, name)
        assert answer.status_code == 303, (kind, answer.text)
        assert (await load_draft(db)).find(name) == before
    assert len(await question_names(db)) == len(QUESTION_TYPES)
    assert (await club.get(CLUB)).status_code == 200
    assert (await club.get(f"{CLUB}/preview")).status_code == 200


async def option_names(db, name):
    return [option.name for option in (await load_draft(db)).find(name).options]


async def test_options_are_named_by_their_words_until_they_are_published(club, db):
    name = await write_question(club, "choice", "Do you walk alone?")
    assert await option_names(db, name) == ["yes", "no"]
    await edit_question(club, name, option__1__en="Never", option__2__en="Always")
    assert await option_names(db, name) == ["never", "always"]
    await publish(club)
    await send(club, "/work/surveys/police-in-our-estate/draft")
    await edit_question(club, name, option__1__en="Hardly ever", option__3__en="Not at night")
    assert await option_names(db, name) == ["never", "always", "not_at_night"]
    await edit_question(club, name, option__3__en="By day")
    assert await option_names(db, name) == ["never", "always", "by_day"]


async def test_a_rule_can_be_written_while_the_list_of_another_question_is_missing(club, db):
    age = await write_question(club, "whole", "How old are you?")
    draft = await load_draft(db)
    unfinished = SelectOne(name="town", text={"en": "Town?"}, options=(), list="towns.csv")
    one = msgspec.structs.replace(draft.instrument, items=(*draft.instrument.items, unfinished))
    await surveys.save_draft(db.the_connection, msgspec.structs.replace(draft, instrument=one))
    await write_question(club, "text", "Why?", relevant=f"${{{age}}} > 17")


async def test_an_option_that_a_condition_speaks_of_keeps_its_name(club, db):
    name = await write_question(club, "choice", "Do you walk alone?")
    await write_question(club, "text", "Why?", when__1="alone is “Yes”")
    await edit_question(club, name, option__1__en="Never", option__2__en="Always")
    assert await option_names(db, name) == ["yes", "always"]


async def test_a_survey_is_made_seen_and_published(club, db):
    name = await write_question(club, "choice", "Do you feel safe?", option__2__en="")
    await write_question(club, "text", "Why not?", when__1="safe is “Yes”", required="yes")
    page = await club.get(CLUB)
    assert "Only asked if 2. Do you feel safe? is “Yes”" in page.text
    answer = await club.get(f"{CLUB}/publish")
    assert "needs two different answers" in answer.text
    await edit_question(club, name, option__2__en="No, not always")
    assert (await load_draft(db)).find(name).options[1].name == "no_not_always"
    answer = await publish(club)
    assert answer.headers["location"] == "/work/surveys/police-in-our-estate/share?done=published"
    live, _ = await instruments.get(db.the_connection, "police-in-our-estate")
    assert (live.version, live.question("why_not").relevant) == (1, "${do_you_feel_safe} = 'yes'")
    assert (await club.get("/surveys/police-in-our-estate")).status_code == 200
    assert (await club.get(CLUB)).status_code == 404


async def test_a_live_survey_is_changed_and_no_answer_is_lost(club, db):
    name = await write_question(club, "choice", "Do you feel safe?", option__1__en="Yes",
    option__2__en="No",
                     option__3__en="Mostly")  # fmt: skip
    await write_question(club, "text", "Why?")
    await publish(club)
    for answer in ("yes", "mostly"):
        sent = Submission(area="Hackney", answers={name: answer, "why": "Because"})
        await submissions.submit_response(db, "police-in-our-estate", sent)
    await end_their_hour(db.the_connection, "police-in-our-estate")
    answer = await send(club, "/work/surveys/police-in-our-estate/draft")
    assert answer.headers["location"] == CLUB
    options = {"option__1__en": "Yes", "option__1__name": "yes", "option__2__en": "No",
               "option__2__name": "no", "option__3__name": "mostly", "option__3__en": "",
               "option__3__into": "yes"}  # fmt: skip
    await edit_question(club, name, text__en="Do you feel safe?", name="feels_safe", **options)
    await act(club, act="remove", name="why")
    page = (await club.get(f"{CLUB}/publish")).text
    assert "continues under a new column name: feels_safe" in page
    assert "“Do you feel safe?”: “Mostly” now counts as “Yes”" in page
    assert "“Why?” is no longer asked" in page
    assert (await publish(club)).status_code == 303
    survey = html.fromstring((await club.get("/work/surveys/police-in-our-estate")).text)
    assert survey.xpath("//dt[.='Answers']/following-sibling::dd")[0].text == "2"
    chain = await instruments.load_history(db.the_connection, "police-in-our-estate")
    rows = await load_answers(db.the_connection, "police-in-our-estate")
    read = [HarmonisedVersions(chain).answers(row.version, row.answers) for row in rows]
    assert read == [{"feels_safe": "yes"}] * 2


async def test_questions_are_moved_dragged_and_removed(club, db):
    for words in ("One", "Two", "Three"):
        await write_question(club, "text", words)
    await act(club, act="up", name="three")
    assert await question_names(db) == ["one", "three", "two"]
    await act(club, act="down", name="one")
    assert await question_names(db) == ["three", "one", "two"]
    await act(club, act="arrange", order="two one three")
    assert await question_names(db) == ["two", "one", "three"]
    await act(club, act="arrange", order="two one")
    assert await question_names(db) == ["two", "one", "three"]
    await act(club, act="remove", name="one")
    assert await question_names(db) == ["two", "three"]


async def test_a_question_that_another_needs_is_not_removed_and_the_page_says_why(club, db):
    await write_question(club, "choice", "Safe?", option__1__en="Yes", option__2__en="No")
    await write_question(club, "text", "Why?", when__1="safe is “No”")
    answer = await act(club, act="remove", name="safe")
    assert answer.status_code == 409
    assert "“Why?” depends on this question." in answer.text
    await act(club, act="up", name="why")
    page = html.fromstring((await club.get(CLUB)).text)
    assert "“Why?” depends on “Safe?”, which is asked later" in page.text_content()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text__en": ""}, "Enter the question"),
        ({"text__en": "A", "name": "a b"}, "“a b” cannot be used as the name of a question"),
        ({"text__en": "A", "name": "two"}, "Another question is already called “two”"),
        (
            {"text__en": "A", "relevant": "${two} ="},
            "Only ask this if: “${two} =” cannot be read: it ends where",
        ),
        ({"text__en": "A", "relevant": "${two = 1"}, "write the name of a question as ${name}"),
        ({"text__en": "A", "relevant": "${gone} = 1"}, "there is no question called “gone”"),
        ({"text__en": "A", "most": "many"}, "Enter a number, or leave it empty"),
    ],
)
async def test_what_cannot_be_saved_is_explained_and_nothing_is_saved(club, db, form, said):
    name = await write_question(club, "whole", "One")
    await write_question(club, "text", "Two")
    before = await load_draft(db)
    answer = await edit_question(club, name, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert await load_draft(db) == before
    typed = {key.replace("__", "-"): text for key, text in form.items()}
    assert typed.items() <= form_fields(answer.text).items()


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e400", "9" * 400, "1e13"])
async def test_a_limit_that_no_survey_can_have_is_refused_at_its_field(club, db, text):
    """Stored, it would be read as no number, and the draft could not be opened again."""
    for code, kind in QUESTION_TYPES.items():
        fields = [one for one in kind.builder_fields if one.shape in NUMBER_READERS]
        if not fields:
            continue
        name = await write_question(club, code, "How many?")
        before = await load_draft(db)
        for field in fields:
            answer = await edit_question(club, name, **{field.name: text})
            assert answer.status_code == 422, (kind, field.name)
            summary = html.fromstring(answer.text).find_class("govuk-error-summary__list")
            said = " ".join(summary[0].text_content().split())
            assert said in (f"Enter {field.wrong}", "Enter a whole number"), (kind, field.name)
            assert form_fields(answer.text)[field.name] == text
        assert await load_draft(db) == before


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(club, db):
    name = await write_question(club, "text", "One")
    old = await read_revision(club)
    await act(club, act="add", kind="text", words="Two")
    answer = await send(club, f"{CLUB}/act", {"act": "remove", "name": name, "revision": old})
    assert answer.status_code == 409
    assert "was changed in another window" in answer.text
    assert name in await question_names(db)


async def test_what_is_added_from_a_page_that_is_older_is_added(club, db):
    """The list changes in place while the forms below it stay as they were."""
    name = await write_question(club, "text", "One")
    old = await read_revision(club)
    await act(club, act="remove", name=name)
    added = await send(
        club, f"{CLUB}/act", {"act": "add", "kind": "text", "words": "Two", "revision": old}
    )
    assert added.status_code == 303
    block = {"act": "block", "block": "about-you", "revision": old}
    assert (await send(club, f"{CLUB}/act", block)).status_code == 303
    assert "two" in await question_names(db)
    assert name not in await question_names(db)


async def test_a_group_holds_questions_and_the_bank_gives_some(club, db):
    await write_question(club, "group", "About the night")
    await act(club, act="add", kind="text", words="What happened?", where="in:about_the_night")
    assert "added=8" in (await act(club, act="block", block="about-you")).headers["location"]
    assert "added=0" in (await act(club, act="block", block="about-you")).headers["location"]
    assert "8 questions added." in (await club.get(f"{CLUB}?done=block&added=8")).text
    one = (await load_draft(db)).instrument
    assert one.items[0].items[0].name == "what_happened"
    assert set(one.margins()) == {"age", "sex", "ethnicity", "disability"}
    answer = await act(club, act="block", block="gone")
    assert answer.status_code == 404
    answer = await act(club, act="add", kind="text", words="")
    assert "Enter the question" in answer.text


async def test_languages_are_written_side_by_side(club, db):
    await write_question(club, "text", "Why?")
    form = {"title-en": "Police in our estate", "languages": ["en", "bn"], "closes-day": "1",
            "closes-month": "12", "closes-year": "2030"}  # fmt: skip
    form["revision"] = await read_revision(club)
    assert (await send(club, f"{CLUB}/about", form)).status_code == 303
    page = (await club.get(CLUB)).text
    assert "is not translated into Bengali" in page
    await edit_question(club, "why", text__en="Why?", text__bn="কেন?")
    assert (await load_draft(db)).find("why").text == {"en": "Why?", "bn": "কেন?"}
    preview = (await club.get(f"{CLUB}/preview?in=bn")).text
    assert '<span lang="bn" dir="ltr">কেন?</span>' in preview
    wrong = form | {"closes-month": "13", "revision": await read_revision(club), "title-en": ""}
    answer = await send(club, f"{CLUB}/about", wrong)
    assert answer.status_code == 422
    assert "Enter a real date" in answer.text
    assert "Enter a title" in answer.text


async def test_a_language_that_is_unticked_is_removed_and_comes_back_by_undo(club, db):
    answer = await send(club, BASE, {"title": "Our ward", "start": "ward-panel"})
    address = answer.headers["location"]
    page = (await club.get(f"{address}/about")).text
    assert page.count("In 9 other languages") == 2
    form = {"title-en": "Our ward", "title-pl": "Nasz okręg", "languages": ["en", "pl"]}
    form["revision"] = await read_revision(club, address)
    assert (await send(club, f"{address}/about", form)).status_code == 303
    draft = await surveys.get_draft(db.the_connection, "our-ward")
    assert draft.all_languages() == ["en", "pl"]
    assert missing_translations(draft.instrument)["pl"] == []
    undo = {"act": "undo", "revision": await read_revision(club, address)}
    assert (await send(club, f"{address}/act", undo)).status_code == 303
    draft = await surveys.get_draft(db.the_connection, "our-ward")
    assert len(draft.all_languages()) == 10


@pytest.mark.slow
async def test_a_template_begins_a_draft_and_can_be_published(amina, db):
    page = await amina.get(BASE)
    starts = re.findall(r'name="start"[^>]*value="([\w-]+)"', page.text)
    assert starts == ["after-incident", "taser-trial-perception", "ward-panel"]
    for start in starts:
        answer = await send(amina, BASE, {"title": f"Ours {start}", "start": start})
        address = answer.headers["location"]
        assert (await amina.get(address)).status_code == 200
        form = {"revision": await read_revision(amina, address)}
        answer = await send(amina, f"{address}/publish", form)
        assert answer.status_code == 303, answer.text


async def test_a_template_brings_its_own_title(amina, db):
    answer = await send(amina, BASE, {"title": "", "start": "ward-panel"})
    assert answer.headers["location"] == f"{BASE}/ward-panel-survey"
    draft = await load_draft(db, "ward-panel-survey")
    assert draft.instrument.title["en"] == "Ward panel survey"


async def test_two_surveys_of_one_title_have_two_addresses(club):
    answer = await send(club, BASE, {"title": "Police in our estate"})
    assert answer.headers["location"] == f"{CLUB}-2"
    answer = await send(club, BASE, {"title": "شرطة"})
    assert answer.headers["location"] == f"{BASE}/survey"
    assert (await send(club, BASE, {"title": ""})).status_code == 422


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("survey.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("survey.xml", "text/xml"),
        ("survey.json", "application/json"),
        ("form.pdf", "application/pdf"),
    ],
)
async def test_a_survey_is_taken_away_as_a_file(club, name, media):
    await write_question(club, "text", "Why?")
    answer = await club.get(f"{CLUB}/files/{name}")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media)
    live = await club.get(f"/work/surveys/feedback/files/{name}")
    assert live.status_code == 200
    assert (await club.get(f"{CLUB}/files/form.xlsx")).status_code == 404


async def import_file(client, name, content):
    token = await token_on(client, BASE)
    files = {"file": (name, io.BytesIO(content), "application/octet-stream")}
    return await client.post(f"{BASE}/import", data={"_csrf_token": token}, files=files)


async def test_what_goes_out_comes_in_again_with_a_report(club, db):
    answer = await import_file(club, "everything.xlsx", to_workbook(to_sheets(EVERYTHING)))
    address = answer.headers["location"]
    assert address == f"{BASE}/{address.split('/')[3]}/report"
    page = (await club.get(address)).text
    assert "Everything in the file is in the draft." in page
    survey = (await load_draft(db, address.split("/")[3])).instrument
    assert survey.items == EVERYTHING.items


async def test_what_is_not_carried_stands_in_the_report(club):
    table = b"type,name,label\ngeopoint,where,Where\ntext,why,Why\n"
    answer = await import_file(club, "phone.csv", b'"survey"\n' + b"".join(
        b'"",' + line + b"\n" for line in table.splitlines()))  # fmt: skip
    page = (await club.get(answer.headers["location"])).text
    assert "1 thing could not be imported" in page
    assert "You can publish this survey as it is." in page
    assert "an exact place could identify a person" in page


async def test_the_report_says_what_stops_publishing(club):
    table = b"type,name,label,relevant\ntext,why,Why?,selected(1\n"
    table += b"select_one_from_file x.csv,town,Town?,\n"
    answer = await import_file(club, "stops.csv", table)
    page = (await club.get(answer.headers["location"])).text
    assert "Before you can publish" in page
    assert "2 things have to be corrected" in page
    assert "“selected(1” cannot be read" in page
    assert "You can publish" not in page


@pytest.mark.slow
async def test_a_list_in_a_file_of_its_own_is_added_on_the_report(club, db):
    rows = b"type,name,label,choice_filter\nselect_one_from_file towns.csv,town,Town?,\n"
    report = (await import_file(club, "lists.csv", rows)).headers["location"]
    page = (await club.get(report)).text
    assert "Add the lists of answers" in page
    assert "has no answers yet: add its list below" in page
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    form = {"_csrf_token": await token_on(club, BASE), "list": "towns.csv", "revision": revision}

    async def add(content):
        files = {"file": ("my.csv", io.BytesIO(content), "text/csv")}
        return await club.post(report, data=form, files=files)

    refused = await add(b"x,y\n1,2\n")
    assert refused.status_code == 422
    assert "my.csv cannot be used as a list of answers: it has no column “name”" in refused.text
    assert (await club.post(report, data=form)).status_code == 422
    assert (await add(b"name,label\nb,Bow\na,Acton\n")).status_code == 303
    page = (await club.get(report)).text
    assert "You can publish this survey as it is." in page
    (town,) = (await load_draft(db, report.split("/")[3])).instrument.items
    assert [option.name for option in town.options] == ["b", "a"]


async def test_a_broken_file_is_refused_with_its_cause_and_no_draft_is_left(club, db):
    before = len(await surveys.load_drafts(db.the_connection))
    answer = await import_file(club, "broken.xlsx", b"PK nonsense")
    assert answer.status_code == 422
    assert "it is not a workbook, or it is damaged" in answer.text
    assert (await import_file(club, "", b"")).status_code == 422
    assert len(await surveys.load_drafts(db.the_connection)) == before


@pytest.mark.slow
async def test_a_large_file_is_read_and_one_too_large_is_said_to_be(club):
    rows = b"".join(b'"","text","q%d","%s"\n' % (n, b"Why? " * 1_000) for n in range(250))
    answer = await import_file(club, "large.csv", b'"survey"\n"","type","name","label"\n' + rows)
    assert answer.status_code == 303
    answer = await import_file(club, "larger.csv", b"x" * 5_050_000)
    assert answer.status_code == 413
    assert "larger than 5 MB" in answer.text


async def test_a_draft_is_its_makers_and_the_administrators(club, signed_in, db):
    bea = ("bea@example.org", "Bea", "organiser")
    await people.insert(db.the_connection, *bea, None)
    another = await signed_in(bea)
    assert (await another.get(CLUB)).status_code == 404
    assert CLUB not in (await another.get(BASE)).text
    joan = await signed_in(JOAN)
    assert (await joan.get(CLUB)).status_code == 200
    cindy = await signed_in(CINDY)
    assert (await cindy.get(CLUB)).status_code == 403
    assert (await send(another, f"{CLUB}/discard")).status_code == 404
    assert "Keep the draft" in (await club.get(f"{CLUB}/discard")).text
    assert (await club.get(CLUB)).status_code == 200
    assert (await discard(club, CLUB)).status_code == 303
    assert (await club.get(CLUB)).status_code == 404


async def discard(client, address):
    """Discard a draft on the page that asks whether to."""
    return await send(
        client, f"{address}/discard", {"revision": await read_revision(client, address)}
    )


async def test_a_draft_that_was_changed_meanwhile_is_not_discarded(club, db):
    seen = await read_revision(club)
    await add_question(club, "text", "One")
    refused = await send(club, f"{CLUB}/discard", {"revision": seen})
    assert refused.status_code == 409
    assert "changed in another window" in refused.text
    assert "Its 1 question will be lost" in refused.text
    assert "What is published stays" not in refused.text
    assert await question_names(db) == ["one"]
    assert (await discard(club, CLUB)).status_code == 303


async def test_the_next_version_is_begun_once_and_only_that_is_logged(club, db):
    await write_question(club, "text", "One")
    await send(club, f"{CLUB}/publish", {"revision": await read_revision(club)})
    begun = "SELECT count(*) FROM audit WHERE act = 'draft begun'"
    before = await db.the_connection.fetchval(begun)
    for _ in range(2):
        answer = await send(club, "/work/surveys/police-in-our-estate/draft")
        assert answer.headers["location"] == CLUB
    assert await db.the_connection.fetchval(begun) == before + 1
    assert "What is published stays" in (await club.get(f"{CLUB}/discard")).text


async def test_surveys_of_the_house_are_changed_by_an_administrator_only(amina, signed_in, db):
    assert (await send(amina, "/work/surveys/taser-trial/draft")).status_code == 403
    joan = await signed_in(JOAN)
    answer = await send(joan, "/work/surveys/taser-trial/draft")
    assert answer.headers["location"] == f"{BASE}/taser-trial"
    survey = (await load_draft(db, "taser-trial")).instrument
    assert survey.index is not None
    assert msgspec.structs.asdict(survey)["mode"] == "sampled"


async def test_options_and_rows_are_added_renamed_and_taken_away(club, db):
    name = await add_question(club, "grid", "How do they do?")
    rows = {"row__1__name": (await load_draft(db)).find(name).rows[0].name,
    "row__1__en": "Listening",
            "row__2__en": "Being fair", "row__2__reverse": "yes", "row__3__en": ""}  # fmt: skip
    labels = {f"label__{n}__en": word for n, word in enumerate("abcde", 1)}
    await edit_question(club, name, text__en="How do they do?", **rows, **labels)
    grid = (await load_draft(db)).find(name)
    assert isinstance(grid, Grid)
    assert [(row.text["en"], row.reverse) for row in grid.rows] == [
        ("Listening", False), ("Being fair", True),
    ]  # fmt: skip
    assert [label["en"] for label in grid.labels] == list("abcde")
    name = await write_question(
        club,
        "choice",
        "Which?",
        option__1__en="",
        option__2__en="",
        option__3__en="Same",
        option__4__en="Same",
    )
    choice = (await load_draft(db)).find(name)
    assert isinstance(choice, SelectOne)
    assert [option.name for option in choice.options] == ["same", "same_2"]


async def test_one_person_has_so_many_drafts_and_what_was_typed_stays(club, signed_in, monkeypatch):
    monkeypatch.setattr(surveys, "MOST_DRAFTS", 2)
    assert (await send(club, BASE, {"title": "The second one"})).status_code == 303
    typed = await send(club, BASE, {"title": "One too many"})
    brought = await import_file(
        club, "survey.csv", b'"survey"\n"",type,name,label\n"",text,why,Why\n'
    )
    for answer in (typed, brought):
        assert answer.status_code == 409
        assert "You have 2 drafts, which is the most" in answer.text
    assert 'value="One too many"' in typed.text
    joan = await signed_in(JOAN)
    assert (await send(joan, BASE, {"title": "One too many"})).status_code == 303
    await discard(club, f"{BASE}/the-second-one")
    assert (await send(club, BASE, {"title": "Now there is room"})).status_code == 303
