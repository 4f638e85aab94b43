"""Response rates by AAPOR's definitions, on dispositions whose rates are known by hand."""

import pytest

from analysis.statistics.sampling.response import Dispositions, contact_rates, response_rates

# The letters of AAPOR: I 600, P 50, R 150, NC 80, O 20, UH 1,000, UO 50, NE 100.
WHOLE = Dispositions(
    invited=2050,
    complete=600,
    partial=50,
    refused=150,
    silent=1000,
    not_reached=80,
    unable=20,
    undelivered=50,
    ineligible=100,
    recorded=True,
)


def test_the_rates_are_those_of_the_standard_definitions():
    found = response_rates(WHOLE)
    share = 900 / 1000
    assert found.eligible == pytest.approx(share)
    assert (found.rr1, found.rr2) == (pytest.approx(600 / 1950), pytest.approx(650 / 1950))
    assert found.rr3 == pytest.approx(600 / (900 + share * 1050))
    assert found.rr4 == pytest.approx(650 / (900 + share * 1050))
    assert (found.rr5, found.rr6) == (None, None)
    assert (found.coop1, found.coop2) == (pytest.approx(600 / 820), pytest.approx(650 / 820))


def test_the_rate_is_at_most_known_only_where_nobody_is_silent():
    found = response_rates(WHOLE._replace(invited=1000, silent=0, undelivered=0))
    assert (found.rr5, found.rr6) == (pytest.approx(600 / 900), pytest.approx(650 / 900))
    assert found.rr1 == found.rr3 == found.rr5


def test_without_records_there_is_the_least_rate_and_no_other():
    bare = Dispositions(invited=2000, complete=600, partial=50, refused=10, silent=1340)
    found = response_rates(bare)
    assert (found.rr1, found.rr2) == (0.3, 0.325)
    assert set(found[2:]) == {None}


def test_a_hidden_number_hides_the_rates_that_it_is_in():
    found = response_rates(WHOLE._replace(partial=None))
    assert found.rr1 == pytest.approx(600 / 1950)
    assert (found.rr2, found.rr3, found.coop1, found.eligible) == (None,) * 4
    few = response_rates(WHOLE._replace(ineligible=None))
    assert (few.rr1, few.rr3) == (pytest.approx(600 / WHOLE.invited), None)
    assert response_rates(WHOLE._replace(invited=0, ineligible=0)).rr1 is None


def test_contact_refusal_and_cooperation_rates_are_those_of_the_standard_definitions():
    found = contact_rates(WHOLE)
    # I+P 650, R 150, NC 80, O 20: 820 reached, 900 eligible, and 1,050 unknown, of whom 9 in 10
    # are taken to be eligible.
    assert (found.coop3, found.coop4) == (pytest.approx(600 / 800), pytest.approx(650 / 800))
    assert (found.ref1, found.con1) == (pytest.approx(150 / 1950), pytest.approx(820 / 1950))
    assert (found.ref2, found.con2) == (pytest.approx(150 / 1845), pytest.approx(820 / 1845))
    assert (found.ref3, found.con3) == (None, None)
    known = contact_rates(WHOLE._replace(invited=1000, silent=0, undelivered=0))
    assert (known.ref3, known.con3) == (pytest.approx(150 / 900), pytest.approx(820 / 900))
    assert known.ref1 == known.ref2 == known.ref3
    assert set(contact_rates(WHOLE._replace(recorded=False))) == {None}
    few = contact_rates(WHOLE._replace(ineligible=None))
    assert (few.con1, few.con2) == (pytest.approx(820 / 1950), None)
