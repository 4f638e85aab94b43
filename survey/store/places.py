"""SQL for places: the city, its areas and its residents."""

import msgspec

from survey.margins import Count
from survey.places import Area, City, District
from survey.problems import Unavailable
from survey.store.database import Connection


async def get_city(connection: Connection) -> City:
    row = await connection.fetchrow(
        """
        SELECT c.name, c.attribution,
               (SELECT jsonb_agg(definition ORDER BY position) FROM areas) AS areas,
               (SELECT jsonb_agg(to_jsonb(d)) FROM districts d) AS districts
          FROM cities c
        """
    )
    if row is None:
        raise Unavailable(
            "city.missing",
            "No city has been loaded yet.",
            "Run `./soundings import places` once.",
        )
    return City(
        name=row["name"],
        areas=tuple(msgspec.convert(row["areas"] or [], list[Area])),
        districts=tuple(msgspec.convert(row["districts"] or [], list[District])),
        attribution=tuple(row["attribution"]),
    )


async def save_city(connection: Connection, city: City, boundaries: object) -> None:
    """Load a city, or bring the one that stands up to date."""
    await connection.execute(
        """
        INSERT INTO cities (name, attribution, boundaries) VALUES ($1, $2, $3)
        ON CONFLICT (alone) DO UPDATE
           SET name = excluded.name, attribution = excluded.attribution,
               boundaries = excluded.boundaries
        """,
        city.name,
        list(city.attribution),
        boundaries,
    )


async def save_areas(connection: Connection, areas: tuple[Area, ...]) -> None:
    await connection.executemany(
        """
        INSERT INTO areas (code, position, definition) VALUES ($1, $2, $3)
        ON CONFLICT (code) DO UPDATE
           SET position = excluded.position, definition = excluded.definition
        """,
        [(area.code, position, area) for position, area in enumerate(areas)],
    )


async def save_districts(connection: Connection, districts: tuple[District, ...]) -> None:
    await connection.executemany(
        """
        INSERT INTO districts (name, areas) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET areas = excluded.areas
        """,
        [(district.name, list(district.areas)) for district in districts],
    )


async def save_populations(connection: Connection, counts: list[Count]) -> None:
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


async def populations(connection: Connection, dimension: str) -> list[Count]:
    rows = await connection.fetch(
        """
        SELECT area, year, dimension, category, persons, source, published FROM populations
         WHERE dimension = $1 ORDER BY area, year, category
        """,
        dimension,
    )
    return [msgspec.convert(dict(row), Count) for row in rows]


async def boundaries(connection: Connection) -> object:
    return await connection.fetchval("SELECT boundaries FROM cities")


async def is_lived_in(connection: Connection) -> bool:
    """Whether the city that stands already holds answers or figures."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM responses) OR EXISTS (SELECT FROM complaints)
            OR EXISTS (SELECT FROM deployment_counts) OR EXISTS (SELECT FROM perceptions)
        """
    )
    return found


async def name(connection: Connection) -> str | None:
    found: str | None = await connection.fetchval("SELECT name FROM cities")
    return found


async def move_out(connection: Connection) -> None:
    """Take down a city in which nobody has answered yet; an answer that just came forbids it."""
    await connection.execute(
        "DELETE FROM districts; DELETE FROM populations; DELETE FROM areas; DELETE FROM cities"
    )


async def has_city(connection: Connection) -> bool:
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM cities)")
    return found


async def mark_synthetic(connection: Connection) -> None:
    """Say that what this database holds was made up for a demonstration."""
    await connection.execute("UPDATE cities SET synthetic = true")


async def is_synthetic(connection: Connection) -> bool:
    found: bool | None = await connection.fetchval("SELECT synthetic FROM cities")
    return bool(found)
