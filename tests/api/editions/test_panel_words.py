"""How a panel's report says in words what it would have marked, and how far its members agreed."""

import datetime

import msgspec
import pytest

from api.editions.chapters import scrutiny
from survey.editions.scrutiny import MarkAgreement, MeetingReport, PanelEstimate

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
