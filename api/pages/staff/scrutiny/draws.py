"""The rule of a panel's draws, as reviewers set it, and the public pages of each draw.

They show seed and rule before the file is opened.
"""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api.dependencies import FromDatabase
from api.operations import scrutiny
from api.pages.forms import Choice, Form, Lines, Text, filled_form
from api.pages.shell import prepare_page
from api.pages.staff.scrutiny import ROOT, load_panel_access
from api.pages.work import FromPage, StaffPage
from api.security.sent_forms import WITHOUT_SESSION
from survey.scrutiny import PanelMeeting, rules
from survey.scrutiny.refusals import unknown_meeting
from survey.scrutiny.rules import rule_sentences
from survey.store import places
from survey.store.database import Database
from survey.store.scrutiny import meetings, panels, reports

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
NUMBER_SPAN = re.compile(r"from ([0-9]{1,6}) to ([0-9]{1,6})", re.IGNORECASE)


async def rule_page(page: FromPage, panel: FromPath[UUID]) -> Template:
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    rule = scrutiny_panel.rule
    parts = [
        (kind, number, part, rules.part_words(part))
        for kind in LISTS
        for number, part in enumerate(getattr(rule, kind))
    ]
    columns = {
        "reference": rule.reference,
        "day": rule.day,
        "file_is_public": "yes" if rule.file_is_public else "no",
        "plain": "\n".join(rule.shows.plain),
        "texts": "\n".join(rule.shows.texts),
        "months": "\n".join(rule.shows.months),
    }
    # Both forms are on the page: what was typed into one leaves the other as it is stored.
    page.form.values = filled_form(columns).values | page.form.values
    return page.show("scrutiny/rule", panel=scrutiny_panel, parts=parts, kinds=KINDS)


@post(RULE + "/parts")
async def add_part(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    """Add a stratum, an always-include rule or a reason to leave records out."""
    part = part_from_form(page.form)
    if part is None:
        return await rule_page(page, panel)
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    async with page.write(
        "scrutiny rule changed", scrutiny_panel.name, {"part": part.name}
    ) as connection:
        rule = await panels.lock_rule(connection, scrutiny_panel.id)
        check_part(page.form, rule, part)
        if not page.form.errors:
            # The rule with one part more; a stratum for all other records stays the last.
            kind = page.form["kind"]
            parts = (*getattr(rule, kind), part)
            if kind == "strata":
                parts = tuple(sorted(parts, key=lambda part: not part.conditions))
            await panels.save_rule(
                connection, scrutiny_panel.id, msgspec.structs.replace(rule, **{kind: parts})
            )
    if page.form.errors:
        return await rule_page(page, panel)
    return page.to(f"{ROOT}/panels/{panel}/rule", "added")


def part_from_form(form: Form) -> rules.DrawPart | None:
    """The part of the draw rule that was typed; None, with errors at the fields, if it is not
    valid.
    """
    kind, name = form["kind"], form["name"].strip()
    form.require(kind in KINDS, "kind", "Select what happens with these records")
    good = 1 <= len(name) <= LONGEST_NAME
    form.require(good, "name", f"Enter a name of up to {LONGEST_NAME} characters")
    take = form.number("take")
    if kind == "strata":
        wanted = f"Enter how many to draw, from 1 to {rules.MOST_DRAWN}"
        form.require(take is not None and 1 <= take <= rules.MOST_DRAWN, "take", wanted)
    conditions = tuple(
        condition
        for which in CONDITIONS
        if (condition := condition_from_form(form, which)) is not None
    )
    if kind in ("always", "leave_out"):
        form.require(conditions, "first-columns", "Enter a column and its values")
    if form.errors:
        return None
    return rules.DrawPart(name=name, conditions=conditions, take=take if kind == "strata" else None)


def condition_from_form(form: Form, which: str) -> rules.Condition | None:
    columns, values = (typed_lines(form[f"{which}-{part}"]) for part in ("columns", "values"))
    if not (columns or values):
        return None
    form.require(columns, f"{which}-columns", "Enter the heading of the column in the file")
    form.require(values, f"{which}-values", "Enter the values, one a line")
    match = NUMBER_SPAN.fullmatch(values[0]) if len(values) == 1 else None
    span = (float(match[1]), float(match[2])) if match else None
    if span is not None:
        return rules.Condition(columns=columns, least=span[0], most=span[1])
    return rules.Condition(columns=columns, values=values)


def typed_lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def check_part(form: Form, rule: rules.DrawRule, part: rules.DrawPart) -> None:
    """Add an error if the part cannot be added to the rule."""
    all_parts = [known_part for kind in LISTS for known_part in getattr(rule, kind)]
    names = {rules.comparable_word(part.name) for part in all_parts}
    taken = rules.comparable_word(part.name) in names
    form.require(not taken, "name", "The rule has a part of this name: remove it, or use another")
    form.require(
        len(all_parts) < rules.MOST_PARTS, "name", f"A rule has {rules.MOST_PARTS} parts at most"
    )
    drawn = sum(stratum.take or 0 for stratum in (*rule.strata, part))
    form.require(
        drawn <= rules.MOST_DRAWN,
        "take",
        f"A meeting draws {rules.MOST_DRAWN} records at most by chance",
    )
    # What follows a stratum for all records would never be drawn.
    last = bool(rule.strata) and not rule.strata[-1].conditions
    form.require(
        form["kind"] != "strata" or part.conditions or not last,
        "first-columns",
        "There is a stratum for all other records already: enter a column and its values",
    )


@post(RULE + "/remove")
async def remove_part(page: FromPage, panel: FromPath[UUID]) -> Redirect:
    kind, name = page.form["kind"], page.form["name"]
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    async with page.write(
        "scrutiny rule changed", scrutiny_panel.name, {"part": name}
    ) as connection:
        rule = await panels.lock_rule(connection, scrutiny_panel.id)
        if kind in LISTS:
            left = tuple(part for part in getattr(rule, kind) if part.name != name)
            rule = msgspec.structs.replace(rule, **{kind: left})
            await panels.save_rule(connection, scrutiny_panel.id, rule)
    return page.to(f"{ROOT}/panels/{panel}/rule", "removed")


@post(RULE + "/columns")
async def save_columns(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    """Save which columns name a record, have its day and may be shown, and who can get the file."""
    headings = Lines(MOST_LINES, LONGEST_LINE, f"Enter up to {MOST_LINES} headings, one a line")
    shows = {name: headings.read(page.form, name) for name in ("plain", "texts", "months")}
    named = [
        heading for heading in shows["plain"] if OF_PERSONS.search(rules.comparable_word(heading))
    ]
    page.form.require(
        not named,
        "plain",
        f"{', '.join(named)} may point to a person: show it as masked text, or not at all",
    )
    page.form.require(
        any(shows.values()), "plain", "Enter the heading of a column that members may see"
    )
    public = Choice(("yes", "no"), "Select whether anybody can get the file")
    is_public = public.read(page.form, "file_is_public") == "yes"
    column = Text(LONGEST_LINE, "Enter the heading of one column, or nothing")
    reference, day = (column.read(page.form, name) for name in ("reference", "day"))
    if page.form.errors:
        return await rule_page(page, panel)
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    async with page.write(
        "scrutiny rule changed", scrutiny_panel.name, {"part": "what a record shows"}
    ) as connection:
        rule = msgspec.structs.replace(
            await panels.lock_rule(connection, scrutiny_panel.id),
            reference=reference,
            day=day,
            file_is_public=is_public,
            shows=rules.ShownFields(**shows),
        )
        await panels.save_rule(connection, scrutiny_panel.id, rule)
    return page.to(f"{ROOT}/panels/{panel}/rule", "columns")


PAGES = [
    StaffPage(
        [get(RULE)(rule_page), add_part, remove_part, save_columns],
        linked_from=ROOT,
        roles=("reviewer",),
    )
]


@get("/scrutiny", include_in_schema=False)
async def list_draws(database: FromDatabase) -> Template:
    async with database.connection() as connection:
        panel_meetings = await meetings.load_seeded_meetings(connection)
        reported = await reports.load_reported_meetings(connection)
    return Template(
        "scrutiny/draws.html", context={"meetings": panel_meetings, "reported": reported}
    )


async def get_seeded(database: Database, meeting: UUID) -> PanelMeeting:
    """A meeting whose seed is fixed; raises for other meetings, which are not public."""
    async with database.connection() as connection:
        panel_meeting = await meetings.get_meeting(connection, str(meeting))
    if panel_meeting.seed is None:
        raise unknown_meeting()
    return panel_meeting


@get("/scrutiny/{meeting:uuid}", include_in_schema=False)
async def show_draw(database: FromDatabase, meeting: FromPath[UUID]) -> Template:
    panel_meeting = await get_seeded(database, meeting)
    async with database.connection() as connection:
        published = await reports.load_versions(connection, panel_meeting.id)
    city = await database.load_cached(places.get_city)
    names = {area.code: area.name for area in city.areas}
    return Template(
        "scrutiny/draw.html",
        context={
            "meeting": panel_meeting,
            "has_report": bool(published),
            "areas": [names.get(area, area) for area in panel_meeting.areas or ()],
            "sentences": rule_sentences(panel_meeting.rule) if panel_meeting.rule else [],
        },
    )


@get("/scrutiny/{meeting:uuid}/draw.json", include_in_schema=False)
async def download_public_draw(database: FromDatabase, meeting: FromPath[UUID]) -> Response[bytes]:
    """Seed, rule and digests of a draw, for `./soundings panel draw --check`."""
    published = scrutiny.published_draw(await get_seeded(database, meeting))
    return Response(
        msgspec.json.format(msgspec.json.encode(published), indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="draw.json"'},
    )


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[list_draws, show_draw],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    Router("/", route_handlers=[download_public_draw], opt=WITHOUT_SESSION),
]
