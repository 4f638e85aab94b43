"""How a panel's report says in words what it would have marked, and how far its members agreed."""

import datetime

import msgspec
import pytest

from api.editions.chapters import scrutiny, scrutiny_details
from survey.editions.scrutiny import (
    MarkAgreement,
    MeetingReport,
    PanelEstimate,
    SafeMeetingReport,
    StratumMarks,
)
from tests.analysis.editions.full_editions import full_monthly_edition

DAY = datetime.date(2026, 11, 16)


def meeting(most, alpha):
    return MeetingReport(
        meeting="1",
        panel="Hackney",
        number=1,
        held_on=DAY,
        as_of=DAY,
        estimate=PanelEstimate(
            records=120, drawn=12, least=0.368, most=most, low=0.162, high=0.861
        ),
        agreement=MarkAgreement(records=12, alpha=alpha, low=-0.3, high=0.2),
    )


@pytest.mark.parametrize(
    ("most", "details"),
    [
        (0.671, ["With the records that the panel could not judge, it would be 67%."]),
        (0.368, []),
    ],
)
def test_each_sentence_on_the_share_has_one_range_or_number(most, details):
    assert [*scrutiny.estimate_words(meeting(most, 0.1))] == [
        "If the panel had judged all records from which it drew, it would have marked about 37% of "
        "them amber or red, very likely 16\xa0to\xa086%."
    ]
    assert [*scrutiny.estimate_details(meeting(most, 0.1))] == [
        *details,
        "The panel drew from 120 records.",
    ]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.3, -0.1, "They agreed less than chance would give."),
        (-0.3, 0.2, "Chance alone could give as much agreement."),
    ],
)
def test_agreement_that_chance_could_give_is_said_in_words(low, high, said):
    report = meeting(0.4, -0.06)
    agreement = msgspec.structs.replace(report.agreement, low=low, high=high)
    [words] = scrutiny.agreement_words(msgspec.structs.replace(report, agreement=agreement))
    assert words.endswith(said)


def test_a_limit_that_rounds_to_0_has_no_sign():
    report = meeting(0.4, -0.06)
    agreement = msgspec.structs.replace(report.agreement, low=-0.12, high=-0.001)
    [words] = scrutiny.agreement_words(msgspec.structs.replace(report, agreement=agreement))
    assert "= -0.06 (-0.12 to 0.00)" in words


def test_a_stratum_that_was_judged_whole_has_one_share():
    """Found: "33 to 33%"."""
    marks = StratumMarks(name="Fired", size=3, drawn=3, green=2, marked=1, low=1 / 3, high=1 / 3)
    assert scrutiny.stratum_cells(marks)[-1].text == "33%"


@pytest.fixture
def by_steps():
    """The monthly edition's panel, which met twice and marks by PLANTER."""
    return full_monthly_edition().scrutiny


def test_steps_and_missing_video_are_shown_over_the_published_reports(by_steps):
    [trend] = scrutiny_details.detail_trends(by_steps)
    assert trend.caption == "Steps not met, by meeting"
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in trend.rows}
    assert len(rows) == 7 + 2
    for step in by_steps[0].details.steps:
        assert rows[f"{step.key}: {step.words}"] == [str(step.not_met)] * 2
    # A report stored before there were details is no part of it.
    old = msgspec.structs.replace(by_steps[0], details=msgspec.UNSET)
    assert list(scrutiny_details.detail_trends((old, by_steps[1]))) == []


def test_an_edition_folds_the_details_of_a_meeting():
    last, trend = scrutiny.panel_sections(full_monthly_edition())
    assert [table.caption for table in (*last.folded, *trend.folded)] == [
        "Steps of PLANTER: joint marks",
        "Body-worn video of the records drawn",
        "Steps not met, by meeting",
    ]


def test_no_record_without_video_is_said_in_words(by_steps):
    report = by_steps[0]
    video = msgspec.structs.replace(report.details.video, none=0)
    details = msgspec.structs.replace(report.details, video=video)
    [said] = scrutiny_details.video_words(msgspec.structs.replace(report, details=details))
    assert said == "No record drawn is known to lack body-worn video."


def test_agreement_by_step_is_for_statisticians_and_only_next_to_its_counts(by_steps):
    [table] = scrutiny_details.agreement_table(by_steps[0])
    for step, row in zip(by_steps[0].details.steps, table.rows, strict=True):
        known = step.met is not None and step.not_met is not None
        assert (step.agreement is not None) == known
        assert ("to" in row[1].text) == (known and step.agreement.alpha is not None)
    assert any(step.agreement for step in by_steps[0].details.steps)


def test_a_report_without_details_keeps_its_bytes_and_says_nothing_of_them(by_steps):
    old = msgspec.structs.replace(by_steps[0], details=msgspec.UNSET)
    stored = msgspec.json.encode(old)
    assert msgspec.json.encode(msgspec.json.decode(stored, type=SafeMeetingReport)) == stored
    assert list(scrutiny_details.detail_tables(old)) == []
    assert list(scrutiny_details.video_words(old)) == []
