"""Fieldwork of a survey: its sample points, who goes where, visits from a file, and progress."""

from typing import Any, NamedTuple

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import Form, read_file, read_form
from api.pages.organiser.fieldwork.progress import summarise
from api.pages.organiser.limiting.samples import MOST_SENT, read_table
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.fieldwork.files import FaultList, PointRow, read_points, read_visits
from survey.fieldwork.outcomes import (
    MEANINGS,
    MOST_VISITS,
    OUTCOMES,
    REASON_WORDS,
    SamplePoint,
    SendBackReason,
)
from survey.fieldwork.refusals import nothing_to_send_back, unneeded_fieldwork
from survey.places import Area
from survey.problems import Problem
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.fieldwork import points as point_store
from survey.store.fieldwork.points import NewPoint
from survey.store.surveys import phones
from survey.store.surveys.instruments import code_digest
from survey.store.surveys.phones import CollectorGroup
from survey.surveys.instruments import Instrument

BASE = "/work/surveys/{slug:str}/fieldwork"


class Fieldwork(NamedTuple):
    """A survey with its sample points, interviewers and the boroughs."""

    instrument: Instrument
    points: list[SamplePoint]
    interviewers: list[CollectorGroup]
    boroughs: list[Area]

    @property
    def in_use(self) -> list[CollectorGroup]:
        return [one for one in self.interviewers if not one.revoked]


async def load_fieldwork(database: Database, person: Person, slug: str) -> Fieldwork:
    """The fieldwork of a survey, if this person may lead it."""
    async with database.connection() as connection:
        instrument = await get_sampled(connection, person, slug)
        points = await point_store.load(connection, slug)
        interviewers = await phones.load_groups(connection, slug)
        boroughs = list((await places.get_city(connection)).boroughs())
    return Fieldwork(instrument, points, interviewers, boroughs)


async def get_sampled(connection: Connection, person: Person, slug: str) -> Instrument:
    """The survey, if it is one with a sample and this person may send interviewers."""
    instrument, _ = await survey_rights.get_survey(connection, person, "collect", slug)
    if instrument.mode != "sampled":
        raise unneeded_fieldwork()
    return instrument


@get(BASE)
async def show_fieldwork(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await fieldwork_page(database, person, slug, done=done_word(request))


async def fieldwork_page(
    database: Database,
    person: Person,
    slug: str,
    *,
    form: Form | None = None,
    faults: FaultList | None = None,
    done: str = "",
) -> Template:
    found = await load_fieldwork(database, person, slug)
    names = {one.id: one.name for one in found.interviewers}
    in_use = {one.id for one in found.in_use}
    units = {one.psu for one in found.points if one.interviewer not in in_use}
    return staff_page(
        "surveys/fieldwork/fieldwork",
        person,
        form=form,
        status=422 if faults and faults.all else None,
        done=done,
        instrument=found.instrument,
        points=found.points,
        names=names,
        meanings=MEANINGS,
        outcomes=OUTCOMES,
        reasons=REASON_WORDS,
        interviewers=found.interviewers,
        in_use=found.in_use,
        units=sorted(units),
        progress=summarise(found.points, names, {one.code: one.name for one in found.boroughs}),
        faults=faults,
    )


async def read_form_table(request: AnyRequest, form: Form, field: str) -> list[list[str]]:
    """The table of the file that was chosen, with an error at its field if it is none."""
    name, content = await read_file(request)
    form.require(content, field, "Choose a file, as CSV or XLSX")
    if not content:
        return []
    try:
        return await anyio.to_thread.run_sync(read_table, name, content)
    except Problem as refused:
        form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])
        return []


@post(BASE + "/points", request_max_body_size=MOST_SENT)
async def add_points(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Add the sample points of a file, or give those that are there to other interviewers."""
    form = await read_form(request)
    found = await load_fieldwork(database, person, slug)
    table = await read_form_table(request, form, "points_file")
    if form.errors:
        return await fieldwork_page(database, person, slug, form=form)
    names = {one.name: one.id for one in found.in_use}
    rows, faults = read_points(table, names)
    detail = {"number": len(rows)}
    async with database.connection() as connection:
        await check_codes(connection, slug, rows, faults)
    if faults.all:
        form.add_error("points_file", "Nothing was saved: correct the file and choose it again")
        return await fieldwork_page(database, person, slug, form=form, faults=faults)
    new = [
        NewPoint(one.reference, code_digest(one.code), names.get(one.interviewer)) for one in rows
    ]
    async with audited_transaction(
        database, person, "sample points saved", slug, detail
    ) as connection:
        await point_store.save_many(connection, slug, new)
    return Redirect(f"/work/surveys/{slug}/fieldwork?done=points", status_code=303)


async def check_codes(
    connection: Connection, slug: str, rows: list[PointRow], faults: FaultList
) -> None:
    """Add a fault for each code that is not of the sample, or is another point's."""
    digests = {one.number: code_digest(one.code) for one in rows}
    known = await point_store.load_known_codes(connection, slug, list(digests.values()))
    points = await point_store.load_digests(connection, slug)
    for one in rows:
        digest = digests[one.number]
        if one.code and digest not in known:
            faults.add(one.number, "The code is not one of this survey’s sample")
        elif known.get(digest) not in (None, one.reference):
            faults.add(one.number, f"The code is that of the point {known[digest]}")
        elif points.get(one.reference, digest) != digest:
            faults.add(one.number, f"The point {one.reference} has another code already")


@post(BASE + "/assign")
async def assign_points(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Give an interviewer the points of a neighbourhood that nobody goes to."""
    form = await read_form(request)
    found = await load_fieldwork(database, person, slug)
    group, unit = form["interviewer"], form["unit"]
    form.require(group in [one.id for one in found.in_use], "interviewer", "Choose an interviewer")
    form.require(unit in {one.psu for one in found.points}, "unit", "Choose a neighbourhood")
    if form.errors:
        return await fieldwork_page(database, person, slug, form=form)
    async with audited_transaction(database, person, "sample points assigned", slug) as connection:
        await point_store.assign(connection, slug, unit, group)
    return Redirect(f"/work/surveys/{slug}/fieldwork?done=assigned", status_code=303)


@post(BASE + "/visits", request_max_body_size=MOST_SENT)
async def add_visits(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Save the visits of a file, whole or not at all."""
    form = await read_form(request)
    found = await load_fieldwork(database, person, slug)
    table = await read_form_table(request, form, "visits_file")
    if form.errors:
        return await fieldwork_page(database, person, slug, form=form)
    points = {one.reference: one for one in found.points}
    rows, faults = read_visits(table, points, clock.today())
    for reference in dict.fromkeys(row.reference for row in rows):
        before = {(one.day, one.part) for one in points[reference].visits}
        now = {(row.visit.day, row.visit.part) for row in rows if row.reference == reference}
        if len(before | now) > MOST_VISITS:
            faults.add("File", f"The point {reference} would have more than {MOST_VISITS} visits")
    if faults.all:
        form.add_error("visits_file", "Nothing was saved: correct the file and choose it again")
        return await fieldwork_page(database, person, slug, form=form, faults=faults)
    detail = {"number": len(rows)}
    async with audited_transaction(database, person, "visits saved", slug, detail) as connection:
        visits = [(points[row.reference].id, row.visit) for row in rows]
        await point_store.save_visits(connection, visits)
    return Redirect(f"/work/surveys/{slug}/fieldwork?done=visits", status_code=303)


@post(BASE + "/send-back")
async def send_back_interview(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Send the interview of a point back to its interviewer, with a reason."""
    form = await read_form(request)
    found = await load_fieldwork(database, person, slug)
    known = {one.reference for one in found.points if one.may_be_sent_back}
    form.require(form["point"] in known, "point", "Choose a point with an interview")
    reasons: dict[str, SendBackReason] = {name: name for name in REASON_WORDS}
    reason = reasons.get(form["reason"])
    form.require(reason, "reason", "Choose why you send it back")
    if form.errors or reason is None:
        return await fieldwork_page(database, person, slug, form=form)
    async with audited_transaction(database, person, "interview sent back", slug) as connection:
        if not await point_store.send_back(connection, slug, form["point"], reason, clock.today()):
            raise nothing_to_send_back()
    return Redirect(f"/work/surveys/{slug}/fieldwork?done=sent-back", status_code=303)


PAGES = [
    StaffPage(
        [show_fieldwork, add_points, assign_points, add_visits, send_back_interview],
        linked_from="/work/surveys/{slug:str}",
    )
]
