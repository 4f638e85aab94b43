"""Every registered item type has its part at every door, and no door has a list of types."""

import ast
import datetime
from collections import Counter
from importlib import import_module

import msgspec
import pytest

from api.operations.exports.answer_tables import AnswerTables
from api.pages.organiser.builder.drafts import EMPTY_INSTRUMENT
from api.pages.organiser.builder.questions import QUESTION_TYPES, new_part
from api.pages.organiser.results.pictures import questions_in_item, questions_without_chart
from api.pages.resident.questionnaire.refusals import MISSING_MESSAGES
from api.pages.shell import build_environment
from api.paper.item_types import BLOCKS, SPACES
from api.paper.layout import form_layout
from survey.formats import readers, xform, xlsform
from survey.surveys.instruments import ITEM_TYPES, PART_TYPES, Instrument, check_instrument
from survey.surveys.instruments.drafts import InstrumentDraft, add_part
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.item_types import FileItem, Item, LikertItem, OptionsItem
from survey.surveys.item_types.answers import DayAndCity
from survey.surveys.item_types.choices import AreaItem
from survey.surveys.item_types.dates import DayItem
from survey.surveys.item_types.numbers import LimitedNumber
from tests.house.trees import ROOT, nodes_of
from tests.london import CITY

BY_NAME = {kind.type_name(): kind for kind in ITEM_TYPES}
OFFERED = [kind for kind in ITEM_TYPES if kind.builder_label]
SHOWN = [kind for kind in ITEM_TYPES if kind.is_shown]
ASKED = [kind for kind in ITEM_TYPES if kind.is_asked]
TODAY = DayAndCity(datetime.date(2026, 9, 14), CITY)
named = pytest.mark.parametrize


def survey_with(kind) -> Instrument:
    """A survey with a question of this type, as the builder makes it, and one of another."""
    draft = InstrumentDraft(instrument=EMPTY_INSTRUMENT)
    draft = add_part(draft, new_part(draft, "whole", "How many?"))
    part = new_part(draft, kind.tag(), "What colour was it?")
    one = add_part(draft, part).instrument
    return msgspec.structs.replace(one, slug="colours", version=1)


@named("kind", OFFERED, ids=lambda kind: kind.type_name())
def test_the_builder_makes_a_question_that_can_be_published(kind):
    one = check_instrument(survey_with(kind))
    assert isinstance(one.items[-1], kind)
    fields = {field.name for field in kind.builder_fields}
    assert fields <= set(kind.__struct_fields__)


@named("kind", OFFERED, ids=lambda kind: kind.type_name())
def test_a_question_goes_out_and_comes_back_unchanged(kind):
    one = survey_with(kind)
    assert readers.read_own("a.json", readers.to_json(one)).instrument == one
    workbook = xlsform.to_workbook(xlsform.to_sheets(one, CITY.local_areas()))
    assert xlsform.read("a.xlsx", workbook).instrument.items == one.items
    assert one.items[-1].name.encode() in xform.to_xform(one, CITY.local_areas())


@named("kind", ASKED, ids=lambda kind: kind.type_name())
def test_an_answer_is_checked_exported_and_counted_or_listed(kind):
    one = survey_with(kind)
    item = one.items[-1]
    for most in (False, True):
        answer = item.trial_answer(most=most)
        assert answer is not None
    with pytest.raises(ValueError, match=r"\w"):
        item.stored_answer([{}], TODAY)
    names = item.answer_names()
    heads = AnswerTables(HarmonisedVersions([one]), None).heads("answers")
    heads = {head.partition("/")[0] for head in heads}
    assert item.is_free_text or set(names) <= heads
    assert questions_in_item(item) or item.is_free_text or item in questions_without_chart(one)


@named("kind", ASKED, ids=lambda kind: kind.type_name())
def test_its_words_are_there(kind):
    assert kind.missing in MISSING_MESSAGES
    assert kind.in_a_sentence()


@named("kind", SHOWN, ids=lambda kind: kind.type_name())
def test_it_has_a_template_and_a_paper_part(kind):
    template = build_environment().get_template(f"resident/item_types/{kind.type_name()}.html")
    module = template.make_module({"areas": CITY.local_areas()})
    assert hasattr(module, "field")
    assert hasattr(module, "shown") == kind.is_asked
    assert kind in SPACES or kind in BLOCKS
    assert form_layout(survey_with(kind), "en", CITY.local_areas())["blocks"]


def test_nothing_is_left_of_a_type_that_is_not_registered():
    families = {AreaItem, DayItem, FileItem, LikertItem, LimitedNumber, OptionsItem}
    below = [Item]
    for kind in below:
        below += kind.__subclasses__()
    assert set(below) - families - {Item} == set(ITEM_TYPES)
    pages = (ROOT / "api/pages/templates/resident/item_types").glob("*.html")
    shown = {kind.type_name() for kind in SHOWN}
    assert {file.stem for file in pages} == shown
    assert {*SPACES, *BLOCKS} == set(SHOWN)


def test_each_type_stands_once_in_the_registry():
    assert Counter(kind.tag() for kind in ITEM_TYPES).most_common(1)[0][1] == 1
    for kind in ITEM_TYPES:
        assert import_module(kind.__module__).__doc__
    assert list(QUESTION_TYPES) == [tag for tag, kind in PART_TYPES.items() if kind.builder_label]


def test_the_api_describes_it(app):
    described = app.openapi_schema.to_schema()["components"]["schemas"]
    tags = [
        value
        for schema in described.values()
        for value in schema.get("properties", {}).get("type", {}).get("enum", [])
    ] + [schema.get("properties", {}).get("type", {}).get("const") for schema in described.values()]
    assert set(PART_TYPES) <= set(tags)


def types_asked_for(node: ast.AST) -> set[str]:
    """The item types that a call of isinstance, or a table by type, tells apart."""
    classes = {kind.__name__ for kind in ITEM_TYPES}
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
        within: list[ast.AST] = [node.args[1]]
    elif isinstance(node, ast.Dict):
        within = [key for key in node.keys if isinstance(key, ast.Name)]
    else:
        return set()
    found = {one.id for part in within for one in ast.walk(part) if isinstance(one, ast.Name)}
    return found & classes


def test_no_door_has_a_list_of_types():
    """Whatever differs by type is asked of the type, so that a new one is known everywhere."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for room in ("survey", "api", "analysis")
        for file in sorted((ROOT / room).rglob("*.py"))
        if "item_types" not in file.with_suffix("").parts
        for node in nodes_of(file)
        if len(types_asked_for(node)) > 1
    ]
    assert found == []
