"""Texts chosen to teach: they are coded like the others, and no figure comes from their labels."""

import asyncpg
import msgspec
import pytest

from api.jobs.edition_inputs import editions
from api.jobs.texts import discoveries
from api.jobs.texts import double_coding as job
from survey.store import places
from survey.store.themes import codebooks, double_coding
from survey.themes.double_coding import PURPOSES
from tests.stored import coded_twice
from tests.stored.coded_twice import (
    DAY,
    QUARTER,
    code_as_person,
    insert_answers,
    label,
    save_readings,
)

DRAWN, TEACHING = 110, 15


@pytest.fixture
async def connection(db):
    return db.the_connection


@pytest.fixture
async def themes(connection):
    return await coded_twice.load_theme_ids(connection)


@pytest.fixture
async def people(connection):
    return await coded_twice.ensure_reviewers(connection)


@pytest.fixture
async def sample(connection, themes):
    """Texts of a quarter: those drawn by chance, then those chosen to teach."""
    every = await insert_answers(
        connection, [([themes[n % 4]] if n % 9 else [], "negative") for n in range(DRAWN)]
    )
    taught = await insert_answers(connection, [([themes[5]], "positive")] * TEACHING)
    await double_coding.insert_sample(
        connection,
        QUARTER,
        [double_coding.PickedText(text, "open/en/none", 0.5) for text in every],
        teaching=taught,
        seed=1,
        codebook=(await codebooks.get_newest(connection)).version,
        texts=2 * DRAWN,
    )
    return every, taught


async def code_texts(connection, people, texts, says):
    for account in people[:2]:
        for text in texts:
            await double_coding.insert_label(connection, text, says, by=account)


async def published_figures(connection):
    """An edition, the results page's figures and the status that themes are shown by."""
    # Taken back, so that the next one is not an edition after this one.
    attempt = connection.transaction()
    await attempt.start()
    made, _ = await editions.make_edition(connection, "monthly", DAY.replace(day=1))
    await attempt.rollback()
    areas = (await places.get_city(connection)).local_areas()
    found = await job.quarter_results(connection, QUARTER, areas)
    # The hash of the inputs is salted by chance.
    made = msgspec.structs.replace(made, inputs_sha256="")
    return made, found, await job.judge_reading(connection)


@pytest.mark.slow
async def test_labels_of_teaching_texts_change_no_figure(connection, people, themes, sample):
    """They say the contrary of everything that the machine read in their texts."""
    drawn, taught = sample
    await code_texts(connection, people, drawn, label([themes[0]], "negative"))
    before = await published_figures(connection)
    assert before[0].accuracy.labels == DRAWN
    await code_texts(connection, people, taught, label([themes[7], themes[6]], "negative"))
    assert await published_figures(connection) == before


async def test_a_quarter_is_drawn_by_chance_and_then_chosen_to_teach(connection, monkeypatch):
    monkeypatch.setattr(job, "SAMPLE_SIZE", 10)
    monkeypatch.setattr(discoveries, "TEACHING_SIZE", 6)
    texts = await insert_answers(connection, [([], None)] * 30)
    unread = await insert_answers(connection, [([], None)] * 4)
    await save_readings(connection, texts)
    assert await job.draw_sample(connection, QUARTER, seed=3) == 10 + 3
    rows = await connection.fetch(
        "SELECT text::text, purpose, probability FROM double_coding_texts"
    )
    taught = {row["text"] for row in rows if row["purpose"] == "teach"}
    # Of the six only three, because nothing was in doubt about themes.
    assert len(taught) == 3
    assert not taught & set(unread)
    drawn = [row for row in rows if row["purpose"] == "estimate"]
    assert sum(1 / row["probability"] for row in drawn) == pytest.approx(34)


async def test_only_a_reader_who_asks_gets_the_teaching_texts(connection, people, themes, sample):
    drawn, taught = sample
    await code_texts(connection, people, [drawn[0], *taught[:2]], label([themes[7]]))
    version = (await codebooks.get_newest(connection)).version
    assert [one.text for one in await double_coding.load_coded_twice(connection, version)] == [
        drawn[0]
    ]
    every = await double_coding.load_coded_twice(connection, version, PURPOSES)
    weight = {one.text: one.weight for one in every}
    assert {weight[text] for text in taught[:2]} == {0.0}
    assert weight[drawn[0]] == 2.0 * DRAWN


async def test_a_teaching_text_that_was_misread_may_become_an_example(
    connection, people, themes, sample
):
    _, taught = sample
    await code_texts(connection, people, taught[:1], label([themes[7]]))
    found = await job.find_misread_texts(connection, await codebooks.get_newest(connection))
    assert [text for text, _ in found.missed[themes[7]]] == taught[:1]
    assert [text for text, _ in found.mistaken[themes[5]]] == taught[:1]


async def test_a_teaching_text_has_no_probability(connection, sample):
    [text] = await insert_answers(connection, [([], "neutral")])
    with pytest.raises(asyncpg.CheckViolationError):
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO double_coding_texts (text, quarter, stratum, probability, purpose)"
                " VALUES ($1::uuid, $2, 'open/en/none', 0.5, 'teach')",
                text,
                QUARTER,
            )


async def test_both_parts_come_mixed_in_an_order_that_chance_gave(connection, people, sample):
    _, taught = sample
    orders = []
    for account in people[:2]:
        seen = []
        await code_as_person(
            connection, account, lambda text, seen=seen: seen.append(text) or label()
        )
        orders.append(seen)
    for seen in orders:
        places_of_teaching = [n for n, text in enumerate(seen) if text in taught]
        assert len(places_of_teaching) == TEACHING
        # Neither first nor last: of 15 places by chance among 125, none lies so far to one side.
        assert 30 < sum(places_of_teaching) / TEACHING < 95
    assert orders[0] != orders[1]
