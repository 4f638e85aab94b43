"""Sample points of a survey that interviewers carry, their visits, and the interviewers."""

from typing import Any, NamedTuple

import anyio.to_thread
import segno
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromKeyring, Slug
from api.operations import survey_rights
from api.pages.forms import Form, read_file
from api.pages.interviewer.visiting import VISITS_PATH
from api.pages.organiser.asking.progress import summarise
from api.pages.organiser.phones import (
    GroupId,
    open_group,
    require_group_name,
    save_group,
    save_revoked,
)
from api.pages.organiser.sharing.samples import MOST_SENT, read_table
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from api.security.requests import site_address
from survey.places import Area
from survey.problems import Problem
from survey.store import places
from survey.store.database import Connection
from survey.store.surveys import fieldwork
from survey.store.surveys.fieldwork import CollectorGroup, NewPoint
from survey.store.surveys.instruments import code_digest
from survey.surveys.fieldwork import (
    MEANINGS,
    MOST_VISITS,
    OUTCOMES,
    REASON_WORDS,
    FaultList,
    PointRow,
    SamplePoint,
    SendBackReason,
    nothing_to_send_back,
    read_points,
    read_visits,
    unneeded_fieldwork,
)
from survey.surveys.instruments import Instrument

BASE = "/work/surveys/{slug:str}/fieldwork"


class Fieldwork(NamedTuple):
    """A survey with its sample points, interviewers and the boroughs."""

    instrument: Instrument
    points: list[SamplePoint]
    interviewers: list[CollectorGroup]
    areas: list[Area]

    @property
    def in_use(self) -> list[CollectorGroup]:
        return [one for one in self.interviewers if not one.revoked]


async def load_fieldwork(page: StaffRequest, slug: str) -> Fieldwork:
    """The fieldwork of a survey, if this person may lead it."""
    async with page.connection() as connection:
        instrument = await get_sampled(connection, page.person, slug)
        points = await fieldwork.load_points(connection, slug)
        interviewers = await fieldwork.load_groups(connection, slug)
        areas = list((await places.get_city(connection)).local_areas())
    return Fieldwork(instrument, points, interviewers, areas)


async def get_sampled(connection: Connection, person: Person, slug: str) -> Instrument:
    """The survey, if it is one with a sample and this person may send interviewers."""
    instrument, _ = await survey_rights.get_survey(connection, person, "collect", slug)
    if instrument.mode != "sampled":
        raise unneeded_fieldwork()
    return instrument


@get(BASE)
async def show_fieldwork(page: FromPage, slug: Slug) -> Template:
    return await fieldwork_page(page, slug)


async def fieldwork_page(
    page: StaffRequest, slug: str, *, faults: FaultList | None = None
) -> Template:
    found = await load_fieldwork(page, slug)
    names = {one.id: one.name for one in found.interviewers}
    in_use = {one.id for one in found.in_use}
    units = {one.psu for one in found.points if one.interviewer not in in_use}
    return page.show(
        "surveys/fieldwork/fieldwork",
        status=422 if faults and faults.all else None,
        instrument=found.instrument,
        points=found.points,
        names=names,
        meanings=MEANINGS,
        outcomes=OUTCOMES,
        reasons=REASON_WORDS,
        interviewers=found.interviewers,
        in_use=found.in_use,
        units=sorted(units),
        progress=summarise(found.points, names, {one.code: one.name for one in found.areas}),
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
async def add_points(page: FromPage, slug: Slug) -> Response[Any]:
    """Add the sample points of a file, or give those that are there to other interviewers."""
    found = await load_fieldwork(page, slug)
    table = await read_form_table(page.request, page.form, "points_file")
    if page.form.errors:
        return await fieldwork_page(page, slug)
    names = {one.name: one.id for one in found.in_use}
    rows, faults = read_points(table, names)
    detail = {"number": len(rows)}
    await page.load(check_codes, slug, rows, faults)
    if faults.all:
        page.form.add_error(
            "points_file", "Nothing was saved: correct the file and choose it again"
        )
        return await fieldwork_page(page, slug, faults=faults)
    new = [
        NewPoint(one.reference, code_digest(one.code), names.get(one.interviewer)) for one in rows
    ]
    async with page.write("sample points saved", slug, detail) as connection:
        await fieldwork.save_points(connection, slug, new)
    return page.to(f"/work/surveys/{slug}/fieldwork", "points")


async def check_codes(
    connection: Connection, slug: str, rows: list[PointRow], faults: FaultList
) -> None:
    """Add a fault for each code that is not of the sample, or is another point's."""
    digests = {one.number: code_digest(one.code) for one in rows}
    known = await fieldwork.load_known_codes(connection, slug, list(digests.values()))
    points = await fieldwork.load_digests(connection, slug)
    for one in rows:
        digest = digests[one.number]
        if one.code and digest not in known:
            faults.add(one.number, "The code is not one of this survey’s sample")
        elif known.get(digest) not in (None, one.reference):
            faults.add(one.number, f"The code is that of the point {known[digest]}")
        elif points.get(one.reference, digest) != digest:
            faults.add(one.number, f"The point {one.reference} has another code already")


@post(BASE + "/assign")
async def assign_points(page: FromPage, slug: Slug) -> Response[Any]:
    """Give an interviewer the points of a neighbourhood that nobody goes to."""
    found = await load_fieldwork(page, slug)
    group, unit = page.form["interviewer"], page.form["unit"]
    page.form.require(
        group in [one.id for one in found.in_use], "interviewer", "Choose an interviewer"
    )
    page.form.require(unit in {one.psu for one in found.points}, "unit", "Choose a neighbourhood")
    if page.form.errors:
        return await fieldwork_page(page, slug)
    async with page.write("sample points assigned", slug) as connection:
        await fieldwork.assign_points(connection, slug, unit, group)
    return page.to(f"/work/surveys/{slug}/fieldwork", "assigned")


@post(BASE + "/visits", request_max_body_size=MOST_SENT)
async def add_visits(page: FromPage, slug: Slug) -> Response[Any]:
    """Save the visits of a file, whole or not at all."""
    found = await load_fieldwork(page, slug)
    table = await read_form_table(page.request, page.form, "visits_file")
    if page.form.errors:
        return await fieldwork_page(page, slug)
    points = {one.reference: one for one in found.points}
    rows, faults = read_visits(table, points, clock.today())
    for reference in dict.fromkeys(row.reference for row in rows):
        before = {(one.day, one.part) for one in points[reference].visits}
        now = {(row.visit.day, row.visit.part) for row in rows if row.reference == reference}
        if len(before | now) > MOST_VISITS:
            faults.add("File", f"The point {reference} would have more than {MOST_VISITS} visits")
    if faults.all:
        page.form.add_error(
            "visits_file", "Nothing was saved: correct the file and choose it again"
        )
        return await fieldwork_page(page, slug, faults=faults)
    detail = {"number": len(rows)}
    async with page.write("visits saved", slug, detail) as connection:
        visits = [(points[row.reference].id, row.visit) for row in rows]
        await fieldwork.save_visits(connection, visits)
    return page.to(f"/work/surveys/{slug}/fieldwork", "visits")


@post(BASE + "/send-back")
async def send_back_interview(page: FromPage, slug: Slug) -> Response[Any]:
    """Send the interview of a point back to its interviewer, with a reason."""
    found = await load_fieldwork(page, slug)
    known = {one.reference for one in found.points if one.may_be_sent_back}
    page.form.require(page.form["point"] in known, "point", "Choose a point with an interview")
    reasons: dict[str, SendBackReason] = {name: name for name in REASON_WORDS}
    reason = reasons.get(page.form["reason"])
    page.form.require(reason, "reason", "Choose why you send it back")
    if page.form.errors or reason is None:
        return await fieldwork_page(page, slug)
    async with page.write("interview sent back", slug) as connection:
        if not await fieldwork.send_back(
            connection, slug, page.form["point"], reason, clock.today()
        ):
            raise nothing_to_send_back()
    return page.to(f"/work/surveys/{slug}/fieldwork", "sent-back")


@post(BASE + "/interviewers")
async def add_interviewer(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    found = await load_fieldwork(page, slug)
    name = require_group_name(page.form, [one.name for one in found.in_use])
    if page.form.errors:
        return await fieldwork_page(page, slug)
    group = await save_group(page, keyring, slug, name)
    return page.to(f"/work/surveys/{slug}/fieldwork/interviewers/{group}")


@get(BASE + "/interviewers/{group:uuid}")
async def show_interviewer(
    page: FromPage, keyring: FromKeyring, slug: Slug, group: GroupId
) -> Template:
    async with page.connection() as connection:
        instrument = await get_sampled(connection, page.person, slug)
        stored = await fieldwork.find_group(connection, slug, str(group))
    found, address = open_group(stored, keyring, site_address(page.request) + VISITS_PATH)
    return page.show(
        "surveys/fieldwork/interviewer",
        instrument=instrument,
        group=found,
        address=address,
        picture=segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4)
        if address
        else "",
    )


@post(BASE + "/interviewers/{group:uuid}/revoke")
async def revoke_interviewer(page: FromPage, slug: Slug, group: GroupId) -> Redirect:
    await save_revoked(page, slug, group)
    return page.to(f"/work/surveys/{slug}/fieldwork", "revoked")


PAGES = [
    StaffPage(
        [show_fieldwork, add_points, assign_points, add_visits, send_back_interview],
        linked_from="/work/surveys/{slug:str}",
    ),
    StaffPage(
        [add_interviewer, show_interviewer, revoke_interviewer],
        linked_from="/work/surveys/{slug:str}/fieldwork",
    ),
]
