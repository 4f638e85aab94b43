"""Edits of the draft codebook: themes that are changed, merged, retired, added and split."""

from typing import Annotated, Any

import anyio
import anyio.to_thread
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Template

from api.dependencies import Slug
from api.pages.filters import LANGUAGES
from api.pages.forms import Form, whole_number
from api.pages.staff.themes.codebook_draft import (
    DRAFT_ADDRESS,
    check_words,
    load_codebook_draft,
    save_edit,
)
from api.pages.staff.themes.machine_drafts import accept_suggestion, load_suggestions
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.formats.languages import OFFERED_NAMES
from survey.surveys.instruments import Wording
from survey.themes import codebook_edits, codebooks
from survey.themes.refusals import missing_merge_theme, unknown_theme_edit, unknown_theme_example

THEME_ADDRESS = f"{DRAFT_ADDRESS}/themes/{{theme:str}}"
ENOUGH_EXAMPLES = 5
# Edits made by a button next to an example: the name of the button, and the edit.
EXAMPLE_EDITS: dict[str, type[codebooks.Forget | codebooks.Exclude | codebooks.Exemplify]] = {
    "forget": codebooks.Forget,
    "exclude": codebooks.Exclude,
    "exemplify": codebooks.Exemplify,
}
PART_COUNTS = range(2, 5)
# A page that is only read starts the model, so reloading it must not occupy every thread.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
PartCount = Annotated[int, QueryParameter(ge=PART_COUNTS[0], le=PART_COUNTS[-1], required=False)]


@get(THEME_ADDRESS)
async def show_theme(page: FromPage, theme: Slug) -> Template:
    return await theme_page(page, theme)


async def theme_page(
    page: StaffRequest, theme: str, *, name: str = "theme", **context: Any
) -> Template:
    """A page about one theme of the draft: its own, or the form to merge, split or retire it."""
    draft = await load_codebook_draft(page.database)
    subject = f"theme {theme}"
    suggestion = (await page.load(load_suggestions, [subject]))[subject]
    given: dict[str, Any] = {
        "draft": draft,
        "theme": draft.book.get(theme),
        "suggestion": suggestion,
    }
    names = {code: OFFERED_NAMES[code] for code in LANGUAGES}
    more = {"enough": ENOUGH_EXAMPLES, "language_names": names}
    return page.show(f"codebook/{name}", **(given | more | context))


@post(f"{THEME_ADDRESS}/edits")
async def edit_theme(page: FromPage, theme: Slug) -> Response[Any]:
    """Save one edit of this theme."""

    def make_edit(book: codebooks.Codebook) -> codebooks.AnyEdit:
        return parse_edit(book.get(theme), page.form)

    async def again() -> Response[Any]:
        return await theme_page(page, theme)

    refused = await save_edit(page, theme, make_edit, again)
    kind = page.form.get("kind", "examples")[:20]
    if refused is None and page.form.number("suggestion"):
        # Record that a person used the suggested name or description.
        words = (
            {0: page.form["name-en"]}
            if page.form["kind"] == "rename"
            else {1: page.form["description"]}
        )
        number = page.form.number("suggestion")
        async with page.write("machine draft accepted", page.form["suggestion"][:20]) as connection:
            await accept_suggestion(connection, page.person, number, words)
    return refused or page.to(f"{DRAFT_ADDRESS}/themes/{theme}", kind)


def parse_edit(theme: codebooks.Theme, form: Form) -> codebooks.AnyEdit:
    """The edit that a form asks for; the button next to an example sends the place of that
    example.
    """
    for move in EXAMPLE_EDITS:
        if move in form:
            list_name, _, number = form[move].partition("-")
            texts = {"examples": theme.examples, "counterexamples": theme.counterexamples}.get(
                list_name, ()
            )
            at = whole_number(number)
            if at is None or at >= len(texts):
                raise unknown_theme_example()
            return EXAMPLE_EDITS[move](theme=theme.id, text=texts[at])
    match form["kind"]:
        case "rename":
            return codebooks.Rename(theme=theme.id, name=parse_names(form))
        case "describe":
            return codebooks.Describe(theme=theme.id, description=form["description"])
        case "seed":
            return codebooks.Seed(theme=theme.id, words=tuple(form["seeds"].split("\n")))
        case "pin":
            return codebooks.Pin(theme=theme.id, pinned=form["pinned"] == "yes")
        case "example":
            kind = codebooks.Exclude if form["belongs"] == "no" else codebooks.Exemplify
            return kind(theme=theme.id, text=form["example"])
    raise unknown_theme_edit()


def parse_names(form: Form) -> Wording:
    """The names by language; English is required, and an empty one is left unchanged."""
    names = {code: form[f"name-{code}"] for code in LANGUAGES}
    # An empty English name stays in, so that it is refused and not passed over.
    return {code: name for code, name in names.items() if name or code == "en"}


@get(f"{DRAFT_ADDRESS}/add")
async def show_add_form(page: FromPage) -> Template:
    return page.show("codebook/add", draft=await load_codebook_draft(page.database))


@post(f"{DRAFT_ADDRESS}/add")
async def add_theme(page: FromPage) -> Response[Any]:
    check_words(page.form, "en")
    # The id is made within the transaction, from the draft as it is then; the address needs it.
    made: list[str] = []

    def make_edit(book: codebooks.Codebook) -> codebooks.AnyEdit:
        texts = [line.strip() for line in page.form["example"].split("\n") if line.strip()]
        name = parse_names(page.form)
        theme = codebooks.Theme(
            id=codebook_edits.free_theme_id(book, name["en"]),
            name=codebook_edits.check_theme_name(name),
            description=codebook_edits.check_theme_text(page.form["description"], "description"),
            examples=tuple(
                dict.fromkeys(codebook_edits.check_theme_text(text, "example") for text in texts)
            ),
            seeds=codebook_edits.parse_seeds(tuple(page.form["seeds"].split("\n"))),
        )
        made.append(theme.id)
        return codebooks.Add(theme=theme)

    async def again() -> Response[Any]:
        return page.show("codebook/add", draft=await load_codebook_draft(page.database))

    if page.form.errors:
        return await again()
    refused = await save_edit(page, page.form["name-en"][:60], make_edit, again)
    return refused or page.to(f"{DRAFT_ADDRESS}/themes/{made[0]}", "added")


@get(f"{THEME_ADDRESS}/merge")
async def show_merge_form(page: FromPage, theme: Slug) -> Template:
    return await theme_page(page, theme, name="merge")


@post(f"{THEME_ADDRESS}/merge")
async def merge_theme(page: FromPage, theme: Slug) -> Response[Any]:
    into = page.form["into"]

    def make_edit(book: codebooks.Codebook) -> codebooks.AnyEdit:
        # Checked against the draft that is edited: the theme may have been retired meanwhile.
        if into not in book.ids():
            raise missing_merge_theme()
        return codebooks.Merge(theme=theme, into=into)

    async def again() -> Response[Any]:
        return await theme_page(page, theme, name="merge")

    refused = await save_edit(page, theme, make_edit, again)
    return refused or page.to(DRAFT_ADDRESS, "merged")


@get(f"{THEME_ADDRESS}/retire")
async def show_retire_form(page: FromPage, theme: Slug) -> Template:
    return await theme_page(page, theme, name="retire")


@post(f"{THEME_ADDRESS}/retire")
async def retire_theme(page: FromPage, theme: Slug) -> Response[Any]:

    async def again() -> Response[Any]:
        return await theme_page(page, theme, name="retire")

    refused = await save_edit(page, theme, lambda _: codebooks.Retire(theme=theme), again)
    return refused or page.to(DRAFT_ADDRESS, "retired")


@get(f"{THEME_ADDRESS}/split")
async def show_split_form(
    page: FromPage, theme: Slug, parts: PartCount = PART_COUNTS[0]
) -> Template:
    """Show the form, filled in with the model's suggestion of how to divide the examples."""
    examples = (await load_codebook_draft(page.database)).book.get(theme).examples
    suggestion = await anyio.to_thread.run_sync(
        suggested_parts, examples, parts, limiter=ONE_AT_A_TIME
    )
    answers = {f"part-{place}": str(part + 1) for place, part in enumerate(suggestion)}
    page.fill(answers)
    return await split_page(page, theme, parts)


async def split_page(page: StaffRequest, theme: str, parts: int) -> Template:
    given: dict[str, Any] = {"parts": range(1, parts + 1), "choices": PART_COUNTS}
    return await theme_page(page, theme, name="split", **given)


def suggested_parts(examples: tuple[str, ...], parts: int) -> list[int]:
    """The suggested division of the examples. Called in a thread: loading the sentence model takes
    a second, the first time.
    """
    with import_lock("analysis.themes.clusters", "analysis.text.model.reading"):
        from analysis.text.model import reading
        from analysis.themes import clusters

    return clusters.part_numbers(reading.text_vectors(list(examples)), parts) if examples else []


@post(f"{THEME_ADDRESS}/split")
async def split_theme(page: FromPage, theme: Slug) -> Response[Any]:
    parts = next(
        (count for count in PART_COUNTS if page.form["parts"] == str(count)), PART_COUNTS[0]
    )

    async def again() -> Response[Any]:
        return await split_page(page, theme, parts)

    for part in range(1, parts + 1):
        check_words(page.form, str(part), of=f"Part {part}: ")
    if page.form.errors:
        return await again()

    def make_edit(book: codebooks.Codebook) -> codebooks.AnyEdit:
        return codebooks.Split(
            theme=theme, parts=parse_parts(book, book.get(theme), page.form, parts)
        )

    refused = await save_edit(page, theme, make_edit, again)
    return refused or page.to(DRAFT_ADDRESS, "split")


def parse_parts(
    book: codebooks.Codebook, theme: codebooks.Theme, form: Form, parts: int
) -> tuple[codebooks.Theme, ...]:
    """Each part with its examples; counterexamples of the theme apply to every part."""
    themes: list[codebooks.Theme] = []
    for part in range(1, parts + 1):
        name = form[f"name-{part}"]
        examples = tuple(
            text for place, text in enumerate(theme.examples) if form[f"part-{place}"] == str(part)
        )
        themes.append(
            codebooks.Theme(
                # Two parts may be given the same name; their ids have to differ all the same.
                id=codebook_edits.free_theme_id(
                    book, name, frozenset(new_theme.id for new_theme in themes)
                ),
                name={"en": name},
                description=form[f"description-{part}"],
                examples=examples,
                counterexamples=theme.counterexamples,
                pinned=theme.pinned,
            )
        )
    return tuple(themes)


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
    ),
    StaffPage(
        [show_split_form, split_theme], linked_from="/work/themes/codebook/draft/themes/{theme:str}"
    ),
]
