"""The page that staff see after signing in: what changed, what waits and what failed."""

from typing import Any

from litestar import get
from litestar.response import Template

from api import clock, formatting
from api.pages.organiser.sharing import handing_over
from api.pages.registry import StaffPage
from api.pages.staff.home import board
from api.pages.work import FromPage, StaffRequest
from api.process.installation import import_lock
from survey.store import places
from survey.store.coding import codes
from survey.store.database import Connection, Database
from survey.store.editions.alerts import NewestEdition
from survey.store.scrutiny import marks
from survey.themes.double_coding import Accuracy, ReadingStatus


@get("/work")
async def show_work(page: FromPage) -> Template:
    boxes = await load_boxes(page)
    reading, read = await load_machine_accuracy(page.database, boxes)
    return page.show("home/landing", reading=reading, read=read[:2], **boxes)


async def load_boxes(page: StaffRequest) -> dict[str, Any]:
    """The boxes of the board that this person may see."""
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        newest = await board.load_newest_editions(connection, page.person)
        boxes: dict[str, Any] = {
            "editions": await board.editions_box(newest, page.person),
            "shortcuts": await board.load_shortcuts(connection, page.person),
            "markings": await marks.load_open_markings(connection, page.person.id),
        }
        if page.person.may("reviewer"):
            boxes |= {
                "alerts": [
                    one
                    for one in await board.load_alerts(connection, newest, city)
                    if not one.owner
                ],
                "cases": await board.load_cases(connection, page.person),
                "actions": await board.load_actions(connection),
                "coding": await codes.load_coding_waiting(connection, page.person.id),
                "owed": await board.load_owed_answers(connection),
                "ahead": await board.load_editions_ahead(connection, newest),
                "failed": await board.load_failed(connection, page.person),
            }
        if page.person.may("organiser"):
            boxes["surveys"] = await board.load_own_drafts(connection, page.person)
            boxes["handed_over"] = await handing_over.load_handed_over(connection, page.person)
    return boxes


async def load_machine_accuracy(
    database: Database, boxes: dict[str, Any]
) -> tuple[ReadingStatus | None, list[Accuracy]]:
    """How accurately the model reads, for reviewers; nothing before double coding started."""
    # Asked first, so that nobody waits for the import while there is nothing to judge.
    if "coding" not in boxes or not boxes["coding"].has_begun:
        return None, []
    return await database.load_cached(judge_reading)


async def judge_reading(connection: Connection) -> tuple[ReadingStatus | None, list[Accuracy]]:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    return await job.judge_reading(connection)


# So many lines fit on one sheet of A4 together.
MOST_ALERTS, MOST_ACTIONS, MOST_CASES = 8, 6, 5


@get("/work/meeting")
async def show_meeting(page: FromPage) -> Template:
    return await meeting_page(page)


async def meeting_page(page: StaffRequest) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        newest = await board.load_newest_editions(connection, page.person)
        alerts = await board.load_alerts(connection, newest, city)
        actions = await board.load_actions(connection, MOST_ACTIONS)
        cases = await board.load_cases(connection, page.person, MOST_CASES)
        coding = await codes.load_coding_waiting(connection, page.person.id)
        owed = await board.load_owed_answers(connection)
        ahead = await board.load_editions_ahead(connection, newest)
    return page.show(
        "home/meeting",
        day=formatting.format_day(clock.today()),
        editions=await board.editions_box(newest, page.person),
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
    StaffPage([show_work], menu="Your work", place=10),
    StaffPage(
        [show_meeting], menu="For the meeting", place=65, roles=("reviewer",), group="Editions"
    ),
]
