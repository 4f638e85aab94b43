"""The scrutiny panel of the demonstration: two meetings that are over, one to mark in."""

from api import clock
from api.editions.files import meeting_report
from api.operations.scrutiny import make_public_report, make_report
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


async def test_the_reports_print_what_was_planted(db):
    """Which step fails most, and how many records lack video and why: within the rounding."""
    connection = db.the_connection
    over = await scrutiny.hold_meetings(connection, 2007)
    for ident in over:
        meeting = await meetings.get_meeting(connection, ident)
        full = await make_report(connection, meeting, clock.today())
        exact = full.details
        assert {step.key: step.not_met for step in exact.steps} == scrutiny.STEPS_NOT_MET
        lacking = {row.reason: row.number for row in exact.video.reasons if row.number}
        assert lacking == scrutiny.WITHOUT_VIDEO
        safe = (await make_public_report(connection, full)).details
        assert max(safe.steps, key=lambda step: step.not_met or 0).key == "R"
        for step in safe.steps:
            near_or_withheld(step.not_met, scrutiny.STEPS_NOT_MET[step.key])
        near_or_withheld(safe.video.none, sum(scrutiny.WITHOUT_VIDEO.values()))
        for row in safe.video.reasons:
            near_or_withheld(row.number, scrutiny.WITHOUT_VIDEO.get(row.reason, 0))
        assert safe.video.none == 20
        view = meeting_report.meeting_view(
            await make_public_report(connection, full), version=1, sha256="ab"
        )
        words = " ".join(view.front[0].words)
        assert "About 20 of the records drawn had no body-worn video" in words
        captions = [table.caption for table in view.front[0].tables]
        assert "Steps of PLANTER: joint marks" in captions
        assert "Body-worn video of the records drawn" in captions
        assert any(step.agreement.alpha > 0.2 for step in safe.steps if step.agreement)


def near_or_withheld(shown, true):
    assert shown is None or abs(shown - true) <= 2
