"""Splitting a theme: its parts are named, and each of its examples goes into one of them."""

from typing import Annotated, Any

import anyio
import anyio.to_thread
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from api.loading import loading
from api.pages.reviewer.codebook_draft import DRAFT, change, open_draft
from api.pages.reviewer.codebook_edits import THEME, theme_page
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.codebooks import AnyEdit, Codebook, Split, Theme
from survey.edits import free_id, worded, written
from survey.problems import Invalid
from survey.store.database import Database

PARTS = range(2, 5)
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
Parts = Annotated[int, QueryParameter(ge=PARTS[0], le=PARTS[-1], required=False)]


@get(f"{THEME}/split", guards=reviewers, include_in_schema=False)
async def split_form(
    database: FromDatabase, person: FromPerson, theme: Slug, parts: Parts = PARTS[0]
) -> Template:
    """The machine's division of the examples stands there as a first answer."""
    examples = (await open_draft(database)).book.get(theme).examples
    found = await anyio.to_thread.run_sync(suggested, examples, parts, limiter=ONE_AT_A_TIME)
    answers = {f"part-{place}": str(part + 1) for place, part in enumerate(found)}
    return await split_page(database, person, theme, parts, typed=answers)


async def split_page(
    database: Database, person: Person, theme: str, parts: int, **context: Any
) -> Template:
    given = {"name": "split", "parts": range(1, parts + 1), "choices": PARTS}
    return await theme_page(database, person, theme, **(given | context))


def suggested(examples: tuple[str, ...], parts: int) -> list[int]:
    """Called in a thread: the sentence model takes a second to load, and only once."""
    with loading("analysis.text.division", "analysis.text.reading"):
        from analysis.text import division, reading

    return division.divided(reading.vectors(list(examples)), parts) if examples else []


@post(f"{THEME}/split", guards=reviewers, include_in_schema=False)
async def split(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await typed(request)
    parts = next((one for one in PARTS if form.get("parts") == str(one)), PARTS[0])

    async def again(told: Errors) -> Response[Any]:
        given = {"errors": told, "typed": form}
        return await split_page(database, person, theme, parts, status=422, **given)

    if wrong := faults_of(form, parts):
        return await again(wrong)

    def divided(book: Codebook) -> AnyEdit:
        return Split(theme=theme, parts=parts_in(book, book.get(theme), form, parts))

    refused = await change(database, person, theme, form, divided, again)
    return refused or Redirect(f"{DRAFT}?done=split", status_code=303)


def faults_of(form: dict[str, str], parts: int) -> Errors:
    wrong: Errors = []
    for part in range(1, parts + 1):
        for field, check in (("name", named), ("description", described)):
            try:
                check(form.get(f"{field}-{part}", ""))
            except Invalid as refused:
                wrong.append((f"{field}-{part}", f"Part {part}: {refused.sentence}"))
    return wrong


def named(text: str) -> None:
    worded({"en": text})


def described(text: str) -> None:
    written(text, "description")


def parts_in(book: Codebook, theme: Theme, form: dict[str, str], parts: int) -> tuple[Theme, ...]:
    """Each part with its examples; what does not belong to the whole belongs to no part."""
    found: list[Theme] = []
    for part in range(1, parts + 1):
        name = form[f"name-{part}"]
        examples = tuple(
            text
            for place, text in enumerate(theme.examples)
            if form.get(f"part-{place}") == str(part)
        )
        found.append(
            Theme(
                id=free_id(book, name, frozenset(one.id for one in found)),
                name={"en": name},
                description=form[f"description-{part}"],
                examples=examples,
                counterexamples=theme.counterexamples,
                pinned=theme.pinned,
            )
        )
    return tuple(found)


HANDLERS = [split_form, split]
