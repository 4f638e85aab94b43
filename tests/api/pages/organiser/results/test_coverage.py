"""Who has not been heard from: answers next to the census, and what the page must not give away."""

import msgspec
import pytest
from lxml import html

from api.operations import foundations
from api.operations.answers import submissions
from survey.store.accounts import people
from survey.store.answers import results
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, Option, SelectOne
from survey.surveys.responses import Submission
from tests.api.pages.organiser.results.test_results import page_text, table_of, worded
from tests.people import AMINA, CINDY
from tests.stored.answers import spread_over_days

HERE = "/work/surveys/block/results/coverage"
AGES = ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+")


def choice(name, *options):
    return SelectOne(
        name=name,
        text=worded(name),
        margin=name,
        options=tuple(Option(one, worded(one)) for one in options),
    )


BLOCK = Instrument(
    slug="block",
    version=1,
    mode="open",
    kind="survey",
    title=worded("Our block"),
    summary=worded("About it"),
    items=(
        choice("age", *AGES),
        choice("sex", "female", "male", "another"),
        choice("disability", "yes", "no"),
    ),
)


async def insert_survey(db, survey):
    account = await people.by_email(db.the_connection, AMINA[0])
    await instruments.insert(db.the_connection, survey, by=account.id)


@pytest.fixture
async def amina(signed_in, db):
    client = await signed_in(AMINA)
    await insert_survey(db, BLOCK)
    return client


async def submit(db, many, *, area="Newham", age="35-44", sex="female", disability="no"):
    for _ in range(many):
        answers = {"age": age, "sex": sex, "disability": disability}
        await submissions.submit_response(db, "block", Submission(area=area, answers=answers))
    await spread_over_days(db.the_connection, "block")


def silent(answer):
    """The groups that the page has not heard from."""
    items = html.fromstring(answer.text).xpath("//h2[@id='silent']/following-sibling::ul[1]/li")
    return [" ".join(one.text_content().split()) for one in items]


async def test_nothing_is_compared_below_ten_answers(amina, db):
    await submit(db, 9)
    said = page_text(await amina.get(HERE))
    assert "9 people have answered so far" in said
    assert "Not heard from yet" not in said


async def test_a_survey_of_one_borough_is_compared_with_its_residents_in_words(amina, db):
    await submit(db, 40)
    await submit(db, 12, age="25-34", sex="male")
    page = await amina.get(HERE)
    assert "Of these, people in Newham are compared with the adults" in page_text(page)
    assert "men aged 16 to 24 in Newham" in silent(page)
    assert "women aged 35 to 44 in Newham" not in silent(page)
    ages = table_of(page, "Age")
    assert ages["35 to 44"][0] == "40 80%"
    assert (
        ages[next(one for one in ages if one.startswith("16 to 24 lacks up to"))][0]
        == "few or none"
    )
    assert "no census figures" in page_text(page)
    assert "(census of 2021, the nearest one to" in page_text(page)


async def test_disability_is_compared_once_its_census_figures_are_imported(amina, db):
    await submit(db, 40)
    await submit(db, 10, disability="yes")
    rows = "area,year,dimension,category,persons,source,published\n" + "".join(
        f"E09000025,2021,disability,{said},{persons},census,2023-01-19\n"
        for said, persons in (("yes", 70_000), ("no", 210_000))
    )
    await foundations.load_residents(db.the_connection, "disability.csv", rows.encode())
    page = await amina.get(HERE)
    assert "no census figures" not in page_text(page)
    disability = table_of(page, "Disability")
    [yes] = [one for one in disability if one.lower().startswith("disabled")]
    assert disability[yes][:2] == ["10 20%", "25%"]
    assert "lacks" in yes


async def test_all_boroughs_are_compared_where_that_is_asked(amina, db):
    await submit(db, 60)
    await submit(db, 30, area="Hackney")
    page = await amina.get(f"{HERE}?borough=all")
    areas = table_of(page, "Borough")
    assert areas["Newham"][0] == "60 67%"
    assert areas[next(one for one in areas if one.startswith("Camden"))][0] == "few or none"
    assert "people in Camden" in silent(page) or "more groups, in the tables" in page_text(page)
    lacking = [*table_of(page, "Where to go next").values()]
    numbers = [int(one[0].split()[-1].replace(",", "")) for one in lacking]
    assert numbers == sorted(numbers, reverse=True)
    assert min(numbers) > 0
    assert "the design effect of the weights (Kish) would be" in page_text(page)
    assert (await amina.get(f"{HERE}?borough=E09000007")).status_code == 422


async def test_nobody_and_nine_people_look_alike(amina, db):
    """Whoever looks after each answer of a group never learns that its first person answered."""
    await submit(db, 30)
    seen = await amina.get(HERE)
    for many in range(1, 10):
        await submit(db, 1, age="75+", sex="male")
        await submit(db, 10)
        now = await amina.get(HERE)
        assert f"{30 + 11 * many} answers" in page_text(now)
        assert [v[0] for k, v in table_of(now, "Age").items() if k.startswith("75 and over")] == [
            "few or none"
        ]
        assert ("men aged 75 and over in Newham" in silent(now)) is (
            "men aged 75 and over in Newham" in silent(seen)
        )
    await submit(db, 1, age="75+", sex="male")
    same = await amina.get(HERE)
    assert table_of(same, "Age") == table_of(now, "Age")
    await submit(db, 10)
    assert table_of(await amina.get(HERE), "Age")["75 and over"][0] == "10 7%"


async def test_what_a_silent_group_lacks_says_nothing_of_how_many_it_has(amina, db):
    await submit(db, 50)
    await submit(db, 6, age="75+", sex="male")
    with_six = await amina.get(HERE)
    await db.the_connection.execute("DELETE FROM shown_results")
    await db.the_connection.execute(
        "UPDATE responses SET answers = jsonb_set(answers, '{age}', '\"16-24\"')"
        " WHERE answers ->> 'age' = '75+'"
    )
    with_none = await amina.get(HERE)
    assert table_of(with_six, "Age") == table_of(with_none, "Age")
    assert silent(with_six) == silent(with_none)


async def test_who_described_themselves_in_another_way_is_in_no_group(amina, db):
    await submit(db, 30)
    await submit(db, 15, sex="another")
    said = page_text(await amina.get(HERE))
    assert "About 30 people said that they are women or men." in said
    assert "45 answers. Of these" in said


async def test_a_survey_that_asks_nothing_about_people_says_so(signed_in, db):
    amina = await signed_in(AMINA)
    plain = SelectOne(name="age", text=worded("Age?"), options=(Option("1", worded("1")),))
    await insert_survey(db, msgspec.structs.replace(BLOCK, items=(plain,)))
    for _ in range(12):
        sent = Submission(area="Newham", answers={"age": "1"})
        await submissions.submit_response(db, "block", sent)
    await spread_over_days(db.the_connection, "block")
    page = await amina.get(f"{HERE}?borough=all")
    assert "asks no question about age, sex, ethnic group or disability" in page_text(page)
    assert table_of(page, "Borough")["Newham"][0] == "10 100%"


async def test_figures_from_before_margins_were_counted_are_not_taken_for_silence(amina, db):
    await submit(db, 20)
    await amina.get(HERE)
    shown = await results.find_figures(db.the_connection, "block")
    await results.save_figures(
        db.the_connection, "block", msgspec.structs.replace(shown, margins=None)
    )
    said = page_text(await amina.get(f"{HERE}?borough=all"))
    assert "are compared when at least 10 more people have answered" in said
    assert "men aged" not in said


async def test_reviewers_see_who_has_not_been_heard_from_in_surveys_of_the_house_alone(
    amina, signed_in, db
):
    await submit(db, 12)
    cindy = await signed_in(CINDY)
    assert (await cindy.get(HERE)).status_code == 404
    page = await cindy.get("/work/unheard")
    assert "Our block" not in page_text(page)
    assert "nothing to compare yet" in page_text(page)
    links = html.fromstring(page.text).xpath("//main//h2/a/@href")
    assert "/work/surveys/taser-trial/results/coverage?borough=all" in links
    for link in links:
        assert (await cindy.get(link)).status_code == 200
