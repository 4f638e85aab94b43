"""What every installation starts with: a city, the built-in surveys, the first codebook.

Apart from the other imports, since the process that runs all others loads it at each start.
"""

from pathlib import Path

from survey.places import City, data_of_another_city
from survey.sources import places as place_source
from survey.store import places, surveys
from survey.store.database import Connection, wait_for_other_starts
from survey.store.surveys import instruments as instrument_store
from survey.store.themes import codebooks
from survey.surveys.ready import load_ready_instruments
from survey.words import words_of


async def load_foundations(connection: Connection) -> None:
    """Load the city, the built-in surveys and the codebook where they are missing; what exists is
    not changed.

    A built-in survey is loaded only if its version is newer than every published one: where an
    administrator has published further versions, theirs stay in force.
    """
    # All or nothing: a start that is killed here leaves no city without surveys.
    async with connection.transaction():
        # Or two that start together both find a survey missing, and one of them is refused.
        await wait_for_other_starts(connection)
        if not await places.has_city(connection):
            await load_city(connection, place_source.LONDON)
        newest: dict[str, int] = {}
        for slug, version in await instrument_store.load_versions(connection):
            newest[slug] = max(version, newest.get(slug, 0))
        with words_of((await places.get_city(connection)).words):
            ready = load_ready_instruments()
        for instrument in ready:
            owner = await surveys.find(connection, instrument.slug)
            free = owner is None or owner.is_house  # else a survey of before the slug was reserved
            if free and instrument.version > newest.get(instrument.slug, 0):
                await instrument_store.insert(connection, instrument)
        if not await codebooks.has_any(connection):
            from analysis.themes import codebook  # slow to import, needed once

            await codebooks.insert(connection, codebook.STARTING_CODEBOOK)


async def load_residents(connection: Connection, name: str, content: bytes) -> str:
    """Save more counts of residents, all or nothing; says what was saved."""
    known = frozenset(area.code for area in (await places.get_city(connection)).areas)
    counts = place_source.read_counts(name, content, known)
    await places.save_populations(connection, counts)
    of = ", ".join(sorted({f"{count.dimension} {count.year}" for count in counts}))
    areas = len({count.area for count in counts})
    return f"Saved {len(counts):,} counts of residents of {areas} areas ({of})."


async def load_city(connection: Connection, folder: Path) -> City:
    """Load a city from its folder, all or nothing."""
    city, counts, boundaries = place_source.read_city(folder)
    another = await places.has_another(connection, city)
    is_lived_in = await places.has_data(connection)
    if another and is_lived_in:
        raise data_of_another_city()
    async with connection.transaction():
        if another:
            await places.delete_city(connection)
        await places.save_city(connection, city, boundaries)
        await places.save_areas(connection, city.areas)
        await places.save_districts(connection, city.districts)
        await places.save_populations(connection, counts)
        if not is_lived_in:
            await renew_ready_surveys(connection, city)
    return city


async def renew_ready_surveys(connection: Connection, city: City) -> None:
    """Publish the built-in surveys again in the words of the city, where they were published in
    another's and nobody uses them yet.
    """
    with words_of(city.words):
        ready = load_ready_instruments()
    for instrument in ready:
        known = await instrument_store.load_history(connection, instrument.slug)
        if instrument not in known and await instrument_store.delete_unused(
            connection, instrument.slug, instrument.version
        ):
            await instrument_store.insert(connection, instrument)
