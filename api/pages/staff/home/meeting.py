"""What to raise at the next meeting, on one page to print."""

from litestar import get
from litestar.response import Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson
from api.pages.registry import StaffPage
from api.pages.staff.home import board
from api.pages.work import staff_page
from api.security.people import Person
from survey.store import places
from survey.store.coding import waiting
from survey.store.database import Database
from survey.store.editions.alerts import NewestEdition

# So many lines fit on one sheet of A4 together.
MOST_ALERTS, MOST_ACTIONS, MOST_CASES = 8, 6, 5


@get("/work/meeting")
async def show_meeting(database: FromDatabase, person: FromPerson) -> Template:
    return await meeting_page(database, person)


async def meeting_page(database: Database, person: Person) -> Template:
    city = await database.load_cached(places.get_city)
    async with database.connection() as connection:
        newest = await board.load_newest_editions(connection, person)
        alerts = await board.load_alerts(connection, newest, city)
        actions = await board.load_actions(connection, MOST_ACTIONS)
        cases = await board.load_cases(connection, person, MOST_CASES)
        coding = await waiting.load_waiting(connection, person.id)
        owed = await board.load_owed_answers(connection)
        ahead = await board.load_editions_ahead(connection, newest)
    return staff_page(
        "home/meeting",
        person,
        day=formatting.format_day(clock.today()),
        editions=await board.editions_box(newest, person),
        slides=[slides_address(one) for one in newest if one.status == "published"],
        alerts=alerts[:MOST_ALERTS],
        more_alerts=max(0, len(alerts) - MOST_ALERTS),
        actions=actions,
        cases=cases,
        coding=coding,
        owed=owed,
        ahead=ahead,
    )


def slides_address(newest: NewestEdition) -> tuple[str, str]:
    """The name and the address of the slides of a published edition."""
    address = f"/reports/{newest.kind}/{newest.start}/slides.pdf?number={newest.number}"
    return f"Slides of the {newest.kind} edition (PDF)", address


# It gathers what the board has, but only reviewers see alerts, cases and drafts.
PAGES = [
    StaffPage(
        [show_meeting], menu="For the meeting", place=65, roles=("reviewer",), group="Editions"
    )
]
