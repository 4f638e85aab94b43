"""The help page for organisers."""

from litestar import get
from litestar.response import Template

from api.pages.organiser.opening import organisers
from api.pages.work import staff_page
from api.wiring import FromPerson


@get("/work/help", guards=organisers, include_in_schema=False)
async def show_guide(person: FromPerson) -> Template:
    return staff_page("help", person)


HANDLERS = [show_guide]
