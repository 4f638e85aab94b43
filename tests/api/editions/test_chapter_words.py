"""What a chapter says outside "For statisticians" is in plain words: a reading age of at most 14,
and no word that only statisticians know.
"""

import re

import pytest
import textstat

from api.editions import report_view
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.reading_age import YEARS_BEFORE_SCHOOL

OLDEST = 14
FOR_STATISTICIANS = re.compile(
    r"[αωφλ]|\b(?:p =|F1|RR[1-6]|COOP|PPI)|AAPOR|Krippendorff|Cronbach|McDonald|Kish|Poisson|"
    r"negative binomial|balanced accuracy|design effect|strat(?:a|um)\b|surely below|dispersion",
    re.IGNORECASE,
)


def chapter_words(chapter):
    """The sentences of a chapter that are not folded away for statisticians."""
    yield chapter.answer
    for section in chapter.sections:
        yield from (*section.words, *section.points)
        if section.verdict:
            yield section.verdict.sentence
        if section.figure:
            yield section.figure.subtitle
        for table in (*section.tables, *section.folded):
            yield table.note
            if table.wordy:
                yield from (row[0].text for row in table.rows)


def chapter_heads(chapter):
    for section in chapter.sections:
        yield section.heading
        for table in (*section.tables, *section.folded):
            yield from (table.caption, *table.head, *(row[0].text for row in table.rows))


@pytest.fixture(params=[full_weekly_edition, full_monthly_edition])
def chapters(request):
    return report_view(request.param(), "0" * 64).chapters


def test_each_chapter_is_in_plain_words(chapters):
    for chapter in chapters:
        words = " ".join(one.rstrip(".") + "." for one in chapter_words(chapter) if one)
        age = textstat.flesch_kincaid_grade(words) + YEARS_BEFORE_SCHOOL
        assert age <= OLDEST, (chapter.heading, age, words)


def test_words_of_statisticians_are_folded_away(chapters):
    found = [
        (chapter.key, said)
        for chapter in chapters
        for said in (*chapter_words(chapter), *chapter_heads(chapter))
        if FOR_STATISTICIANS.search(said)
    ]
    assert not found
