"""Who runs this, how to reach them, what is kept, cookies, accessibility and data licences."""

from typing import Annotated

from litestar import get
from litestar.params import PathParameter
from litestar.response import Template

from api import clock, cookies
from api.pages.templating import arrive
from survey.problems import NotFound

PAGES = ("contact", "privacy", "cookies", "accessibility", "sources")
PageName = Annotated[str, PathParameter(pattern=r"^[a-z]{1,20}$")]


@get("/about/{page:str}", before_request=arrive, include_in_schema=False)
async def about(page: PageName) -> Template:
    if page not in PAGES:
        raise NotFound("address.unknown", "This page does not exist.")
    context = {"today": clock.today(), "names": cookies}
    return Template(f"about/{page}.html", context=context)


HANDLERS = [about]
