"""A scrutiny panel of the tests: Cindy chairs, Nadia and Joan are members."""

import datetime

from api import clock
from api.operations import scrutiny
from demo.scrutiny import RULE, made_up_file
from survey.scrutiny import REASONS, PanelMember
from survey.store.accounts import people
from survey.store.scrutiny import meetings, panels
from tests.people import CINDY, JOAN, NADIA

FILE = made_up_file(7, datetime.date(2026, 7, 1), size=200)
MEMBERS = (CINDY, NADIA, JOAN)


async def save_panel(connection, rule=RULE, who=MEMBERS, name="Hackney panel", **scheme):
    """A panel whose members serve today; its id."""
    panel = await panels.insert_panel(connection, name, "", ["E09000012"], rule, REASONS, **scheme)
    today = clock.today()
    for number, one in enumerate(who):
        account = await people.by_email(connection, one[0])
        member = PanelMember(
            account=account.id,
            name=account.name,
            email=account.email,
            chairs=number == 0,
            term_from=today - datetime.timedelta(days=10),
            term_to=today + datetime.timedelta(days=10),
        )
        await panels.save_member(connection, panel, member)
    return panel


async def draw_meeting(connection, panel, content=FILE, sealed=None):
    """A meeting of today with its records drawn; its id. `sealed` the digest of its file, if that
    was there before the seed.
    """
    ident = await meetings.insert_meeting(connection, panel, clock.today())
    await scrutiny.fix_seed(connection, await meetings.get_meeting(connection, ident), sealed)
    meeting = await meetings.get_meeting(connection, ident)
    await scrutiny.open_file(connection, meeting, "force.csv", content)
    return ident


async def begin_marking(connection, panel, content=FILE, who=MEMBERS):
    """A meeting whose members mark alone; its id."""
    ident = await draw_meeting(connection, panel, content)
    accounts = [(await people.by_email(connection, one[0])).id for one in who]
    await panels.insert_attendance(connection, ident, accounts)
    await meetings.open_marking(connection, ident)
    return ident
