"""The ledger of recommendations: its rows, what was answered to each, and what people decided."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock
from api.dependencies import RowNumber
from api.pages.forms import Day, Errors, Fields, Form, Several, Text, Tick, Values
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.editions.recommendations import (
    MEASURES,
    Decision,
    ForceAnswer,
    Recommendation,
    RecommendationStatus,
    ready_recommendations,
)
from survey.editions.refusals import changed_recommendation
from survey.store.editions import recommendations as store
from survey.store.editions.recommendations import StoredRow

ROOT = "/work/recommendations"
ROW = ROOT + "/{number:int}"
EARLIEST = datetime.date(1829, 9, 29)  # the first day of the Metropolitan Police
LATEST = datetime.timedelta(days=20 * 366)
LONGEST_TITLE, LONGEST_NAME, LONGEST_WORDS, LONGEST_ADDRESS = 120, 200, 3_000, 500
STATUSES: dict[RecommendationStatus, str | tuple[str, str]] = {
    "open": ("Open", "Nobody has decided anything yet"),
    "accepted": ("Accepted", "The force said that it will do it"),
    "partly": ("Accepted in part", "The reason says which part"),
    "rejected": ("Rejected", "The force said that it will not do it"),
    "done": ("Done", "The group has seen that it was done"),
    "unseen": ("Cannot be seen", "Nothing that is public shows whether it was done"),
    "withdrawn": ("Entered by mistake", "No page shows it, except this one and its list"),
}
NAMES = {
    status: words if isinstance(words, str) else words[0] for status, words in STATUSES.items()
}
MEASURE_NAMES = {
    "index": "Perception index",
    "deployments": "Deployments per 10,000 residents",
    "complaints": "Complaints per 10,000 residents",
}
OPEN = Decision(status="open", reason="", decided_by="")

assert tuple(MEASURE_NAMES) == MEASURES


class WebAddress(Text, frozen=True):
    """A web address, or nothing."""

    def read(self, form: Form, name: str) -> str:
        address = form[name]
        web = address.startswith(("https://", "http://")) and not any(map(str.isspace, address))
        form.require(len(address) <= self.most and (web or not address), name, self.refusal)
        return address


def row_fields() -> Fields:
    today = clock.today()
    ever = EARLIEST, today + LATEST
    title = f"Say in {LONGEST_TITLE} characters or fewer what it asks for"
    source = f"Say who recommended it and where, in {LONGEST_NAME} characters or fewer"
    addressee = f"Say to whom it was made, in {LONGEST_NAME} characters or fewer"
    return Fields(
        {"read_on": "read", "made_on": "made", "is_condition": "condition"},
        title=Text(LONGEST_TITLE, title, least=1, one_line=True),
        words=Text(LONGEST_WORDS, f"Enter its words in {LONGEST_WORDS:,} characters or fewer"),
        read_on=Day(EARLIEST, today, "Enter the past day on which you read them", needed=False),
        source=Text(LONGEST_NAME, source, least=1, one_line=True),
        address=address_field(),
        made_on=Day(EARLIEST, today, "Enter the past day on which it was made"),
        addressee=Text(LONGEST_NAME, addressee, least=1, one_line=True),
        due=Day(*ever, "Enter the day by which it is to be done, or nothing", needed=False),
        since=Day(EARLIEST, today, "Enter a past day to compare from"),
        measures=Several(MEASURES, "Select figures from the list"),
        is_condition=Tick(),
    )


def address_field() -> WebAddress:
    return WebAddress(LONGEST_ADDRESS, "Enter an address that begins with https://, or nothing")


def answer_fields() -> Fields:
    words = f"Enter the answer in {LONGEST_WORDS:,} characters or fewer"
    said_by = f"Say who answered, in {LONGEST_NAME} characters or fewer"
    return Fields(
        {"said_on": "said", "said_by": "said-by", "words": "answer", "address": "answer-address"},
        said_on=Day(EARLIEST, clock.today(), "Enter the past day of the answer"),
        said_by=Text(LONGEST_NAME, said_by, least=1, one_line=True),
        words=Text(LONGEST_WORDS, words, least=1),
        address=address_field(),
    )


def read_row(form: Form) -> Recommendation | None:
    """The recommendation as it was typed; its words need the day on which they were read."""
    recommendation = row_fields().read(form, Recommendation)
    form.require(
        bool(form["words"]) == form.has_day("read") or has_error(form.errors, "read-day"),
        "read-day",
        "Enter both its words and the day on which you read them in the source, or neither",
    )
    return None if form.errors else recommendation


def has_error(errors: Errors, field: str) -> bool:
    return any(name == field for name, _ in errors)


def read_decision(form: Form) -> Decision | None:
    """The status that was chosen; all but an open one need a reason and who decided."""
    status = form["status"]
    least = 0 if status == "open" else 1
    form.require(status in STATUSES, "status", "Select its status")
    reason = f"Say why it has this status, in {LONGEST_WORDS:,} characters or fewer"
    form.require_length("reason", least, LONGEST_WORDS, reason)
    who = f"Say in which role that was decided, in {LONGEST_NAME} characters or fewer"
    form.require_length("decided-by", least, LONGEST_NAME, who)
    if form.errors:
        return None
    return msgspec.convert(
        {"status": status, "reason": form["reason"], "decided_by": form["decided-by"]}, Decision
    )


def decision_values(decision: Decision) -> Values:
    return {
        "status": [decision.status],
        "reason": [decision.reason],
        "decided-by": [decision.decided_by],
    }


@get(ROOT)
async def list_rows(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await store.load_rows(connection)
        keys = await store.load_keys(connection)
    ready = [row for row in ready_recommendations() if row.key not in keys]
    return page.show(
        "editions/recommendations", rows=rows, ready=ready, names=NAMES, today=clock.today()
    )


@post(f"{ROOT}/ready")
async def add_ready_rows(page: FromPage) -> Response[Any]:
    """Add the rows that were ticked; those that are in the ledger already stay as they are."""
    chosen = page.form.all("ready")
    rows = [row for row in ready_recommendations() if row.key in chosen]
    if not rows:
        return page.to(ROOT, "none")
    async with page.write("recommendations added", f"{len(rows)}") as connection:
        for row in rows:
            await store.insert(
                connection, row.as_recommendation(), OPEN, by=page.person.id, key=row.key
            )
    return page.to(ROOT, "ready")


@get(f"{ROOT}/new")
async def show_new_row(page: FromPage) -> Template:
    return change_page(page, None)


def change_page(page: StaffRequest, row: StoredRow | None) -> Template:
    return page.show(
        "editions/recommendation_form",
        row=row,
        statuses=STATUSES,
        measures=MEASURE_NAMES,
        chosen=page.form.all("measures"),
    )


@post(f"{ROOT}/new")
async def add_row(page: FromPage) -> Response[Any]:
    recommendation = read_row(page.form)
    if recommendation is None:
        return change_page(page, None)
    async with page.write("recommendation added", recommendation.title) as connection:
        number = await store.insert(connection, recommendation, OPEN, by=page.person.id)
    return page.to(f"{ROOT}/{number}", "added")


async def show_row(page: FromPage, number: RowNumber) -> Template:
    async with page.connection() as connection:
        row = await store.get_row(connection, number)
        history = await store.load_history(connection, number)
    return page.show(
        "editions/recommendation",
        row=row,
        history=history,
        names=NAMES,
        measures=[MEASURE_NAMES[name] for name in row.recommendation.measures],
    )


@get(ROW + "/change")
async def show_change_form(page: FromPage, number: RowNumber) -> Template:
    row = await page.load(store.get_row, number)
    page.fill(row_fields().fill(row.recommendation) | decision_values(row.decision))
    return change_page(page, row)


@post(ROW + "/change")
async def change_row(page: FromPage, number: RowNumber) -> Response[Any]:
    """Append a change, if nobody changed the row since this person saw it."""
    recommendation, decision = read_row(page.form), read_decision(page.form)
    if recommendation is None or decision is None:
        return change_page(page, await page.load(store.get_row, number))
    async with page.write("recommendation changed", recommendation.title) as connection:
        await store.get_row(connection, number)
        seen = page.form.number("version") or 0
        by = page.person.id
        if not await store.append(connection, number, seen + 1, recommendation, decision, by=by):
            raise changed_recommendation()
    return page.to(f"{ROOT}/{number}", "changed")


@post(ROW + "/answers")
async def add_answer(page: FromPage, number: RowNumber) -> Response[Any]:
    answer = answer_fields().read(page.form, ForceAnswer)
    if answer is None:
        return await show_row(page, number)
    row = await page.load(store.get_row, number)
    async with page.write("recommendation answered", row.recommendation.title) as connection:
        await store.insert_answer(connection, number, answer, by=page.person.id)
    return page.to(f"{ROOT}/{number}", "answered")


PAGES = [
    StaffPage(
        [
            list_rows,
            add_ready_rows,
            show_new_row,
            add_row,
            get(ROW)(show_row),
            show_change_form,
            change_row,
            add_answer,
        ],
        menu="Recommendations",
        place=52,
    ),
]
