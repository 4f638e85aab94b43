"""Loads everything that an edition is made from, and turns rows into arrays."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

import msgspec
import numpy as np

from analysis import residents
from analysis.editions import decompress_inputs, deserialise, gate
from analysis.editions.inputs import (
    ComparedEdition,
    EditionInputs,
    EventCounts,
    index_windows,
    text_window,
    year_windows,
)
from api import clock
from api.jobs.edition_inputs import count_inputs, past_inputs, sum_inputs, text_inputs
from api.jobs.edition_inputs.sampled_inputs import AreaDays
from api.jobs.kinds import this_week
from api.jobs.texts import quotes
from api.process.installation import code_version
from survey.deployments import quarter_of
from survey.editions import (
    Edition,
    SafeEdition,
    edition_from_caseload,
    edition_from_report,
    window_before,
)
from survey.editions.actions import Action
from survey.editions.caseload import HandlingQuarter
from survey.editions.recommendations import LedgerRow
from survey.editions.scrutiny import SafeMeetingReport
from survey.places import Area, City, Grouping
from survey.store import editions, places
from survey.store.answers import counts
from survey.store.cases import caseload
from survey.store.cases.caseload import ReceivedCase
from survey.store.database import Connection
from survey.store.editions import actions, edition_work, recommendations
from survey.store.scrutiny import reports
from survey.words import Words

DAY = datetime.timedelta(days=1)
LOOK_BACK = datetime.timedelta(weeks=51)
COUNTS_LOOK_BACK = datetime.timedelta(days=371)  # 53 weeks, so that a year to any day lies in whole
PANEL_LOOK_BACK = datetime.timedelta(days=366)
FIRST_ACTION = datetime.date(2000, 1, 1)
Period = tuple[datetime.date, datetime.date]


async def load_edition_inputs(
    connection: Connection, kind: str, period: Period, *, number: int, as_of: datetime.date
) -> EditionInputs:
    """All inputs of one edition, with published figures as known on the day `as_of`."""
    start, end = period
    first = await first_day_of_inputs(connection, start)
    inside = instants(first, end)
    blocks, years = index_windows(kind, *period), year_windows(*period)
    city = (await places.get_city(connection)).on(end)
    where = AreaDays(city, first)
    last = await editions.find_previous(connection, kind, start, number)
    other = await editions.find_compared(connection, kind, start, window_before(kind, start))
    people = await places.load_population(connection, end.year)
    targets = residents.raking_targets(people, where.codes)
    basis = people[0].basis if people else "unknown"
    # Two years to the end of a month, also where the first answers are younger.
    oldest = min(first - COUNTS_LOOK_BACK, years[1][0])
    publisher, running = await count_inputs.publisher_inputs(connection, oldest, period, as_of)
    cases = await caseload.load_received(connection, *inside)
    return EditionInputs(
        kind=kind,
        **city_inputs(city),
        first=first,
        start=start,
        end=end,
        number=number,
        data_as_of=as_of,
        synthetic=await places.is_synthetic(connection),
        planted=await places.load_ground_truth(connection),
        residents=residents.total_residents(people, where.codes),
        targets=targets,
        kinds=residents.residents_by_kind(people, where.codes),
        population_basis=basis,
        code_version=code_version(),
        **publisher,
        restated=await count_inputs.restated_counts(connection, last, as_of),
        met=await count_inputs.load_encounter_answers(connection, instants(*period), end)
        if kind == "monthly"
        else (),
        **await sum_inputs.answer_inputs(connection, kind, period, blocks, where, targets),
        **await sum_inputs.invitation_inputs(connection, kind, end),
        **await text_inputs.text_inputs(connection, inside, where, last),
        # Those of the edition's days, and of the days of its themes.
        quotes=await quotes.load_chosen_quotes(connection, min(start, text_window(end)[0]), end),
        complaints=case_events(cases, where),
        about_taser=case_events([case for case in cases if case.taser], where),
        actions=await load_actions(connection, last, as_of) if kind == "monthly" else (),
        scrutiny=await load_panel_reports(connection, end, as_of) if kind == "monthly" else (),
        handling=await load_handling(connection, kind, end),
        **await load_ledger(connection, kind, period, as_of),
        raised=await actions.load_raised(connection, report_days(last, period, as_of)),
        assigned=await actions.load_assignments(connection),
        then=await load_previous_inputs(connection, last, basis),
        last=last,
        compared=await load_compared(connection, other, last, inside, as_of, basis),
        earlier=await load_counts_since(connection, first, city.name, years[1][0]),
        current=[edition.which for edition in await editions.load_current(connection)],
        **await past_inputs.past_inputs(connection, kind, years, as_of, where, publisher, running),
    )


async def load_handling(
    connection: Connection, kind: str, end: datetime.date
) -> list[HandlingQuarter]:
    """What owners of closed cases said, by final quarter that was over at the end of a month."""
    if kind != "monthly":
        return []
    return await caseload.load_final(connection, end - PANEL_LOOK_BACK, quarter_of(end + DAY))


class CityInputs(TypedDict):
    """The inputs of an edition that are of its city, by their names."""

    city: str
    areas: Sequence[Area]
    groupings: Sequence[Grouping]
    attribution: Sequence[str]
    words: Words


def city_inputs(city: City) -> CityInputs:
    return {
        "city": city.name,
        "areas": city.local_areas(),
        "groupings": city.groupings,
        "attribution": city.attribution,
        "words": city.words,
    }


def report_days(last: Edition | None, period: Period, as_of: datetime.date) -> actions.ReportDays:
    """The dates that decide which reports of incidents belong in an edition."""
    start, end = period
    return actions.ReportDays(
        since=last.data_as_of if last else start,
        until=as_of,
        end_before=last.end if last else start - datetime.timedelta(days=1),
        end=end,
    )


def instants(first: datetime.date, last: datetime.date) -> text_inputs.Instants:
    """The instant at which the first day begins, and the one at which the last day ends."""
    return clock.midnight(first), clock.midnight(last + datetime.timedelta(days=1))


async def load_compared(
    connection: Connection,
    other: Edition | None,
    last: Edition | None,
    inside: text_inputs.Instants,
    as_of: datetime.date,
    basis: str,
) -> ComparedEdition | None:
    """The other edition that figures are compared with; None if there is none but the last one."""
    if other is None or (last and (other.start, other.number) == (last.start, last.number)):
        return None
    return ComparedEdition(
        last=other,
        then=await load_previous_inputs(connection, other, basis),
        restated=await count_inputs.restated_counts(connection, other, as_of),
        before=await text_inputs.load_earlier_reading(connection, inside, other),
    )


async def load_counts_since(
    connection: Connection, first: datetime.date, city: str, year_from: datetime.date
) -> list[SafeEdition]:
    """The counts of days from `first` on that editions, files of case figures and reports of
    scrutiny panels have published, or may publish.

    From `year_from` on those counts that are also summed over twelve months: what is known of the
    year before decides what a sum that reaches into it would reveal.
    """
    oldest = min(first, year_from)
    files = await caseload.load_figures_from(connection, oldest)
    older = await editions.load_for_gate(connection, oldest, before=first)
    panel = await reports.load_reviewed(connection)
    return [
        *map(gate.edition_with_year_counts, older),
        *(
            gate.edition_with_counts(edition)
            for edition in await editions.load_for_gate(connection, first)
        ),
        *(edition_from_caseload(file, city) for file in files),
        *(
            edition_from_report(report, city)
            for report in panel
            if (report.last or report.held_on) >= oldest
        ),
    ]


async def load_previous_inputs(
    connection: Connection, last: Edition | None, basis: str
) -> EditionInputs | None:
    """The inputs of the previous edition, if its code or population differs from this one's."""
    if last is None or (last.code_version, last.population_basis) == (code_version(), basis):
        return None
    body = await edition_work.find_inputs(connection, last.kind, last.start, last.number)
    try:
        # Without its own predecessor, or each edition would carry all those before it.
        if not body:
            return None
        inputs = deserialise(decompress_inputs(body))
        return replace(inputs, then=None, compared=None)
    except msgspec.ValidationError:  # stored by an older version, in another shape
        return None


async def first_day_of_inputs(connection: Connection, start: datetime.date) -> datetime.date:
    """The Monday a year before the period, or the Monday of the first answer's week if later."""
    earliest = this_week(start) - LOOK_BACK
    first = await counts.find_first_received(connection)
    if first is None:
        return earliest
    begun = this_week(clock.local_day(first))
    # Never after the period, which may end before anybody has answered.
    return max(earliest, min(begun, this_week(start)))


def case_events(cases: Sequence[ReceivedCase], where: AreaDays) -> EventCounts:
    return EventCounts(
        day=where.days([case.received_at for case in cases]),
        area=where.areas([case.area for case in cases]),
        persons=np.ones(len(cases), dtype=np.int64),
    )


async def load_actions(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[Action]:
    """Actions as they were on the day `as_of`: open, or finished since the previous edition."""
    since = last.data_as_of if last else FIRST_ACTION
    until = as_of + datetime.timedelta(days=1)
    return await actions.load_as_of(connection, clock.midnight(since), clock.midnight(until))


class LedgerInputs(TypedDict):
    """The inputs of an edition that are about recommendations, by their names."""

    ledger: Sequence[LedgerRow]
    ledger_from: Sequence[Edition]


async def load_ledger(
    connection: Connection, kind: str, period: Period, as_of: datetime.date
) -> LedgerInputs:
    """The recommendations made by the end of a month, as they were on the day `as_of`, and the
    reports that those with figures are compared with; a weekly edition has none.
    """
    if kind != "monthly":
        return {"ledger": (), "ledger_from": ()}
    start, end = period
    until = clock.midnight(as_of + datetime.timedelta(days=1))
    stored = await recommendations.load_rows(connection, until)
    rows: list[LedgerRow] = [row for row in stored if row.recommendation.made_on <= end]
    asked = [row.recommendation for row in rows if row.recommendation.measures]
    # Never this very month, which a correction replaces, nor a later one.
    days = {min(what.since, start) for what in asked}
    before = await editions.load_last_before(connection, "monthly", sorted(days))
    return {"ledger": rows, "ledger_from": [*map(gate.edition_with_counts, before)]}


async def load_panel_reports(
    connection: Connection, end: datetime.date, as_of: datetime.date
) -> list[SafeMeetingReport]:
    """The last report of each meeting in the year to `end`, as published by `as_of`; a meeting
    whose last report was withdrawn by then is left out.
    """
    until = clock.midnight(as_of + datetime.timedelta(days=1))
    newest = {
        publication.meeting: publication
        for publication in await reports.load_published(connection, until)
    }
    standing = [
        publication.report
        for publication in newest.values()
        if publication.withdrawn_at is None or publication.withdrawn_at >= until
    ]
    since = end - PANEL_LOOK_BACK
    return [report for report in standing if since < report.held_on <= end]
