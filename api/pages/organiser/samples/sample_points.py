"""Fieldwork: sample points and interviewers of a survey, and its response rates by AAPOR."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import anyio.to_thread
import msgspec
import segno
from litestar import Response, get, post
from litestar.response import Redirect, Template

from analysis.disclosure import FEWEST_TO_COUNT
from analysis.statistics.sampling.response import Dispositions, contact_rates, response_rates
from api import clock
from api.dependencies import FromKeyring, Slug
from api.locales import format_share
from api.operations import survey_rights
from api.pages.forms import Form, read_file
from api.pages.organiser import ways
from api.pages.organiser.samples import MOST_SENT, read_table
from api.pages.organiser.samples.visits import VISITS_PATH
from api.pages.shell import AnyRequest
from api.pages.work import FromPage, StaffPage, StaffRequest, example_response
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
    RATE_WORDS,
    REASON_WORDS,
    Letter,
    PointOutcome,
    PointRow,
    SamplePoint,
    SendBackReason,
    example_points,
    example_visits,
    nothing_to_send_back,
    read_points,
    read_visits,
    unneeded_fieldwork,
)
from survey.surveys.instruments import Instrument
from survey.surveys.samples import FaultList

UNKNOWN = "–"
BASE = "/work/surveys/{slug:str}/fieldwork"


class ProgressRow(msgspec.Struct, frozen=True):
    """The sample points of an interviewer or of a borough: how many there are and were visited, the
    interviews, and some rates.
    """

    name: str
    points: int
    visited: int
    visits: int
    interviews: int
    contact: str
    cooperation: str
    response: str


class Progress(msgspec.Struct, frozen=True):
    """How far the fieldwork of a survey is."""

    points: int
    assigned: int
    visited: int
    visits: int
    outcomes: list[tuple[str, str, int]]
    rates: list[tuple[str, str]]
    by_interviewer: list[ProgressRow]
    by_area: list[ProgressRow]


def dispositions(points: Sequence[SamplePoint]) -> Dispositions:
    """The points counted by AAPOR's groups. An interview whose answer never came counts as other
    (O), not as an interview.
    """
    letters = Counter[Letter](MEANINGS[point.outcome].letter for point in points)
    return Dispositions(
        invited=len(points),
        complete=letters["I"],
        partial=letters["P"],
        refused=letters["R"],
        silent=letters["UH"],
        not_reached=letters["NC"],
        unable=letters["O"],
        ineligible=letters["NE"],
        recorded=any(point.visits for point in points),
    )


def rates_in_words(points: Sequence[SamplePoint]) -> dict[str, str]:
    """Each rate by its name; none of fewer than ten points, or before any visit."""
    outcomes = dispositions(points)
    if len(points) < FEWEST_TO_COUNT or not outcomes.recorded:
        return {}
    values = response_rates(outcomes)._asdict() | contact_rates(outcomes)._asdict()
    return {name: format_share(value) for name, value in values.items() if value is not None}


def summarise(
    points: Sequence[SamplePoint], interviewers: Mapping[str, str], areas: Mapping[str, str]
) -> Progress:
    """The progress of all points together, and of each interviewer and borough by name."""
    counts = Counter[PointOutcome](point.outcome for point in points)
    rates = rates_in_words(points)
    return Progress(
        points=len(points),
        assigned=sum(point.interviewer is not None for point in points),
        visited=sum(bool(point.visits) for point in points),
        visits=sum(len(point.visits) for point in points),
        outcomes=[
            (meaning.words, f"{meaning.letter} {meaning.code}", counts[name])
            for name, meaning in MEANINGS.items()
            if counts[name]
        ],
        rates=[(words, rates[name]) for name, words in RATE_WORDS.items() if name in rates],
        by_interviewer=grouped_rows(
            points, lambda point: interviewers.get(point.interviewer or "", "Nobody yet")
        ),
        by_area=grouped_rows(points, lambda point: areas.get(point.stratum, point.stratum)),
    )


def grouped_rows(
    points: Sequence[SamplePoint], key: Callable[[SamplePoint], str]
) -> list[ProgressRow]:
    """A row for each group of points, by the group's name."""
    groups: dict[str, list[SamplePoint]] = {}
    for point in points:
        groups.setdefault(key(point), []).append(point)
    return [progress_row(name, groups[name]) for name in sorted(groups)]


def progress_row(name: str, points: Sequence[SamplePoint]) -> ProgressRow:
    rates = rates_in_words(points)
    return ProgressRow(
        name=name,
        points=len(points),
        visited=sum(bool(point.visits) for point in points),
        visits=sum(len(point.visits) for point in points),
        interviews=sum(point.outcome == "interview" for point in points),
        contact=rates.get("con1", UNKNOWN),
        cooperation=rates.get("coop1", UNKNOWN),
        response=rates.get("rr1", UNKNOWN),
    )


class Fieldwork(NamedTuple):
    """A survey with its sample points, interviewers and the boroughs."""

    instrument: Instrument
    points: list[SamplePoint]
    interviewers: list[CollectorGroup]
    areas: list[Area]

    @property
    def in_use(self) -> list[CollectorGroup]:
        return [interviewer for interviewer in self.interviewers if not interviewer.revoked]


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


async def fieldwork_page(page: FromPage, slug: Slug) -> Template:
    work = await load_fieldwork(page, slug)
    names = {interviewer.id: interviewer.name for interviewer in work.interviewers}
    in_use = {current_interviewer.id for current_interviewer in work.in_use}
    units = {point.psu for point in work.points if point.interviewer not in in_use}
    return page.show(
        "surveys/fieldwork/fieldwork",
        instrument=work.instrument,
        points=work.points,
        names=names,
        meanings=MEANINGS,
        outcomes=OUTCOMES,
        reasons=REASON_WORDS,
        interviewers=work.interviewers,
        in_use=work.in_use,
        units=sorted(units),
        progress=summarise(work.points, names, {area.code: area.name for area in work.areas}),
        faults=None,
    )


async def read_form_table(request: AnyRequest, form: Form, field: str) -> list[list[str]]:
    """The table of the file that was chosen; an error at its field if there is none."""
    name, content = await read_file(request)
    form.require(content, field, "Choose a file, as CSV or XLSX")
    if not content:
        return []
    try:
        return await anyio.to_thread.run_sync(read_table, name, content)
    except Problem as refused:
        form.refuse(refused, [(field, f"{refused.sentence} {refused.remedy}")])
        return []


@get(BASE + "/points.csv")
async def download_points_example(page: FromPage, slug: Slug) -> Response[bytes]:
    """A file with every column that is read of a file of points."""
    await load_fieldwork(page, slug)
    return example_response(example_points())


@get(BASE + "/visits.csv")
async def download_visits_example(page: FromPage, slug: Slug) -> Response[bytes]:
    """A file with a visit of each outcome, to the first of the survey's points."""
    work = await load_fieldwork(page, slug)
    first = work.points[0].reference if work.points else example_points()[1][0]
    return example_response(example_visits(first, clock.today()))


@post(BASE + "/points", request_max_body_size=MOST_SENT)
async def add_points(page: FromPage, slug: Slug) -> Response[Any]:
    """Add the sample points in a file; points that are there already get the interviewer whom the
    file names for them, if any.
    """
    work = await load_fieldwork(page, slug)
    table = await read_form_table(page.request, page.form, "points_file")
    if page.form.errors:
        return await fieldwork_page(page, slug)
    names = {interviewer.name: interviewer.id for interviewer in work.in_use}
    rows, faults = read_points(table, names)
    detail = {"number": len(rows)}
    await page.load(check_codes, slug, rows, faults)
    if faults.all:
        page.form.add_error(
            "points_file", "Nothing was saved: correct the file and choose it again"
        )
        return await fieldwork_page(page.add(faults=faults), slug)
    new = [
        NewPoint(row.reference, code_digest(row.code), names.get(row.interviewer)) for row in rows
    ]
    async with page.write("sample points saved", slug, detail) as connection:
        await fieldwork.save_points(connection, slug, new)
    return page.to(f"/work/surveys/{slug}/fieldwork", "points")


async def check_codes(
    connection: Connection, slug: str, rows: list[PointRow], faults: FaultList
) -> None:
    """Add a fault for each code that is not in the sample or belongs to another point."""
    digests = {row.number: code_digest(row.code) for row in rows}
    known = await fieldwork.load_known_codes(connection, slug, list(digests.values()))
    points = await fieldwork.load_digests(connection, slug)
    for point_row in rows:
        digest = digests[point_row.number]
        if point_row.code and digest not in known:
            faults.add(point_row.number, "The code is not one of this survey’s sample")
        elif known.get(digest) not in (None, point_row.reference):
            faults.add(point_row.number, f"The code is that of the point {known[digest]}")
        elif points.get(point_row.reference, digest) != digest:
            faults.add(
                point_row.number, f"The point {point_row.reference} has another code already"
            )


@post(BASE + "/assign")
async def assign_points(page: FromPage, slug: Slug) -> Response[Any]:
    """Give an interviewer the points of a neighbourhood that have no interviewer yet."""
    work = await load_fieldwork(page, slug)
    group, unit = page.form["interviewer"], page.form["unit"]
    page.form.require(
        group in [interviewer.id for interviewer in work.in_use],
        "interviewer",
        "Choose an interviewer",
    )
    page.form.require(
        unit in {point.psu for point in work.points}, "unit", "Choose a neighbourhood"
    )
    if page.form.errors:
        return await fieldwork_page(page, slug)
    async with page.write("sample points assigned", slug) as connection:
        await fieldwork.assign_points(connection, slug, unit, group)
    return page.to(f"/work/surveys/{slug}/fieldwork", "assigned")


@post(BASE + "/visits", request_max_body_size=MOST_SENT)
async def add_visits(page: FromPage, slug: Slug) -> Response[Any]:
    """Save the visits of a file, whole or not at all."""
    work = await load_fieldwork(page, slug)
    table = await read_form_table(page.request, page.form, "visits_file")
    if page.form.errors:
        return await fieldwork_page(page, slug)
    points = {point.reference: point for point in work.points}
    rows, faults = read_visits(table, points, clock.today())
    for reference in dict.fromkeys(row.reference for row in rows):
        before = {(visit.day, visit.part) for visit in points[reference].visits}
        now = {(row.visit.day, row.visit.part) for row in rows if row.reference == reference}
        if len(before | now) > MOST_VISITS:
            faults.add("File", f"The point {reference} would have more than {MOST_VISITS} visits")
    if faults.all:
        page.form.add_error(
            "visits_file", "Nothing was saved: correct the file and choose it again"
        )
        return await fieldwork_page(page.add(faults=faults), slug)
    detail = {"number": len(rows)}
    async with page.write("visits saved", slug, detail) as connection:
        visits = [(points[row.reference].id, row.visit) for row in rows]
        await fieldwork.save_visits(connection, visits)
    return page.to(f"/work/surveys/{slug}/fieldwork", "visits")


@post(BASE + "/send-back")
async def send_back_interview(page: FromPage, slug: Slug) -> Response[Any]:
    """Send the interview of a point back to its interviewer, with a reason."""
    work = await load_fieldwork(page, slug)
    known = {point.reference for point in work.points if point.may_be_sent_back}
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
    work = await load_fieldwork(page, slug)
    name = ways.require_group_name(page.form, [interviewer.name for interviewer in work.in_use])
    if page.form.errors:
        return await fieldwork_page(page, slug)
    group = await ways.save_group(page, keyring, slug, name)
    return page.to(f"/work/surveys/{slug}/fieldwork/interviewers/{group}")


@get(BASE + "/interviewers/{group:uuid}")
async def show_interviewer(
    page: FromPage, keyring: FromKeyring, slug: Slug, group: ways.GroupId
) -> Template:
    async with page.connection() as connection:
        instrument = await get_sampled(connection, page.person, slug)
        stored = await fieldwork.find_group(connection, slug, str(group))
    interviewer, address = ways.open_group(
        stored, keyring, site_address(page.request) + VISITS_PATH
    )
    return page.show(
        "surveys/fieldwork/interviewer",
        instrument=instrument,
        group=interviewer,
        address=address,
        picture=segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4)
        if address
        else "",
    )


@post(BASE + "/interviewers/{group:uuid}/revoke")
async def revoke_interviewer(page: FromPage, slug: Slug, group: ways.GroupId) -> Redirect:
    await ways.save_revoked(page, slug, group)
    return page.to(f"/work/surveys/{slug}/fieldwork", "revoked")


PAGES = [
    StaffPage(
        [get(BASE)(fieldwork_page), add_points, assign_points, add_visits, send_back_interview],
        linked_from="/work/surveys/{slug:str}",
    ),
    StaffPage(
        [add_interviewer, show_interviewer, revoke_interviewer],
        linked_from="/work/surveys/{slug:str}/fieldwork",
    ),
    StaffPage([download_points_example, download_visits_example], linked_from=BASE),
]
