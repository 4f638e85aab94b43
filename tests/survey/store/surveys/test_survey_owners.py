"""Two organisers publish under one slug at the same moment, each on their own connection."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import msgspec
import pytest

from api.operations import imports
from api.security.people import Person
from survey.problems import Forbidden
from survey.store import surveys
from survey.store.accounts import people
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from tests.waiting import until

FEEDBACK = next(one for one in load_ready_instruments() if one.slug == "feedback")
FIRST = msgspec.structs.replace(FEEDBACK, slug="at-one-moment", kind="survey", version=1)
SECOND = msgspec.structs.replace(FIRST, version=2)
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
async def two(pool):
    found = []
    async with pool.connection() as connection:
        for name in ("first", "second"):
            ident = await people.insert(
                connection, f"{name}-{uuid.uuid4()}@race.org", name, "organiser", None
            )
            found.append(Person(id=ident, email="", name=name, role="organiser"))
    yield found
    async with pool.connection() as connection:
        await connection.execute("DELETE FROM instruments WHERE slug = 'at-one-moment'")
        await connection.execute("DELETE FROM surveys WHERE slug = 'at-one-moment'")


async def publish(pool, instrument, person):
    async with pool.connection() as connection, connection.transaction():
        await imports.publish_instrument(connection, instrument, by=person)


@asynccontextmanager
async def second_waits_for_first(pool, two, asked):
    """The open transaction in which the first published, and the second's waiting attempt."""
    first, second = two
    async with pool.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await imports.publish_instrument(connection, FIRST, by=first)
        other = asyncio.create_task(publish(pool, SECOND, second))
        await until(asked, WAITS)
        yield transaction, other


async def test_who_comes_while_anothers_first_version_is_not_committed_is_refused(pool, two, asked):
    async with second_waits_for_first(pool, two, asked) as (transaction, other):
        await transaction.commit()
    with pytest.raises(Forbidden) as refused:
        await other
    assert refused.value.code == "survey.not_yours"
    async with pool.connection() as connection:
        assert (await surveys.find(connection, "at-one-moment")).owner == two[0].id
        assert [
            one.version for one in await instruments.load_history(connection, "at-one-moment")
        ] == [1]


async def test_where_the_first_gives_up_the_second_has_the_slug(pool, two, asked):
    async with second_waits_for_first(pool, two, asked) as (transaction, other):
        await transaction.rollback()
    await other
    async with pool.connection() as connection:
        assert (await surveys.find(connection, "at-one-moment")).owner == two[1].id
