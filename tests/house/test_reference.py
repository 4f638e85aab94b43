"""The pages of docs/reference that the code knows are what docs/reference.py writes."""

import re
import runpy

import msgspec
import pytest

from api.settings import OtherVariables, Settings, environment_name, setting_names
from tests.house.trees import ROOT

SCRIPT = runpy.run_path(str(ROOT / "docs/reference.py"))
PAGES = SCRIPT["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_script_writes(name):
    written = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run `python -P docs/reference.py`"


def test_every_setting_has_a_meaning():
    """A field without a text below it would have no row."""
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .{9,} \|$", PAGES["settings.md"], re.MULTILINE)
    assert sorted(rows) == sorted([*setting_names(Settings), *setting_names(OtherVariables)])


def test_the_defaults_of_compose_are_those_of_its_file():
    file = (ROOT / "docker-compose.yml").read_text()
    written = re.findall(r"\$\{(SOUNDINGS_\w+):-([^}]*)\}", file)
    fields = msgspec.structs.fields(OtherVariables)
    told = {environment_name(field.name): str(field.default) for field in fields}
    [*shared] = [(name, default) for name, default in written if told.get(name)]
    assert len(shared) > 4
    assert shared == [(name, told[name]) for name, _ in shared]
