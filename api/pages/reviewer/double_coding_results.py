"""Double coding once both have coded: disagreements, and how well the machine reads."""

import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from babel import Locale
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from api import figures
from api.loading import loading
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.double_coding import (
    BASE,
    TONES,
    TYPES,
    Form,
    choices,
    chosen_in,
    faults,
    label_in,
    quarter_name,
)
from api.pages.templating import AnyRequest
from api.pages.work import acting, done, moment, page
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import Codebook
from survey.double_coding import FEWEST_LABELS, PASS_MARK, Label, no_gain, taken
from survey.instruments import said
from survey.problems import Invalid
from survey.store import codebooks, places, recalibrations
from survey.store import double_coding as store
from survey.store.database import Database

TEXT = f"{BASE}/texts/{{text:uuid}}"
MOST_NOTE = 500
MOST_OPEN, MOST_DECIDED = 100, 25
NOT_TOLD = "Not sure"
Quarter = Annotated[datetime.date | None, QueryParameter(required=False)]


class Said(msgspec.Struct, frozen=True):
    """One side of a disagreement, in words."""

    who: str
    tone: str
    themes: list[str]
    comment_type: str


def in_words(who: str, label: Label, book: Codebook) -> Said:
    themes = [NOT_TOLD] if label.themes is None else [said(book.get(t).name) for t in label.themes]
    return Said(
        who,
        TONES[label.tone] if label.tone else NOT_TOLD,
        sorted(themes) or ["None of these"],
        TYPES[label.comment_type] if label.comment_type else NOT_TOLD,
    )


@get(f"{BASE}/disagreements", guards=reviewers, include_in_schema=False)
async def disagreements(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Template:
    async with database.connection() as connection:
        rows = await store.disagreements(connection)
    left = [row for row in rows if row["resolution"] is None]
    decided = [row for row in rows if row["resolution"] is not None]
    listed = [
        (row, quarter_name(row["quarter"]), about(row))
        for row in (*left[:MOST_OPEN], *decided[:MOST_DECIDED])
    ]
    return page(
        "double_coding_disagreements",
        person,
        rows=listed,
        open=len(left),
        decided=len(decided),
        done=done(request),
    )


def about(row: Any) -> str:
    """On which of the three questions two people differ."""
    names = {"tone": "tone", "themes": "themes", "comment_type": "kind of comment"}
    return ", ".join(
        words for name, words in names.items() if row["first"][name] != row["second"][name]
    )


@get(TEXT, guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson, text: FromPath[UUID]) -> Template:
    return await pair_page(database, person, str(text))


async def pair_page(database: Database, person: Person, text: str, **context: Any) -> Template:
    """What both said, and now also what the machine said."""
    async with database.connection() as connection:
        row = await store.pair(connection, text)
        book = await codebooks.get(connection, row["codebook"])
        machine = await store.machine(connection, text, row["codebook"])
    sides = [
        in_words(row[f"{seat}_by"], msgspec.convert(row[seat], Label), book)
        for seat in ("first", "second")
    ]
    third = row["resolution"] and msgspec.convert(row["resolution"], Label)
    return page(
        "double_coding_pair",
        person,
        row=row,
        sides=sides,
        agreed=row["first"] == row["second"],
        third=in_words(row["resolved_by"], third, book) if third else None,
        resolved=moment(row["resolved_at"]) if third else "",
        machine=machine,
        machine_themes=[said(t.name) for t in book.themes if machine and t.id in machine["themes"]],
        **choices(book),
        **({"chosen": alike(row["first"], row["second"]), "note": ""} | context),
    )


def alike(first: dict[str, Any], second: dict[str, Any]) -> Form:
    """What both said alike, as a form would hold it: only the rest is to be decided."""
    form: Form = {}
    for name in ("tone", "themes", "comment_type"):
        if (said_so := first[name]) == second[name]:
            told = ["unknown"] if said_so is None else said_so or ["none"]
            form[name] = told if isinstance(told, list) else [told]
    return form


@post(TEXT, guards=reviewers, include_in_schema=False)
async def resolve(
    request: AnyRequest, database: FromDatabase, person: FromPerson, text: FromPath[UUID]
) -> Response[Any]:
    """A third decision, with a reason, that counts from now on."""
    form = await chosen_in(request)
    note = form.get("note", [""])[0]
    try:
        async with acting(database, person, "disagreement resolved", str(text)) as connection:
            row = await store.pair(connection, str(text))
            if row["first"] == row["second"]:
                raise taken()
            label = label_in(form, await codebooks.get(connection, row["codebook"]))
            noted(note)
            await store.insert_resolution(connection, str(text), label, note, by=person.id)
    except Invalid as refused:
        wrong = resolution_faults(form, refused)
        return await pair_page(
            database, person, str(text), status=422, errors=wrong, chosen=form, note=note
        )
    return Redirect(f"{BASE}/disagreements?done=resolved", status_code=303)


def noted(note: str) -> None:
    if not note or len(note) > MOST_NOTE:
        raise Invalid(
            "resolution.note",
            f"Say in up to {MOST_NOTE} characters why you decided so",
            "Do not write names.",
        )


def resolution_faults(form: Form, refused: Invalid) -> list[tuple[str, str]]:
    if refused.code == "resolution.note":
        return [("note", refused.sentence)]
    return faults(form, refused)


@get(f"{BASE}/results", guards=reviewers, include_in_schema=False)
async def results(
    request: AnyRequest, database: FromDatabase, person: FromPerson, quarter: Quarter = None
) -> Template:
    with loading("api.jobs.double_coding", "api.jobs.recalibrating"):
        from api.jobs import double_coding as job  # slow to load
        from api.jobs import recalibrating

    async with database.connection() as connection:
        rows = [row for row in await store.progress(connection, person.id) if row["twice"]]
        quarters = [row["quarter"] for row in rows]
        chosen = quarter if quarter in quarters else next(iter(quarters), None)
        boroughs = (await places.get_city(connection)).boroughs()
        found = await job.results(connection, chosen, boroughs) if chosen else None
        tuned = await recalibrating.fitted(connection)
        in_force = await recalibrations.newest(connection)
        apart = [row for row in await store.disagreements(connection) if row["quarter"] == chosen]
    return page(
        "double_coding_results",
        person,
        found=found,
        chosen=chosen,
        named=quarter_name(chosen) if chosen else "",
        quarters=[(str(one), quarter_name(one)) for one in quarters],
        row=next((row for row in rows if row["quarter"] == chosen), None),
        open=sum(row["resolution"] is None for row in apart),
        scored=scored,
        share=share,
        signed=figures.signed,
        language_name=language_name,
        tuned=tuned,
        in_force=in_force,
        done=done(request),
        percent=figures.percent,
        quarter_name=quarter_name,
        mark=PASS_MARK,
        fewest=FEWEST_LABELS,
    )


@post(f"{BASE}/recalibration", guards=reviewers, include_in_schema=False)
async def recalibrate(database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Put the recalibration in use: texts coded from now on say that it was used."""
    with loading("api.jobs.recalibrating"):
        from api.jobs import recalibrating  # slow to load

    async with database.connection() as connection:
        found = await recalibrating.fitted(connection)
    if found is None:
        raise no_gain()
    detail = msgspec.to_builtins(found)
    subject = str(found.version)
    async with acting(database, person, "tone recalibrated", subject, detail) as connection:
        await recalibrations.insert(connection, found, by=person.id)
    return Redirect(f"{BASE}/results?done=recalibrated", status_code=303)


def language_name(code: str) -> str:
    return str(Locale("en").languages.get(code.partition("-")[0], code))


def scored(one: Any) -> str:
    """A score between 0 and 1 with its interval."""
    if one.value is None:
        return "no figure"
    if one.low is None or one.high is None:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} ({one.low:.2f}{figures.TO}{one.high:.2f})"


def share(one: Any) -> str:
    return f"{figures.percent(one.value)} ({figures.percents(one.low, one.high)})"


HANDLERS = [disagreements, read, resolve, results, recalibrate]
