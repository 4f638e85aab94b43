"""The scrutiny panel of the demonstration: two meetings that are over, one to mark in."""

from demo import scrutiny
from survey.store.scrutiny import marks, meetings, panels


async def test_the_panel_has_met_twice_and_marks_a_third_time(db):
    connection = db.the_connection
    over = await scrutiny.hold_meetings(connection, 2007)
    [panel] = await panels.load_panels(connection)
    held = await meetings.load_meetings(connection, panel.id)
    assert [one.stage for one in held] == ["marking", "closed", "closed"]
    assert {one.id for one in held[1:]} == set(over)
    for meeting in over:
        together = await marks.load_joint_marks(connection, meeting)
        assert len(together) == len(await meetings.load_records(connection, meeting)) >= 40
        colours = [one.colour for one in together]
        assert (colours.count("red"), colours.count("amber"), colours.count("unsure")) == (6, 12, 2)
        found = await meetings.get_meeting(connection, meeting)
        assert found.seeded_at < found.drawn_at < found.marking_at < found.closed_at
        said = await marks.load_marks(connection, meeting)
        assert len(said) == 5 * len(together) - 1  # one stepped aside from one record
    left = [one.left for one in await marks.load_progress(connection, held[0].id)]
    assert [number > 0 for number in left] == [False, True, False, False, False]
