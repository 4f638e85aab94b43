"""What every installation begins with: a city, the ready surveys, the first codebook."""

from pathlib import Path

from survey.problems import Conflict
from survey.ready import ready
from survey.sources import places as place_source
from survey.store import codebooks, instruments, places, surveys
from survey.store.database import Connection


async def foundations(connection: Connection) -> None:
    """Load what is missing; what stands is left as it is.

    A survey of the house comes only behind every version that is published: where an administrator
    has gone further, theirs is in use and the chain of versions stays as it was.
    """
    async with connection.transaction():
        if not await places.has_city(connection):
            await load_city(connection, place_source.LONDON)
        newest: dict[str, int] = {}
        for slug, version in await instruments.versions(connection):
            newest[slug] = max(version, newest.get(slug, 0))
        for instrument in ready():
            owner = await surveys.find(connection, instrument.slug)
            free = owner is None or owner.is_house  # else a survey of before the slug was reserved
            if free and instrument.version > newest.get(instrument.slug, 0):
                await instruments.insert(connection, instrument)
        if not await codebooks.has_any(connection):
            from analysis.text import codebook  # slow to import, needed once

            await codebooks.insert(connection, codebook.STARTING)


async def load_city(connection: Connection, folder: Path) -> str:
    """Load a city from its folder, all or nothing."""
    city, counts, boundaries = place_source.read(folder)
    another = await places.name(connection) not in (None, city.name)
    if another and await places.is_lived_in(connection):
        raise Conflict(
            "city.lived_in",
            "This database already holds answers or figures of another city.",
            "Use another database for another city.",
        )
    async with connection.transaction():
        if another:
            await places.move_out(connection)
        await places.save_city(connection, city, boundaries)
        await places.save_areas(connection, city.areas)
        await places.save_districts(connection, city.districts)
        await places.save_populations(connection, counts)
    return city.name
