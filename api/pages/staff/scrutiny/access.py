"""What a person may do on a scrutiny panel and in its meetings."""

from uuid import UUID

import msgspec

from api import clock
from api.security.people import Person
from survey.scrutiny.panels import PanelMeeting, PanelMember, ScrutinyPanel
from survey.scrutiny.refusals import chair_needed, unknown_meeting, unknown_panel
from survey.store.database import Connection
from survey.store.scrutiny import meetings, panels

ROOT = "/work/scrutiny"


class PanelAccess(msgspec.Struct, frozen=True):
    """A panel as a person may use it: `manages` for the working group, `chairs` for its chair.

    Only while their term of office lasts is somebody a member.
    """

    panel: ScrutinyPanel
    member: PanelMember | None
    manages: bool

    @property
    def chairs(self) -> bool:
        return self.member is not None and self.member.chairs

    def require_chair(self) -> None:
        if not self.chairs:
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


async def load_panel_access(connection: Connection, person: Person, panel: UUID) -> PanelAccess:
    """The panel for a person; raises, as if there were none, unless they have to do with it."""
    found = await panels.get_panel(connection, str(panel))
    member = await find_serving_member(connection, person, found.id)
    if member is None and not person.may("reviewer"):
        raise unknown_panel()
    return PanelAccess(found, member, person.may("reviewer"))


async def find_serving_member(
    connection: Connection, person: Person, panel: str
) -> PanelMember | None:
    member = await panels.find_member(connection, panel, person.id)
    return member if member and member.serves_on(clock.today()) else None


async def load_meeting_access(
    connection: Connection, person: Person, meeting: UUID
) -> MeetingAccess:
    """The meeting for a person; raises, as if there were none, unless they have to do with it."""
    found = await meetings.get_meeting(connection, str(meeting))
    panel = await panels.get_panel(connection, found.panel)
    member = await find_serving_member(connection, person, found.panel)
    if member is None and not person.may("reviewer"):
        raise unknown_meeting()
    present = member is not None and await panels.is_present(connection, found.id, person.id)
    return MeetingAccess(panel, member, person.may("reviewer"), found, present)
