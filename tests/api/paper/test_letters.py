"""Emails about cases: one text for each transition that somebody is notified of, in their
language.
"""

import datetime
import re

import pytest

from api import notifications
from api.notifications import CaseNotification
from survey.cases import MAILED_TO_PERSON, TOLD_TO_CASEWORKER

DAY = datetime.date(2027, 3, 9)
NUMBER = "TRYT-HEM7"
ARABIC = re.compile("[\u0600-\u06ff]")


def news_of(kind, language="en", day=DAY):
    return CaseNotification(kind=kind, reference=NUMBER, language=language, day=day)


def test_every_move_that_is_told_has_its_words():
    assert set(notifications.TO_PERSON) == MAILED_TO_PERSON
    assert set(notifications.TO_STAFF) == TOLD_TO_CASEWORKER
    assert set(notifications.THEN) <= MAILED_TO_PERSON


@pytest.mark.parametrize("kind", sorted(MAILED_TO_PERSON))
@pytest.mark.parametrize("language", ["en", "ar", "so", "ur", "vi"])
def test_a_person_is_told_the_number_the_page_and_the_day(kind, language):
    subject, words = notifications.complainant_mail(
        news_of(kind, language), "https://soundings.example.org"
    )
    assert NUMBER in subject
    assert f"\n{NUMBER}\n" in words
    assert "\nhttps://soundings.example.org/case\n" in words
    assert ("2027" in words) == (kind in notifications.THEN)
    assert bool(ARABIC.search(words)) == bool(ARABIC.search(subject)) == (language in ("ar", "ur"))
    assert "%" not in words
    without, _ = notifications.complainant_mail(news_of(kind, language, None), "")
    assert "None" not in without


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_mail_says_what_sort_of_case_it_is(language):
    for kind in MAILED_TO_PERSON:
        mail = " ".join(notifications.complainant_mail(news_of(kind, language), "http://test"))
        assert not re.search("complain|police|taser|شكو|شرطة", mail, re.IGNORECASE)


@pytest.mark.parametrize("kind", sorted(TOLD_TO_CASEWORKER))
def test_who_works_on_a_case_is_told_where_it_is(kind):
    subject, words = notifications.caseworker_mail(news_of(kind), "http://test")
    assert subject == f"Case {NUMBER}: there is news"
    assert f"\nhttp://test/work/complaints/{NUMBER}\n" in words
    assert "9 March 2027" in words
