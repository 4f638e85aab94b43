"""What pages of the codebook share: edits in words, checks of what was typed, and the draft."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from litestar import Response

from api.locales import LOCALES
from api.pages.forms import Form
from api.pages.work import StaffRequest
from survey.formats.languages import OFFERED_NAMES
from survey.problems import Conflict, Invalid
from survey.store.database import Connection, Database
from survey.store.themes import codebooks
from survey.store.themes.codebooks import AcceptedCodebook, CodebookDraft
from survey.surveys.instruments import wording_text
from survey.themes.codebook_edits import apply_edit, check_theme_name, check_theme_text
from survey.themes.codebooks import (
    Add,
    AnyEdit,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    NamesByTheme,
    Pin,
    Rename,
    Retire,
    Seed,
    Split,
    theme_names,
    theme_names_after,
)
from survey.themes.refusals import changed_codebook_draft, missing_codebook_draft

LONGEST_QUOTE = 80
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


def codebook_history(
    first: Codebook, versions: list[AcceptedCodebook]
) -> list[tuple[AcceptedCodebook, list[str]]]:
    """Every version and what it changed, newest first; themes have the names they had then."""
    names = theme_names(first)
    rows = []
    # From the oldest on: an edit is described in the names that its themes had before it.
    for version in reversed(versions):
        rows.append((version, edit_sentences(version.edits, names)))
        names = theme_names_after(version.edits, names)
    return rows[::-1]


def edit_sentences(edits: Iterable[AnyEdit], names: NamesByTheme) -> list[str]:
    """A sentence for each edit; `names` are the theme names before the first edit."""
    words = []
    for edit in edits:
        after = theme_names_after([edit], names)
        words.append(edit_sentence(edit, names, after))
        names = after
    return words


def edit_sentence(edit: AnyEdit, names: NamesByTheme, after: NamesByTheme) -> str:
    subject = edit.theme.id if isinstance(edit, Add) else edit.theme
    old, new = (quoted_text(known.get(subject, subject)) for known in (names, after))
    match edit:
        case Add():
            return f"Added {new}"
        case Rename(name=name):
            others = ", ".join(f"in {code}: {quoted_text(text)}" for code, text in name.items())
            return f"Renamed {old} to {new}" if old != new else f"Named {old} {others}"
        case Merge(into=into):
            return f"Merged {old} into {quoted_text(names.get(into, into))}"
        case Split(parts=parts):
            return (
                f"Split {old} into "
                f"{' and '.join(quoted_text(wording_text(part.name)) for part in parts)}"
            )
        case Retire():
            return f"Retired {old}"
        case _:
            return f"{old}: {theme_edit_words(edit)}"


def theme_edit_words(edit: AnyEdit) -> str:
    """What an edit of one theme changed, in words."""
    match edit:
        case Describe():
            return "new description"
        case Seed(words=words):
            return f"seed words {', '.join(words) or 'removed'}"
        case Pin(pinned=pinned):
            return "pinned" if pinned else "no longer pinned"
        case Exemplify(text=text):
            return f"example added {quoted_text(text)}"
        case Exclude(text=text):
            return f"marked as not belonging: {quoted_text(text)}"
        case Forget(text=text):
            return f"example removed {quoted_text(text)}"
    # A new kind of edit without words should fail in the tests and not be shown empty.
    raise TypeError(type(edit).__name__)


def quoted_text(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= LONGEST_QUOTE else flat[: LONGEST_QUOTE - 1] + '…'}”"


def error_field(form: Form, refused: Invalid) -> str:
    """The form field for a refusal; if another theme has this name already, the field where it was
    typed.
    """
    if refused.code == "theme.name_used":
        names = (name for name in form.values if name.startswith("name-"))
        # A refusal quotes what was typed; it does not know in which of several fields that was.
        return next((name for name in names if repr(form[name]) in refused.sentence), "name-en")
    return ERROR_FIELDS.get(refused.code, "")


def check_words(form: Form, part: str, *, of: str = "", at: str = "") -> None:
    """Add what is wrong with a theme's name and with its description, both at the same time.

    The fields are `name-{part}` and `description` (`description-{part}` for a part of a split
    theme); on the page, `at` is added to their names and `of` put before each sentence.
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

    Returns None if it was saved. Otherwise returns the page that says why not: the person's own
    form, from `again`, or what others changed in the meantime.
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
    last = edit_sentences(draft.book.edits, names)[-LAST_EDITS:] if draft else []
    return page.show(
        "codebook/changed",
        status=refused.status,
        refused=refused,
        draft=draft,
        last=last[::-1],
        words=[(label, page.form[name]) for name, label in FIELD_LABELS.items() if page.form[name]],
    )
