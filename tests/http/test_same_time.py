"""Whether a number has a case can be told neither by the answer nor by the time it takes."""

import random
import time

from scipy import stats

from survey.receipts import case_number
from tests.http.forms import token_on
from tests.lodged import lodged

PAIRS = 60
LEAST = 1e-4  # by chance a run fails once in ten thousand
FURTHEST = 0.1  # of the medians


def numbers_of_nobody(known):
    chance = random.Random(7)
    while True:
        number = case_number("".join(chance.choices("23456789ABCDEFGH", k=7)))
        if number not in known:
            yield number


async def seconds(client, token, number):
    form = {"_csrf_token": token, "number": number, "passphrase": "acid acorn acre acts afar"}
    begun = time.perf_counter()
    page = await client.post("/case", data=form)
    assert page.status_code == 422
    return time.perf_counter() - begun


async def test_wrong_numbers_and_wrong_passphrases_take_the_same_time(client, db):
    known = [(await lodged(db)).reference for _ in range(PAIRS)]
    nobody = numbers_of_nobody(set(known))
    token = await token_on(client, "/case")
    await seconds(client, token, next(nobody))
    there, missing = [], []
    for number in known:  # by turns, so that whatever else the machine does falls on both
        there.append(await seconds(client, token, number))
        missing.append(await seconds(client, token, next(nobody)))
    apart = stats.mannwhitneyu(there, missing).pvalue
    medians = [sorted(times)[PAIRS // 2] for times in (there, missing)]
    assert apart > LEAST
    assert abs(medians[0] / medians[1] - 1) < FURTHEST


async def test_a_difference_of_one_check_would_be_seen(client, db, monkeypatch):
    """The other way round: were unknown numbers refused at once, the same test would tell."""
    from api import people

    monkeypatch.setattr(people, "verify", shortcut(people.verify, people.NOBODY))
    known = [(await lodged(db)).reference for _ in range(12)]
    nobody = numbers_of_nobody(set(known))
    token = await token_on(client, "/case")
    there = [await seconds(client, token, number) for number in known]
    missing = [await seconds(client, token, next(nobody)) for _ in known]
    assert stats.mannwhitneyu(there, missing).pvalue < LEAST


def shortcut(verify, nobody):
    async def answered(password_hash, password):
        return password_hash != nobody and await verify(password_hash, password)

    return answered
