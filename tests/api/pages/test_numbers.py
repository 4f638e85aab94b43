"""Numbers with a hyphen are not broken at it, wherever a page prints them."""

import pytest
from markupsafe import Markup

from api.pages.filters import on_one_line


@pytest.mark.parametrize("number", ["3-G", "10021-K", "ABCD-2345", "2345-6789"])
def test_a_number_is_held_on_one_line(number):
    assert on_one_line(f"Form {number} & more") == (
        f'Form <span class="unbroken">{number}</span> &amp; more'
    )


def test_the_pairs_of_a_long_code_are_held_each():
    assert on_one_line("2345-ABCD-EFGH-6789").count('<span class="unbroken">') == 2


@pytest.mark.parametrize("words", ["half-way", "2026-11-28", "1-2", "-A", "E09000012", ""])
def test_other_words_stay_as_they_are(words):
    assert on_one_line(words) == words


def test_the_address_of_a_link_stays_as_it_is():
    link = Markup('<a href="/work/complaints/ABCD-2345">ABCD-2345</a>')
    assert on_one_line(link) == (
        '<a href="/work/complaints/ABCD-2345"><span class="unbroken">ABCD-2345</span></a>'
    )
