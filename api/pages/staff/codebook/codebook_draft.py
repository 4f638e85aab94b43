"""The shared draft of the codebook: load it, save an edit, or report a conflict."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response

from api.pages.forms import Form
from api.pages.staff.codebook import codebook_words
from api.pages.work import StaffRequest, format_moment
from api.translating import LOCALES
from survey.formats.languages import OFFERED_NAMES
from survey.problems import Conflict, Invalid
from survey.store.coding import codebooks
from survey.store.coding.codebooks import CodebookDraft
from survey.store.database import Connection, Database
from survey.themes.codebook_edits import apply_edit, check_theme_name, check_theme_text
from survey.themes.codebooks import AnyEdit, Codebook, theme_names
from survey.themes.refusals import changed_codebook_draft, missing_codebook_draft

BASE = "/work/themes/codebook"
DRAFT_ADDRESS = f"{BASE}/draft"
LAST_EDITS = 5
# The fields that hold what a person typed, with the labels they have on the conflict page.
FIELD_LABELS = {
    "name-en": "Name",
    **{f"name-{code}": f"Name in {OFFERED_NAMES[code]}" for code in LOCALES if code != "en"},
    "description": "Description",
    "seeds": "Seed words",
    "example": "Example",
    "note": "Why",
    **{f"name-{part}": f"Name of part {part}" for part in range(1, 5)},
    **{f"description-{part}": f"Description of part {part}" for part in range(1, 5)},
}

# The form field of each refusal, by its code.
ERROR_FIELDS = {
    "theme.name": "name-en",
    "theme.description": "description",
    "theme.seeds": "seeds",
    "theme.example": "example",
    "theme.examples": "example",
    "theme.merge_self": "into",
}


def error_field(form: Form, refused: Invalid) -> str:
    """The field of a refusal; of a name that another theme has, the one in which it was typed."""
    if refused.code == "theme.name_used":
        names = (name for name in form.values if name.startswith("name-"))
        # A refusal quotes what was typed; it does not know in which of several fields that was.
        return next((name for name in names if repr(form[name]) in refused.sentence), "name-en")
    return ERROR_FIELDS.get(refused.code, "")


def check_words(form: Form, part: str, *, of: str = "", at: str = "") -> None:
    """Add what is wrong with a theme's name and description, so that both are named at once.

    The fields are `name-{part}` and `description` (of a part `description-{part}`), the page's own
    names of them end with `at`, and sentences begin with `of`.
    """
    fields = (f"name-{part}", "description" if part == "en" else f"description-{part}")
    for field, check in zip(fields, (check_name, check_description), strict=True):
        try:
            check(form[field])
        except Invalid as refused:
            form.add_error(f"{field}{at}", f"{of}{refused.sentence}")


def check_name(text: str) -> None:
    check_theme_name({"en": text})


def check_description(text: str) -> None:
    check_theme_text(text, "description")


def parse_revision(form: Form) -> int:
    """The revision of the draft the person saw; -1, which never matches, if missing."""
    revision = form.number("revision")
    return -1 if revision is None else revision


async def load_codebook_draft(database: Database) -> CodebookDraft:
    async with database.connection() as connection:
        draft = await codebooks.find_draft(connection)
    if draft is None:
        raise missing_codebook_draft()
    return draft


async def load_seen_draft(connection: Connection, revision: int) -> CodebookDraft:
    """The draft, if nobody changed it since the person saw it."""
    draft = await codebooks.find_draft(connection)
    if draft is None:
        raise missing_codebook_draft()
    if draft.revision != revision:
        raise changed_codebook_draft()
    return draft


async def save_edit(
    page: StaffRequest,
    subject: str,
    make: Callable[[Codebook], AnyEdit],
    again: Callable[[], Awaitable[Response[Any]]],
) -> Response[Any] | None:
    """Save one edit of the draft that the person saw, with its audit line.

    Returns None if it was saved. Otherwise the page that says why not: the person's own form from
    `again`, or what others changed in the meantime.
    """
    # Filled in below: the audit line is written when the block ends, with what is in it by then.
    revision, detail = parse_revision(page.form), dict[str, str]()
    try:
        async with page.write("codebook changed", subject, detail) as connection:
            draft = await load_seen_draft(connection, revision)
            edit = make(draft.book)
            detail["edit"] = type(edit).__name__.lower()
            book = apply_edit(draft.book, edit)
            await codebooks.save_draft(connection, book, revision=revision, by=page.person.id)
    except Conflict as refused:
        return await codebook_conflict_page(page, refused)
    except Invalid as refused:
        remedy = f" {refused.remedy}" if refused.code == "theme.name_used" else ""
        page.form.add_error(error_field(page.form, refused), f"{refused.sentence}{remedy}")
        return await again()
    return None


async def codebook_conflict_page(page: StaffRequest, refused: Conflict) -> Response[Any]:
    """What others did in the meantime, and what the person had typed, so that nothing is lost."""
    async with page.connection() as connection:
        draft = await codebooks.find_draft(connection)
        newest = await codebooks.get_newest(connection)
    names = theme_names(newest)
    last = codebook_words.edit_sentences(draft.book.edits, names)[-LAST_EDITS:] if draft else []
    return page.show(
        "codebook/changed",
        status=refused.status,
        refused=refused,
        draft=draft,
        edited=format_moment(draft.edited_at) if draft else "",
        last=last[::-1],
        words=[(label, page.form[name]) for name, label in FIELD_LABELS.items() if page.form[name]],
    )
