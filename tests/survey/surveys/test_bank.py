"""The question bank and the templates: whole, and every question reachable."""

import collections
import datetime
import random
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from survey.deployments import Tactic
from survey.formats import xlsform
from survey.formats.expressions.logic import evaluator_for
from survey.formats.expressions.logic import faults_of_expressions as check_expressions
from survey.formats.xlsform import to_sheets, to_workbook
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    KINDS,
    Agreement,
    Borough,
    Date,
    DateTime,
    Grid,
    Item,
    Note,
    Rank,
    SelectMultiple,
    SelectOne,
    Text,
    check_instrument,
)
from survey.surveys.ready import (
    TEMPLATE_FOLDER,
    SurveyTemplate,
    instrument_from_template,
    load_block,
    load_question_bank,
    load_ready_instruments,
    load_templates,
)
from survey.surveys.responses import AnswerContext, validate_answers
from tests.analysis.editions.simulated_inputs import CITY

BANK = load_question_bank()
TEMPLATES = load_templates()
ITEMS = {item.name: item for one in BANK for item in one.items}
NOW = datetime.datetime(2026, 11, 25, 12)  # noqa: DTZ001
WALKS = 300
PAS = Path(__file__).parents[4] / "shared/data/perception/PAS_QUESTION_WORDING.md"
CODES_WITHOUT_LEAD = ("SQ79B", "SQ79C")  # listed without the words before the statements
INFORMED = "Very/Fairly/Not at all well informed"
PUBLISHED = re.compile(r"([A-Z]+\d+[A-Z]*)(?: \([^)]*\))?: (.*?)(?: \[([^\]]*)\])?")


def slug_of(instrument):
    return instrument.slug


def test_every_block_is_listed_and_says_what_it_is_for():
    files = {file.stem for file in (TEMPLATE_FOLDER.parent / "blocks").glob("*.json")}
    assert sorted(one.name for one in BANK) == sorted(files)
    assert all(one.title and one.about and one.source and one.items for one in BANK)


def test_every_name_stands_once_in_the_whole_bank():
    """Any blocks can then be used together in one survey."""
    names = collections.Counter(
        name for one in BANK for item in one.items for name in {item.name, *item.answer_names()}
    )
    assert [name for name, times in names.items() if times > 1] == []
    check_instrument(msgspec.structs.replace(TEMPLATES[0], items=tuple(ITEMS.values())))


def test_every_question_has_a_short_name_and_the_sensitive_ones_may_be_declined():
    asked = [item for item in ITEMS.values() if not isinstance(item, Note)]
    assert [item.name for item in asked if not item.short] == []
    assert all(
        item.may_decline for item in asked if isinstance(item, Agreement | Grid | SelectMultiple)
    )
    assert all(item.hint for item in asked if isinstance(item, Text) and item.long)


def test_the_index_and_the_shared_concerns_are_those_of_the_sampled_survey():
    survey = next(one for one in load_ready_instruments() if one.slug == "taser-trial")
    items = load_block("taser-index")
    asked = tuple(item.name for item in items if isinstance(item, Agreement))
    assert asked == survey.index.items
    shared = {*(item.name for item in items), "told_enough", "same_for_all", "vulnerable_safe"}
    assert {name: ITEMS[name] for name in shared} == {
        name: survey.question(name) for name in shared
    }
    check_instrument(msgspec.structs.replace(survey, items=items))


def test_what_is_done_with_a_taser_is_called_what_deployments_call_it():
    uses = {option.name for option in ITEMS["taser_uses"].options}
    assert uses - set(get_args(Tactic)) == {"could_not_tell"}


@pytest.mark.parametrize("template", TEMPLATES, ids=slug_of)
def test_every_kind_of_residents_can_be_told_without_mapping_by_hand(template):
    margins = template.margins()
    assert set(margins) == set(KINDS)
    for margin, item in margins.items():
        kinds = {kind for kind in item.kinds().values() if kind in KINDS[margin]}
        assert kinds == set(KINDS[margin])
        strangers = set(item.kinds().values()) - kinds
        assert strangers == ({"under_16"} if margin == "age" else set())


def published_questions():
    """The questions of the Public Attitude Survey: code, words, answers."""
    for line in PAS.read_text().splitlines():
        for part in re.split(r" / (?=[A-Z]+\d)", line.removeprefix("- ")):
            if line.startswith("- ") and (found := PUBLISHED.fullmatch(part)):
                yield found.groups()


def wording_of(name):
    """The wording of an item, or of a row of a grid, and its answers."""
    for item in ITEMS.values():
        row = next((one for one in getattr(item, "rows", ()) if one.name == name), None)
        if item.name == name or row:
            words = [item.text, item.hint, row.text] if row else [item.text]
            text = " ".join(wording["en"] for wording in words if wording)
            labels = getattr(item, "labels", [one.text for one in getattr(item, "options", ())])
            return with_straight_quotes(text), [one["en"] for one in labels]
    raise AssertionError(f"no item or row is called {name}")


def with_straight_quotes(text):
    return text.translate(str.maketrans("“”’", '""\''))


@pytest.mark.slow
@pytest.mark.skipif(not PAS.exists(), reason="the published wordings (shared/) are not here")
def test_the_words_of_the_public_attitude_survey_are_those_published():
    """Where the published list leaves words out ("..."), any words match."""
    references = next(one for one in BANK if one.name == "perception").references
    seen = {code: (words, scale) for code, words, scale in published_questions()}
    assert set(references.values()) == set(seen)
    for name, code in references.items():
        words, scale = seen[code]
        text, labels = wording_of(name)
        left_out = ".*" if code in CODES_WITHOUT_LEAD else ""
        parts = [re.escape(part.strip()) for part in re.split(r": |\.\.\.", words)]
        assert re.fullmatch(left_out + ".*".join(parts), text), code
        assert not scale or scale in ("/".join(labels), "/".join(labels[::-1]), INFORMED), code


def test_nothing_of_the_bank_is_published_with_the_house():
    assert [one.slug for one in load_ready_instruments()] == [
        "complaint",
        "feedback",
        "taser-trial",
    ]
    assert sorted(one.slug for one in TEMPLATES) == [
        *("after-incident", "taser-trial-perception", "ward-panel")
    ]


@pytest.mark.parametrize("template", TEMPLATES, ids=slug_of)
def test_a_template_can_be_asked(template):
    assert check_expressions(template) == []
    assert template.mode == "open"
    assert template.index is None
    assert template.home().required


def test_a_template_takes_what_is_there_and_requires_what_it_takes():
    template = msgspec.json.decode(
        (TEMPLATE_FOLDER / "ward-panel.json").read_bytes(), type=SurveyTemplate
    )
    lost = msgspec.structs.replace(template, takes=("about-you",), required=("what_happened",))
    with pytest.raises(ValueError, match="requires what it does not take"):
        instrument_from_template(lost)
    with pytest.raises(ValueError, match="'about-you/shoe'"):
        instrument_from_template(msgspec.structs.replace(template, takes=("about-you/shoe",)))


@pytest.mark.parametrize("template", TEMPLATES, ids=slug_of)
def test_a_template_goes_through_a_spreadsheet_unchanged(template):
    back = xlsform.read("a.xlsx", to_workbook(to_sheets(template)))
    assert back.instrument == template
    assert not back.left


def random_answer(chance, item):
    """A random answer that a person may give."""
    if isinstance(item, Item) and item.may_decline and chance.random() < 0.1:
        return chance.choice((DECLINED, DONT_KNOW))
    if isinstance(item, Agreement | Grid):
        return chance.randint(1, 5)
    names = [option.name for option in getattr(item, "options", ())]
    if isinstance(item, SelectOne):
        return chance.choice(names)
    if isinstance(item, SelectMultiple):
        return chance.sample(names, chance.randint(1, item.most or len(names)))
    if isinstance(item, Rank):
        return chance.sample(names, len(names))
    written = {Date: "2026-11-24", DateTime: "2026-11-24T23:30", Text: "Some words."}
    return (
        chance.choice(CITY.local_areas()).code if isinstance(item, Borough) else written[type(item)]
    )


def random_walk_answers(chance, template, occasion):
    """The answers accepted from a random walk; answers that break a validation rule are left
    out.
    """
    given = {
        name: random_answer(chance, item)
        for item in template.all_questions()
        for name in item.answer_names()
        if item.required or chance.random() < 0.8
    }
    answers, faults = validate_answers(template, given, occasion)
    broken = {fault.where for fault in faults}
    assert broken <= {item.name for item in template.questions() if item.constraint}
    if broken:
        left = {name: answer for name, answer in given.items() if name not in broken}
        answers, faults = validate_answers(template, left, occasion)
    assert faults == []
    return answers


@pytest.mark.parametrize("template", TEMPLATES, ids=slug_of)
def test_every_question_can_be_reached_and_what_was_filled_in_is_taken(template):
    chance = random.Random(10)
    occasion = AnswerContext(NOW.date(), CITY, evaluator_for(template, NOW))
    reached = collections.Counter(
        name for _ in range(WALKS) for name in random_walk_answers(chance, template, occasion)
    )
    assert set(template.answer_names()) - set(reached) == set()
    conditional = {item.name for item in template.questions() if item.relevant}
    assert all(reached[name] < WALKS * 0.7 for name in conditional)


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({"taser_there": "yes", "taser_uses": ["fired", "could_not_tell"]}, "taser_uses"),
        ({"person_was": ["none", "disabled"]}, "person_was"),
        ({"done_since": ["complaint", "nothing"]}, "done_since"),
    ],
)
def test_what_excludes_everything_else_is_chosen_alone(answers, where):
    template = next(one for one in TEMPLATES if one.slug == "after-incident")
    needed = {"incident_borough": CITY.local_areas()[0].code, "what_happened": "Some words."}
    occasion = AnswerContext(NOW.date(), CITY, evaluator_for(template, NOW))
    faults = validate_answers(template, needed | answers, occasion)[1]
    assert [(fault.where, fault.sentence) for fault in faults] == [
        (where, ITEMS[where].constraint_message["en"])
    ]
