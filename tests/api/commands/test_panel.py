"""`panel draw`: the draw repeated elsewhere, from the published seed, rule and file."""

import hashlib
import json

import msgspec
import pytest
from click.testing import CliRunner

from api.__main__ import main
from api.operations import scrutiny
from survey.scrutiny.rules import DrawnReference
from survey.store.scrutiny import meetings
from tests.stored.scrutiny_meetings import FILE, draw_meeting, save_panel


@pytest.fixture(params=[None, hashlib.sha256(FILE).hexdigest()], ids=["file later", "sealed"])
async def published(db, tmp_path, request):
    """The folder of somebody who has the file and draw.json, and the seed."""
    panel = await save_panel(db.the_connection)
    ident = await draw_meeting(db.the_connection, panel, sealed=request.param)
    meeting = await meetings.get_meeting(db.the_connection, ident)
    found = await meetings.load_records(db.the_connection, ident)
    drawn = tuple(DrawnReference(one.reference, one.stratum) for one in found)
    (tmp_path / "force.csv").write_bytes(FILE)
    for name, listed in (("draw.json", ()), ("full.json", drawn)):
        body = msgspec.json.encode(scrutiny.published_draw(meeting, listed))
        (tmp_path / name).write_bytes(body)
    return tmp_path, meeting.seed


def run(folder, seed, *options, rule="draw.json"):
    files = [str(folder / "force.csv"), str(folder / rule)]
    return CliRunner().invoke(main, ["panel", "draw", *options, seed, *files])


async def test_the_same_file_draws_the_same_records(published):
    folder, seed = published
    for rule in ("draw.json", "full.json"):
        found = run(folder, seed, "--check", rule=rule)
        assert (found.exit_code, "Equal" in found.output) == (0, True), found.output
        sealed = b"sealed_sha256" in (folder / rule).read_bytes()
        assert ("nobody could pick records" in found.output) == sealed
        assert ("the force could have chosen" in found.output) == (not sealed)
    listed = run(folder, seed)
    assert listed.output.count("\tAll others") == 10


async def test_another_file_or_seed_is_named(published):
    folder, seed = published
    other = run(folder, "0" * 32, "--check", rule="full.json")
    assert other.exit_code == 1
    assert "The seed differs" in other.output
    assert "Drawn here and not published" in other.output
    lines = FILE.splitlines(keepends=True)
    (folder / "force.csv").write_bytes(b"".join(lines[:41]))
    changed = run(folder, seed, "--check")
    assert changed.exit_code == 1
    assert "The file differs (SHA-256)" in changed.output


async def test_a_rule_alone_draws_but_says_nothing_of_equal(published):
    folder, seed = published
    rule = json.loads((folder / "draw.json").read_text())["rule"]
    (folder / "rule.json").write_text(json.dumps(rule))
    assert "Records drawn" in run(folder, seed, rule="rule.json").output
    assert run(folder, seed, "--check", rule="rule.json").exit_code == 2
    (folder / "rule.json").write_text("[1")
    assert "a rule as JSON" in run(folder, seed, rule="rule.json").output
