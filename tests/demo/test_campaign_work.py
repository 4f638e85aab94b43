"""The demonstration's staff give a campaign its true tone and themes; its words are approved."""

import datetime
import functools

import numpy as np
import pytest

from api import clock
from api.jobs.texts import discoveries
from demo import staff_work
from demo.simulation.texts_and_subjects import TextSimulator
from survey.problems import Conflict
from survey.store.accounts import people
from survey.store.themes import campaigns as campaign_store
from survey.store.themes import quotes
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import send_coded_answer


async def test_the_letter_gets_the_tone_that_its_writers_meant(db):
    writer, truth = TextSimulator(np.random.default_rng(1)), {}
    for _ in range(12):
        letter = writer.campaign()
        truth[letter.text] = staff_work.intended_label(letter)
        await send_coded_answer(db, letter.text, may_quote=True, label="positive")
    await discoveries.save_campaigns(db.the_connection, clock.today())
    cindy, joan = [
        (await people.by_email(db.the_connection, email)).id for email in (CINDY[0], JOAN[0])
    ]
    await staff_work.code_campaigns(db.the_connection, truth, by=cindy, approved_by=joan)
    [one] = await campaign_store.load_all(db.the_connection)
    assert (one.coding.name, one.coding.tone) == ("no Taser in schools", "negative")
    assert one.coding.themes == ("young-people",)
    [quote] = await quotes.load_all(db.the_connection, 9)
    assert quote.approved_at is not None
    assert "inside our schools" in quote.text.redacted[quote.start_at : quote.end_at]


async def test_a_quote_of_the_demonstration_is_proposed_and_approved_by_two_people(db):
    said = "They are afraid of the police on their way to school. It was on Monday, at noon."
    _, text = await send_coded_answer(db, said, may_quote=True)
    [themes] = await db.the_connection.fetch("SELECT themes FROM codings WHERE text = $1", text)
    theme = themes["themes"][0]["theme"]
    cindy, joan = [
        (await people.by_email(db.the_connection, email)).id for email in (CINDY[0], JOAN[0])
    ]
    tomorrow = clock.today() + datetime.timedelta(days=1)
    choose = functools.partial(staff_work.choose_quote, db.the_connection, theme, tomorrow)
    await choose(by=cindy, approved_by=joan)
    with pytest.raises(Conflict) as refused:
        await choose(by=cindy, approved_by=cindy)
    assert refused.value.code == "quote.own"
    found = await quotes.load_all(db.the_connection, 9)
    people_of_approved = [(one.proposed_by, one.approved_by) for one in found if one.approved_at]
    assert people_of_approved == [(CINDY[1], JOAN[1])]
