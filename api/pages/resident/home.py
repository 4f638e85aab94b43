"""Where a resident comes in, the list of what can be answered, and the complaint form on paper."""

import re

import anyio.to_thread
from litestar import Response, get
from litestar.response import Template

from api import clock, intake
from api.pages import summaries
from api.pages.templating import AnyRequest, language_of
from api.paper import form
from api.wiring import FromDatabase
from survey.ready import COMPLAINT
from survey.store import instruments, places

A_PAGE = 50
PAGE = re.compile("[1-9][0-9]{0,3}")


@get("/", include_in_schema=False)
async def home(database: FromDatabase) -> Template:
    return Template("resident/home.html", context={"found": await summaries.newest(database)})


@get("/surveys", include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase) -> Template:
    """The surveys that take answers today, those that came with Soundings on the first page.

    The complaint form has its own address.
    """
    asked = request.query_params.get("page", "")
    page = int(asked) if PAGE.fullmatch(asked) else 1
    async with database.connection() as connection:
        rows = await instruments.open_on(
            connection, clock.today(), (page - 1) * A_PAGE, A_PAGE + 1, COMPLAINT
        )
    more = page + 1 if len(rows) > A_PAGE else None
    context = {"instruments": rows[:A_PAGE], "page": page, "more": more}
    return Template("resident/surveys.html", context=context)


@get("/complaints/form.pdf", include_in_schema=False)
async def paper_form(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    """The complaint form for a pen; somebody of the working group keys it in."""
    async with database.connection() as connection:
        instrument = await intake.open_instrument(connection, COMPLAINT)
    city = await database.remembered(places.get_city)
    language = language_of(request)
    made = await anyio.to_thread.run_sync(form.pdf, instrument, language, city.boroughs())
    named = {"Content-Disposition": f'inline; filename="complaint-{instrument.version}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


HANDLERS = [home, every, paper_form]
