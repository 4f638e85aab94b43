"""Who asks: organisation, contact, logo, last words and next step, on every page of the survey."""

from typing import Any

import anyio.to_thread
from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import Form, read_file, read_form
from api.pages.organiser.building.about import MOST_LINE
from api.pages.organiser.sharing.panel import PANEL, panel_page, survey_languages
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from survey.media.pictures import photos
from survey.media.reading import UnreadableFile
from survey.problems import Problem
from survey.store.surveys import sharing
from survey.surveys.instruments import Instrument
from survey.surveys.sharing import unreadable_logo

MOST_SENT = 15_000_000  # a photo of a telephone, and the form around it
MOST_WORDS = 1_000


@post(PANEL + "/who-asks", request_max_body_size=MOST_SENT)
async def save_who_asks(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form, (_, picture) = await read_form(request), await read_file(request, "logo")
    async with database.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, person, "share", slug)
    shown = parse_who_asks(form, instrument)
    logo = None
    if picture and not form.errors:
        try:
            logo = await anyio.to_thread.run_sync(make_logo, picture)
        except Problem as refused:
            form.refuse(refused, [("logo", f"{refused.sentence} {refused.remedy}")])
    if form.errors:
        return await panel_page(request, database, person, slug, form=form)
    async with audited_transaction(database, person, "survey who asks", slug) as connection:
        await sharing.save_shown(connection, slug, shown)
        if logo or form["remove_logo"]:
            await sharing.save_logo(connection, slug, logo)
    return Redirect(f"/work/surveys/{slug}/share?done=who-asks#who-asks", status_code=303)


def parse_who_asks(form: Form, instrument: Instrument) -> dict[str, object]:
    """The fields that hold from now on; what is wrong with them is added to the form."""
    for field in ("organisation", "contact"):
        form.require_length(field, 0, MOST_LINE, f"Use {MOST_LINE} characters or fewer")
    shown: dict[str, object] = {name: form[name] for name in ("organisation", "contact")}
    for field in ("thanks", "next_step"):
        words = dict(getattr(instrument, field))
        for code in survey_languages(instrument):
            at = f"{field}-{code}"
            form.require_length(at, 0, MOST_WORDS, f"Use {MOST_WORDS:,} characters or fewer")
            words[code] = form[at]
        shown[field] = {code: text for code, text in words.items() if text}
    return shown


def make_logo(picture: bytes) -> bytes:
    """The picture as a small JPEG without anything that was written into its file."""
    try:
        return photos.logo(picture)
    except UnreadableFile as why:
        raise unreadable_logo(str(why)) from None


PAGES = [StaffPage([save_who_asks], linked_from=PANEL)]
