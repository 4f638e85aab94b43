"""Where a resident comes in, the list of what can be answered, and the complaint form on paper."""

import anyio.to_thread
from litestar import Response, get
from litestar.response import Template

from api import clock, intake
from api.pages.templating import AnyRequest, language_of
from api.paper import form
from api.wiring import FromDatabase
from survey.instruments import Instrument
from survey.ready import COMPLAINT
from survey.store import instruments, places

MOST = 200


@get("/", include_in_schema=False)
async def home() -> Template:
    return Template("resident/home.html")


@get("/surveys", include_in_schema=False)
async def every(database: FromDatabase) -> Template:
    """The surveys that take answers today; the complaint form has its own address."""
    async with database.connection() as connection:
        rows = await instruments.newest(connection, "", MOST)
    standing = [instrument for instrument, closed in rows if not closed and is_asked(instrument)]
    return Template("resident/surveys.html", context={"instruments": standing})


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


def is_asked(instrument: Instrument) -> bool:
    return instrument.kind != "complaint" and instrument.is_open(clock.today())


HANDLERS = [home, every, paper_form]
