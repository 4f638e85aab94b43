"""People label the stance of texts towards a demand, without seeing what the machine read."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.demands.demands import BASE, STANCES
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.coding.demands import RELEARN_EVERY
from survey.store import jobs
from survey.store.coding import demands, stances
from survey.store.coding.stances import TextOfDemand
from survey.store.database import Connection, Database

NEXT = f"{BASE}/{{demand:uuid}}/next"
TEXT = f"{BASE}/{{demand:uuid}}/texts/{{text:uuid}}"


@get(NEXT)
async def show_next_text(
    request: AnyRequest, database: FromDatabase, person: FromPerson, demand: FromPath[UUID]
) -> Response[Any]:
    """The next text to label: one by chance and one that teaches most, in turn."""
    async with database.connection() as connection:
        await demands.get(connection, str(demand))
        text = await find_next_text(connection, str(demand), person)
    if text is None:
        return Redirect(f"{BASE}/{demand}?done=finished", status_code=303)
    return await labelling_page(database, person, str(demand), text, done=done_word(request))


async def find_next_text(
    connection: Connection, demand: str, person: Person
) -> TextOfDemand | None:
    labels = await stances.count_labels(connection, demand)
    teaching = labels % 2 == 1
    found = await stances.find_next_text(connection, demand, person.id, teaching=teaching)
    # Before the machine has learned, and once it has read all that are left, chance alone chooses.
    if found is None and teaching:
        found = await stances.find_next_text(connection, demand, person.id, teaching=False)
    return found


@get(TEXT)
async def show_text(
    database: FromDatabase, person: FromPerson, demand: FromPath[UUID], text: FromPath[UUID]
) -> Template:
    """A text that was labelled before, to be labelled again."""
    async with database.connection() as connection:
        found = await stances.get_text(connection, str(demand), str(text))
    return await labelling_page(database, person, str(demand), found)


async def labelling_page(
    database: Database,
    person: Person,
    demand: str,
    text: TextOfDemand,
    form: Form | None = None,
    **context: Any,
) -> Template:
    """A text without personal data, the demand and the four answers, and nothing else."""
    async with database.connection() as connection:
        one = await demands.get(connection, demand)
    return staff_page(
        "demands/text", person, one=one, text=text, stances=STANCES, form=form, **context
    )


@post(TEXT)
async def save_label(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    demand: FromPath[UUID],
    text: FromPath[UUID],
) -> Response[Any]:
    """Save a person's label; the audit records that they labelled a text, not how."""
    form = await read_form(request)
    said = next((one for one in STANCES if one == form["stance"]), None)
    if said is None:
        form.add_error("stance-1", "Select one of the four answers")
        async with database.connection() as connection:
            found = await stances.get_text(connection, str(demand), str(text))
        return await labelling_page(database, person, str(demand), found, form)
    async with audited_transaction(database, person, "stance labelled", str(demand)) as connection:
        labels = await stances.insert_label(connection, str(demand), str(text), said, by=person.id)
        if labels % RELEARN_EVERY == 0:
            await jobs.enqueue_unless_waiting(connection, "read_stances", str(demand))
    return Redirect(f"{BASE}/{demand}/next?done=saved", status_code=303)


PAGES = [StaffPage([show_next_text, show_text, save_label], linked_from=f"{BASE}")]
