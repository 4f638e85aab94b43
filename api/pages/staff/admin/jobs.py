"""The background jobs: what waits, what runs, and what failed."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from survey.store import jobs

JOB_LABELS = {
    "code_texts": "Reading what people wrote",
    "weekly_edition": "Weekly edition",
    "monthly_edition": "Monthly edition",
    "nudge_cases": "Reminders of overdue cases",
    "retention": "Daily forgetting",
}


@get("/work/jobs")
async def list_jobs(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        standing = await jobs.load_queue_status(connection)
        held = await jobs.load_failures(connection)
    going = [(row, format_moment(row["oldest"])) for row in standing if row["status"] != "failed"]
    told = [(row, failure_place(row["traceback"])) for row in held]
    return staff_page(
        "jobs", person, kinds=JOB_LABELS, standing=going, held=told, done=done_word(request)
    )


def failure_place(kept: Any) -> dict[str, Any]:
    """Where a job failed and with which error; the queue stores it as JSON inside JSON."""
    found = msgspec.json.decode(kept) if isinstance(kept, str) else kept
    return found if isinstance(found, dict) else {}


@post("/work/jobs/release")
async def retry_failed_jobs(database: FromDatabase, person: FromPerson) -> Redirect:
    async with audited_transaction(database, person, "held jobs released", "jobs") as connection:
        await jobs.release_held(connection)
    return Redirect("/work/jobs?done=released", status_code=303)


PAGES = [StaffPage([list_jobs, retry_failed_jobs], menu="Jobs", place=130)]
