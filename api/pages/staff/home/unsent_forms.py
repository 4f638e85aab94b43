"""What somebody typed when their session had ended: shown after signing in, then sent on."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from api.pages.registry import StaffPage
from api.pages.work import FromPage
from api.security import sent_forms
from api.security.sent_forms import UnsentForm

ADDRESS = "/work/unsent"
# Fields that a page brings along by itself, in words or several of them.
OURS = ("order", "so-far", "query", "list", "record", "then", "where", "offered", "span")
MOST_SHOWN = 20


@get(ADDRESS)
async def show(page: FromPage) -> Response[Any]:
    async with page.connection() as connection:
        found = await sent_forms.find_form(page.request, connection)
        if found is None or not sent_forms.is_of(found, page.person):
            # Whoever signs in next at this browser must not read what another person typed.
            gone = await sent_forms.delete_form(page.request, connection)
            return Redirect("/work", status_code=303, cookies=[gone])
    return page.show("home/unsent", unsent=found, words=words_of(found))


def words_of(found: UnsentForm) -> list[str]:
    """What was typed, without the fields and choices that the page itself brings along."""
    return [v for k, v in found.fields if k not in OURS and is_typed(v)][:MOST_SHOWN]


def is_typed(value: str) -> bool:
    """True for text that a person typed: several words, or one with a capital letter. Names of
    choices are in small letters, and an expression is in the form next to the sentence it was made
    from.
    """
    word = value.strip()
    several = re.search(r"\s", word) is not None and "${" not in word
    return several or (word.isalpha() and not word.islower())


@post(ADDRESS)
async def send_on(page: FromPage) -> Response[Any]:
    """Send the form to the address it was meant for, with the same fields; or delete it."""
    async with page.connection() as connection:
        found = await sent_forms.find_form(page.request, connection)
        # Deleted before it is sent on, so that going back cannot send it twice.
        gone = await sent_forms.delete_form(page.request, connection)
    if found is None or not sent_forms.is_of(found, page.person):
        return Redirect("/work", status_code=303, cookies=[gone])
    # Files are not stored, so a form with one has to be filled in again on its page.
    if found.has_file or page.form["unsent"] == "discard":
        return Redirect(found.page, status_code=303, cookies=[gone])
    return Redirect(found.path, status_code=307, cookies=[gone])  # the browser sends it again


PAGES = [StaffPage([show, send_on], linked_from="/work")]
