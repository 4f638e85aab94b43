"""The page that staff see after signing in: what changed, what waits and what failed."""

from typing import Any

from litestar import get
from litestar.response import Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.organiser.sharing import handing_over
from api.pages.registry import StaffPage
from api.pages.staff.home import board
from api.pages.templating import AnyRequest
from api.pages.work import done_word, staff_page
from api.process.loading import import_lock
from api.security.people import Person
from survey.coding.double_coding import Accuracy, ReadingStatus
from survey.store import places
from survey.store.coding import waiting
from survey.store.database import Connection, Database
from survey.store.scrutiny import marks


@get("/work")
async def show_work(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    boxes = await load_boxes(database, person)
    reading, read = await load_machine_accuracy(database, boxes)
    return staff_page(
        "home/landing", person, reading=reading, read=read[:2], done=done_word(request), **boxes
    )


async def load_boxes(database: Database, person: Person) -> dict[str, Any]:
    """The boxes of the board that this person may see."""
    city = await database.load_cached(places.get_city)
    async with database.connection() as connection:
        newest = await board.load_newest_editions(connection, person)
        boxes: dict[str, Any] = {
            "editions": await board.editions_box(newest, person),
            "shortcuts": await board.load_shortcuts(connection, person),
            "markings": await marks.load_open_markings(connection, person.id),
        }
        if person.may("reviewer"):
            boxes |= {
                "alerts": [
                    one
                    for one in await board.load_alerts(connection, newest, city)
                    if not one.owner
                ],
                "cases": await board.load_cases(connection, person),
                "actions": await board.load_actions(connection),
                "coding": await waiting.load_waiting(connection, person.id),
                "owed": await board.load_owed_answers(connection),
                "ahead": await board.load_editions_ahead(connection, newest),
                "failed": await board.load_failed(connection, person),
            }
        if person.may("organiser"):
            boxes["surveys"] = await board.load_own_drafts(connection, person)
            boxes["handed_over"] = await handing_over.load_handed_over(connection, person)
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


PAGES = [StaffPage([show_work], menu="Your work", place=10)]
