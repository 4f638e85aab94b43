"""Edits of the draft codebook: change, merge, retire and add themes."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.pages.forms import Form, read_form, whole_number
from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import (
    DRAFT_ADDRESS,
    check_words,
    load_codebook_draft,
    save_edit,
)
from api.pages.staff.codebook.suggestions import accept_suggestion, load_suggestions
from api.pages.templating import LANGUAGES, AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.coding.codebook_edits import (
    check_theme_name,
    check_theme_text,
    free_theme_id,
    parse_seeds,
)
from survey.coding.codebooks import (
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
from survey.coding.refusals import missing_merge_theme, unknown_theme_edit, unknown_theme_example
from survey.formats.languages import OFFERED_NAMES
from survey.store.database import Database
from survey.surveys.instruments import Wording

THEME_ADDRESS = f"{DRAFT_ADDRESS}/themes/{{theme:str}}"
ENOUGH_EXAMPLES = 5
# Edits made by a button next to an example: the name of the button, and the edit.
EXAMPLE_EDITS: dict[str, type[Forget | Exclude | Exemplify]] = {
    "forget": Forget,
    "exclude": Exclude,
    "exemplify": Exemplify,
}


@get(THEME_ADDRESS)
async def show_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Template:
    return await theme_page(database, person, theme, done=done_word(request))


async def theme_page(
    database: Database, person: Person, theme: str, *, name: str = "theme", **context: Any
) -> Template:
    """A page about one theme of the draft: its own, or the form to merge, split or retire it."""
    draft = await load_codebook_draft(database)
    subject = f"theme {theme}"
    async with database.connection() as connection:
        suggestion = (await load_suggestions(connection, [subject]))[subject]
    given: dict[str, Any] = {
        "draft": draft,
        "theme": draft.book.get(theme),
        "suggestion": suggestion,
    }
    names = {code: OFFERED_NAMES[code] for code in LANGUAGES}
    more = {"enough": ENOUGH_EXAMPLES, "language_names": names}
    return staff_page(f"codebook/{name}", person, **(given | more | context))


@post(f"{THEME_ADDRESS}/edits")
async def edit_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    """Save one edit of this theme."""
    form = await read_form(request)

    def make_edit(book: Codebook) -> AnyEdit:
        return parse_edit(book.get(theme), form)

    async def again() -> Response[Any]:
        return await theme_page(database, person, theme, form=form)

    refused = await save_edit(database, person, theme, form, make_edit, again)
    kind = form.get("kind", "examples")[:20]
    if refused is None and form.number("suggestion"):
        await accept_theme_suggestion(database, person, form)
    return refused or Redirect(f"{DRAFT_ADDRESS}/themes/{theme}?done={kind}", status_code=303)


async def accept_theme_suggestion(database: Database, person: Person, form: Form) -> None:
    """Record that a person used the suggested name or description."""
    words = {0: form["name-en"]} if form["kind"] == "rename" else {1: form["description"]}
    number = form.number("suggestion")
    async with audited_transaction(
        database, person, "machine draft accepted", form["suggestion"][:20]
    ) as connection:
        await accept_suggestion(connection, person, number, words)


def parse_edit(theme: Theme, form: Form) -> AnyEdit:
    """The edit a form asks for; the button next to an example gives its place."""
    for move in EXAMPLE_EDITS:
        if move in form:
            return EXAMPLE_EDITS[move](theme=theme.id, text=example_at(theme, form[move]))
    match form["kind"]:
        case "rename":
            return Rename(theme=theme.id, name=parse_names(form))
        case "describe":
            return Describe(theme=theme.id, description=form["description"])
        case "seed":
            return Seed(theme=theme.id, words=tuple(form["seeds"].split("\n")))
        case "pin":
            return Pin(theme=theme.id, pinned=form["pinned"] == "yes")
        case "example":
            kind = Exclude if form["belongs"] == "no" else Exemplify
            return kind(theme=theme.id, text=form["example"])
    raise unknown_theme_edit()


def parse_names(form: Form) -> Wording:
    """The names by language; English is required, and an empty one is left unchanged."""
    names = {code: form[f"name-{code}"] for code in LANGUAGES}
    # An empty English name stays in, so that it is refused and not passed over.
    return {code: name for code, name in names.items() if name or code == "en"}


def example_at(theme: Theme, place: str) -> str:
    """The text of "examples-3" or "counterexamples-0"."""
    kind, _, number = place.partition("-")
    texts = {"examples": theme.examples, "counterexamples": theme.counterexamples}.get(kind, ())
    at = whole_number(number)
    if at is None or at >= len(texts):
        raise unknown_theme_example()
    return texts[at]


@get(f"{DRAFT_ADDRESS}/add")
async def show_add_form(database: FromDatabase, person: FromPerson) -> Template:
    return staff_page("codebook/add", person, draft=await load_codebook_draft(database))


@post(f"{DRAFT_ADDRESS}/add")
async def add_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    check_words(form, "en")
    # The id is made within the transaction, from the draft as it is then; the address needs it.
    made: list[str] = []

    def make_edit(book: Codebook) -> AnyEdit:
        theme = parse_theme(book, form)
        made.append(theme.id)
        return Add(theme=theme)

    async def again() -> Response[Any]:
        return staff_page(
            "codebook/add", person, form=form, draft=await load_codebook_draft(database)
        )

    if form.errors:
        return await again()
    refused = await save_edit(database, person, form["name-en"][:60], form, make_edit, again)
    return refused or Redirect(f"{DRAFT_ADDRESS}/themes/{made[0]}?done=added", status_code=303)


def parse_theme(book: Codebook, form: Form) -> Theme:
    """A new theme as typed, an example on each line."""
    texts = [line.strip() for line in form["example"].split("\n") if line.strip()]
    name = parse_names(form)
    return Theme(
        id=free_theme_id(book, name["en"]),
        name=check_theme_name(name),
        description=check_theme_text(form["description"], "description"),
        examples=tuple(dict.fromkeys(check_theme_text(text, "example") for text in texts)),
        seeds=parse_seeds(tuple(form["seeds"].split("\n"))),
    )


@get(f"{THEME_ADDRESS}/merge")
async def show_merge_form(database: FromDatabase, person: FromPerson, theme: Slug) -> Template:
    return await theme_page(database, person, theme, name="merge")


@post(f"{THEME_ADDRESS}/merge")
async def merge_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await read_form(request)
    into = form["into"]

    def make_edit(book: Codebook) -> AnyEdit:
        # Checked against the draft that is edited: the theme may have been retired meanwhile.
        if into not in book.ids():
            raise missing_merge_theme()
        return Merge(theme=theme, into=into)

    async def again() -> Response[Any]:
        return await theme_page(database, person, theme, name="merge", form=form)

    refused = await save_edit(database, person, theme, form, make_edit, again)
    return refused or Redirect(f"{DRAFT_ADDRESS}?done=merged", status_code=303)


@get(f"{THEME_ADDRESS}/retire")
async def show_retire_form(database: FromDatabase, person: FromPerson, theme: Slug) -> Template:
    return await theme_page(database, person, theme, name="retire")


@post(f"{THEME_ADDRESS}/retire")
async def retire_theme(
    request: AnyRequest, database: FromDatabase, person: FromPerson, theme: Slug
) -> Response[Any]:
    form = await read_form(request)

    async def again() -> Response[Any]:
        return await theme_page(database, person, theme, name="retire", form=form)

    refused = await save_edit(database, person, theme, form, lambda _: Retire(theme=theme), again)
    return refused or Redirect(f"{DRAFT_ADDRESS}?done=retired", status_code=303)


PAGES = [
    StaffPage(
        [
            show_theme,
            edit_theme,
            show_add_form,
            add_theme,
            show_merge_form,
            merge_theme,
            show_retire_form,
            retire_theme,
        ],
        linked_from="/work/themes/codebook/draft",
    )
]
