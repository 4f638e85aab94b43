"""A draft as others will see it: preview and files, review, publication, or its end."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from api import paper
from api.dependencies import Slug
from api.operations import imports, survey_rights
from api.pages.filters import LANGUAGES, native_name
from api.pages.forms import Form, read_file
from api.pages.organiser.builder.drafts import (
    BASE,
    MOST_SENT,
    load_survey_draft,
    survey_address,
    survey_length,
)
from api.pages.organiser.builder.sentences import SurveyFault, draft_warnings, survey_faults
from api.pages.resident.questionnaire.step_forms import field_name
from api.pages.resident.questionnaire.steps import QuestionnaireStep, questionnaire_steps
from api.pages.work import FromPage, StaffPage
from api.paper.layout import number_questions
from api.paper.words import condition_in_words
from survey.files.refusals import unknown_survey_file
from survey.formats import readers, xform, xlsform
from survey.formats.answer_lists import missing_list_files, read_answers_in_child, with_answer_list
from survey.formats.expressions import logic as expressions
from survey.formats.languages import ENGLISH_NAMES
from survey.places import Area
from survey.problems import Fault, NotFound, Problem
from survey.store import places, surveys
from survey.store.answers import entries
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.surveys.instruments import (
    Instrument,
    Item,
    QuestionGroup,
    QuestionPage,
    Repeat,
    all_parts,
    faults_of_instrument,
    in_languages_only,
    quoted_question,
    wording_text,
    words_by_name,
)
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft, NotImported
from survey.surveys.instruments.versions import HarmonisedVersions, faults_of_mapping
from survey.surveys.responses import EvaluationResult
from survey.surveys.sharing import SHOWN_FIELDS

SurveyFileName = Annotated[str, PathParameter(pattern=r"^(survey|form)\.(xlsx|xml|json|pdf)$")]
FILES_PATH = "/files/{name:str}"
PAPER_FORM = "form.pdf"
FileWriter = Callable[[Instrument, Sequence[Area], str, bytes | None, str], bytes]
FILE_WRITERS: dict[str, tuple[str, FileWriter]] = {
    "survey.xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda instrument, areas, *_: xlsform.to_workbook(xlsform.to_sheets(instrument, areas)),
    ),
    "survey.xml": ("text/xml", lambda instrument, areas, *_: xform.to_xform(instrument, areas)),
    "survey.json": ("application/json", lambda instrument, *_: readers.to_json(instrument)),
    PAPER_FORM: (
        "application/pdf",
        lambda instrument, areas, code, logo, send_to: paper.render_form_pdf(
            instrument, code, areas, send_to, logo
        ),
    ),
}


@get(BASE + "/{slug:str}/preview")
async def show_preview(page: FromPage, slug: Slug) -> Template:
    """Every page of the survey, one below the other, in the frame of a phone."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        city = await places.get_city(connection)
    languages = [(code, LANGUAGES.get(code) or native_name(code)) for code in draft.all_languages()]
    asked_for = page.query.get("in", "")
    code = asked_for if asked_for in draft.all_languages() else draft.all_languages()[0]
    numbered_form = number_questions(draft.instrument, code)
    steps = [
        (
            step,
            partial(preview_field_name, number, step),
            " · ".join(
                condition_in_words(item.relevant, numbered_form)
                for item in step.items
                if item.relevant
            ),
        )
        for number, step in enumerate(
            questionnaire_steps(
                instrument_with_one_round(in_languages_only(draft.instrument, [code])),
                {},
                # Nothing is evaluated, so no condition is false and every page is shown.
                EvaluationResult(),
            ),
            1,
        )
    ]
    return page.show(
        "surveys/preview",
        draft=draft,
        steps=steps,
        asked=Form(),
        areas=city.local_areas(),
        code=code,
        spoken_in=languages,
    )


def preview_field_name(number: int, step: QuestionnaireStep, item: Item) -> str:
    """The name of a question's field, unique among all pages of the preview."""
    return f"p{number}-{field_name(step, item)}"


def instrument_with_one_round(instrument: Instrument) -> Instrument:
    """The survey with each repeat shown as a single page of its questions."""
    items = tuple(
        QuestionPage(name=part.name, text=part.text, items=part.items)
        if isinstance(part, Repeat)
        else part
        for part in instrument.items
    )
    return msgspec.structs.replace(instrument, items=items)


@get(BASE + "/{slug:str}" + FILES_PATH)
async def download_draft_file(page: FromPage, slug: Slug, name: SurveyFileName) -> Response[bytes]:
    draft = await page.load(load_survey_draft, page.person, slug)
    return await survey_file_response(
        page.database, draft.instrument, name, page.query.get("in", "en")
    )


@get("/work/surveys/{slug:str}" + FILES_PATH)
async def download_survey_file(page: FromPage, slug: Slug, name: SurveyFileName) -> Response[bytes]:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "see", slug)
        logo = await sharing.find_logo(connection, slug) if name == PAPER_FORM else None
        send_to = (await entries.find_paper_settings(connection, slug)).send_to
    return await survey_file_response(
        page.database, instrument, name, page.query.get("in", "en"), logo, send_to
    )


async def survey_file_response(
    database: Database,
    instrument: Instrument,
    name: str,
    code: str,
    logo: bytes | None = None,
    send_to: str = "",
) -> Response[bytes]:
    """A file of the survey, made in a thread because a workbook or a PDF takes a while."""
    if name not in FILE_WRITERS:
        raise unknown_survey_file()
    city = await database.load_cached(places.get_city)
    media, make = FILE_WRITERS[name]
    content = await anyio.to_thread.run_sync(
        make, instrument, city.local_areas(), code, logo, send_to
    )
    # A PDF opens in the browser to be printed; the others are for other programs.
    shown = "inline" if name == PAPER_FORM else "attachment"
    disposition = (
        f'{shown}; filename="{instrument.slug}-{instrument.version}.{name.rpartition(".")[2]}"'
    )
    return Response(content, media_type=media, headers={"Content-Disposition": disposition})


async def publish_page(page: FromPage, slug: Slug) -> Template:
    """The page before publishing: what becomes public, what has changed and what is still wrong."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
        live, closed = await instruments.get(connection, slug) if chain else (None, False)
    # In a thread, because every expression is tried out with sample answers.
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    now = (
        now
        if live is None
        else msgspec.structs.replace(with_settings_of(now, live), unlisted=live.unlisted)
    )
    return page.show(
        "surveys/publish",
        draft=draft,
        now=now,
        live=chain[-1] if chain else None,
        closed=closed,
        address=survey_address(page.request, slug),
        length=survey_length(now),
        kept=count_kept(now),
        own_words=[
            quoted_question(part) for part in all_parts(now.items) if part.name in now.texts()
        ],
        words=words_by_name(now.items) | (words_by_name(chain[-1].items) if chain else {}),
        options=option_texts([*chain, now]),
        breaks=HarmonisedVersions([*chain, now]).breaks() if chain and not faults else [],
        faults=survey_faults(now, faults),
        warnings=draft_warnings(draft),
    )


def option_texts(versions: list[Instrument]) -> dict[str, dict[str, str]]:
    """The text of every option, by the name of its question and the name of the option."""
    texts: dict[str, dict[str, str]] = {}
    for part in (part for version in versions for part in all_parts(version.items)):
        for option in getattr(part, "options", ()):
            texts.setdefault(part.name, {})[option.name] = wording_text(option.text)
    return texts


def next_version(draft: InstrumentDraft, chain: list[Instrument]) -> tuple[Instrument, list[Fault]]:
    now = acts.next_version(draft, chain[-1] if chain else None)
    faults = faults_of_instrument(now)
    try:
        # An instrument with faults cannot be evaluated, so its expressions are only read.
        faults += (
            expressions.unreadable_expressions(now)
            if faults
            else expressions.faults_of_expressions(now)
        )
    except Problem as refused:
        # With faults found before, a refusal while reading is a consequence of them.
        faults += () if faults else refused.faults
    return now, faults or (faults_of_mapping(chain, now) if chain else [])


def count_kept(now: Instrument) -> int:
    """How many questions were kept from the version before; a grid counts as one question."""
    kept = set(now.follows.kept) if now.follows else set()
    asked = [part for part in all_parts(now.items) if part.is_asked]
    return sum(kept.issuperset(question.answer_names()) for question in asked)


@post(BASE + "/{slug:str}/publish")
async def publish_survey(page: FromPage, slug: Slug) -> Response[Any]:
    try:
        async with page.connection() as connection, connection.transaction():
            draft = await load_survey_draft(connection, page.person, slug, page.form)
            instrument = msgspec.structs.replace(
                draft.instrument, unlisted=page.form["listing"] == "unlisted"
            )
            draft = msgspec.structs.replace(draft, instrument=instrument)
            chain = await instruments.load_history(connection, slug)
            now = acts.next_version(draft, chain[-1] if chain else None)
            if chain:
                now = with_settings_of(now, (await instruments.get(connection, slug))[0])
            # The caller's transaction holds both: a draft that stayed could be published once more.
            await imports.publish_instrument(connection, now, by=page.person)
            # This version says all of them, as they are now.
            await sharing.drop_shown(connection, slug, SHOWN_FIELDS)
            await surveys.delete_draft(connection, slug)
    except Problem as refused:
        why = "You cannot publish it yet: correct what is listed below"
        page.form.refuse(
            refused, [("", why if refused.faults else f"{refused.sentence} {refused.remedy}")]
        )
        return await publish_page(page, slug)
    return page.to(f"/work/surveys/{slug}/share", "published")


def with_settings_of(now: Instrument, live: Instrument) -> Instrument:
    """The next version with today's setting of who asks, which may have changed since the draft
    began.

    Whether the survey is listed is chosen when the version is published.
    """
    names = [field for field in SHOWN_FIELDS if field != "unlisted"]
    return msgspec.structs.replace(now, **{name: getattr(live, name) for name in names})


async def discard_page(page: FromPage, slug: Slug) -> Template:
    """The form that asks whether to discard the draft, because it cannot be restored."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
    return page.show(
        "surveys/discard",
        draft=draft,
        questions=len(draft.instrument.questions()),
        is_published=bool(chain),
    )


@post(BASE + "/{slug:str}/discard")
async def discard_draft(page: FromPage, slug: Slug) -> Response[Any]:
    """Discard the draft that was shown; if it was changed since, show it again instead."""
    try:
        async with page.write("draft discarded", slug) as connection:
            await load_survey_draft(connection, page.person, slug, page.form)
            await surveys.delete_draft(connection, slug)
            await surveys.release(connection, slug)
    except Problem as refused:
        page.form.refuse(
            refused, [("", f"{refused.sentence} It is not discarded: look at it again.")]
        )
        return await discard_page(page, slug)
    return page.to(BASE, "discarded")


async def import_report_page(page: FromPage, slug: Slug) -> Template:
    """Show how much of a file was imported, what was not, and what has to be corrected first."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        chain = await instruments.load_history(connection, slug)
    # In a thread, because every expression of the survey is tried out.
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    waiting = missing_list_files(draft)
    return page.show(
        "surveys/report",
        draft=draft,
        questions=len(draft.instrument.answer_names()),
        groups=sum(isinstance(part, QuestionGroup) for part in all_parts(draft.instrument.items)),
        kinds=left_by_place(draft.left),
        faults=[waiting_list_fault(fault, draft, waiting) for fault in survey_faults(now, faults)],
        waiting=waiting,
        spoken=[ENGLISH_NAMES.get(code, code) for code in draft.all_languages()],
    )


@post(BASE + "/{slug:str}/report", request_max_body_size=MOST_SENT)
async def add_answer_list(page: FromPage, slug: Slug) -> Response[Any]:
    """Add an answer list that the survey needs and that came in a separate file."""
    name, content = await read_file(page.request)
    wanted = page.form["list"]
    page.form.require(content, wanted, "Choose a file")
    if page.form.errors:
        return await import_report_page(page, slug)
    try:
        draft = await page.load(load_survey_draft, page.person, slug, page.form)
        if wanted not in missing_list_files(draft):
            raise unknown_answer_list()
        columns, language = draft.lists[wanted], draft.all_languages()[0]
        # Read in a child process, and without a connection: a hostile file may take its whole time.
        options = await anyio.to_thread.run_sync(
            read_answers_in_child, name, content, columns, language
        )
        async with page.connection() as connection, connection.transaction():
            # Saving compares the revision, so a change made while the file was read is not lost.
            await surveys.save_draft(connection, with_answer_list(draft, wanted, options))
    except Problem as refused:
        page.form.refuse(refused, [(wanted, f"{refused.sentence} {refused.remedy}")])
        return await import_report_page(page, slug)
    return page.to(f"{BASE}/{slug}/report")


unknown_answer_list = NotFound.of("list.unknown", "This survey does not need that list.")


def waiting_list_fault(
    fault: SurveyFault, draft: InstrumentDraft, waiting: list[str]
) -> SurveyFault:
    """A question's fault; where it waits for a list of answers, only that the list is missing."""
    part = draft.find(fault.name) if fault.name else None
    if getattr(part, "list", "") not in waiting:
        return fault
    return msgspec.structs.replace(fault, sentence="has no answers yet: add its list below")


def left_by_place(left: tuple[NotImported, ...]) -> dict[str, list[NotImported]]:
    """What could not be imported, by its place in the file, in file order."""
    omissions: dict[str, list[NotImported]] = {}
    for omission in left:
        omissions.setdefault(omission.where, []).append(omission)
    return omissions


PAGES = [
    StaffPage([show_preview, download_draft_file], linked_from="/work/builder/{slug:str}"),
    StaffPage(
        [download_survey_file],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    ),
    StaffPage(
        [
            get(BASE + "/{slug:str}/publish")(publish_page),
            publish_survey,
            get(BASE + "/{slug:str}/discard")(discard_page),
            discard_draft,
        ],
        linked_from="/work/builder/{slug:str}",
    ),
    StaffPage(
        [get(BASE + "/{slug:str}/report")(import_report_page), add_answer_list],
        linked_from="/work/builder/{slug:str}",
    ),
]
