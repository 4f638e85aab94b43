"""SQL for places: the city, its areas and its residents, and what other places publish."""

import datetime
from collections.abc import Collection
from typing import get_args

import msgspec

from survey import places
from survey.store import statements as sql
from survey.store.database import Connection


@sql.only(places.City, places.missing_city)
def get_city() -> sql.SQL:
    return """
        SELECT c.name, c.attribution, c.time_zone, c.words, c.groupings, c.former_names,
               (SELECT coalesce(jsonb_agg(definition ORDER BY position), '[]') FROM areas) AS areas,
               (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM districts d) AS districts
          FROM cities c
        """


@sql.execute
def save_city(city: places.City, boundaries: object) -> sql.SQL:
    """Save a city, or update the one that is here."""
    # `alone` is true in every row and unique, so there is never a second city.
    return """
        INSERT INTO cities (name, attribution, time_zone, words, groupings, former_names,
                            boundaries)
        VALUES ($city.name, $city.attribution, $city.time_zone, $city.words, $city.groupings,
                $city.former_names, $boundaries)
        ON CONFLICT (alone) DO UPDATE
           SET name = excluded.name, attribution = excluded.attribution,
               time_zone = excluded.time_zone, words = excluded.words,
               groupings = excluded.groupings, former_names = excluded.former_names,
               boundaries = excluded.boundaries
        """


async def save_areas(connection: Connection, areas: tuple[places.Area, ...]) -> None:
    # Areas are never deleted here: answers, complaints and figures refer to them.
    await connection.executemany(
        """
        INSERT INTO areas (code, position, definition) VALUES ($1, $2, $3)
        ON CONFLICT (code) DO UPDATE
           SET position = excluded.position, definition = excluded.definition
        """,
        [(area.code, position, area) for position, area in enumerate(areas)],
    )


async def save_districts(connection: Connection, districts: tuple[places.District, ...]) -> None:
    await connection.executemany(
        """
        INSERT INTO districts (name, areas) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET areas = excluded.areas
        """,
        [(district.name, list(district.areas)) for district in districts],
    )


async def save_populations(connection: Connection, counts: list[places.ResidentCount]) -> None:
    await connection.executemany(
        """
        INSERT INTO populations (area, year, dimension, category, persons, source, published)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (area, year, dimension, category) DO UPDATE
           SET persons = excluded.persons, source = excluded.source,
               published = excluded.published
        """,
        [msgspec.structs.astuple(count) for count in counts],
    )


@sql.many(places.ResidentCount)
def load_populations(dimension: str) -> sql.SQL:
    return """
        SELECT area, year, dimension, category, persons, source, published FROM populations
         WHERE dimension = $1 ORDER BY area, year, category
        """


async def load_population(connection: Connection, year: int) -> list[places.Population]:
    """Residents of every area in a year, by every dimension; the total comes first."""
    return [
        population
        for dimension in get_args(places.PopulationDimension)
        for population in places.populations_in_year(
            await load_populations(connection, dimension), year
        )
    ]


@sql.value(object)
def load_boundaries() -> sql.SQL:
    return "SELECT boundaries FROM cities"


@sql.boolean
def has_data() -> sql.SQL:
    """True if the database already holds answers, complaints or figures."""
    return """
        SELECT EXISTS (SELECT FROM responses) OR EXISTS (SELECT FROM complaints)
            OR EXISTS (SELECT FROM deployment_counts) OR EXISTS (SELECT FROM perceptions)
        """


@sql.boolean
def has_another(city: places.City) -> sql.SQL:
    """True if another city is stored, or this one with days that begin at another time."""
    return """
        SELECT EXISTS (SELECT FROM cities WHERE (name, time_zone) <> ($city.name, $city.time_zone))
        """


@sql.execute
def delete_city() -> sql.SQL:
    """Delete a city without answers; fails if an answer arrived in the meantime."""
    return "DELETE FROM districts; DELETE FROM populations; DELETE FROM areas; DELETE FROM cities"


@sql.boolean
def has_city() -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM cities)"


@sql.execute
def mark_synthetic(ground_truth: str) -> sql.SQL:
    """Mark the data of this database as made up; editions print the truth that is known of them."""
    return "UPDATE cities SET synthetic = true, ground_truth = $1"


@sql.value(str)
def load_ground_truth() -> sql.SQL:
    """What is known to be true of a made-up city; empty for a real one."""
    return "SELECT coalesce((SELECT ground_truth FROM cities), '')"


@sql.boolean
def is_synthetic() -> sql.SQL:
    return "SELECT synthetic FROM cities"


@sql.many(places.OtherPlace)
def load_others() -> sql.SQL:
    return "SELECT address, editions, read_at, failure FROM other_places ORDER BY address"


@sql.boolean
def has_others() -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM other_places)"


@sql.execute
def save_other(
    address: str, editions: Collection[places.PlaceEdition], at: datetime.datetime
) -> sql.SQL:
    return """
        INSERT INTO other_places (address, editions, read_at) VALUES ($1, $2, $3)
        ON CONFLICT (address) DO UPDATE
           SET editions = excluded.editions, read_at = excluded.read_at, failure = ''
        """


@sql.execute
def save_unread(address: str, failure: str) -> sql.SQL:
    return """
        INSERT INTO other_places (address, failure) VALUES ($1, $2)
        ON CONFLICT (address) DO UPDATE SET failure = excluded.failure
        """


@sql.execute
def delete_others_than(addresses: Collection[str]) -> sql.SQL:
    return "DELETE FROM other_places WHERE address <> ALL($1)"
