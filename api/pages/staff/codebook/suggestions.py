"""Names that a language model suggests for a group of texts: asked for, shown, thrown away.

A suggestion fills in a form; only what a person sends with that form enters the codebook.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, post

from api.dependencies import RowNumber
from api.jobs.texts.drafts import SUBJECT
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.work import FromPage
from api.security.people import Person
from survey.store.coding import drafts
from survey.store.database import Connection
from survey.themes.quotes import (
    Draft,
    no_language_model,
    unknown_machine_draft,
    unknown_machine_draft_subject,
)

SUGGESTIONS = "/work/themes/suggestions"


class NameSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A suggestion for the group `subject` as a page shows it; `number` is 0 if nobody asked."""

    subject: str
    number: int = 0
    waiting: bool = False
    failure: str = ""
    name: str = ""
    sentence: str = ""
    model: str = ""
    passages: int = 0
    left_out: dict[str, int] = {}
    drops: dict[str, int] = {}

    @property
    def ready(self) -> bool:
        return bool(self.name or self.sentence)

    @property
    def page(self) -> str:
        return page_of_subject(self.subject, "")


async def load_suggestions(
    connection: Connection, subjects: Sequence[str]
) -> dict[str, NameSuggestion]:
    """What to show for each of these groups."""
    newest = await drafts.load_newest(connection, "name", subjects)
    return {one: name_suggestion(one, newest.get(one)) for one in subjects}


def name_suggestion(subject: str, draft: Draft | None) -> NameSuggestion:
    # What somebody decided on is over: the button asks again.
    if draft is None or draft.state in ("accepted", "discarded"):
        return NameSuggestion(subject=subject)
    words = {one.number: one.words for one in draft.offered_lines}
    return NameSuggestion(
        subject=subject,
        number=draft.id,
        waiting=draft.state == "waiting",
        failure=draft.failure or ("" if words or draft.state == "waiting" else NOTHING_HELD),
        name=words.get(0, ""),
        sentence=words.get(1, ""),
        model=draft.sent.model if draft.sent else "",
        passages=len(draft.passages),
        left_out=draft.sent.left_out if draft.sent else {},
        drops=draft.drops,
    )


NOTHING_HELD = "Nothing that the language model wrote passed the check."


@post(SUGGESTIONS)
async def request_suggestion(page: FromPage) -> Response[Any]:
    """Ask for a name of a group; it is written in the background."""
    if not page.request.app.state.settings.language_model_url:
        raise no_language_model()
    back = page_of_subject(page.form["subject"], page.form["k"])
    async with page.write("machine draft asked for", page.form["subject"]) as connection:
        await drafts.insert(connection, "name", page.form["subject"], by=page.person.id)
    return page.to(back)


@post(f"{SUGGESTIONS}/{{number:int}}/discard")
async def discard_suggestion(page: FromPage, number: RowNumber) -> Response[Any]:
    async with page.write("machine draft discarded", str(number)) as connection:
        draft = await drafts.get(connection, number)
        if draft.kind != "name":
            raise unknown_machine_draft()
        await drafts.decide(connection, number, "discarded", by=page.person.id)
    return page.to(page_of_subject(draft.subject, page.form["k"]))


def page_of_subject(subject: str, k: str) -> str:
    """The address at which a group is shown; raises if there is no such kind of group."""
    found = SUBJECT.fullmatch(subject)
    if found is None:
        raise unknown_machine_draft_subject()
    if found[4]:
        return f"/work/themes/codebook/draft/themes/{found[5]}#suggestion"
    if found[1] == "part":
        return f"/work/themes/proposals#proposal-{found[2]}"
    cut = f"?k={k}" if re.fullmatch(r"\d{1,2}", k) else ""
    return f"/work/themes/discovery{cut}#candidate-{found[3]}"


async def accept_suggestion(
    connection: Connection, person: Person, number: int | None, accepted: dict[int, str]
) -> None:
    """Record what a person made of a suggestion: `accepted` are its lines as they left them.

    One that somebody else decided on meanwhile stays as it is: the codebook is what counts.
    """
    if not number:
        return
    draft = await drafts.get(connection, number)
    if draft.kind == "name" and draft.state == "ready":
        await drafts.decide(connection, number, "accepted", by=person.id, accepted=accepted)


async def accept_suggestions(
    connection: Connection, person: Person, form: Form, parts: int
) -> None:
    """Record what a person made of the suggestions that filled in a form."""
    for part in range(parts):
        words = {0: form[f"name-{part}"], 1: form[f"description-{part}"]}
        await accept_suggestion(connection, person, form.number(f"suggestion-{part}"), words)


PAGES = [StaffPage([request_suggestion, discard_suggestion], linked_from="/work/themes/discovery")]
