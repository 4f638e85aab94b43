"""What the outside can reach is what it could reach before; each difference has its reason."""

import pytest

from tests.house.manifest import (
    differences,
    expected,
    is_about,
    keep_new,
    parse_gone,
    read_gone,
    read_lists,
)
from tests.house.manifest.reached import reached


async def test_everything_that_could_be_reached_still_can_or_went_for_a_reason(built, db):
    today = await reached(built, db.the_connection)
    assert all(len(lines) > 2 for lines in today.values())
    faults = differences(today, expected(read_lists(), read_gone()))
    assert not faults, "\n".join(faults)


def test_whatever_is_said_to_be_gone_was_there():
    known = read_lists()
    idle = [
        gone
        for gone in read_gone()
        if not any(is_about(gone, gone.kind, line) for line in known.get(gone.kind, ()))
    ]
    assert idle == []


def test_a_thing_that_goes_or_comes_unsaid_is_found_out():
    before = {"routes": {"GET /a", "GET /b"}}
    assert differences(before, before) == []
    (missing, new) = differences({"routes": {"GET /a", "GET /c"}}, before)
    assert missing.startswith("routes: GET /b: is there no more")
    assert new.startswith("routes: GET /c: is new")


def test_a_reason_lets_its_lines_go_and_no_others():
    before = {"tables": {"areas.code text", "areas.name text", "cases.area text"}}
    gone = [parse_gone("tables: areas.* # the table became `places`")]
    assert expected(before, gone) == {"tables": {"cases.area text"}}
    with pytest.raises(ValueError, match="why it went"):
        parse_gone("tables: areas.*")


def test_lists_keep_what_went(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.house.manifest.LISTS", tmp_path)
    keep_new({"roles": {"clerk"}})
    keep_new({"roles": {"chair"}})
    assert read_lists() == {"roles": {"chair", "clerk"}}
