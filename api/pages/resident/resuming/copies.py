"""A copy of somebody's own answers, to print or to save as a PDF: before and after sending.

Nothing is stored for it. Before sending it is made from the draft, afterwards from what was sent,
as long as this browser shows the receipt.
"""

from typing import Any, cast

import anyio
import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.receiving import unknown_receipt
from api.pages.resident.questionnaire.starting import form_paths
from api.pages.resident.questionnaire.walking import (
    FromWalk,
    Walk,
    draft_contact,
    fitting_answers,
    load_files,
)
from api.pages.templating import (
    AnyRequest,
    render_template,
    requested_language,
    text_direction,
    use_language,
)
from api.paper import documents
from survey.store import places
from survey.store.answers import responses
from survey.store.cases import complaints
from survey.store.database import Database
from survey.surveys.instruments import Instrument, Repeat
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import answer_rounds

# Anyone may ask for a PDF, and each keeps a core busy for a moment.
PRINTING_LIMIT = anyio.CapacityLimiter(2)


@get(form_paths(f"/{steps.COPY}"), include_in_schema=False)
async def show_copy(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Response[Any]:
    """The copy as a page made for print."""
    if walk.draft is None:
        return Redirect(walk.base)
    return Template("resident/copy.html", context=await copy_context(database, walk))


@get(form_paths(f"/{steps.COPY_FILE}"), include_in_schema=False)
async def download_copy(
    request: AnyRequest, database: FromDatabase, walk: FromWalk
) -> Response[Any]:
    """The copy as a PDF, with the questions and answers of the page."""
    if walk.draft is None:
        return Redirect(walk.base)
    language = requested_language(request)
    context = await copy_context(database, walk) | {"request": request}
    # The page itself is what is printed, so that the two can never differ.
    page = render_template(request, "resident/copy.html", context)
    made = await print_copy(page, language)
    named = {"Content-Disposition": f'attachment; filename="{walk.instrument.slug}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


async def print_copy(page: bytes, language: str) -> bytes:
    """The PDF of a copy; it waits for its turn if others are printed."""
    with use_language(language):
        direction = text_direction(language)
        return await anyio.to_thread.run_sync(
            documents.render_copy_pdf, page, language, direction, limiter=PRINTING_LIMIT
        )


async def copy_context(database: Database, walk: Walk) -> dict[str, Any]:
    """What a copy shows: of the draft, or of what was sent from this browser."""
    assert walk.draft is not None
    reference = walk.draft.reference
    shown = await sent_walk(database, walk, reference) if reference else walk
    draft = cast(ResidentDraft, shown.draft)
    await load_files(database, shown)
    city = await database.load_cached(places.get_city)
    return {
        "walk": shown,
        "draft": draft,
        "reference": reference,
        "answers_on": steps.step_answers,
        "area": city.find(draft.area).name if draft.area else "",
        "contact": draft_contact(shown, draft),
        "areas": city.local_areas(),
    }


async def sent_walk(database: Database, walk: Walk, reference: str) -> Walk:
    """The way through the survey with the answers that were sent under this reference."""
    async with database.connection() as connection:
        if walk.instrument.kind == "complaint":
            case = await complaints.get(connection, reference)
            area, answers = case.area, dict(case.answers)
            texts = await complaints.load_written_texts(connection, case.id)
        else:
            found = await responses.find_answers(connection, reference)
            if found is None:
                raise unknown_receipt()
            area, answers, texts = found.area, dict(found.answers), found.texts
    answers = answers_with_texts(walk.instrument, answers, texts)
    fitting = fitting_answers(walk.instrument, answers, walk.occasion)
    sent = drafts.ResidentDraft(slug=walk.instrument.slug, area=area, answers=fitting)
    shown = msgspec.structs.replace(walk, draft=sent, walked=None)
    await shown.settle()
    return shown


def answers_with_texts(instrument: Instrument, answers: Answers, texts: dict[str, str]) -> Answers:
    """The answers with the free texts, which are stored apart and of all rounds in one."""
    within = {
        item.name: part.name
        for part in instrument.all_questions()
        if isinstance(part, Repeat)
        for item in part.items
    }
    found = dict(answers)
    for name, text in texts.items():
        if (repeat := within.get(name)) is None:
            found[name] = text
        elif rounds := answer_rounds(found.get(repeat)):
            found[repeat] = [rounds[0] | {name: text}, *rounds[1:]]
    return found


HANDLERS = [show_copy, download_copy]
