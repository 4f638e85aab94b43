"""New codebook versions over the same texts: counted in the newest, recoded, nothing lost."""

import datetime
import signal

import msgspec
import pytest

from analysis.text.model import mpnet, passages, reading
from analysis.themes import codebook
from api import clock
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.jobs.kinds import last_week, this_week
from api.jobs.texts import codebook_versions
from api.jobs.texts.coding import cached_coder
from api.operations.answers import submissions
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.installation import choose_theme_reader
from survey.store import jobs
from survey.store.themes import codebooks, codes, double_coding, recodings, texts, tone_heads
from survey.surveys.responses import Submission
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import Coding, Merge, Retire, Sentiment, Split, Theme, ThemeCode
from survey.themes.proposals import NewTheme
from tests import alone
from tests.jobs import run_all_jobs
from tests.waiting import until

YOUNG, FAIR, SAFER = "young-people", "fairness-between-groups", "feeling-safer"
FOLD = Merge(theme=YOUNG, into=FAIR)
PARTS = tuple(
    Theme(id=name, name={"en": name}, description="A part.", examples=()) for name in ("p1", "p2")
)
DIVIDE = Split(theme=FAIR, parts=PARTS)
YEAR = datetime.timedelta(days=366)
CALM = Sentiment(label="positive", polarity=0.5, subjectivity=0.1, words=(("calm", 0.3),))


@pytest.fixture(scope="module")
async def dsn(server):
    """A database of its own, so that the codebook can get new versions."""
    async with alone.create_database(server, "alone_and_re_coded") as dsn:
        yield dsn


def theme_coding(*spoken_of, version=1, **given):
    codes = tuple(ThemeCode(theme, 0.9) for theme in spoken_of)
    plain = {"language": "en", "redacted": "They were calm.", "spans": (), "sentiment": CALM}
    made = {"coder": "soundings.text", "coder_version": "1", "codebook": version}
    return Coding(**(plain | made | {"themes": codes} | given))


async def insert_coded_texts(db, *codings):
    """Submit a text for each coding, store the codings, and return the ids of the texts."""
    said = {"subject": "taser", "story": "They were calm."}
    for _ in codings:
        await submissions.submit_response(db, "feedback", Submission(area="Hackney", answers=said))
    async with db.connection() as connection:
        rows = await connection.fetch("SELECT id FROM texts WHERE due ORDER BY id")
        ids = [row["id"] for row in rows]
        await codes.save(connection, ids, list(codings))
    return ids


async def accept_edits(connection, *edits, note=""):
    draft = next_draft(await codebooks.get_newest(connection))
    for edit in edits:
        draft = apply_edit(draft, edit)
    await codebooks.save_draft(connection, draft, revision=0, by=None)
    return await codebook_versions.accept_draft(connection, by=None, note=note)


async def weekly_inputs(connection):
    start, today = this_week(clock.today()), clock.today()
    return await load_edition_inputs(connection, "weekly", (start, today), number=1, as_of=today)


async def texts_by_theme(connection):
    """How many texts are about each theme in the inputs of an edition, without zeros."""
    found = await weekly_inputs(connection)
    counts = found.texts.spoken.sum(axis=0)
    return {theme: int(n) for (theme, _), n in zip(found.themes, counts, strict=True) if n}


FIRST_CODINGS = [
    theme_coding(YOUNG),
    theme_coding(YOUNG, FAIR),
    theme_coding(FAIR),
    theme_coding(SAFER),
    theme_coding(),
]


async def test_older_codes_count_under_the_themes_in_force(db):
    await insert_coded_texts(db, *FIRST_CODINGS)
    assert await texts_by_theme(db.the_connection) == {YOUNG: 2, FAIR: 2, SAFER: 1}
    await accept_edits(db.the_connection, FOLD)
    assert await texts_by_theme(db.the_connection) == {FAIR: 3, SAFER: 1}


async def test_a_split_theme_keeps_its_texts_until_they_are_re_coded(db):
    await insert_coded_texts(db, *FIRST_CODINGS)
    await accept_edits(db.the_connection, FOLD)
    await accept_edits(db.the_connection, DIVIDE)
    assert await texts_by_theme(db.the_connection) == {FAIR: 3, SAFER: 1}
    assert (FAIR, "Fairness between groups") in (await weekly_inputs(db.the_connection)).themes


async def test_texts_of_a_retired_theme_count_under_no_theme(db):
    await insert_coded_texts(db, *FIRST_CODINGS)
    await accept_edits(db.the_connection, Retire(theme=YOUNG))
    assert await texts_by_theme(db.the_connection) == {FAIR: 2, SAFER: 1}


async def test_each_text_counts_once_by_its_newest_codes(db):
    ids = await insert_coded_texts(db, *FIRST_CODINGS)
    await accept_edits(db.the_connection, FOLD)
    await codes.save(db.the_connection, ids[:1], [theme_coding(SAFER, version=2)])
    assert len((await weekly_inputs(db.the_connection)).texts.spoken) == len(ids)
    assert await texts_by_theme(db.the_connection) == {FAIR: 2, SAFER: 2}


SAID = [
    "Kids round here grow up scared of the police instead of trusting them.",
    "Black men get treated worse than white men for the same thing.",
    "us youngers get moved on just for standing there",
    "The bus was late again.",
]


def machine_codings(texts, book):
    """Codings that the coder of a codebook version makes of texts, with their passages."""
    found = [
        passages.pack_passages(reading.VERSION, one) for one in reading.read_texts(texts).placed
    ]
    themes = cached_coder(msgspec.json.encode(book)).assign(texts, found)
    return [
        theme_coding(redacted=text, themes=codes, passages=one)
        for text, codes, one in zip(texts, themes, found, strict=True)
    ]


async def themes_in_version(connection, version):
    """The themes of each text of SAID under one version, None where it has no codes."""
    rows = await connection.fetch(
        "SELECT redacted, jsonb_path_query_array(themes, '$[*].theme') AS themes FROM codings"
        " WHERE codebook = $1",
        version,
    )
    found = {row["redacted"]: row["themes"] for row in rows}
    return [found.get(text) for text in SAID]


@pytest.mark.slow
async def test_kept_passages_are_re_coded_and_what_moved_is_logged(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID, codebook.STARTING_CODEBOOK))
    before = await themes_in_version(connection, 1)
    book = await accept_edits(connection, FOLD)
    await run_all_jobs(db)
    after = await themes_in_version(connection, 2)
    assert YOUNG in before[0]
    assert await themes_in_version(connection, 1) == before
    assert [set(one) for one in after] == [
        {code.theme for code in made.themes} for made in machine_codings(SAID, book)
    ]
    moved = await recodings.load_shifts(connection, 2)
    assert (YOUNG, FAIR, sum(YOUNG in one for one in before)) in moved


@pytest.mark.slow
async def test_re_coding_copies_everything_but_the_themes(db):
    connection = db.the_connection
    (one,) = await insert_coded_texts(db, *machine_codings(SAID[:1], codebook.STARTING_CODEBOOK))
    await accept_edits(connection, FOLD)
    await run_all_jobs(db)
    query = "SELECT * FROM codings WHERE text = $1 ORDER BY codebook"
    old, new = (dict(row) for row in await connection.fetch(query, one))
    assert (old.pop("codebook"), new.pop("codebook")) == (1, 2)
    assert old.pop("themes") != new.pop("themes")
    assert old == new


@pytest.mark.slow
async def test_a_text_is_re_coded_once(db):
    await insert_coded_texts(db, *machine_codings(SAID, codebook.STARTING_CODEBOOK))
    await accept_edits(db.the_connection, FOLD)
    assert await codebook_versions.recode_all(db.the_connection) == len(SAID)
    assert await codebook_versions.recode_all(db.the_connection) == 0


async def test_a_text_without_passages_is_read_again(db):
    connection = db.the_connection
    await insert_coded_texts(db, theme_coding(YOUNG))
    await connection.execute("TRUNCATE jobs")
    await accept_edits(connection, FOLD)
    assert await codebook_versions.recode_batch(connection) == 1
    assert await codes.count_waiting(connection) == 1
    assert await codebook_versions.recode_batch(connection) == 0
    kinds = await connection.fetch("SELECT kind FROM jobs ORDER BY 1")
    assert [row["kind"] for row in kinds] == ["code_texts", "recode_texts"]


@pytest.mark.slow
async def test_what_was_said_long_ago_keeps_its_codes(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID, codebook.STARTING_CODEBOOK))
    await connection.execute("UPDATE responses SET received_at = received_at - interval '62 weeks'")
    await accept_edits(connection, FOLD)
    assert await codebook_versions.recode_all(connection) == 0


@pytest.mark.slow
async def test_a_preview_tells_what_would_move_and_keeps_nothing(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID, codebook.STARTING_CODEBOOK))
    draft = apply_edit(next_draft(await codebooks.get_newest(connection)), FOLD)
    found = await codebook_versions.work_out_effect(connection, draft)
    ids = {text for theme in found.themes for text in (*theme.gained, *theme.lost)}
    words = await texts.load_redacted(connection, sorted(ids))
    effects = {effect.theme: effect for effect in found.themes}
    assert found.texts == len(SAID)
    assert (effects[YOUNG].after, effects[FAIR].lost) == (0, ())
    assert SAID[0] in [words[text] for text in effects[YOUNG].lost]
    assert SAID[0] in [words[text] for text in effects[FAIR].gained]
    assert await themes_in_version(connection, 2) == [None] * len(SAID)


HORSES = [
    "The police horses left a mess all over our road",
    "Mounted officers on horses charged into the crowd",
    "My children love to stroke the police horses",
    "Horses have no place in a city demonstration",
    "A police horse kicked my bicycle",
    "The horses at the football match kept people calm",
    "Please bring back the mounted section, the horses are lovely",
    "It is cruel to take horses into a riot",
    "The horse manure on the high street is never cleaned up",
    "Police on horses looked very impressive at the parade",
]


async def test_what_comes_up_is_proposed_once_and_quoted_by_its_texts(db):
    connection = db.the_connection
    usual = [text for theme in codebook.STARTING_CODEBOOK.themes[:3] for text in theme.examples]
    await insert_coded_texts(db, *machine_codings(usual, codebook.STARTING_CODEBOOK))
    await connection.execute("UPDATE responses SET received_at = received_at - interval '3 weeks'")
    await insert_coded_texts(db, *machine_codings(HORSES, codebook.STARTING_CODEBOOK))
    before = await connection.fetch("SELECT * FROM codings ORDER BY text")
    for _ in range(2):
        await jobs.enqueue(connection, "propose_themes", str(this_week(clock.today())))
    await run_all_jobs(db)
    found = [one.proposal for one in await codebooks.load_open_proposals(connection)]
    (new,) = [one for one in found if isinstance(one, NewTheme)]
    assert set(new.theme.quotes) <= set(HORSES)
    assert len(new.theme.quotes) >= 3
    assert await connection.fetch("SELECT * FROM codings ORDER BY text") == before


async def test_from_week_to_week_no_accepted_theme_changes(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID[:2], codebook.STARTING_CODEBOOK))
    before = await connection.fetch("SELECT * FROM codings ORDER BY text")
    for week in range(4):
        key = str(last_week(clock.today()) - datetime.timedelta(weeks=week))
        await jobs.enqueue(connection, "propose_themes", key)
        await insert_coded_texts(db, *machine_codings(SAID[2:], codebook.STARTING_CODEBOOK))
        await run_all_jobs(db)
    assert await jobs.load_waiting(connection) == []
    old = [row["text"] for row in before]
    again = "SELECT * FROM codings WHERE text = ANY($1) ORDER BY text"
    assert await connection.fetch(again, old) == before


async def wait_until_blocked(asked):
    """Wait until a worker has stored codes and waits for the lock to log the changes."""
    waits = (
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'recodings'"
    )
    return await until(asked, waits)


@pytest.mark.slow
async def test_kill_9_between_codes_and_log_loses_neither(dsn, pool, asked, tmp_path):
    async with pool.connection() as connection:
        await insert_coded_texts(pool, *machine_codings(SAID, codebook.STARTING_CODEBOOK))
        draft = apply_edit(next_draft(await codebooks.get_newest(connection)), FOLD)
        await codebooks.insert(connection, draft)
        await jobs.enqueue(connection, "recode_texts")
        with alone.run_command(dsn, tmp_path, "worker") as process:
            async with connection.transaction():
                await connection.execute("LOCK TABLE recodings")
                number = await wait_until_blocked(asked)
                process.send_signal(signal.SIGKILL)
                await asked("SELECT pg_terminate_backend($1)", number)
        assert await recodings.load_shifts(connection, draft.version) == []
        assert await themes_in_version(connection, draft.version) == [None] * len(SAID)
        await run_all_jobs(pool)
        assert None not in await themes_in_version(connection, draft.version)
        moved = await recodings.load_shifts(connection, draft.version)
    assert (YOUNG, FAIR) in [(was, became) for was, became, _ in moved]


async def test_what_an_older_reader_read_is_read_again(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID[:1], codebook.STARTING_CODEBOOK))
    await connection.execute("UPDATE passages SET reader = 'another model'")
    await accept_edits(connection, FOLD)
    assert await codebook_versions.recode_batch(connection) == 1
    assert await codes.count_waiting(connection) == 1


async def test_what_an_absent_reader_read_keeps_its_codes(db):
    connection = db.the_connection
    await insert_coded_texts(db, *machine_codings(SAID[:1], codebook.STARTING_CODEBOOK))
    readers = recodings.PassageReaders([], [reading.VERSION])
    long_ago = clock.now() - datetime.timedelta(weeks=1)
    assert await recodings.claim_texts(connection, 2, long_ago, readers, 10) == []


async def test_a_second_reader_reads_texts_again_and_its_vectors_are_used(db):
    """Until it has read a text, the text has no vectors that it could be coded from."""
    connection = db.the_connection
    first, second = machine_codings(SAID[:2], codebook.STARTING_CODEBOOK)
    by_second = msgspec.structs.replace(second.passages, reader="mpnet, say")
    second = msgspec.structs.replace(second, theme_passages=by_second)
    await insert_coded_texts(db, first, second)
    long_ago = clock.now() - datetime.timedelta(weeks=1)
    readers = recodings.PassageReaders(["mpnet, say"], [])
    found = await recodings.claim_texts(connection, 2, long_ago, readers, 10)
    assert {one.redacted: one.passages for one in found} == {SAID[0]: None, SAID[1]: by_second}
    latest = await recodings.load_latest(connection, readers, PERCEPTION_SURVEY, 10)
    assert [(one.redacted, one.passages) for one in latest] == [(SAID[1], by_second)]
    readers = recodings.PassageReaders([reading.VERSION], [])
    found = await recodings.claim_texts(connection, 2, long_ago, readers, 10)
    assert {one.passages.reader for one in found} == {reading.VERSION}


async def test_vectors_of_a_second_reader_end_with_the_coding_they_belong_to(db):
    connection = db.the_connection
    (one,) = machine_codings(SAID[:1], codebook.STARTING_CODEBOOK)
    ids = await insert_coded_texts(db, msgspec.structs.replace(one, theme_passages=one.passages))
    assert await connection.fetchval("SELECT count(*) FROM theme_passages") == 1
    await codes.save(connection, ids, [msgspec.structs.replace(one, coder_version="a later one")])
    assert await connection.fetchval("SELECT count(*) FROM theme_passages") == 0


@pytest.mark.parametrize("installed", [True, False])
def test_the_readers_in_use_are_those_that_are_set_and_installed(installed, monkeypatch):
    monkeypatch.setattr(mpnet, "is_installed", lambda: installed)
    choose_theme_reader(mpnet=True)
    try:
        english = codebook_versions.passage_readers().present[0]
    finally:
        choose_theme_reader(mpnet=False)
    assert english == (mpnet.READER if installed else reading.VERSION)
    assert codebook_versions.passage_readers().present[0] == reading.VERSION


async def claim_waiting(connection):
    await connection.execute("UPDATE texts SET due = true")
    return await codes.claim_texts(connection, 10)


async def claim_to_recode(connection):
    readers = codebook_versions.passage_readers()
    return await recodings.claim_texts(connection, 2, clock.now() - YEAR, readers, 10)


async def claim_to_reread(connection):
    return await tone_heads.claim_texts(connection, "another reading", clock.now() - YEAR, 10)


@pytest.mark.parametrize("claim", [claim_waiting, claim_to_recode, claim_to_reread])
async def test_a_sample_is_drawn_while_the_worker_reads_its_texts(pool, claim):
    """The worker reads for minutes; whoever drew a sample meanwhile waited for all of it."""
    [text] = await insert_coded_texts(pool, theme_coding(YOUNG))
    picks = [double_coding.PickedText(str(text), "open", 1.0)]
    quarter = datetime.date(2026, 1, 1)
    async with (
        pool.connection() as worker,
        worker.transaction(),
        pool.connection() as reviewer,
    ):
        assert [row.id for row in await claim(worker)] == [text]
        drawing = reviewer.transaction()
        await drawing.start()
        await reviewer.execute("SET LOCAL lock_timeout = '1s'")
        assert await double_coding.insert_sample(
            reviewer, quarter, picks, seed=1, codebook=1, texts=1
        )
        await drawing.rollback()
