"""Only what is wrong counts as a guess: whoever knows the word is let in, at once."""

import pytest

from api.security.people import hash_secret
from survey.store.surveys import instruments, sharing
from survey.surveys.sharing import password_letters
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.api.security.test_leaving import client_from, pauses

__all__ = ["pauses"]  # a fixture
WORDS = "otter river lamp"
SURVEY = "/surveys/everything"


async def by_page(client, word):
    given = {"answer": "E09000012", "password": word}
    return (await client.post(SURVEY, data=given)).status_code == 303


async def by_json(client, word):
    head = {"Survey-Password": word}
    return (await client.get(f"/api/v1{SURVEY}", headers=head)).status_code == 200


@pytest.fixture
async def closed_circle(db):
    """A survey with a password."""
    await instruments.insert(db.the_connection, EVERYTHING)
    hashed = await hash_secret(password_letters(WORDS))
    await sharing.save_password(db.the_connection, "everything", hashed)


async def try_from(app, addresses, way, word):
    found = []
    for address in addresses:
        async with client_from(app, address) as client:
            found.append(await way(client, word))
    return found


@pytest.mark.parametrize("way", [by_page, by_json])
async def test_a_meeting_of_many_gets_in_without_a_wait(app, closed_circle, pauses, way):
    meeting = [f"192.0.2.{number}" for number in range(45)]
    assert await try_from(app, meeting, way, WORDS) == [True] * 45
    hall = ["198.51.100.1"] * 45
    assert await try_from(app, hall, way, WORDS) == [True] * 45
    assert pauses == []


@pytest.mark.parametrize("way", [by_page, by_json])
async def test_whoever_guesses_elsewhere_makes_nobody_wait_who_is_right(
    app, closed_circle, pauses, way
):
    guessers = [f"198.51.100.{number // 10}" for number in range(50)]
    assert not any(await try_from(app, guessers, way, "a wrong one"))
    waited = len(pauses)
    assert waited > 20
    meeting = [f"192.0.2.{number}" for number in range(45)]
    assert await try_from(app, meeting, way, WORDS) == [True] * 45
    assert len(pauses) == waited
