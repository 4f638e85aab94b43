"""The demonstration's staff give a campaign its true tone and themes; its words are approved."""

import numpy as np

from api import clock
from api.jobs.texts import campaigns
from demo import staff_work
from demo.simulation.writing import TextSimulator
from survey.store.accounts import people
from survey.store.coding import campaigns as campaign_store
from survey.store.coding import quotes
from tests.people import CINDY, JOAN
from tests.stored.coded_texts import send_coded_answer


async def test_the_letter_gets_the_tone_that_its_writers_meant(db):
    writer, truth = TextSimulator(np.random.default_rng(1)), {}
    for _ in range(12):
        letter = writer.campaign()
        truth[letter.text] = staff_work.intended_label(letter)
        await send_coded_answer(db, letter.text, may_quote=True, label="positive")
    await campaigns.save_campaigns(db.the_connection, clock.today())
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
