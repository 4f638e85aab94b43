"""Scrutiny panels: the list, a new one, its settings, members, and what they say of themselves."""

import datetime
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from analysis.scrutiny import CATEGORIES, PanelShare, panel_shares, residents_by_category
from api import clock
from api.locales import category_name
from api.pages.forms import Choice, Day, Fields, Lines, Several, Text, Tick, day_fields
from api.pages.staff.scrutiny.schemes import SCHEMES, SchemeChoice
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey.problems import Conflict
from survey.scrutiny import REASONS, PanelMeeting, PanelMember, ScrutinyPanel
from survey.scrutiny.refusals import chair_needed, unknown_meeting, unknown_panel
from survey.scrutiny.rules import READY_RULES, DrawRule, rule_sentences
from survey.scrutiny.schemes import READY_SCHEMES, MarkScheme
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.scrutiny import meetings as meeting_store
from survey.store.scrutiny import panels
from survey.words import in_local_words

ROOT = "/work/scrutiny"
LONGEST_NAME, LONGEST_ABOUT, LONGEST_REASON, MOST_REASONS = 100, 2_000, 60, 20
KINDS = {
    "force": ("Uses of force", "Begins with a rule for the Met’s file, one row a use"),
    "search": ("Stops and searches", "Begins with a rule for the file of data.police.uk"),
    "other": ("Something else", "Begins with an empty rule"),
}
ME = ROOT + "/panels/{panel:uuid}/me"
LABELS = {"sex": "Sex", "age": "Age", "ethnicity": "Ethnic group"}
MEMBERS = ROOT + "/panels/{panel:uuid}/members"
TERM = datetime.timedelta(days=2 * 365)  # what most panels give
FIELDS = {"term_from": "from", "term_to": "to", "trained_on": "trained", "vetted_on": "vetted"}


class PanelAccess(msgspec.Struct, frozen=True):
    """A panel as one person may use it: `manages` if they are in the working group, `chairs` if
    they chair it.

    `member` is None once their term of office is over.
    """

    panel: ScrutinyPanel
    member: PanelMember | None
    manages: bool

    @property
    def chairs(self) -> bool:
        return self.member is not None and self.member.chairs

    @property
    def runs(self) -> bool:
        """Whether the person may enter the force's answers and set triggers."""
        return self.manages or self.chairs

    def require_chair(self) -> None:
        if not self.chairs:
            raise chair_needed()

    def require_runner(self) -> None:
        if not self.runs:
            raise chair_needed()


class MeetingAccess(PanelAccess, frozen=True):
    """A meeting as a person may use it: `present` if they take part in it."""

    meeting: PanelMeeting
    present: bool

    @property
    def subject(self) -> str:
        """The meeting in the words of the audit."""
        return f"{self.panel.name}, meeting {self.meeting.number}"

    @property
    def address(self) -> str:
        return f"{ROOT}/meetings/{self.meeting.id}"

    @property
    def rule(self) -> DrawRule:
        """The rule of the meeting, once its seed is fixed; before that the panel's of today."""
        return self.meeting.rule or self.panel.rule


async def load_panel_access(connection: Connection, person: Person, panel: UUID) -> PanelAccess:
    """The panel, if this person has to do with it; otherwise raises as if there were no such
    panel.
    """
    scrutiny_panel = await panels.get_panel(connection, str(panel))
    member = await find_serving_member(connection, person, scrutiny_panel.id)
    if member is None and not person.may("reviewer"):
        raise unknown_panel()
    return PanelAccess(scrutiny_panel, member, person.may("reviewer"))


async def find_serving_member(
    connection: Connection, person: Person, panel: str
) -> PanelMember | None:
    member = await panels.find_member(connection, panel, person.id)
    return member if member and member.serves_on(clock.today()) else None


async def load_meeting_access(
    connection: Connection, person: Person, meeting: UUID
) -> MeetingAccess:
    """The meeting, if this person has to do with it; otherwise raises as if there were no such
    meeting.
    """
    panel_meeting = await meeting_store.get_meeting(connection, str(meeting))
    panel = await panels.get_panel(connection, panel_meeting.panel)
    member = await find_serving_member(connection, person, panel_meeting.panel)
    if member is None and not person.may("reviewer"):
        raise unknown_meeting()
    present = member is not None and await panels.is_present(
        connection, panel_meeting.id, person.id
    )
    return MeetingAccess(panel, member, person.may("reviewer"), panel_meeting, present)


assert set(KINDS) == set(READY_RULES)


@get(ROOT)
async def list_panels(page: FromPage) -> Template:
    async with page.connection() as connection:
        if page.person.may("reviewer"):
            scrutiny_panels = await panels.load_panels(connection)
        else:
            scrutiny_panels = await panels.load_panels_of(connection, page.person.id)
        held = await meeting_store.load_meetings_of(
            connection, [panel.id for panel in scrutiny_panels]
        )
    return page.show("scrutiny/panels", panels=scrutiny_panels, meetings=held)


@get(f"{ROOT}/new")
async def show_new_panel(page: FromPage) -> Template:
    page.fill({"reasons": "\n".join(REASONS), "scheme": "colours"})
    return await settings_page(page, None)


async def settings_page(page: StaffRequest, panel: ScrutinyPanel | None) -> Template:
    city = await page.database.load_cached(places.get_city)
    return page.show(
        "scrutiny/settings",
        panel=panel,
        chosen=page.form.all("areas"),
        kinds=KINDS,
        schemes=SCHEMES,
        ready=READY_SCHEMES,
        areas=[{"value": area.code, "text": area.name} for area in city.local_areas()],
    )


@post(f"{ROOT}/new")
async def add_panel(page: FromPage) -> Response[Any]:
    typed = (await panel_fields(page)).read(page.form, PanelSettings)
    rule = next((rule for kind, rule in READY_RULES.items() if kind == page.form["kind"]), None)
    page.form.require(rule, "kind", "Select what the panel looks at")
    if typed is None or rule is None:
        return await settings_page(page, None)
    try:
        async with page.write("scrutiny panel saved", typed.name) as connection:
            ident = await panels.insert_panel(
                connection,
                typed.name,
                typed.about,
                typed.areas,
                rule,
                typed.reasons,
                scheme=typed.scheme,
            )
    except Conflict as taken:
        page.form.refuse(taken, [("name", taken.sentence)])
        return await settings_page(page, None)
    return page.to(f"{ROOT}/panels/{ident}", "added")


class PanelSettings(msgspec.Struct, frozen=True):
    """A panel as it is set up: its name, what it is for, its boroughs, and how it marks."""

    name: str
    about: str
    areas: tuple[str, ...]
    reasons: tuple[str, ...]
    scheme: MarkScheme


async def panel_fields(page: StaffRequest) -> Fields:
    city = await page.database.load_cached(places.get_city)
    areas = [area.code for area in city.local_areas()]
    wanted = f"Enter 1 to {MOST_REASONS} reasons, one a line, of up to {LONGEST_REASON} characters"
    return Fields(
        name=Text(LONGEST_NAME, f"Enter a name of up to {LONGEST_NAME} characters", least=1),
        about=Text(LONGEST_ABOUT, f"Write up to {LONGEST_ABOUT:,} characters"),
        areas=Several(areas, in_local_words("Select boroughs from the list")),
        reasons=Lines(MOST_REASONS, LONGEST_REASON, wanted, least=1),
        scheme=SchemeChoice(),
    )


async def panel_page(page: FromPage, panel: FromPath[UUID]) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        seats = await panels.load_attendance(connection, access.panel.id)
        held = await meeting_store.load_meetings(connection, access.panel.id)
    shares = await load_shares(page.database, access.panel)
    names = {area.code: area.name for area in city.areas}
    return page.show(
        "scrutiny/panel",
        access=access,
        panel=access.panel,
        areas=[names.get(area, area) for area in access.panel.areas],
        sentences=rule_sentences(access.panel.rule),
        seats=seats,
        shares=shares,
        meetings=held,
        today=clock.today(),
    )


@get(f"{ROOT}/panels/{{panel:uuid}}/settings")
async def show_settings(page: FromPage, panel: FromPath[UUID]) -> Template:
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    page.fill((await panel_fields(page)).fill(scrutiny_panel))
    return await settings_page(page, scrutiny_panel)


@post(f"{ROOT}/panels/{{panel:uuid}}/settings")
async def save_settings(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    typed = (await panel_fields(page)).read(page.form, PanelSettings)
    if typed is None:
        return await settings_page(page, scrutiny_panel)
    try:
        async with page.write("scrutiny panel saved", typed.name) as connection:
            await panels.save_panel(
                connection,
                scrutiny_panel.id,
                typed.name,
                typed.about,
                typed.areas,
                typed.reasons,
                scheme=typed.scheme,
            )
    except Conflict as taken:
        page.form.refuse(taken, [("name", taken.sentence)])
        return await settings_page(page, scrutiny_panel)
    return page.to(f"{ROOT}/panels/{panel}", "saved")


@get(ME)
async def show_description(page: FromPage, panel: FromPath[UUID]) -> Template:
    async with page.connection() as connection:
        access = await load_own_panel(connection, page.person, panel)
        said = await panels.find_description(connection, access.panel.id, page.person.id)
    questions = [
        (name, LABELS[name], [(category, category_name(category)) for category in categories])
        for name, categories in CATEGORIES.items()
    ]
    return page.show("scrutiny/me", panel=access.panel, questions=questions, said=said)


async def load_own_panel(connection: Connection, person: Person, panel: UUID) -> PanelAccess:
    access = await load_panel_access(connection, person, panel)
    if access.member is None:
        raise unknown_panel()
    return access


@post(ME)
async def save_description(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    """Save how a member describes themselves; what they leave blank is not stored."""
    groups = {
        name: page.form[name] for name, known in CATEGORIES.items() if page.form[name] in known
    }
    access = await page.load(load_own_panel, page.person, panel)
    async with page.write("scrutiny description saved", access.panel.name) as connection:
        await panels.save_description(connection, access.panel.id, page.person.id, groups)
    return page.to(f"{ROOT}/panels/{panel}", "me")


async def load_shares(database: Database, panel: ScrutinyPanel) -> list[tuple[str, PanelShare]]:
    """The panel's members compared with the residents of its area: a share for each category, with
    its label.
    """
    async with database.connection() as connection:
        described = await panels.load_descriptions(connection, panel.id)
        counts = [
            count
            for dimension in ("age_sex", "ethnicity")
            for count in await places.load_populations(connection, dimension)
        ]
    residents = residents_by_category(counts, panel.areas, clock.today().year)
    return [
        (f"{LABELS[share.dimension]}: {category_name(share.category)}", share)
        for share in panel_shares(described, residents)
    ]


def member_fields(accounts: Collection[str]) -> Fields:
    """A member's fields; `accounts` to choose from."""
    ever = datetime.date.min, datetime.date.max
    past = Day(datetime.date.min, clock.today(), "Enter a past day, or nothing", needed=False)
    return Fields(
        FIELDS,
        account=Choice(accounts, "Select who it is"),
        chairs=Tick(),
        term_from=Day(*ever, "Enter the first day of the term"),
        term_to=Day(*ever, "Enter the last day of the term"),
        trained_on=past,
        vetted_on=past,
    )


@get(MEMBERS)
async def show_members(page: FromPage, panel: FromPath[UUID]) -> Template:
    """The form for a new member; with `change` in the address, for an existing one."""
    chosen = page.query.get("change", "")
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    seats = await page.load(panels.load_members, scrutiny_panel.id)
    today = clock.today()
    new = day_fields("from", today) | day_fields("to", today + TERM)
    member = next((seat for seat in seats if seat.account == chosen), None)
    page.fill(member_fields(()).fill(member) or new)
    return await members_page(page, scrutiny_panel)


async def members_page(page: StaffRequest, panel: ScrutinyPanel) -> Template:
    async with page.connection() as connection:
        seats = await panels.load_members(connection, panel.id)
        others = await panels.load_accounts_to_add(connection, panel.id)
    member = next((seat for seat in seats if seat.account == page.form["account"]), None)
    return page.show(
        "scrutiny/members",
        panel=panel,
        seats=seats,
        member=member,
        others=[
            {"value": account.id, "text": f"{account.name} ({account.email})"} for account in others
        ],
    )


@post(MEMBERS)
async def save_member(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    scrutiny_panel = (await page.load(load_panel_access, page.person, panel)).panel
    seats = await page.load(panels.load_members, scrutiny_panel.id)
    others = await page.load(panels.load_accounts_to_add, scrutiny_panel.id)
    known = {seat.account: (seat.name, seat.email) for seat in seats}
    known |= {account.id: (account.name, account.email) for account in others}
    name, email = known.get(page.form["account"], ("", ""))
    member = member_fields(known).read(page.form, PanelMember, name=name, email=email)
    if member and member.term_from > member.term_to:
        page.form.add_error("to-day", "The last day of the term is before the first")
    if member is None or page.form.errors:
        return await members_page(page, scrutiny_panel)
    async with page.write("scrutiny member saved", f"{name}, {scrutiny_panel.name}") as connection:
        await panels.save_member(connection, scrutiny_panel.id, member)
    return page.to(f"{ROOT}/panels/{panel}", "member")


PAGES = [
    StaffPage([list_panels], menu="Scrutiny panels", place=78),
    StaffPage([get(f"{ROOT}/panels/{{panel:uuid}}")(panel_page)], linked_from=ROOT),
    StaffPage([show_new_panel, add_panel], linked_from=ROOT, roles=("reviewer",)),
    StaffPage([show_settings, save_settings], linked_from=ROOT, roles=("reviewer",)),
    StaffPage([show_description, save_description], linked_from=ROOT),
    StaffPage([show_members, save_member], linked_from=ROOT, roles=("reviewer",)),
]
