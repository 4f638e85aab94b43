"""The help page for organisers."""

from litestar import get
from litestar.response import Template

from api.dependencies import FromPerson
from api.pages.organiser.building.opening import organisers
from api.pages.work import staff_page


@get("/work/help", guards=organisers, include_in_schema=False)
async def show_guide(person: FromPerson) -> Template:
    return staff_page("help", person)


HANDLERS = [show_guide]
