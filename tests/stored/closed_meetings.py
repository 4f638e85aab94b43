"""A meeting of the tests' scrutiny panel that is over, with the marks that a test chooses, and its
report.
"""

from api import clock
from api.operations.scrutiny import make_public_report, make_report
from survey.scrutiny import JointMark, OwnMark
from survey.store.accounts import people
from survey.store.scrutiny import marks, meetings, reports
from tests.people import CINDY, JOAN, NADIA
from tests.stored.scrutiny_meetings import begin_marking

WHO = (CINDY, NADIA, JOAN)


def colours(size, *, amber=8, red=6, unsure=1):
    """So many amber and red marks and the rest green, in the order of the records."""
    few = [*["amber"] * amber, *["red"] * red, *["unsure"] * unsure]
    return [*few, *["green"] * (size - len(few))]


async def close_meeting(connection, panel, who=WHO, **numbers):
    """A closed meeting: members and the panel mark alike; its id."""
    ident = await begin_marking(connection, panel, who=who)
    found = await meetings.load_records(connection, ident)
    given = list(zip(found, colours(len(found), **numbers), strict=True))
    for one in who:
        account = (await people.by_email(connection, one[0])).id
        for record, colour in given:
            await marks.save_mark(connection, record.id, account, OwnMark(colour=colour))
    await meetings.close_alone(connection, ident)
    for record, colour in given:
        await marks.save_joint_mark(connection, JointMark(record=record.id, colour=colour))
    await meetings.close_meeting(connection, ident)
    return ident


async def review_report(connection, meeting, who=CINDY):
    """A report of the meeting that waits to be published; its version."""
    found = await meetings.get_meeting(connection, meeting)
    full = await make_report(connection, found, clock.today())
    account = (await people.by_email(connection, who[0])).id
    safe = await make_public_report(connection, full)
    return await reports.insert_reviewed(connection, safe, by=account)


async def publish_report(connection, meeting):
    """A report of the meeting that Cindy reviewed and Joan published."""
    version = await review_report(connection, meeting)
    joan = (await people.by_email(connection, JOAN[0])).id
    await reports.insert_publication(connection, meeting, version, by=joan)
