"""Cursors of pages: ours lead to the next page, all others are refused."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import dependencies
from survey.problems import Malformed

Key = tuple[int, str, datetime.date]
keys = st.tuples(
    st.integers(0, 2**31 - 1),
    st.text(st.characters(categories=["L", "N", "P"]), max_size=40),
    st.dates(),
)


@given(keys)
@settings(deadline=None)
def test_a_key_comes_back_as_it_went(key):
    assert dependencies.decode_cursor(dependencies.encode_cursor(key), Key) == key


@given(st.text())
@settings(deadline=None)
def test_whatever_else_is_a_key_that_postgres_can_compare_or_is_refused(cursor):
    try:
        key = dependencies.decode_cursor(cursor, Key)
    except Malformed:
        pass
    else:
        assert all(dependencies.is_comparable(part) for part in key)


STRANGE = [
    (-1, "", datetime.date.min),
    (2**31, "", datetime.date.min),
    (1, "a\0b", datetime.date.min),
    (1, "\x1b", datetime.date.min),
    (1, "", "2020-02-31"),
    (1, ""),
    "words",
    None,
    {"a": 1},
]


@pytest.mark.parametrize("key", STRANGE)
def test_a_key_that_postgres_cannot_compare_is_refused(key):
    with pytest.raises(Malformed):
        dependencies.decode_cursor(dependencies.encode_cursor(key), Key)


def test_a_time_without_a_zone_is_refused():
    noon = datetime.datetime(2007, 12, 10, 12, tzinfo=datetime.UTC)
    assert dependencies.decode_cursor(dependencies.encode_cursor(noon), datetime.datetime) == noon
    with pytest.raises(Malformed):
        dependencies.decode_cursor(
            dependencies.encode_cursor(noon.replace(tzinfo=None)), datetime.datetime
        )


def test_no_cursor_is_the_first_page():
    assert dependencies.decode_cursor(None, Key) is None


@pytest.mark.parametrize(("rows", "shown", "more"), [(0, 0, False), (3, 3, False), (4, 3, True)])
def test_a_page_shows_its_limit_and_says_whether_there_is_more(rows, shown, more):
    found = [{"n": number} for number in range(rows)]
    page = dependencies.build_page(found, 3, lambda row: row["n"], lambda row: [row["n"]])
    assert page.items == list(range(shown))
    assert (page.next is not None) == more
    assert not more or dependencies.decode_cursor(page.next, list[int]) == [2]
