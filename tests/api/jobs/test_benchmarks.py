"""Benchmarks from files to the inputs of an edition: the newest people, the events of the year."""

import datetime

from api.jobs.edition_inputs import editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.operations import imports

HEAD = "source,benchmark,area,start,end,dimension,group,number\n"
KNOWN = datetime.date(2024, 6, 1)


async def import_rows(db, source, *rows):
    text = HEAD + "".join(f"{source},{row}\n" for row in rows)
    name = f"{source}.csv"
    await imports.import_figures(db.the_connection, "deployments", name, text.encode(), KNOWN)


async def test_the_newest_people_and_the_events_of_the_year_are_loaded(db):
    await import_rows(db, "Census A", "daytime,Hackney,2011-03-27,2011-03-27,ethnicity,black,700")
    await import_rows(
        db,
        "Census B",
        "daytime,Hackney,2011-03-27,2011-03-27,ethnicity,black,800",
        "daytime,Hackney,2021-03-21,2021-03-21,ethnicity,black,900",
        "daytime,Hackney,2021-03-21,2021-03-21,ethnicity,white,950",
    )
    await import_rows(db, "Arrests", "arrests,Hackney,2024-02-01,2024-02-29,sex,male,40")
    period = editions.edition_period("monthly", datetime.date(2024, 3, 1))
    found = await load_edition_inputs(
        db.the_connection, "monthly", period, number=1, as_of=datetime.date(2024, 7, 1)
    )
    held = {one.name: one for one in found.benchmarks}
    assert [*held] == ["daytime", "arrests"]
    assert held["daytime"].source == "Census B"
    assert {(one.start.year, one.count) for one in held["daytime"].counts} == {
        (2021, 900),
        (2021, 950),
    }
    assert [one.count for one in held["arrests"].counts] == [40]
    before = await load_edition_inputs(
        db.the_connection, "monthly", period, number=1, as_of=datetime.date(2024, 5, 1)
    )
    assert before.benchmarks == []
