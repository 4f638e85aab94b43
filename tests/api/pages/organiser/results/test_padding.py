"""An organiser answers often themselves: the figures do not say how few others did."""

import pytest
from lxml import html

from api.operations.answers import submissions
from survey.surveys.responses import Submission
from tests.api.pages.organiser.results.test_results import areas_offered
from tests.people import AMINA
from tests.stored.answers import spread_over_days

RESULTS = "/work/surveys/feedback/results"
SEND = "/api/v1/surveys/feedback/responses"
ANSWERS = {"subject": "taser", "story": "They came quickly."}
CITY, CROYDON = "City of London", "Croydon"


async def submit_others(db, many, area):
    for _ in range(many):
        sent = Submission(area=area, answers=ANSWERS)
        await submissions.submit_response(db, "feedback", sent)


async def pad(client, many, area):
    """Own answers by the public API, as anybody sends them."""
    for _ in range(many):
        sent = await client.post(SEND, json={"borough": area, "answers": ANSWERS})
        assert sent.status_code == 201, sent.text


def offered_by_coverage(page):
    assert page.status_code == 200
    return html.fromstring(page.text).xpath("//select[@name='borough']/option/text()")


@pytest.fixture
async def few(db):
    """Three people wrote from the City of London and forty from Croydon, over three days."""
    await submit_others(db, 3, CITY)
    await submit_others(db, 40, CROYDON)
    await spread_over_days(db.the_connection, "feedback")


async def test_own_answers_of_one_source_open_no_small_part(few, db, client, signed_in):
    """With 7 of 52 from the City it was shown, so exactly 3 others had written."""
    amina = await signed_in(AMINA)
    for own in (6, 1, 20):
        await pad(client, own, CITY)
        await pad(client, 20, CROYDON)
        # Even if they had come on several days.
        await spread_over_days(db.the_connection, "feedback")
        assert CITY not in areas_offered(await amina.get(RESULTS))
        assert CITY not in offered_by_coverage(await amina.get(f"{RESULTS}/coverage"))
    opening = await db.the_connection.fetchval(
        "SELECT count(*) FROM responses WHERE instrument = 'feedback' AND opens_results"
    )
    assert opening == 3 + 40 + 2


async def test_answers_of_ten_people_on_three_days_open_their_part(few, db, signed_in):
    await submit_others(db, 6, CITY)
    amina = await signed_in(AMINA)
    # Of nine others it would be said that they wrote from elsewhere.
    assert areas_offered(await amina.get(RESULTS)) == []
    await submit_others(db, 1, CITY)
    await submit_others(db, 10, CROYDON)
    assert areas_offered(await amina.get(RESULTS)) == [CITY, CROYDON]
