"""Split a theme: its parts get names, and each example goes to one of them."""

from typing import Annotated, Any

import anyio
import anyio.to_thread
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.pages.forms import Form, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import (
    DRAFT_ADDRESS,
    check_words,
    load_codebook_draft,
    save_edit,
)
from api.pages.staff.codebook.codebook_edits import THEME_ADDRESS, theme_page
from api.pages.templating import AnyRequest
from api.process.loading import import_lock
from api.security.people import Person
from survey.coding.codebook_edits import free_theme_id
from survey.coding.codebooks import AnyEdit, Codebook, Split, Theme
from survey.store.database import Database

PART_COUNTS = range(2, 5)
# A page that is only read starts the model, so reloading it must not occupy every thread.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
PartCount = Annotated[int, QueryParameter(ge=PART_COUNTS[0], le=PART_COUNTS[-1], required=False)]


@get(f"{THEME_ADDRESS}/split")
async def show_split_form(
    database: FromDatabase, person: FromPerson, theme: Slug, parts: PartCount = PART_COUNTS[0]
) -> Template:
    """Show the form, filled in with the model's suggestion of how to divide the examples."""
    examples = (await load_codebook_draft(database)).book.get(theme).examples
    found = await anyio.to_thread.run_sync(suggested_parts, examples, parts, limiter=ONE_AT_A_TIME)
    answers = {f"part-{place}": str(part + 1) for place, part in enumerate(found)}
    return await split_page(database, person, theme, parts, filled_form(answers))


async def split_page(
    database: Database, person: Person, theme: str, parts: int, form: Form
) -> Template:
    given: dict[str, Any] = {"parts": range(1, parts + 1), "choices": PART_COUNTS}
    return await theme_page(database, person, theme, name="split", form=form, **given)


def suggested_parts(examples: tuple[str, ...], parts: int) -> list[int]:
    """The suggested division of the examples. Called in a thread: loading the sentence model takes
    a second, the first time.
    """
    with import_lock("analysis.text.themes.grouping", "analysis.text.reading"):
        from analysis.text import reading
        from analysis.text.themes import grouping

    return grouping.part_numbers(reading.text_vectors(list(examples)), parts) if examples else []


@post(f"{THEME_ADDRESS}/split")
async def split_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await read_form(request)
    parts = next((one for one in PART_COUNTS if form["parts"] == str(one)), PART_COUNTS[0])

    async def again() -> Response[Any]:
        return await split_page(database, person, theme, parts, form)

    check_split(form, parts)
    if form.errors:
        return await again()

    def make_edit(book: Codebook) -> AnyEdit:
        return Split(theme=theme, parts=parse_parts(book, book.get(theme), form, parts))

    refused = await save_edit(database, person, theme, form, make_edit, again)
    return refused or Redirect(f"{DRAFT_ADDRESS}?done=split", status_code=303)


def check_split(form: Form, parts: int) -> None:
    for part in range(1, parts + 1):
        check_words(form, str(part), of=f"Part {part}: ")


def parse_parts(book: Codebook, theme: Theme, form: Form, parts: int) -> tuple[Theme, ...]:
    """Each part with its examples; counterexamples of the theme apply to every part."""
    found: list[Theme] = []
    for part in range(1, parts + 1):
        name = form[f"name-{part}"]
        examples = tuple(
            text for place, text in enumerate(theme.examples) if form[f"part-{place}"] == str(part)
        )
        found.append(
            Theme(
                # Two parts may be given the same name; their ids have to differ all the same.
                id=free_theme_id(book, name, frozenset(one.id for one in found)),
                name={"en": name},
                description=form[f"description-{part}"],
                examples=examples,
                counterexamples=theme.counterexamples,
                pinned=theme.pinned,
            )
        )
    return tuple(found)


PAGES = [
    StaffPage(
        [show_split_form, split_theme], linked_from="/work/themes/codebook/draft/themes/{theme:str}"
    )
]
