"""How a panel's report says in words what it would have marked, and how far its members agreed."""

import datetime

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
    ("most", "untold"),
    [(0.671, " With those that it could not judge it would be 67%."), (0.368, "")],
)
def test_each_sentence_on_the_share_has_one_range_or_number(most, untold):
    assert [*scrutiny.estimate_words(meeting(most, 0.1))] == [
        "If the panel had judged all records from which it drew, it would have marked 37% of them"
        f" amber or red.{untold} The 95% interval is 16\xa0to\xa086%. It drew from 120 records."
    ]


@pytest.mark.parametrize(("alpha", "worse"), [(-0.06, True), (0.0, False), (0.4, False)])
def test_agreement_below_chance_is_said_in_words(alpha, worse):
    [said] = scrutiny.agreement_words(meeting(0.4, alpha))
    assert said.endswith(" They agreed less than chance would give.") == worse
