"""What members say of themselves, if they want to, so that the panel is seen next to its area."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from analysis.scrutiny.report import CATEGORIES, PanelShare, panel_shares, residents_by_category
from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.formatting import category_name
from api.pages.forms import read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, PanelAccess, load_panel_access
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security.people import Person
from survey.scrutiny.panels import ScrutinyPanel
from survey.scrutiny.refusals import unknown_panel
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.scrutiny import panels

ME = ROOT + "/panels/{panel:uuid}/me"
LABELS = {"sex": "Sex", "age": "Age", "ethnicity": "Ethnic group"}


@get(ME)
async def show_description(
    database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    async with database.connection() as connection:
        access = await load_own_panel(connection, person, panel)
        said = await panels.find_description(connection, access.panel.id, person.id)
    questions = [
        (name, LABELS[name], [(one, category_name(one)) for one in categories])
        for name, categories in CATEGORIES.items()
    ]
    return staff_page("scrutiny/me", person, panel=access.panel, questions=questions, said=said)


async def load_own_panel(connection: Connection, person: Person, panel: UUID) -> PanelAccess:
    access = await load_panel_access(connection, person, panel)
    if access.member is None:
        raise unknown_panel()
    return access


@post(ME)
async def save_description(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    """Save what a member says of themselves; what they leave open is not stored."""
    form = await read_form(request)
    groups = {name: form[name] for name, known in CATEGORIES.items() if form[name] in known}
    async with database.connection() as connection:
        access = await load_own_panel(connection, person, panel)
    async with audited_transaction(
        database, person, "scrutiny description saved", access.panel.name
    ) as connection:
        await panels.save_description(connection, access.panel.id, person.id, groups)
    return Redirect(f"{ROOT}/panels/{panel}?done=me", status_code=303)


async def load_shares(database: Database, panel: ScrutinyPanel) -> list[tuple[str, PanelShare]]:
    """The panel next to the residents of its area, each line with its name."""
    async with database.connection() as connection:
        described = await panels.load_descriptions(connection, panel.id)
        counts = [
            count
            for dimension in ("age_sex", "ethnicity")
            for count in await places.load_populations(connection, dimension)
        ]
    residents = residents_by_category(counts, panel.areas, clock.today().year)
    return [
        (f"{LABELS[one.dimension]}: {category_name(one.category)}", one)
        for one in panel_shares(described, residents)
    ]


PAGES = [StaffPage([show_description, save_description], linked_from=ROOT)]
