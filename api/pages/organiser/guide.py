"""How to make and run a survey, for organisers."""

from litestar import get
from litestar.response import Template

from api.pages.organiser.opening import organisers
from api.pages.work import page
from api.wiring import FromPerson


@get("/work/help", guards=organisers, include_in_schema=False)
async def read(person: FromPerson) -> Template:
    return page("help", person)


HANDLERS = [read]
