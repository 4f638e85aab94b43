"""A meeting of the tests' scrutiny panel that is over, with the marks that a test chooses."""

from survey.scrutiny.marks import JointMark, OwnMark
from survey.store.accounts import people
from survey.store.scrutiny import joint, marks, meetings, records
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
    found = await records.load_records(connection, ident)
    given = list(zip(found, colours(len(found), **numbers), strict=True))
    for one in who:
        account = (await people.by_email(connection, one[0])).id
        for record, colour in given:
            await marks.save_mark(connection, record.id, account, OwnMark(colour=colour))
    await meetings.close_alone(connection, ident)
    for record, colour in given:
        await joint.save_joint_mark(connection, JointMark(record=record.id, colour=colour))
    await meetings.close_meeting(connection, ident)
    return ident
