"""The surveys of a group: their list, one of them, one published by a file, and its owner."""

import datetime
import re
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock, locales
from api.dependencies import ON_REPLICA, Slug
from api.operations import imports, survey_rights
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.pages.forms import filled_form, read_file
from api.pages.organiser.builder.drafts import load_own_drafts, survey_address
from api.pages.organiser.ways import count_in_words
from api.pages.work import FileRow, FromPage, StaffPage, StaffRequest, download_response, file_row
from api.security.people import Person
from survey.cases.contacts import is_email
from survey.files.refusals import unreadable_file
from survey.places import Area
from survey.problems import Problem
from survey.store import places, surveys
from survey.store.accounts import people
from survey.store.answers import attachments, counts, entries
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.surveys.instruments import OutcomeCount
from survey.surveys.instruments import Instrument, Repeat, wording_text
from survey.surveys.ready import COMPLAINT
from survey.surveys.samples import LETTER_OUTCOMES, LetterOutcome

ON_A_PAGE = 50
# Above a column, and at a field.
LETTER_WORDS: dict[LetterOutcome, tuple[str, str]] = {
    "refused": ("Refused", "Refused to take part"),
    "not_reached": ("Not reached", "Nobody could be reached"),
    "unable": ("Unable", "Unable to answer (illness, language, death)"),
    "undelivered": ("Returned", "Returned undelivered"),
    "ineligible": ("Not eligible", "Not eligible (moved away, too young, nobody lives there)"),
}
ACCOUNT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN_FOR = datetime.timedelta(days=30)


@get("/work/surveys/{slug:str}/attachments/{attachment:uuid}")
async def download_answer_file(
    page: FromPage, slug: Slug, attachment: Annotated[UUID, PathParameter()]
) -> Response[bytes]:
    """Download one file, never shown in our pages; the download is written to the audit."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with page.write("attachment downloaded", slug, detail) as connection:
        # Inside the transaction, so that a refused download leaves no line in the audit.
        await survey_rights.require_right(connection, page.person, "export", slug)
        answer_file = await attachments.find_for_survey(connection, slug, ident)
        return download_response(slug, ident, answer_file)


class AnswerFilesPage(msgspec.Struct, frozen=True):
    """One page of the list, and whether there is another."""

    shown: list[FileRow]
    total: int
    page: int
    more: bool


async def load_files_page(
    connection: Connection, chain: list[Instrument], page: int
) -> AnswerFilesPage:
    """The files with answers to any version of a survey."""
    slug = chain[-1].slug
    # Over all versions: a file may answer a question that the newest one does not have.
    asked = {
        name: wording_text(item.text) for version in chain for name, item in version.files().items()
    }
    total = await attachments.count_for_survey(connection, slug)
    answer_files = await attachments.load_answer_files(
        connection, slug, (page - 1) * ON_A_PAGE, ON_A_PAGE
    )
    folder = f"/work/surveys/{slug}/attachments"
    shown = [file_row(slug, folder, file, asked.get(file.item, file.item)) for file in answer_files]
    return AnswerFilesPage(shown, total, page, total > page * ON_A_PAGE)


@get("/work/help")
async def show_guide(page: FromPage) -> Template:
    return page.show("home/help")


async def surveys_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        surveys = await instruments.load_overview(connection)
        drafts = await load_own_drafts(connection, page.person)
        handed_over = await load_handed_over(connection, page.person)
    rows = [
        survey for survey in surveys if survey_rights.is_allowed(page.person, "see", survey.survey)
    ]
    return page.show(
        "surveys/surveys",
        rows=rows,
        status_of=survey_status,
        drafts=drafts,
        handed_over=handed_over,
        may_publish=page.person.may("organiser"),
        built_in=sorted(survey_rights.built_in_slugs()) if page.person.may() else [],
        titles={row.instrument.slug: wording_text(row.instrument.title) for row in rows},
    )


def survey_status(instrument: Instrument, *, closed: bool) -> str:
    if closed:
        return "closed"
    today = clock.today()
    if instrument.opens is not None and today < instrument.opens:
        return "not yet open"
    return "open" if instrument.is_open(today) else "over"


@post("/work/surveys")
async def publish_definition(page: FromPage) -> Response[Any]:
    _, uploaded = await read_file(page.request)
    content = uploaded or page.form["definition"].encode()
    try:
        if not content:
            raise unreadable_file("The survey", "a file, or a definition typed in", "nothing")
        async with page.connection() as connection, connection.transaction():
            published = await imports.import_survey(connection, content, by=page.person)
    except Problem as refused:
        # The file may be of any encoding; whatever can be read is shown to be corrected.
        page.form = filled_form({"definition": content.decode(errors="replace")})
        page.form.refuse(refused, [("definition", refused.sentence)])
        return await surveys_page(page)
    own = "" if published.slug == COMPLAINT else f"/{published.slug}"
    return page.to(f"/work/surveys{own}", "published")


@get("/work/surveys/{slug:str}", dependencies=ON_REPLICA)
async def show_survey(page: FromPage, slug: Slug) -> Template:
    asked = page.query.get("files", "")
    page_of_files = max(int(asked), 1) if re.fullmatch("[0-9]{1,6}", asked) else 1
    return await survey_page(page, slug, page_of_files=page_of_files)


async def survey_page(page: StaffRequest, slug: str, *, page_of_files: int = 1) -> Template:
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "see", slug)
        instrument, closed = await instruments.get(connection, slug)
        owner = await people.get(connection, survey.owner) if survey.owner else None
        total = await counts.count_of_past_hours(connection, slug)
        areas = (await places.get_city(connection)).local_areas()
        codes = await codes_context(connection, slug, areas)
        chain = await instruments.load_history(connection, slug)
        may_export = survey_rights.is_allowed(page.person, "export", survey)
        attached = await load_files_page(connection, chain, page_of_files) if may_export else None
        may_read = survey_rights.is_allowed(page.person, "read texts", survey)
        held = await entries.count_held(connection, slug) if may_read else 0
    return page.show(
        "surveys/survey",
        instrument=instrument,
        closed=closed,
        standing=survey_status(instrument, closed=closed),
        may_steer=survey_rights.is_allowed(page.person, "close", survey),
        may_export=may_export,
        owner=owner,
        total=total,
        held=held,
        may_read=may_read,
        address=survey_address(page.request, slug),
        attached=attached,
        asks_for_files=may_export and any(version.files() for version in chain),
        versions=len(chain),
        repeats=repeats_in(chain),
        **codes,
    )


def repeats_in(chain: list[Instrument]) -> list[str]:
    """The questions that are or were asked several times, in words; those of the newest version
    first.
    """
    repeats: dict[str, str] = {}
    # Newest first, because the first wording found is the one that is shown.
    for item in (item for version in reversed(chain) for item in version.all_questions()):
        if isinstance(item, Repeat):
            repeats.setdefault(item.name, wording_text(item.text) or item.name)
    return list(repeats.values())


async def codes_context(connection: Connection, slug: str, areas: Sequence[Area]) -> dict[str, Any]:
    """What the page says of access codes, and of the letters that carried them."""
    codes = await instruments.count_codes_by_stratum(connection, slug)
    letters = await instruments.load_letter_outcomes(connection, slug)
    return {
        "areas": areas,
        "drawn": [
            (area_name(areas, row.stratum), row.drawn, count_in_words(row.used)) for row in codes
        ],
        "used": count_in_words(sum(code.used for code in codes)),
        "strata": [(code.stratum, area_name(areas, code.stratum)) for code in codes],
        "letters": letters_by_area(letters, areas),
        "letter_words": LETTER_WORDS,
        "is_reported": slug == PERCEPTION_SURVEY,
    }


def letters_by_area(rows: list[OutcomeCount], areas: Sequence[Area]) -> dict[str, list[int]]:
    """Unanswered letters by borough name: how many had each of LETTER_OUTCOMES, in order."""
    letters: dict[str, list[int]] = {}
    for row in rows:
        counts = letters.setdefault(area_name(areas, row.stratum), [0] * len(LETTER_OUTCOMES))
        counts[LETTER_OUTCOMES.index(row.outcome)] = row.letters
    return letters


def area_name(areas: Sequence[Area], code: str) -> str:
    return next((area.name for area in areas if area.code == code), code)


@post("/work/surveys/{slug:str}/standing")
async def close_or_reopen_survey(page: FromPage, slug: Slug) -> Redirect:
    closed = page.form["standing"] == "closed"
    word = "closed" if closed else "reopened"
    async with page.write(f"survey {word}", slug) as connection:
        await survey_rights.require_right(connection, page.person, "close", slug)
        await instruments.set_closed(connection, slug, closed=closed)
    return page.to(f"/work/surveys/{slug}", word)


@post("/work/surveys/{slug:str}/restore")
async def restore_survey(page: FromPage, slug: Slug) -> Redirect:
    """Publish a built-in survey again as it was supplied."""
    async with page.connection() as connection, connection.transaction():
        await imports.restore_built_in(connection, slug, by=page.person)
    return page.to("/work/surveys", "restored")


class HandedOver(msgspec.Struct, frozen=True):
    """A survey that was handed to the person reading the page (`is_gained`), or away from them."""

    title: str
    address: str
    owner: str
    former_owner: str
    day: str
    is_gained: bool


async def load_handed_over(connection: Connection, person: Person) -> list[HandedOver]:
    """The surveys that were handed over to this person, or from them, in the last month."""
    handovers = await surveys.load_handed_over(connection, person.id, clock.now() - SHOWN_FOR)
    return [
        HandedOver(
            wording_text(handover.title) or handover.slug,
            f"/work/{'surveys' if handover.is_published else 'builder'}/{handover.slug}",
            handover.owner,
            handover.former_owner,
            locales.format_short_day(clock.local_time(handover.at)),
            handover.is_gained,
        )
        for handover in handovers
    ]


@get("/work/surveys/{slug:str}/owner")
async def show_owner(page: FromPage, slug: Slug) -> Template:
    """Ask for the new owner; with `to` in the address, ask to confirm that account."""
    to = page.query.get("to", "")
    async with page.connection() as connection:
        new = await people.get(connection, to) if ACCOUNT_ID.fullmatch(to) else None
        if new:
            survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
            survey_rights.require_new_owner(survey, new, new.email)
    return await owner_page(page, slug, new=new)


async def owner_page(page: StaffRequest, slug: str, *, new: Person | None = None) -> Template:
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
        owner = await people.get(connection, survey.owner) if survey.owner else None
        shown, address = await load_shown(connection, slug)
    return page.show(
        "surveys/owner",
        slug=slug,
        owner=owner,
        title=wording_text(shown.title) or slug,
        instrument=shown,
        address=address,
        new=new,
    )


async def load_shown(connection: Connection, slug: str) -> tuple[Instrument, str]:
    """The newest version of a survey, or else its draft, and the address of its page."""
    if await instruments.load_history(connection, slug):
        return (await instruments.get(connection, slug))[0], f"/work/surveys/{slug}"
    return (await surveys.get_draft(connection, slug)).instrument, f"/work/builder/{slug}"


@post("/work/surveys/{slug:str}/owner")
async def hand_over_survey(page: FromPage, slug: Slug) -> Response[Any]:
    """Ask once more with the name of the new owner; hand the survey over once that is confirmed."""
    email, is_confirmed = page.form["email"], bool(page.form["confirmed"])
    page.form.require(is_email(email), "email", "Enter an email address, such as name@example.org")
    if page.form.errors:
        return await owner_page(page, slug)
    try:
        async with page.connection() as connection, connection.transaction():
            if is_confirmed:
                await survey_rights.hand_over(
                    connection, page.person, slug, email, former=page.form["former"]
                )
                return page.to("/work/surveys", "handed-over")
            survey = await survey_rights.require_right(connection, page.person, "hand over", slug)
            new = await survey_rights.find_new_owner(connection, survey, email)
    except Problem as refused:
        page.form.refuse(refused, [("email", f"{refused.sentence} {refused.remedy}")])
        return await owner_page(page, slug)
    # By its id: an address would stay in the browser's history.
    return page.to(f"/work/surveys/{slug}/owner?to={new.id}")


PAGES = [
    StaffPage(
        [download_answer_file],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    ),
    StaffPage([show_guide], menu="Help", place=150, group="Help"),
    StaffPage(
        [get("/work/surveys", dependencies=ON_REPLICA)(surveys_page), show_survey],
        menu="Surveys",
        place=20,
        roles=("organiser", "reviewer"),
    ),
    StaffPage([publish_definition, close_or_reopen_survey], linked_from="/work/surveys"),
    StaffPage([restore_survey], linked_from="/work/surveys", roles=("administrator",)),
    StaffPage([show_owner, hand_over_survey], linked_from="/work/surveys/{slug:str}"),
]
