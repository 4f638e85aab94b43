"""Edits of the draft codebook: each theme's page, merging, splitting, retiring, adding."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.pages.reviewer.codebook_draft import DRAFT, change, open_draft
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import LANGUAGES, AnyRequest
from api.pages.work import Errors, done, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    Pin,
    Rename,
    Retire,
    Seed,
    Theme,
)
from survey.edits import free_id, seeded, worded, written
from survey.instruments import Wording
from survey.problems import Invalid
from survey.store.database import Database

THEME = f"{DRAFT}/themes/{{theme:str}}"
ENOUGH_EXAMPLES = 5
# What a form may ask of one theme, and its fields that say so.
MOVES: dict[str, type[Forget | Exclude | Exemplify]] = {
    "forget": Forget,
    "exclude": Exclude,
    "exemplify": Exemplify,
}


@get(THEME, guards=reviewers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Template:
    return await theme_page(database, person, theme, done=done(request))


async def theme_page(
    database: Database, person: Person, theme: str, *, name: str = "theme", **context: Any
) -> Template:
    """A page about one theme of the draft: its own, or that of a merge, a split, its end."""
    draft = await open_draft(database)
    given: dict[str, Any] = {"draft": draft, "theme": draft.book.get(theme)}
    more = {"enough": ENOUGH_EXAMPLES, "language_names": LANGUAGES}
    return page(f"codebook_{name}", person, **(given | more | context))


@post(f"{THEME}/edits", guards=reviewers, include_in_schema=False)
async def edit(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    """One edit that concerns this theme alone."""
    form = await typed(request)

    def made(book: Codebook) -> AnyEdit:
        return edit_in(book.get(theme), form)

    async def again(told: Errors) -> Response[Any]:
        return await theme_page(database, person, theme, status=422, errors=told, typed=form)

    refused = await change(database, person, theme, form, made, again)
    kind = form.get("kind", "examples")[:20]
    return refused or Redirect(f"{DRAFT}/themes/{theme}?done={kind}", status_code=303)


def edit_in(theme: Theme, form: dict[str, str]) -> AnyEdit:
    """What the form asks for; a button beside an example names its place."""
    for move in MOVES:
        if move in form:
            return MOVES[move](theme=theme.id, text=text_at(theme, form[move]))
    match form.get("kind"):
        case "rename":
            return Rename(theme=theme.id, name=names_in(form))
        case "describe":
            return Describe(theme=theme.id, description=form.get("description", ""))
        case "seed":
            return Seed(theme=theme.id, words=tuple(form.get("seeds", "").split("\n")))
        case "pin":
            return Pin(theme=theme.id, pinned=form.get("pinned") == "yes")
        case "example":
            kind = Exclude if form.get("belongs") == "no" else Exemplify
            return kind(theme=theme.id, text=form.get("example", ""))
    raise Invalid("theme.edit", "Choose what to change.")


def names_in(form: dict[str, str]) -> Wording:
    """English must be there; a language that is left empty is left as it is."""
    names = {code: form.get(f"name-{code}", "") for code in LANGUAGES}
    return {code: name for code, name in names.items() if name or code == "en"}


def text_at(theme: Theme, place: str) -> str:
    """The text of "examples-3" or "counterexamples-0"."""
    kind, _, number = place.partition("-")
    texts = {"examples": theme.examples, "counterexamples": theme.counterexamples}.get(kind, ())
    if not number.isdecimal() or int(number[:6]) >= len(texts):
        raise Invalid("theme.example_unknown", "Choose one of the texts of this theme.")
    return texts[int(number)]


@get(f"{DRAFT}/add", guards=reviewers, include_in_schema=False)
async def add_form(database: FromDatabase, person: FromPerson) -> Template:
    return page("codebook_add", person, draft=await open_draft(database))


@post(f"{DRAFT}/add", guards=reviewers, include_in_schema=False)
async def add(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    form = await typed(request)
    made: list[str] = []

    def added(book: Codebook) -> AnyEdit:
        theme = theme_in(book, form)
        made.append(theme.id)
        return Add(theme=theme)

    async def again(told: Errors) -> Response[Any]:
        draft = await open_draft(database)
        return page("codebook_add", person, status=422, draft=draft, errors=told, typed=form)

    refused = await change(database, person, form.get("name-en", "")[:60], form, added, again)
    return refused or Redirect(f"{DRAFT}/themes/{made[0]}?done=added", status_code=303)


def theme_in(book: Codebook, form: dict[str, str]) -> Theme:
    """A new theme as typed, an example on each line."""
    texts = [line.strip() for line in form.get("example", "").split("\n") if line.strip()]
    name = names_in(form)
    return Theme(
        id=free_id(book, name["en"]),
        name=worded(name),
        description=written(form.get("description", ""), "description"),
        examples=tuple(dict.fromkeys(written(text, "example") for text in texts)),
        seeds=seeded(tuple(form.get("seeds", "").split("\n"))),
    )


@get(f"{THEME}/merge", guards=reviewers, include_in_schema=False)
async def merge_form(database: FromDatabase, person: FromPerson, theme: Slug) -> Template:
    return await theme_page(database, person, theme, name="merge")


@post(f"{THEME}/merge", guards=reviewers, include_in_schema=False)
async def merge(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await typed(request)
    into = form.get("into", "")

    def merged(book: Codebook) -> AnyEdit:
        if into not in book.ids():
            raise Invalid("theme.merge_self", "Choose the theme to merge it into.")
        return Merge(theme=theme, into=into)

    async def again(told: Errors) -> Response[Any]:
        given = {"errors": told, "typed": form}
        return await theme_page(database, person, theme, name="merge", status=422, **given)

    refused = await change(database, person, theme, form, merged, again)
    return refused or Redirect(f"{DRAFT}?done=merged", status_code=303)


@get(f"{THEME}/retire", guards=reviewers, include_in_schema=False)
async def confirm_retire(database: FromDatabase, person: FromPerson, theme: Slug) -> Template:
    return await theme_page(database, person, theme, name="retire")


@post(f"{THEME}/retire", guards=reviewers, include_in_schema=False)
async def retire(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await typed(request)

    async def again(told: Errors) -> Response[Any]:
        return await theme_page(database, person, theme, name="retire", status=422, errors=told)

    refused = await change(database, person, theme, form, lambda _: Retire(theme=theme), again)
    return refused or Redirect(f"{DRAFT}?done=retired", status_code=303)


HANDLERS = [read, edit, add_form, add, merge_form, merge, confirm_retire, retire]
