"""The page on the helpers of the tests lists each of them, and says what its file says."""

from tests.house.inventory import PAGE, PARTS, TESTS, fixtures, helper_files, page_text


def test_the_page_is_what_the_helpers_say_of_themselves():
    assert PAGE.read_text() == page_text(), "run `python -P -m tests.house.inventory`"


def test_each_helper_has_its_part_of_the_page():
    folders = [TESTS / folder for folders in PARTS.values() for folder in folders]
    assert [file for file in helper_files() if file.parent not in folders] == []


def test_each_fixture_says_what_it_is():
    assert [name for name, _, told in fixtures() if not told] == []
