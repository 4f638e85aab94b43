"""The about pages: contact, privacy, cookies, accessibility and data sources."""

from typing import Annotated

from litestar import get
from litestar.params import PathParameter
from litestar.response import Template

from api import clock
from api.error_handlers import unknown_page
from api.pages.templating import LANGUAGES, prepare_page
from api.security import cookies
from api.security.sent_forms import WITHOUT_SESSION
from api.translating import unconfirmed_languages

PAGES = ("contact", "privacy", "cookies", "accessibility", "sources")
PageName = Annotated[str, PathParameter(pattern=r"^[a-z]{1,20}$")]


@get(
    "/about/{page:str}",
    before_request=prepare_page,
    opt=WITHOUT_SESSION,
    include_in_schema=False,
)
async def show_about_page(page: PageName) -> Template:
    if page not in PAGES:
        raise unknown_page()
    context = {
        "today": clock.today(),
        "names": cookies,
        "drafted_languages": [(code, LANGUAGES[code]) for code in unconfirmed_languages()],
    }
    return Template(f"about/{page}.html", context=context)


HANDLERS = [show_about_page]
