"""The builder's quick acts: undo, duplicate, insert between, "Other, please say", conditions."""

import re

from lxml import html

from survey.store import surveys
from tests.api.pages.forms import send
from tests.api.pages.organiser.test_builder import (
    BASE,
    CLUB,
    act,
    add_question,
    amina,
    club,
    edit_question,
    form_fields,
    load_draft,
    question_names,
    read_revision,
    write_question,
)
from tests.api.pages.whole_site import browser

__all__ = ["amina", "club"]  # fixtures


async def test_each_change_is_taken_back_the_last_one_first(club, db):
    for words in ("One", "Two"):
        await write_question(club, "text", words)
    await edit_question(club, "two", text__en="Too")
    await act(club, act="up", name="two")
    await act(club, act="remove", name="one")
    before = [["two"], ["two", "one"], ["one", "two"]]
    for there in before:
        assert await question_names(db) == there
        assert (await act(club, act="undo")).status_code == 303
    assert (await load_draft(db)).find("two").text == {"en": "Two"}
    page = (await club.get(CLUB)).text
    assert "Changed “Two”" in page
    for _ in range(4):
        await act(club, act="undo")
    assert await question_names(db) == []
    answer = await act(club, act="undo")
    assert answer.status_code == 409
    assert "There is nothing to undo." in answer.text


async def test_what_was_undone_is_done_again_until_something_else_is_changed(club, db):
    for words in ("One", "Two", "Three"):
        await add_question(club, "text", words)
    for _ in range(2):
        await act(club, act="undo")
    assert "Redo<" in (await club.get(CLUB)).text
    assert "Undone: Added “Two”" in (await club.get(f"{CLUB}?done=undone")).text
    again = await act(club, act="redo")
    assert again.status_code == 303
    assert "Done again: Added “Two”" in (await club.get(again.headers["location"])).text
    assert await question_names(db) == ["one", "two"]
    await act(club, act="redo")
    assert await question_names(db) == ["one", "two", "three"]
    refused = await act(club, act="redo")
    assert refused.status_code == 409
    assert "There is nothing to redo." in refused.text
    # A step that was done again can be undone again.
    await act(club, act="undo")
    assert await question_names(db) == ["one", "two"]
    await add_question(club, "text", "Four")
    assert "Redo<" not in (await club.get(CLUB)).text
    assert (await act(club, act="redo")).status_code == 409
    assert await question_names(db) == ["one", "two", "four"]


async def test_a_redo_from_an_old_page_changes_nothing(club, db):
    await add_question(club, "text", "One")
    await act(club, act="undo")
    old = await read_revision(club)
    await act(club, act="redo")
    await act(club, act="undo")
    answer = await send(club, f"{CLUB}/act", {"act": "redo", "revision": old})
    assert answer.status_code == 409
    assert await question_names(db) == []
    await act(club, act="redo")
    assert await question_names(db) == ["one"]


async def test_an_undo_from_an_old_page_takes_back_nothing(club, db):
    await write_question(club, "text", "One")
    old = await read_revision(club)
    await add_question(club, "text", "Two")
    answer = await send(club, f"{CLUB}/act", {"act": "undo", "revision": old})
    assert answer.status_code == 409
    assert await question_names(db) == ["one", "two"]


async def test_only_the_last_steps_are_kept_and_none_after_publishing(club, db):
    name = await write_question(club, "text", "One")
    for number in range(22):
        await edit_question(club, name, text__en=f"One {number}")
    count = "SELECT count(*) FROM draft_steps"
    assert await db.the_connection.fetchval(count) == 20
    await send(club, f"{CLUB}/publish", {"revision": await read_revision(club)})
    assert await db.the_connection.fetchval(count) == 0


async def test_a_question_is_duplicated_behind_itself_under_a_name_of_its_own(club, db):
    await write_question(club, "choice", "Safe?")
    await write_question(club, "text", "Why?")
    await act(club, act="duplicate", name="safe")
    assert await question_names(db) == ["safe", "safe_2", "why"]
    one, two = (await load_draft(db)).instrument.items[:2]
    assert (two.text, two.options) == (one.text, one.options)


async def test_a_group_is_duplicated_with_what_its_questions_say_of_each_other(club, db):
    await write_question(club, "group", "At night")
    await add_question(club, "choice", "Safe?", where="in:at_night")
    await add_question(club, "text", "Why?", where="in:at_night")
    await edit_question(club, "why", when__1="safe is “No”")
    await act(club, act="duplicate", name="at_night")
    copy = (await load_draft(db)).find("at_night_2")
    assert [one.name for one in copy.items] == ["safe_2", "why_2"]
    assert copy.items[1].relevant == "${safe_2} = 'no'"


async def test_a_question_is_added_between_two_others(club, db):
    for words in ("One", "Three"):
        await write_question(club, "text", words)
    page = html.fromstring((await club.get(f"{CLUB}?after=one")).text)
    (form,) = [one for one in page.forms if one.fields.get("act") == "add"]
    assert form.fields["where"] == "after:one"
    await add_question(club, "text", "Two", where=form.fields["where"])
    assert await question_names(db) == ["one", "two", "three"]


async def test_a_question_is_added_with_its_answers_in_one_step(club, db):
    answer = await act(
        club, act="add", kind="choice", words="Safe?", answers="Always\nNever\n\nNever", then="stay"
    )
    assert answer.headers["location"] == f"{CLUB}?after=safe"
    options = (await load_draft(db)).find("safe").options
    assert [one.name for one in options] == ["always", "never", "never_2"]
    assert "Added “Safe?”." in (await club.get(answer.headers["location"])).text


async def test_one_tick_asks_what_the_other_answer_is(club, db):
    name = await write_question(
        club, "choices", "What did you see?", option__1__en="A van", other="yes"
    )
    assert await question_names(db) == [name, f"{name}_other"]
    choices, text = (await load_draft(db)).instrument.items
    assert [option.text["en"] for option in choices.options] == ["A van", "No", "Other"]
    assert text.relevant == "selected(${what_did_you_see}, 'other')"
    opened = form_fields((await club.get(f"{CLUB}/questions/{name}")).text)
    assert opened["other"] == "yes"
    await edit_question(club, name)
    assert await question_names(db) == [name, f"{name}_other"]
    await edit_question(club, name, option__1__en="A car")
    assert (await load_draft(db)).find(name).options[0].name == "a_car"
    await act(club, act="remove", name=name)
    assert await question_names(db) == []
    await act(club, act="undo")
    await send(club, f"{CLUB}/questions/{name}", {k: v for k, v in opened.items() if k != "other"}
               | {"revision": await read_revision(club)})  # fmt: skip
    assert await question_names(db) == [name]
    assert len((await load_draft(db)).find(name).options) == 2


async def test_several_conditions_are_joined_without_an_expression(club, db):
    await write_question(club, "choice", "Do you feel safe?")
    await write_question(
        club, "choices", "What did you see?", option__1__en="A van", option__2__en="A dog"
    )
    await write_question(club, "whole", "How old are you?")
    name = await add_question(club, "text", "Why?")
    page = (await club.get(f"{CLUB}/questions/{name}")).text
    offered = html.fromstring(page).xpath("//datalist/option/@value")
    assert "2. Do you feel safe? is “Yes”" in offered
    assert "3. What did you see? is not “A dog”" in offered
    conditions = {"when__1": "2. Do you feel safe? is “No”", "when__2": "dog is not",
                  "when__3": "4. How old are you? is at least 18"}  # fmt: skip
    await edit_question(club, name, **conditions, when__by="and")
    assert (await load_draft(db)).find(name).relevant == (
        "${do_you_feel_safe} = 'no' and not(selected(${what_did_you_see}, 'a_dog'))"
        " and ${how_old_are_you} >= 18"
    )
    opened = form_fields((await club.get(f"{CLUB}/questions/{name}")).text)
    assert opened["when-2"] == "3. What did you see? is not “A dog”"
    assert opened["when-3"] == "4. How old are you? is at least 18"
    await edit_question(club, name, when__2="", when__by="or")
    relevant = "${do_you_feel_safe} = 'no' or ${how_old_are_you} >= 18"
    assert (await load_draft(db)).find(name).relevant == relevant
    await edit_question(club, name, when__1="", when__2="", when__3="")
    assert (await load_draft(db)).find(name).relevant == ""


async def test_a_word_that_fits_several_answers_is_asked_about(club, db):
    await write_question(club, "choice", "Do you feel safe?")
    await write_question(club, "text", "Why?")
    answer = await edit_question(club, "why", text__en="Why now?", when__1="safe", when__2="purple")
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert "3 earlier answers match “safe”" in page.text_content()
    assert "No earlier answer matches “purple”" in page.text_content()
    assert page.xpath("//*[@class='govuk-error-summary__body']//a/@href") == ["#when-1", "#when-2"]
    picked = page.xpath("//select[@id='when-1-pick']/option/@value")[1]
    again = form_fields(answer.text) | {"when-1-pick": picked, "when-2": ""}
    assert again["text-en"] == "Why now?"
    await send(club, f"{CLUB}/questions/why", again)
    assert (await load_draft(db)).find("why").relevant == "${do_you_feel_safe} = 'yes'"


async def test_an_expression_of_another_kind_stays_until_something_else_is_chosen(club, db):
    await write_question(club, "choice", "Do you feel safe?")
    await write_question(club, "text", "Why?", relevant="count-selected(${do_you_feel_safe}) = 1")
    page = (await club.get(f"{CLUB}/questions/why")).text
    assert "a condition of its own under Advanced" in page
    await edit_question(club, "why", text__en="Why now?")
    assert (await load_draft(db)).find("why").relevant == "count-selected(${do_you_feel_safe}) = 1"
    await edit_question(club, "why", when__1="safe is “No”")
    assert (await load_draft(db)).find("why").relevant == "${do_you_feel_safe} = 'no'"


async def test_the_list_counts_from_the_question_that_soundings_asks(club):
    await write_question(club, "text", "Why?")
    page = (await club.get(CLUB)).text
    assert "1. Which borough do you live in?" in page
    assert "1 question, about 1 minute." in page
    assert re.search(r"\d+ questions, about \d+ minutes\.", (await club.get(BASE)).text)
    assert "2. Why?" in page
    assert BASE in page


async def test_single_questions_and_whole_blocks_are_added_from_the_bank(club, db):
    page = html.fromstring((await club.get(f"{CLUB}/bank")).text)
    assert "14 questions" not in page.text_content().split("Concerns about Taser")[0]
    names_offered = page.xpath("//input[@name='item']/@value")
    assert {"good_job_here", "age", "told_enough"} <= {*names_offered}
    answer = await send(club, f"{CLUB}/bank", {"item": names_offered[:2]})
    assert answer.headers["location"] == f"{CLUB}?done=block&added=2"
    assert await question_names(db) == names_offered[:2]
    assert "2 questions added." in (await club.get(answer.headers["location"])).text
    answer = await send(club, f"{CLUB}/bank", {})
    assert answer.status_code == 404
    assert "Tick the questions that you want." in answer.text
    answer = await send(club, f"{CLUB}/bank", {"block": "taser-index"})
    assert answer.headers["location"].endswith("added=4")
    page = html.fromstring((await club.get(f"{CLUB}/bank")).text)
    assert len(page.xpath("//input[@name='item'][@disabled]")) == 6


TEST = "/try/police-in-our-estate"
COUNTS = "SELECT (SELECT count(*) FROM responses), (SELECT count(*) FROM drafts)"


async def test_a_draft_is_tested_on_the_residents_pages_and_nothing_is_stored(club, db):
    await write_question(club, "choice", "Safe?")
    await write_question(club, "text", "Why not?", when__1="safe is “No”")
    await write_question(club, "file", "A picture of the place")
    before = tuple(await db.the_connection.fetchrow(COUNTS))
    started = await send(club, f"{CLUB}/try")
    assert started.headers["location"] == TEST
    assert "Which borough do you live in?" in (await club.get(TEST)).text
    page = await club.post(TEST, data={"answer": "E09000012"}, follow_redirects=True)
    assert page.url.path == f"{TEST}/safe"
    assert "This survey is not published yet." in page.text
    assert "Save and finish later" not in page.text
    page = await club.post(page.url, data={"answer": "no"}, follow_redirects=True)
    assert "Why not?" in page.text
    page = await club.post(f"{TEST}/safe", data={"answer": "yes"}, follow_redirects=True)
    assert page.url.path == f"{TEST}/check"
    assert "The test leaves it out" in page.text
    assert "Hackney" in page.text
    over = await club.post(f"{TEST}/send")
    said = " ".join(html.fromstring(over.text).text_content().split())
    assert "Not asked, because of these answers Why not?" in said
    assert tuple(await db.the_connection.fetchrow(COUNTS)) == before
    assert (await club.get(f"{TEST}/check")).status_code == 404


async def test_only_the_browser_that_began_a_test_opens_it_until_it_signs_out(club, db, app):
    await write_question(club, "choice", "Safe?")
    await send(club, f"{CLUB}/try")
    async with browser(app) as other:
        assert (await other.get(TEST)).status_code == 404
    begun = await club.post(TEST, data={"answer": "E09000012"})
    assert begun.headers["location"] == f"{TEST}/safe"
    await send(club, "/sign-out")
    assert (await club.get(f"{TEST}/safe")).status_code == 404
    assert await db.the_connection.fetchval("SELECT count(*) FROM drafts") == 0


async def test_a_survey_and_a_draft_are_duplicated_as_ones_own(club, db):
    await write_question(club, "choice", "Safe?")
    copied = await send(club, f"{CLUB}/duplicate")
    own = copied.headers["location"].partition("?")[0]
    assert own == "/work/builder/police-in-our-estate-copy"
    assert "Safe?" in (await club.get(own)).text
    form = {"revision": await read_revision(club), "listing": "listed"}
    assert (await send(club, f"{CLUB}/publish", form)).status_code == 303
    second = await send(club, "/work/surveys/police-in-our-estate/duplicate")
    assert second.headers["location"].startswith("/work/builder/police-in-our-estate-copy-2")
    built_in = await send(club, "/work/surveys/feedback/duplicate")
    draft = await surveys.get_draft(
        db.the_connection, built_in.headers["location"].rpartition("/")[2].partition("?")[0]
    )
    assert (draft.instrument.kind, draft.instrument.version) == ("survey", 1)


async def test_the_pages_say_who_is_asking_and_an_unlisted_survey_is_on_no_list(club, db):
    await write_question(club, "choice", "Safe?")
    form = {"title-en": "Police in our estate", "organisation": "The Park Lane club",
            "contact": "club@example.org", "thanks-en": "See you in March.",
            "revision": await read_revision(club)}  # fmt: skip
    assert (await send(club, f"{CLUB}/about", form)).status_code == 303
    page = (await club.get(f"{CLUB}/publish")).text
    assert "About 1 minute" in page
    assert "/surveys/police-in-our-estate" in page
    form = {"revision": await read_revision(club), "listing": "unlisted"}
    assert (await send(club, f"{CLUB}/publish", form)).status_code == 303
    start = (await club.get("/surveys/police-in-our-estate")).text
    assert "The Park Lane club is asking." in start
    assert "club@example.org" in start
    assert "police-in-our-estate" not in (await club.get("/surveys")).text
    assert "police-in-our-estate" not in (await club.get("/api/v1/surveys")).text


async def test_what_was_typed_about_a_survey_stays_after_every_refusal(club, db):
    old = await read_revision(club)
    await write_question(club, "choice", "Safe?")
    form = {"title-en": "Another title", "organisation": "The club", "revision": old,
            "languages": ["en", "bn"]}  # fmt: skip
    answer = await send(club, f"{CLUB}/about", form)
    assert answer.status_code == 422
    shown = form_fields(answer.text)
    assert (shown["title-en"], shown["organisation"]) == ("Another title", "The club")
    assert "changed in another window" in answer.text
    assert (await send(club, f"{CLUB}/about", shown)).status_code == 303
    days = {"opens-day": "2", "opens-month": "3", "opens-year": "2030",
            "closes-day": "1", "closes-month": "3", "closes-year": "2030"}  # fmt: skip
    answer = await send(
        club, f"{CLUB}/about", shown | days | {"revision": await read_revision(club)}
    )
    assert "The last day must not be before the day it opens" in answer.text
