"""The sample points of an interviewer, by a secret address, and a form for each visit.

The key in the address is the only warrant: no cookie is read or set, and nothing of the phone is
stored. It shows references and outcomes, never an answer.
"""

import datetime
from typing import Annotated, Any, NamedTuple

from litestar import Response, Router, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import clock
from api.dependencies import FromDatabase
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.shell import AnyRequest, prepare_page
from api.security.people import key_digest
from api.security.sent_forms import WITHOUT_SESSION
from survey.places import Area
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import fieldwork, instruments
from survey.store.surveys.fieldwork import CollectorGroup
from survey.surveys.fieldwork import (
    DAY_PARTS,
    MEANINGS,
    MOST_VISITS,
    OUTCOMES,
    REASON_WORDS,
    REFERENCE,
    DayPart,
    Outcome,
    SamplePoint,
    Visit,
    too_many_visits,
    unknown_interviewer,
    unknown_point,
)
from survey.surveys.instruments import Instrument

VISITS_PATH = "/visits/"
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]
PointReference = Annotated[str, PathParameter(max_length=60)]
EARLIEST = datetime.timedelta(days=366)  # before today: an older day is a slip
OUTCOME_OF: dict[str, Outcome] = {name: name for name in OUTCOMES}
PART_OF: dict[str, DayPart] = {name: name for name in DAY_PARTS}
AFTERNOON, EVENING = 12, 17  # o'clock
# Points with the most to do come first.
FINISHED = 2


class Round(NamedTuple):
    """An interviewer with their survey, points and the names of boroughs."""

    group: CollectorGroup
    instrument: Instrument
    points: list[SamplePoint]
    areas: dict[str, str]


async def load_round(database: Database, key: str) -> Round:
    """The points of the interviewer who has this key; raises if nobody has it."""
    async with database.connection() as connection:
        group = await fieldwork.find_group_by_key(connection, key_digest(key))
        if group is None:
            raise unknown_interviewer()
        instrument, _ = await instruments.get(connection, group.instrument)
        if instrument.mode != "sampled":  # the key of a phone, which has no points
            raise unknown_interviewer()
        points = await fieldwork.load_points_of(connection, group.id)
        areas: list[Area] = list((await places.get_city(connection)).local_areas())
    return Round(group, instrument, points, {area.code: area.name for area in areas})


def is_done(point: SamplePoint) -> bool:
    """Whether nothing is left to do at a point: its outcome is final."""
    meaning = MEANINGS[point.outcome]
    return meaning.rank >= FINISHED and point.outcome != "sent_back"


def visits_page(
    visit_round: Round, key: str, name: str, form: Form | None = None, **context: Any
) -> Template:
    form = form or Form()
    given = {
        "instrument": visit_round.instrument,
        "group": visit_round.group,
        "areas": visit_round.areas,
        "folder": f"{VISITS_PATH}{key}",
        "meanings": MEANINGS,
        "reasons": REASON_WORDS,
        "errors": form.errors,
        "typed": form.typed_values,
        "languages": [],
    }
    status = 422 if form.errors else 200
    return Template(f"visits/{name}.html", context=given | context, status_code=status)


@get("/visits/{key:str}")
async def show_points(request: AnyRequest, database: FromDatabase, key: Key) -> Template:
    visit_round = await load_round(database, key)
    left = [point for point in visit_round.points if not is_done(point)]
    return visits_page(
        visit_round,
        key,
        "points",
        # What was sent back comes first.
        left=sorted(left, key=lambda point: point.sent_back is None),
        finished=[point for point in visit_round.points if is_done(point)],
        saved=request.query_params.get("saved", "")[:20],
    )


def find_point(visit_round: Round, reference: str) -> SamplePoint:
    point = next((point for point in visit_round.points if point.reference == reference), None)
    if point is None:
        raise unknown_point()
    return point


def point_page(visit_round: Round, key: str, point: SamplePoint, form: Form) -> Template:
    return visits_page(
        visit_round,
        key,
        "point",
        form,
        point=point,
        outcomes=OUTCOMES,
        parts=DAY_PARTS,
        most=MOST_VISITS,
    )


# With `:path`, because a reference may hold a slash.
@get("/visits/{key:str}/points/{reference:path}")
async def show_point(database: FromDatabase, key: Key, reference: PointReference) -> Template:
    visit_round = await load_round(database, key)
    point = find_point(visit_round, reference.lstrip("/"))
    now = clock.now()
    part = "morning" if now.hour < AFTERNOON else "afternoon" if now.hour < EVENING else "evening"
    form = filled_form(day_fields("day", now.date()) | {"part": part})
    return point_page(visit_round, key, point, form)


@post("/visits/{key:str}/points/{reference:path}")
async def save_visit(
    request: AnyRequest, database: FromDatabase, key: Key, reference: PointReference
) -> Response[Any]:
    """Save what came of a visit; it replaces a visit saved for that day and part of the day."""
    form = await read_form(request)
    visit_round = await load_round(database, key)
    point = find_point(visit_round, reference.lstrip("/"))
    visit = read_visit(form)
    if visit is None:
        return point_page(visit_round, key, point, form)
    when = {(visit.day, visit.part) for visit in point.visits}
    if len(when | {(visit.day, visit.part)}) > MOST_VISITS:
        raise too_many_visits()
    async with database.connection() as connection, connection.transaction():
        await fieldwork.save_visits(connection, [(point.id, visit)])
    saved = point.reference if REFERENCE.fullmatch(point.reference) else ""
    return Redirect(f"{VISITS_PATH}{key}?saved={saved}", status_code=303)


def read_visit(form: Form) -> Visit | None:
    """The visit that was typed in, or None with an error at each field that is wrong."""
    outcome, part = OUTCOME_OF.get(form["outcome"]), PART_OF.get(form["part"])
    form.require(outcome, "outcome", "Choose what came of the visit")
    day, today = form.day("day"), clock.today()
    form.require_day("day", day is not None, "Enter the day of the visit, such as 28 11 2026")
    if day:
        form.require(day <= today, "day-day", "The day of the visit is in the future")
        form.require(day >= today - EARLIEST, "day-day", "The day is more than a year ago")
    form.require(part, "part", "Choose the part of the day")
    if form.errors or outcome is None or part is None or day is None:
        return None
    return Visit(day, part, outcome)


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[show_points, show_point, save_visit],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
        include_in_schema=False,
    )
]
