"""The results of a survey as its makers see them: charts, parts, groups, pictures, moves."""

import asyncio
import contextlib

import msgspec
import pytest
from lxml import html

from api.operations.answers import submissions
from api.pages.organiser import results as room
from api.pages.organiser.results import figures
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    Agreement,
    Instrument,
    Integer,
    Option,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
)
from survey.surveys.responses import Submission
from tests.people import AMINA, JOAN
from tests.stored.answers import end_their_hour, spread_over_days
from tests.waiting import until

HERE = "/work/surveys/estate/results"


def worded(text):
    return {"en": text}


ESTATE = Instrument(
    slug="estate",
    version=1,
    mode="open",
    kind="survey",
    title=worded("Our estate"),
    summary=worded("About it"),
    items=(
        SelectOne(
            name="age",
            text=worded("How old are you?"),
            margin="age",
            options=(Option("16-24", worded("16 to 24")), Option("25-34", worded("25 to 34"))),
        ),
        Agreement(
            name="listen",
            text=worded("They listen"),
            labels=tuple(worded(one) for one in ("Never", "Rarely", "Mixed", "Often", "Always")),
            may_decline=True,
        ),
        SelectMultiple(
            name="seen",
            text=worded("What did you see?"),
            options=(Option("van", worded("A van")), Option("dog", worded("A dog"))),
        ),
        Scale(name="trust", text=worded("How much trust?")),
        Integer(name="children", text=worded("How many children?"), least=0, most=20),
        Text(name="why", text=worded("Why?")),
    ),
)


@pytest.fixture
async def amina(signed_in, db):
    client = await signed_in(AMINA)
    account = await people.by_email(db.the_connection, AMINA[0])
    await instruments.insert(db.the_connection, ESTATE, by=account.id)
    return client


async def submit_answers(db, number, *, area="Hackney", age="16-24", listen=4, spread=True):
    for n in range(number):
        answers = {"age": age, "listen": listen, "seen": ["van", "dog"][: 1 + n % 2],
                   "trust": n % 11, "children": n % 4, "why": f"Because {n}"}  # fmt: skip
        sent = Submission(area=area, answers=answers)
        await submissions.submit_response(db, "estate", sent)
    if spread:
        await spread_over_days(db.the_connection, "estate")


def page_text(answer):
    assert answer.status_code == 200, answer.text
    return " ".join(html.fromstring(answer.text).text_content().split())


def table_of(answer, title):
    """The cells of a table of the page, by the first cell of each row."""
    tables = html.fromstring(answer.text).xpath(
        "//table[normalize-space(caption)=$title]", title=title
    )
    return {
        row.xpath("normalize-space(th)"): [cell.text_content().strip() for cell in row.xpath("td")]
        for row in tables[0].xpath("tbody/tr")
    }


async def test_a_survey_without_answers_says_only_how_to_get_some(amina):
    said = page_text(await amina.get(HERE))
    assert "No answers to count yet: share the link" in said
    assert "Too few answers" not in said
    assert "Answers by" not in said


async def test_nothing_is_counted_below_ten_and_all_charts_are_open_from_ten(amina, db):
    await submit_answers(db, 9)
    said = page_text(await amina.get(HERE))
    assert "9 people have answered so far" in said
    assert "They listen" not in said
    await submit_answers(db, 1)
    page = await amina.get(HERE)
    assert table_of(page, "They listen")["Often"][:2] == ["10", "100%"]
    assert table_of(page, "What did you see?")["A van"][:2] == ["10", "100%"]
    assert table_of(page, "How many children?")["Under 1"][:1] == ["4"]
    charts = html.fromstring(page.text).xpath(
        "//div[@class='result__picture']/svg[@role='img']/@aria-label"
    )
    assert [one.split(".")[0] for one in charts] == [
        "Chart: They listen", "Chart: How much trust?", "Chart: How many children?",
    ]  # fmt: skip
    assert not html.fromstring(page.text).xpath("//main//details//table | //main//*[@style]")
    assert table_of(page, "Who answered which question")["They listen"][:2] == ["10", "100%"]
    assert "Because" not in page.text


async def test_figures_stand_still_until_ten_more_have_answered(amina, db):
    await submit_answers(db, 10, spread=False)
    first = await amina.get(HERE)
    for _ in range(9):
        await submit_answers(db, 1, area="Lambeth", listen=1, spread=False)
        page = await amina.get(HERE)
        assert table_of(page, "They listen") == table_of(first, "They listen")
        assert [*table_of(page, "Answers by day").values()] == [
            *table_of(first, "Answers by day").values()
        ]
    assert "10 answers. The figures" in page_text(page)
    await end_their_hour(db.the_connection, "estate")
    assert "10 answers of 19" in page_text(await amina.get(HERE))
    await submit_answers(db, 1, area="Lambeth", listen=1, spread=False)
    page = await amina.get(HERE)
    assert table_of(page, "They listen")["Never"][0] == "10"


async def test_a_part_and_a_table_of_groups_are_shown_where_they_give_nobody_away(amina, db):
    await submit_answers(db, 22)
    await submit_answers(db, 18, area="Lambeth", age="25-34", listen=2)
    page = await amina.get(f"{HERE}?only=borough:E09000022")
    assert "Answers: Lambeth" in page_text(page)
    assert table_of(page, "They listen")["Rarely"][:2] == ["20", "100%"]
    assert "about 20 answers" in page_text(page)
    page = await amina.get(f"{HERE}?question=listen&by=answer.age")
    cross = table_of(page, "They listen, by How old are you?")
    assert cross["16 to 24"] == ["20", "0%", "0%", "0%", "100%", "0%", "0%", "0%"]
    tiles = html.fromstring(page.text).xpath("//li[contains(@class, 'tile--counted')]")
    assert len(tiles) == 2


async def test_boroughs_are_looked_at_together_where_that_leaves_nobody_alone(amina, db):
    """Hackney and Tower Hamlets are Central East, Lambeth and Southwark are Central South."""
    await submit_answers(db, 12)
    await submit_answers(db, 18, area="Lambeth", listen=2)
    page = await amina.get(f"{HERE}?question=listen&by=group")
    cross = table_of(page, "They listen, by Group of boroughs")
    assert {group: row[0] for group, row in cross.items()} == {
        "Central East": "10", "Central South": "20",
    }  # fmt: skip
    page = await amina.get(f"{HERE}?only=group:bcu-central-east")
    assert "Answers: Central East" in page_text(page)


async def test_a_group_that_would_give_away_a_borough_is_left_out(amina, db):
    answered = {"Hackney": 12, "Tower Hamlets": 16, "Lambeth": 18, "Westminster": 8}
    for area, number in answered.items():
        await submit_answers(db, number, area=area)
    await submit_answers(db, 4, area="Southwark")
    page = await amina.get(f"{HERE}?question=listen&by=group")
    # Central South less Lambeth would be the four of Southwark.
    assert [*table_of(page, "They listen, by Group of boroughs")] == ["Central East"]


async def test_a_borough_with_few_answers_takes_the_next_one_with_it(amina, db):
    await submit_answers(db, 12)
    await submit_answers(db, 11, area="Lambeth")
    await submit_answers(db, 2, area="Sutton")
    page = await amina.get(HERE)
    assert areas_offered(page) == ["Hackney"]
    refused = await amina.get(f"{HERE}?only=borough:E09000022")
    assert refused.status_code == 422
    assert "too few people answered" in refused.text


async def test_groups_of_many_answers_are_counted_again_when_all_of_them_are_others(
    amina, db, monkeypatch
):
    monkeypatch.setattr(figures, "MOST_COUNTED", 20)
    await submit_answers(db, 20)
    await amina.get(HERE)
    await submit_answers(db, 10, area="Lambeth", listen=1)
    page = await amina.get(HERE)
    assert table_of(page, "They listen")["Never"][0] == "10"
    assert "counted from 20 of them" in page_text(page)
    assert sum(int(row[0]) for row in table_of(page, "How many children?").values()) == 20
    assert "Lambeth" not in areas_offered(page)
    await db.the_connection.execute(
        "UPDATE responses SET received_at = received_at - interval '9 days'"
        " WHERE instrument = 'estate'"
    )
    await submit_answers(db, 20, area="Camden", listen=2)
    page = await amina.get(HERE)
    assert table_of(page, "They listen")["Rarely"][0] == "20"
    assert areas_offered(page) == ["Camden"]


def areas_offered(page):
    options = html.fromstring(page.text).xpath("//optgroup[@label='Borough']/option")
    return [one.text_content() for one in options]


async def test_a_chart_is_a_picture_to_copy(amina, db):
    await submit_answers(db, 10)
    for name in ("listen", "seen", "children"):
        svg = await amina.get(f"{HERE}/pictures/{name}.svg")
        assert svg.headers["content-type"].startswith("image/svg+xml")
        assert b"10 answers" in svg.content
        assert b"Our estate" in svg.content
    png = await amina.get(f"{HERE}/pictures/listen.png")
    assert png.content.startswith(b"\x89PNG")
    assert (await amina.get(f"{HERE}/pictures/why.png")).status_code == 404
    assert (await amina.get(f"{HERE}/pictures/listen.gif")).status_code == 404


async def test_a_stream_says_only_that_figures_have_moved(amina, db, monkeypatch):
    monkeypatch.setattr(room, "BEAT_SECONDS", 0)
    monkeypatch.setattr(room, "BEATS", 3)
    await submit_answers(db, 10)
    await amina.get(HERE)
    quiet = await amina.get(f"{HERE}/live?seen=10")
    assert quiet.headers["content-type"].startswith("text/event-stream")
    assert quiet.text.count(": nothing new") == 3
    assert "moved" not in quiet.text
    await submit_answers(db, 9)
    assert "moved" not in (await amina.get(f"{HERE}/live?seen=10")).text
    await submit_answers(db, 1)
    moved = (await amina.get(f"{HERE}/live?seen=10")).text
    assert "event: moved" in moved
    assert "listen" not in moved
    monkeypatch.setattr(room, "MOST_STREAMS", 0)
    assert (await amina.get(f"{HERE}/live?seen=10")).status_code == 503


async def test_one_person_takes_a_few_streams_and_leaves_the_others_room(
    amina, db, signed_in, monkeypatch
):
    looks = []

    async def look(*given, have_moved=room.have_results_moved):
        looks.append(await have_moved(*given))
        return looks[-1]

    # Each stream looks once, and the next request waits for it: all share the one connection.
    monkeypatch.setattr(room, "have_results_moved", look)
    monkeypatch.setattr(room, "BEAT_SECONDS", 3_600)
    await submit_answers(db, 10)
    await amina.get(HERE)
    joan = await signed_in(JOAN)
    waiting = []
    for client in (amina, amina, amina, amina, joan):
        waiting.append(asyncio.create_task(client.get(f"{HERE}/live?seen=10")))
        await until(lambda: len(looks) == len(waiting))
    assert sorted(room.STREAMS.of_person.values()) == [1, room.MOST_OF_PERSON]
    assert (await amina.get(f"{HERE}/live?seen=10")).status_code == 503
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await until(lambda: room.STREAMS.of_person.total() == 0)


def test_of_many_streams_at_once_only_those_begin_that_find_room():
    streams = room.OpenStreams()
    with contextlib.ExitStack() as stack:
        begun = [stack.enter_context(streams.count("amina")) for _ in range(50)]
        others = [stack.enter_context(streams.count(f"person {n}")) for n in range(50)]
        assert (sum(begun), sum(others)) == (room.MOST_OF_PERSON, 36)
    assert streams.of_person == {}


async def test_nobody_elses_results_are_shown(amina, db, signed_in):
    await signed_in(JOAN)
    joan = await people.by_email(db.the_connection, JOAN[0])
    other = msgspec.structs.replace(ESTATE, slug="other")
    await instruments.insert(db.the_connection, other, by=joan.id)
    for path in ("", "/live", "/pictures/listen.svg"):
        assert (await amina.get(f"/work/surveys/other/results{path}")).status_code == 404


async def test_an_administrator_sees_the_results_of_any_survey(amina, db, signed_in):
    await submit_answers(db, 10)
    joan = await signed_in(JOAN)
    assert "10 answers" in page_text(await joan.get(HERE))
