"""A tone head from the labels to the codes of the last year's texts, and back."""

import msgspec
import pytest

from analysis.text.codes import CODER_VERSION
from api.jobs.texts import heads, second_readings
from survey.problems import Conflict
from survey.store import jobs
from survey.store.themes import codes, tone_heads
from survey.themes.codebooks import Passages
from tests.stored import coded_twice, taught_tones
from tests.stored.taught_tones import connection, in_the_year_of_the_texts, tones

__all__ = ["connection", "in_the_year_of_the_texts", "tones"]  # fixtures


@pytest.fixture
async def accounts(connection):
    return await coded_twice.ensure_reviewers(connection)


async def last_tones(connection, texts):
    """Coder version and tone of the last codes of each text."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (text) text::text, coder_version, sentiment ->> 'label' AS tone
          FROM codings WHERE text = ANY($1::uuid[])
         ORDER BY text, codebook DESC, coded_at DESC, coder_version DESC
        """,
        list(texts),
    )
    return {row["text"]: (row["coder_version"], row["tone"]) for row in rows}


async def test_before_any_label_nothing_is_learned(connection):
    assert await heads.learn_tone_head(connection) is None
    assert (await tone_heads.find_reading(connection)).version == 0
    assert await tone_heads.load_curves(connection) == ()


async def test_a_head_is_learned_used_and_left_again(connection, tones, accounts):
    await taught_tones.let_people_code(connection, accounts, tones)
    number = await heads.learn_tone_head(connection)
    newest = await tone_heads.find_newest(connection)
    assert (newest.number, newest.labels) == (number, taught_tones.TEXTS)
    assert newest.checked.beats
    assert newest.checked.before.value == pytest.approx(1 / 3)
    assert [one.stream for one in newest.curves] == ["", "open"]
    # Nothing was coded since, so nothing new is learned.
    assert await heads.learn_tone_head(connection) is None

    before = await last_tones(connection, tones)
    await second_readings.switch_tone_head(connection, number, after=0, by=accounts[0])
    assert [one.kind for one in await jobs.load_pending(connection, ["reread_tones"])]
    assert await second_readings.reread_all(connection) == taught_tones.TEXTS
    read = await last_tones(connection, tones)
    assert {version for version, _ in read.values()} == {f"{CODER_VERSION}+h0001"}
    assert sum(tone == tones[text] for text, (_, tone) in read.items()) > 0.9 * taught_tones.TEXTS
    assert await second_readings.reread_all(connection) == 0

    await second_readings.switch_tone_head(connection, None, after=1, by=accounts[0])
    await second_readings.reread_all(connection)
    back = await last_tones(connection, tones)
    assert {version for version, _ in back.values()} == {f"{CODER_VERSION}+h0002"}
    assert [tone for _, tone in back.values()] == [tone for _, tone in before.values()]
    # An edition that follows one under the head compares the same texts.
    assert await tone_heads.load_tones(connection, list(tones), 1) == {
        text: tone for text, (_, tone) in read.items()
    }
    assert set((await tone_heads.load_tones(connection, list(tones), 0)).values()) == {"neutral"}
    with pytest.raises(Conflict):
        await second_readings.switch_tone_head(connection, number, after=1, by=accounts[0])


async def test_a_new_text_is_read_by_the_head_in_force(connection, tones, accounts):
    await taught_tones.let_people_code(connection, accounts, tones)
    assert await heads.use_newest_head(connection, by=None)
    (made,) = await coded_twice.insert_answers(connection, [([], None)])
    row = await connection.fetchrow(
        """
        SELECT d.redacted, p.reader, p.spans, p.vectors, d.sentiment FROM codings d
          JOIN passages p USING (text) WHERE d.sentiment ->> 'label' = 'negative' LIMIT 1
        """
    )
    coding = taught_tones.machine_coding([], "neutral", 1, CODER_VERSION)
    passages = Passages(reader=row["reader"], spans=((0, 9),), vectors=row["vectors"])
    fresh = msgspec.structs.replace(coding, passages=passages)
    waiting = [codes.UncodedText(made, "They were rude.", "en", "open")]
    (read,) = await second_readings.with_tone_in_force(connection, waiting, [fresh])
    assert (read.coder_version, read.sentiment.label) == (f"{CODER_VERSION}+h0001", "negative")
    assert read.sentiment.shipped.label == "neutral"


async def test_texts_read_by_an_older_coder_are_coded_from_their_words(connection, tones):
    await connection.execute("UPDATE codings SET coder_version = '3'")
    await second_readings.switch_tone_head(connection, None, after=0, by=None)
    assert await second_readings.reread_batch(connection) == taught_tones.TEXTS
    assert await codes.count_waiting(connection) == taught_tones.TEXTS
    assert await second_readings.reread_batch(connection) == 0
