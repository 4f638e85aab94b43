"""Where a resident comes in, and the list of what can be answered."""

from litestar import get
from litestar.response import Template

from api import clock
from api.wiring import FromDatabase
from survey.instruments import Instrument
from survey.store import instruments

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


def is_asked(instrument: Instrument) -> bool:
    return instrument.kind != "complaint" and instrument.is_open(clock.today())


HANDLERS = [home, every]
