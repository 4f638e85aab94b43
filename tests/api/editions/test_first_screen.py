"""What is read first is in plain words: a reading age of at most 12."""

import pytest
import textstat

from api.editions import report_view
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.reading_age import YEARS_BEFORE_SCHOOL

OLDEST = 12


def first_words(view):
    """The sentences of the first screen: its first lines, alerts, findings and explanations."""
    yield from view.lead
    for card in view.stats:
        yield from filter(None, (card.meaning, card.interval, card.base))
    for section in view.front:
        yield from section.words
        yield from (one.sentence for one in section.boxes)
        for table in section.tables:
            if table.wordy:
                yield from (cell.text for row in table.rows for cell in (row[0], row[-1]))


@pytest.mark.parametrize("make_edition", [full_weekly_edition, full_monthly_edition])
def test_the_first_screen_is_in_plain_words(make_edition):
    view = report_view(make_edition(), "0" * 64)
    words = " ".join(one.rstrip(".") + "." for one in first_words(view))
    assert textstat.flesch_kincaid_grade(words) + YEARS_BEFORE_SCHOOL <= OLDEST, words
