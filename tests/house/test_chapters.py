"""A chapter of an edition is whole: it computes, gates, shows and exports its fields.

Each has one file of the same name in analysis and api; the gate and `contents.py` order them.
"""

import importlib
import inspect
import re
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from analysis.editions import edition_workings, gate
from api.editions import contents as reading
from api.editions.charts import NamedCharts
from api.editions.report import KeyFigure, ReportSection
from api.editions.rows import ExportRow, Periods
from survey.editions import Edition
from tests.analysis.editions import small_inputs
from tests.house.trees import ROOT
from tests.house.weight import weight_of

NAMES = [one.name for one in gate.CHAPTERS if one.name != "front"]
# What only the gate itself sets, and what the worker adds when it has made the edition.
SET_LATER = {"withheld", "disclosure", "gate", "inputs_sha256", "sentences", "history"}
PLACED = {
    Iterator[ReportSection]: (
        *reading.FRONT,
        *(section for chapter in reading.CHAPTERS for section in chapter.sections),
    ),
    Iterator[KeyFigure]: reading.KEY_FIGURES,
    Iterator[ExportRow]: reading.EXPORT,
    NamedCharts: reading.CHARTS,
}


def files_in(room: str) -> set[str]:
    folder: Path = ROOT / room / "editions" / "chapters"
    return {file.stem for file in folder.glob("*.py")} - {"__init__"}


def test_a_chapter_has_the_same_name_in_every_room():
    # The titles of all charts are in one file, so that one rule says the same everywhere; charts of
    # themes would make their chapter too long; what a scrutiny panel said of steps and video is
    # printed by its chapter and by its own report.
    shared = {"titles", "theme_charts", "scrutiny_details"}
    assert files_in("analysis") == files_in("api") - shared == set(NAMES)


def test_every_field_of_an_edition_belongs_to_one_chapter():
    owners = Counter(field for one in gate.CHAPTERS for field in one.gates)
    # Tables belong to the chapters by their kind.
    fields = {field.name for field in msgspec.structs.fields(Edition)} - {"tables"}
    assert owners == Counter(dict.fromkeys(fields, 1))


def test_every_field_is_computed_or_made_from_published_figures():
    """A chapter's own source names each of its fields outside the list of its gates."""
    for one in gate.CHAPTERS:
        parts = inspect.getsource(inspect.getmodule(one.compute)).split("CHAPTER = Chapter(")
        # The front makes an edition of its own, with the fields as keywords.
        named = {field for field in one.gates if re.search(rf'"{field}"|\b{field}=', parts[0])}
        assert set(one.gates) - named <= SET_LATER, one.name


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_chapter_computes_only_fields_that_are_its_own(kind):
    workings = edition_workings(small_inputs.inputs_of_week(kind=kind))
    for one in gate.CHAPTERS:
        assert one.compute(workings).keys() <= one.gates.keys(), one.name


@pytest.mark.parametrize("name", [*NAMES, "front"])
def test_a_chapter_is_shown_and_exported_and_nothing_of_it_is_forgotten(name):
    """Whatever gives sections, key figures, rows or charts of an edition stands in an order."""
    place = "api.editions.front" if name == "front" else f"api.editions.chapters.{name}"
    found = Counter()
    for made in vars(importlib.import_module(place)).values():
        if inspect.isfunction(made) and made.__module__ == place:
            hints = typing.get_type_hints(made)
            gives = hints.pop("return", None)
            if gives in PLACED and set(hints.values()) <= {Edition, Periods}:
                assert made in PLACED[gives] or is_called(made), f"{name}.{made.__name__}"
                found[gives] += 1
    assert found[Iterator[ReportSection]]
    assert found[Iterator[ExportRow]]


def test_a_chapter_of_tables_is_short():
    """What follows from its tables is written once for all chapters, as the recipe says."""
    files = [ROOT / room / "editions/chapters/demands.py" for room in ("analysis", "api")]
    assert sum(weight_of(file.read_text())["code"] for file in files) <= 200


def is_called(made: typing.Any) -> bool:
    """Whether the function is a part of another one of its file."""
    return inspect.getsource(inspect.getmodule(made)).count(f"{made.__name__}(edition)") > 0
