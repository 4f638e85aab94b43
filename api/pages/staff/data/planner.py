"""How many answers, and how many months, until a change shows or can be ruled out."""

import anyio.to_thread
from litestar import get
from litestar.response import Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, filled_form
from api.pages.registry import StaffPage
from api.pages.staff.data.plans import (
    FIELDS,
    LIMITS,
    PlanFigures,
    plan_figures,
    read_numbers,
    residents_of,
    usual_numbers,
)
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from survey.editions.edition import Edition
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import editions

# Simulating takes a second or two of a core.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


@get("/work/planner")
async def show_planner(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        residents = await load_borough_residents(connection)
        edition = await find_newest_monthly(connection)
    asked = dict(request.query_params)
    # An address that was saved before a field was added takes the usual number of that field.
    form, figures = filled_form(usual_numbers(edition, len(residents)) | asked), None
    if asked:
        figures = await answer_plan(form, residents)
    return staff_page(
        "data/planner",
        person,
        form=form,
        fields=FIELDS,
        limits=LIMITS,
        figures=figures,
        month=edition.start if edition else None,
    )


async def answer_plan(form: Form, residents: dict[str, float]) -> PlanFigures | None:
    """The answers to what was typed; None if it cannot be used, and the form says why."""
    numbers = read_numbers(form)
    if form.errors:
        return None
    lived = residents_of(residents, int(numbers["boroughs"]))
    return await anyio.to_thread.run_sync(
        plan_figures, tuple(numbers.items()), lived, limiter=ONE_AT_A_TIME
    )


async def load_borough_residents(connection: Connection) -> dict[str, float]:
    """Residents of each borough where rates per resident can be read."""
    city = await places.get_city(connection)
    people = await places.load_population(connection, clock.today().year)
    lived = {one.area: one.persons for one in people if one.dimension == "total"}
    return {
        area.code: lived[area.code]
        for area in city.boroughs()
        if area.per_resident and lived.get(area.code)
    }


async def find_newest_monthly(connection: Connection) -> Edition | None:
    newest = await editions.find_newest_published(connection, "monthly")
    if newest is None:
        return None
    return await editions.get(connection, newest.kind, newest.start, newest.number)


PAGES = [StaffPage([show_planner], menu="Plan a sample", place=79)]
