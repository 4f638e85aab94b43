"""The rule of a panel: who is left out, always included or drawn, and what a record may show."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, load_panel_access
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.scrutiny.rules import (
    MOST_DRAWN,
    MOST_PARTS,
    Condition,
    DrawPart,
    DrawRule,
    ShownFields,
    comparable_word,
)
from survey.scrutiny.rules_in_words import part_words
from survey.store.database import Database
from survey.store.scrutiny import panels

RULE = ROOT + "/panels/{panel:uuid}/rule"
LISTS = ("leave_out", "always", "strata")
KINDS = {
    "strata": "Draw some of them by chance",
    "always": "Include every one",
    "leave_out": "Leave them out",
}
CONDITIONS = ("first", "second")
LONGEST_NAME, MOST_LINES, LONGEST_LINE = 100, 40, 120
# Such a column may only be shown as a text, which is masked.
OF_PERSONS = re.compile(
    r"\b(name|surname|forename|officer|collar|shoulder|warrant|dob|birth|address|postcode|phone"
    r"|telephone|email|serial|custody|latitude|longitude)\b"
)


@get(RULE)
async def show_rule(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    return await rule_page(database, person, panel, done=done_word(request))


async def rule_page(
    database: Database, person: Person, panel: UUID, form: Form | None = None, **context: Any
) -> Template:
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    rule = found.rule
    parts = [
        (kind, number, one, part_words(one))
        for kind in LISTS
        for number, one in enumerate(getattr(rule, kind))
    ]
    columns = {
        "reference": rule.reference,
        "day": rule.day,
        "file_is_public": "yes" if rule.file_is_public else "no",
        "plain": "\n".join(rule.shows.plain),
        "texts": "\n".join(rule.shows.texts),
        "months": "\n".join(rule.shows.months),
    }
    shown = form or Form()
    # Both forms are on the page: what was typed into one leaves the other as it is stored.
    first = filled_form(columns | shown.typed_values)
    first.errors, first.code, first.remedy = shown.errors, shown.code, shown.remedy
    first.status = shown.status
    return staff_page(
        "scrutiny/rule", person, form=first, panel=found, parts=parts, kinds=KINDS, **context
    )


@post(RULE + "/parts")
async def add_part(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    """Add a stratum, an always-include rule or a reason to leave records out."""
    form = await read_form(request)
    part = part_from_form(form)
    if part is None:
        return await rule_page(database, person, panel, form)
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    async with audited_transaction(
        database, person, "scrutiny rule changed", found.name, {"part": part.name}
    ) as connection:
        rule = await panels.lock_rule(connection, found.id)
        check_part(form, rule, part)
        if not form.errors:
            await panels.save_rule(connection, found.id, rule_with_part(rule, form["kind"], part))
    if form.errors:
        return await rule_page(database, person, panel, form)
    return Redirect(f"{ROOT}/panels/{panel}/rule?done=added", status_code=303)


def part_from_form(form: Form) -> DrawPart | None:
    """The part that was typed; None, with errors at their fields, where it is not one."""
    kind, name = form["kind"], form["name"].strip()
    form.require(kind in KINDS, "kind", "Select what happens with these records")
    good = 1 <= len(name) <= LONGEST_NAME
    form.require(good, "name", f"Enter a name of up to {LONGEST_NAME} characters")
    take = form.number("take")
    if kind == "strata":
        wanted = f"Enter how many to draw, from 1 to {MOST_DRAWN}"
        form.require(take is not None and 1 <= take <= MOST_DRAWN, "take", wanted)
    conditions = tuple(
        one for which in CONDITIONS if (one := condition_from_form(form, which)) is not None
    )
    if kind in ("always", "leave_out"):
        form.require(conditions, "first-columns", "Enter a column and its values")
    if form.errors:
        return None
    return DrawPart(name=name, conditions=conditions, take=take if kind == "strata" else None)


def condition_from_form(form: Form, which: str) -> Condition | None:
    columns, values = (typed_lines(form[f"{which}-{part}"]) for part in ("columns", "values"))
    if not (columns or values):
        return None
    form.require(columns, f"{which}-columns", "Enter the heading of the column in the file")
    form.require(values, f"{which}-values", "Enter the values, one a line")
    span = number_span(values)
    if span is not None:
        return Condition(columns=columns, least=span[0], most=span[1])
    return Condition(columns=columns, values=values)


NUMBER_SPAN = re.compile(r"from ([0-9]{1,6}) to ([0-9]{1,6})", re.IGNORECASE)


def number_span(values: tuple[str, ...]) -> tuple[float, float] | None:
    """The numbers in a single line such as "from 0 to 17"."""
    found = NUMBER_SPAN.fullmatch(values[0]) if len(values) == 1 else None
    return (float(found[1]), float(found[2])) if found else None


def typed_lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


def check_part(form: Form, rule: DrawRule, part: DrawPart) -> None:
    """Add an error if the part cannot be added to the rule."""
    all_parts = [one for kind in LISTS for one in getattr(rule, kind)]
    names = {comparable_word(one.name) for one in all_parts}
    taken = comparable_word(part.name) in names
    form.require(not taken, "name", "The rule has a part of this name: remove it, or use another")
    form.require(len(all_parts) < MOST_PARTS, "name", f"A rule has {MOST_PARTS} parts at most")
    drawn = sum(one.take or 0 for one in (*rule.strata, part))
    form.require(
        drawn <= MOST_DRAWN, "take", f"A meeting draws {MOST_DRAWN} records at most by chance"
    )
    # What follows a stratum for all records would never be drawn.
    last = bool(rule.strata) and not rule.strata[-1].conditions
    form.require(
        form["kind"] != "strata" or part.conditions or not last,
        "first-columns",
        "There is a stratum for all other records already: enter a column and its values",
    )


def rule_with_part(rule: DrawRule, kind: str, part: DrawPart) -> DrawRule:
    """The rule with one part more; a stratum for all other records stays the last."""
    parts = (*getattr(rule, kind), part)
    if kind == "strata":
        parts = tuple(sorted(parts, key=lambda one: not one.conditions))
    return msgspec.structs.replace(rule, **{kind: parts})


@post(RULE + "/remove")
async def remove_part(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Redirect:
    form = await read_form(request)
    kind, name = form["kind"], form["name"]
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    async with audited_transaction(
        database, person, "scrutiny rule changed", found.name, {"part": name}
    ) as connection:
        rule = await panels.lock_rule(connection, found.id)
        if kind in LISTS:
            left = tuple(one for one in getattr(rule, kind) if one.name != name)
            rule = msgspec.structs.replace(rule, **{kind: left})
            await panels.save_rule(connection, found.id, rule)
    return Redirect(f"{ROOT}/panels/{panel}/rule?done=removed", status_code=303)


@post(RULE + "/columns")
async def save_columns(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    """Save which columns name a record, have its day and may be shown, and who can get the file."""
    form = await read_form(request)
    shows = {name: typed_lines(form[name]) for name in ("plain", "texts", "months")}
    for name, columns in shows.items():
        fit = len(columns) <= MOST_LINES and all(len(one) <= LONGEST_LINE for one in columns)
        form.require(fit, name, f"Enter up to {MOST_LINES} headings, one a line")
    named = [one for one in shows["plain"] if OF_PERSONS.search(comparable_word(one))]
    form.require(
        not named,
        "plain",
        f"{', '.join(named)} may point to a person: show it as masked text, or not at all",
    )
    form.require(any(shows.values()), "plain", "Enter the heading of a column that members may see")
    form.require(
        form["file_is_public"] in ("yes", "no"),
        "file_is_public",
        "Select whether anybody can get the file",
    )
    for name in ("reference", "day"):
        form.require_length(name, 0, LONGEST_LINE, "Enter the heading of one column, or nothing")
    if form.errors:
        return await rule_page(database, person, panel, form)
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    async with audited_transaction(
        database, person, "scrutiny rule changed", found.name, {"part": "what a record shows"}
    ) as connection:
        rule = msgspec.structs.replace(
            await panels.lock_rule(connection, found.id),
            reference=form["reference"].strip(),
            day=form["day"].strip(),
            file_is_public=form["file_is_public"] == "yes",
            shows=ShownFields(**shows),
        )
        await panels.save_rule(connection, found.id, rule)
    return Redirect(f"{ROOT}/panels/{panel}/rule?done=columns", status_code=303)


PAGES = [
    StaffPage(
        [show_rule, add_part, remove_part, save_columns], linked_from=ROOT, roles=("reviewer",)
    )
]
