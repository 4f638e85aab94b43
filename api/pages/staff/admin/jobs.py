"""The background jobs: what waits, what runs, and what failed."""

from litestar import get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.jobs.registry import job_label
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from survey.store import jobs


@get("/work/jobs")
async def list_jobs(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        waiting = await jobs.load_waiting(connection)
        held = await jobs.load_held(connection)
    return staff_page(
        "admin/jobs",
        person,
        label=job_label,
        waiting=[(one, format_moment(one.oldest)) for one in waiting],
        held=held,
        done=done_word(request),
    )


@post("/work/jobs/release")
async def retry_failed_jobs(database: FromDatabase, person: FromPerson) -> Redirect:
    async with audited_transaction(database, person, "held jobs released", "jobs") as connection:
        await jobs.release_held(connection)
    return Redirect("/work/jobs?done=released", status_code=303)


PAGES = [StaffPage([list_jobs, retry_failed_jobs], menu="Jobs", place=130)]
