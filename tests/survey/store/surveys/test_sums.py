"""Stored sums always equal sums rebuilt from nothing, whatever happened before."""

import asyncio
import contextlib
import datetime
import random
import uuid

import asyncpg
import msgspec
import pytest

from api.operations import imports
from survey.problems import Conflict
from survey.store.answers import erasure, responses, sums
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from survey.surveys.sums import SumLayout, span_start
from tests import alone
from tests.waiting import until

AREAS = ("E09000012", "E09000022", "E09000001")
KINDS = {
    "age": ("16-24", "75+", "prefer_not_to_say"),
    "sex": ("female", "male"),
    "ethnicity": ("black", "white"),
    "disability": ("yes", "no"),
}
PSUS = ("ward 1", 'ward "2"', "ward\\3", "{4,5}", "")
FEEDBACK = next(one.version for one in load_ready_instruments() if one.slug == "feedback")
SAMPLED = next(one.version for one in load_ready_instruments() if one.slug == "taser-trial")
SURVEYS = [("taser-trial", SAMPLED), ("taser-trial", SAMPLED + 1), ("feedback", FEEDBACK)]
HEAD = "source,start,end,area,measure,tactic,group,count\n"
FIRST = datetime.date(2025, 12, 27)  # a week that lies in two months, and two years, follows


@pytest.fixture
async def forms(db):
    """The ready surveys, and a second version of the sampled one that asks for less."""
    found = await instruments.load_versions(db.the_connection)
    first = found["taser-trial", SAMPLED]
    items = tuple(item for item in first.items if item.name != "training")
    await instruments.insert(
        db.the_connection, msgspec.structs.replace(first, version=SAMPLED + 1, items=items)
    )
    return await instruments.load_versions(db.the_connection)


class RandomHistory:
    """Applies random events: responses, summing, edits, erasures and restated figures."""

    def __init__(self, connection, forms, seed):
        self.connection, self.forms, self.random = connection, forms, random.Random(seed)
        self.references = []

    async def next(self):
        steps = (self.answer, self.answer, self.add, self.edit, self.erase, self.restate)
        await self.random.choice(steps)()

    async def answer(self):
        rows = [self.row() for _ in range(self.random.randint(1, 9))]
        self.references += [row[1] for row in rows]
        await responses.copy_responses_in(self.connection, rows)

    def row(self):
        slug, version = self.random.choice(SURVEYS)
        mode = self.forms[slug, version].mode
        ward, chance = self.random.choice(PSUS), self.random.choice((0.1, 1 / 3))
        drawn = (self.random.choice(AREAS), ward, chance)
        day = FIRST + datetime.timedelta(days=self.random.randint(0, 10))
        moment = datetime.datetime(day.year, day.month, day.day, 23, tzinfo=datetime.UTC)
        ident = uuid.UUID(int=self.random.getrandbits(128), version=4)
        return (
            *(ident, f"R{ident.hex}", slug, version, mode, self.random.choice(AREAS), "en"),
            *(self.answers(slug, version), *(drawn if mode == "sampled" else (None,) * 3), moment),
        )

    def answers(self, slug, version):
        kinds = {name: self.random.choice(of) for name, of in KINDS.items() if self.often()}
        likert = self.forms[slug, version].likert()
        return kinds | {name: self.random.randint(1, 5) for name in likert if self.often()}

    def often(self):
        return self.random.random() < 0.8

    async def add(self):
        await sums.sum_batch(self.connection, self.random.choice((3, 500)))

    async def edit(self):
        if not self.references:
            return
        reference = self.random.choice(self.references)
        await sums.subtract_response(self.connection, reference)
        await self.connection.execute(
            "UPDATE responses SET answers = $2, area = $3 WHERE reference = $1",
            *(reference, self.answers("taser-trial", SAMPLED), self.random.choice(AREAS)),
        )

    async def erase(self):
        if self.references:
            gone = self.references.pop(self.random.randrange(len(self.references)))
            assert await erasure.erase(self.connection, gone) == "response"

    async def restate(self):
        known = datetime.date(2024, 3, self.random.randint(1, 28))
        count = self.random.randint(0, 90)
        row = f"Force A,2024-01-01,2024-01-31,Hackney,incidents,drawn,all,{count}\n"
        with contextlib.suppress(Conflict):
            await imports.import_figures(
                self.connection, "deployments", f"{count}.csv", (HEAD + row).encode(), known
            )


@pytest.mark.parametrize("seed", range(12))
async def test_kept_sums_are_those_made_from_nothing(db, forms, seed):
    happening = RandomHistory(db.the_connection, forms, seed)
    for _ in range(40):
        await happening.next()
    while await sums.sum_batch(db.the_connection, 7):
        pass
    cells = await sums.load_all(db.the_connection)
    assert await sums.rebuild(db.the_connection) == len(happening.references)
    assert cells == await sums.load_all(db.the_connection)
    assert sum(cell.persons for cell in cells) == len(happening.references)


async def test_a_cell_holds_what_its_people_answered(db, forms):
    happening = RandomHistory(db.the_connection, forms, seed=5)
    for _ in range(30):
        await happening.answer()
    await sums.rebuild(db.the_connection)
    cells = [
        one
        for one in await sums.load_all(db.the_connection)
        if (one.alike.instrument, one.alike.version) == ("taser-trial", SAMPLED)
    ]
    layout = SumLayout(forms["taser-trial", SAMPLED])
    answered, total, squares, agree, disagree = (
        sum(one.sums[layout.item("force_fair") + at] for one in cells) for at in range(5)
    )
    theirs = await db.the_connection.fetch(
        "SELECT (answers ->> 'force_fair')::int AS x FROM responses"
        " WHERE instrument = 'taser-trial' AND version = $1 AND answers ? 'force_fair'",
        SAMPLED,
    )
    xs = [row["x"] for row in theirs]
    assert (answered, total, squares) == (len(xs), sum(xs), sum(x * x for x in xs))
    assert (agree, disagree) == (sum(x > 3 for x in xs), sum(x < 3 for x in xs))


@pytest.mark.parametrize(
    "statement", ["DELETE FROM responses", "UPDATE responses SET answers = '{}'"]
)
async def test_what_is_summed_neither_goes_nor_changes_unnoticed(db, forms, statement):
    await RandomHistory(db.the_connection, forms, seed=1).answer()
    await sums.sum_batch(db.the_connection, 500)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="take it out first"):
        async with db.the_connection.transaction():
            await db.the_connection.execute(statement)


async def test_an_estimated_week_is_forgotten_when_its_answers_change(db, forms):
    happening = RandomHistory(db.the_connection, forms, seed=3)
    for _ in range(20):
        await happening.answer()
    await sums.rebuild(db.the_connection)
    weeks = {
        FIRST - datetime.timedelta(days=FIRST.weekday()) + datetime.timedelta(weeks=n)
        for n in (0, 1, 2)
    }
    for week in weeks:
        await sums.save_week(db.the_connection, week, "basis", {})
    day = await db.the_connection.fetchval(
        "SELECT received_at::date FROM responses WHERE reference = $1", happening.references[0]
    )
    await erasure.erase(db.the_connection, happening.references[0])
    left = set(await sums.load_saved_weeks(db.the_connection, "basis", dict))
    assert weeks - left == {day - datetime.timedelta(days=day.weekday())}


INSERT = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers)
    SELECT $1, slug, version, mode, 'E09000012', 'en', '{"subject": "taser"}'
      FROM instruments WHERE slug = 'feedback' ORDER BY version DESC LIMIT 1
"""
WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"


async def rebuild(connection):
    async with connection.transaction():
        return await sums.rebuild(connection)


async def test_no_week_is_kept_while_somebody_changes_sums(server):
    async with alone.create_database(server, "sums_of_two") as dsn:
        coder, editor, watcher = [await alone.connect(dsn) for _ in range(3)]
        await coder.execute(
            "INSERT INTO responses (reference, instrument, version, mode, area, language, answers)"
            " VALUES ('R1', 'feedback', "
            " (SELECT max(version) FROM instruments WHERE slug = 'feedback'),"
            " 'open', 'E09000012', 'en', '{}')"
        )
        async with editor.transaction():
            async with coder.transaction():
                assert await sums.sum_batch(coder, 500) == 1
                assert not await sums.try_lock_weeks(editor)
            assert await sums.try_lock_weeks(editor)
            await sums.save_week(editor, FIRST - datetime.timedelta(days=5), "basis", {})
            later = asyncio.create_task(rebuild(coder))
            # By a third connection: within a transaction, pg_stat_activity never changes.
            await until(watcher.fetchval, WAITS, coder.get_server_pid())
            assert not later.done()
        await later
        for one in (coder, editor, watcher):
            await one.close()


async def test_a_rebuild_waits_for_a_worker_that_has_counted_and_not_yet_summed(
    server, monkeypatch
):
    add = sums.add_cells
    async with alone.create_database(server, "rebuild_and_worker") as dsn:
        worker, rebuilder, watcher = [await alone.connect(dsn) for _ in range(3)]
        await watcher.execute(INSERT, "summed")
        assert await sums.sum_batch(watcher, 500) == 1
        await watcher.execute(INSERT, "waiting")

        rebuilding = []

        async def add_once_the_rebuild_waits(connection, cells):
            if connection is worker:
                rebuilding.append(asyncio.create_task(rebuild(rebuilder)))
                await until(watcher.fetchval, WAITS, rebuilder.get_server_pid())
            await add(connection, cells)

        monkeypatch.setattr(sums, "add_cells", add_once_the_rebuild_waits)
        async with worker.transaction():
            assert await sums.sum_batch(worker, 500) == 1
        assert await rebuilding[0] == 2
        assert sum(one.persons for one in await sums.load_all(watcher)) == 2
        for one in (worker, rebuilder, watcher):
            await one.close()


async def erase(connection, reference):
    async with connection.transaction():
        return await erasure.erase(connection, reference)


async def test_an_answer_can_be_erased_while_a_worker_adds_it(server):
    async with alone.create_database(server, "erased_and_added") as dsn:
        worker, eraser, watcher = [await alone.connect(dsn) for _ in range(3)]
        await watcher.execute(INSERT, "R1")
        async with worker.transaction():
            assert await sums.sum_batch(worker, 500) == 1
            erasing = asyncio.create_task(erase(eraser, "R1"))
            await until(watcher.fetchval, WAITS, eraser.get_server_pid())
        assert await erasing == "response"
        assert await sums.load_all(watcher) == []
        for one in (worker, eraser, watcher):
            await one.close()


def test_a_span_is_the_part_of_a_week_that_lies_in_a_month():
    days = [datetime.date(2025, 12, 29) + datetime.timedelta(days=n) for n in range(7)]
    assert [span_start(day).isoformat() for day in days] == ["2025-12-29"] * 3 + ["2026-01-01"] * 4
