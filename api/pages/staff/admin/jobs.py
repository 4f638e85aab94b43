"""The background jobs: what waits, what runs, and what failed."""

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
    going = [(one, format_moment(one.oldest)) for one in standing if one.status != "failed"]
    return staff_page(
        "jobs", person, kinds=JOB_LABELS, standing=going, held=held, done=done_word(request)
    )


@post("/work/jobs/release")
async def retry_failed_jobs(database: FromDatabase, person: FromPerson) -> Redirect:
    async with audited_transaction(database, person, "held jobs released", "jobs") as connection:
        await jobs.release_held(connection)
    return Redirect("/work/jobs?done=released", status_code=303)


PAGES = [StaffPage([list_jobs, retry_failed_jobs], menu="Jobs", place=130)]
