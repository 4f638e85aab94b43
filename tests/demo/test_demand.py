"""The demonstration's demand: what its writers meant is found again, within its intervals."""

import datetime

import numpy as np
import pytest

from analysis.themes.stances import stance_shares
from api import clock
from api.jobs.edition_inputs import text_inputs
from api.jobs.texts import coding, discoveries
from api.operations.answers import submissions
from demo import staff_work
from demo.simulation.texts_and_subjects import TextSimulator
from survey.store.accounts import people
from survey.store.themes import demands
from survey.surveys.responses import Submission
from survey.themes.demands import TAKEN
from tests.people import CINDY, JOAN

LETTERS, OTHERS = 20, 156


@pytest.mark.slow
async def test_the_shares_are_what_its_writers_meant(db):
    writer, truth, voices = TextSimulator(np.random.default_rng(1)), {}, []
    for n in range(LETTERS + OTHERS):
        written = writer.campaign() if n < LETTERS else writer.about_schools()
        truth[written.text] = written.stance
        voices.append(written)
        answers = {"subject": "taser", "story": written.text}
        sent = Submission(area="Hackney", may_quote=True, answers=answers)
        await submissions.submit_response(db, "feedback", sent)
    await coding.code_all(db.the_connection)
    cindy, joan = [
        (await people.by_email(db.the_connection, email)).id for email in (CINDY[0], JOAN[0])
    ]
    await discoveries.save_campaigns(db.the_connection, clock.today())
    meant = {one.text: staff_work.intended_label(one) for one in voices}
    await staff_work.code_campaigns(db.the_connection, meant, by=cindy, approved_by=joan)
    await staff_work.open_demand(db.the_connection, truth, number=7, by=cindy, reported_by=joan)
    [one] = await demands.load_all(db.the_connection)
    # Everything that was written about schools is found, whatever its words.
    assert one.texts == len(voices)
    assert one.labelled == 100
    head = await demands.find_stance_head(db.the_connection, one.id)
    assert head.accuracy.value > 0.6
    inside = clock.now() - datetime.timedelta(days=300), clock.now() + datetime.timedelta(days=1)
    texts = await text_inputs.load_stance_arrays(db.the_connection, one.id, inside)
    taking = [written.stance for written in voices if written.stance in TAKEN]
    for stance, share in stance_shares(texts.of_stream("open")).items():
        assert share.low <= taking.count(stance) / len(taking) <= share.high
