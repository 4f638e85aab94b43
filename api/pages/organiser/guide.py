"""The help page for organisers."""

from litestar import get
from litestar.response import Template

from api.dependencies import FromPerson
from api.pages.registry import StaffPage
from api.pages.work import staff_page


@get("/work/help")
async def show_guide(person: FromPerson) -> Template:
    return staff_page("home/help", person)


PAGES = [StaffPage([show_guide], menu="Help", place=150, group="Help")]
