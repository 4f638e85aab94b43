"""Reads what an edition needs and turns rows into arrays."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from analysis import frozen, residents, world
from analysis.material import Events, Material
from api import clock
from api.code_version import code_version
from api.jobs import calendar, gathering_counts, gathering_sums, gathering_texts, quoting
from api.jobs.where import Where
from survey import margins
from survey.actions import Action
from survey.editions import Edition, Safe, counts_alone, counts_of_cases
from survey.margins import Population
from survey.store import (
    actions,
    alerts,
    case_figures,
    complaints,
    inputs,
    places,
    reports,
    responses,
)
from survey.store.complaints import ReceivedCase
from survey.store.database import Connection

LOOK_BACK = datetime.timedelta(weeks=51)
QUOTED = datetime.timedelta(days=27)  # a week's themes look back so far
FIRST_ACTION = datetime.date(2000, 1, 1)
Period = tuple[datetime.date, datetime.date]


async def gather(
    connection: Connection, kind: str, period: Period, *, number: int, as_of: datetime.date
) -> Material:
    """Everything for one edition, with published figures as known on the day `as_of`."""
    start, end = period
    city = await places.get_city(connection)
    first = await first_day(connection, start)
    inside = (clock.midnight(first), clock.midnight(end + datetime.timedelta(days=1)))
    where = Where(city, first)
    last = await reports.before(connection, kind, start, number)
    people = await population(connection, end.year)
    lived = living(people, where.codes)
    return Material(
        kind=kind,
        city=city.name,
        boroughs=city.boroughs(),
        first=first,
        start=start,
        end=end,
        number=number,
        data_as_of=as_of,
        **await invented(connection),
        **lived,
        attribution=city.attribution,
        code_version=code_version(),
        **await gathering_sums.answered(connection, kind, period, where, lived["targets"]),
        **await gathering_sums.invited(connection),
        **await complained(connection, inside, where),
        **await gathering_counts.counts_of_publishers(connection, first, period, as_of),
        **await gathering_texts.written(connection, inside, where, last),
        restated=await gathering_counts.restated(connection, last, as_of),
        perceptions=await gathering_counts.perceptions(connection, kind, end, as_of),
        actions=await agreed(connection, last, as_of) if kind == "monthly" else (),
        **await told_before(connection, last, lived["population_basis"]),
        earlier=await counts_since(connection, first, city.name),
        raised=await alerts.raised(connection, last.data_as_of if last else start, as_of),
        assigned=await alerts.assigned(connection),
        quotes=await quoting.chosen(connection, min(start, end - QUOTED), end),
    )


def living(people: Sequence[Population], codes: Sequence[str]) -> dict[str, Any]:
    """Who lives where, and the totals that weights are raked to."""
    return {
        "residents": residents.totals(people, codes),
        "targets": residents.targets(people, codes),
        "kinds": residents.kinds(people, codes),
        "population_basis": people[0].basis if people else "unknown",
    }


async def invented(connection: Connection) -> dict[str, Any]:
    synthetic = await places.is_synthetic(connection)
    return {"synthetic": synthetic, "planted": world.PLANTED if synthetic else ""}


async def told_before(connection: Connection, last: Edition | None, basis: str) -> dict[str, Any]:
    """The edition before, and its input where that is needed."""
    return {
        "last": last,
        "then": await input_of(connection, last, basis),
    }


async def counts_since(connection: Connection, first: datetime.date, city: str) -> list[Safe]:
    """What editions, and files of figures on cases, told of counts of days from `first` on."""
    files = await case_figures.from_day(connection, first)
    return [
        *(counts_alone(one) for one in await reports.earlier(connection, first)),
        *(counts_of_cases(one, city) for one in files),
    ]


async def input_of(connection: Connection, last: Edition | None, basis: str) -> Material | None:
    """What the edition before was made from, where other code or population makes this one."""
    if last is None or (last.code_version, last.population_basis) == (code_version(), basis):
        return None
    body = await inputs.find(connection, last.kind, last.start, last.number)
    try:
        return replace(frozen.thawed(frozen.unpacked(body)), then=None) if body else None
    except msgspec.ValidationError:  # kept by an older version, in another shape
        return None


async def population(connection: Connection, year: int) -> list[Population]:
    return [
        one
        for dimension in ("total", "age_sex", "ethnicity")
        for one in margins.at_year(await places.populations(connection, dimension), year)
    ]


async def first_day(connection: Connection, start: datetime.date) -> datetime.date:
    """The Monday a year before the period, or that of the first answer where it came later."""
    earliest = calendar.this_week(start) - LOOK_BACK
    first = await responses.first_received(connection)
    if first is None:
        return earliest
    begun = calendar.this_week(first.astimezone(clock.LONDON).date())
    return max(earliest, min(begun, calendar.this_week(start)))


async def complained(
    connection: Connection, inside: gathering_texts.Instants, where: Where
) -> dict[str, Any]:
    """Complaints, and those about a Taser among them."""
    cases = await complaints.received(connection, *inside)
    about_taser = [one for one in cases if one.taser]
    return {"complaints": events(cases, where), "about_taser": events(about_taser, where)}


def events(cases: Sequence[ReceivedCase], where: Where) -> Events:
    return Events(
        day=where.days([one.received_at for one in cases]),
        area=where.areas([one.area for one in cases]),
        persons=np.ones(len(cases), dtype=np.int64),
    )


async def agreed(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[Action]:
    """Actions as they stood on the day `as_of`: open, or settled since the edition before."""
    since = last.data_as_of if last else FIRST_ACTION
    until = as_of + datetime.timedelta(days=1)
    return await actions.told(connection, clock.midnight(since), clock.midnight(until))
