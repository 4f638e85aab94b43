"""The script of a kiosk evaluates conditions as the server does."""

import datetime
import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from survey.formats import readers, xlsform
from survey.formats.expressions.functions import FUNCTIONS, accepts_count
from survey.formats.expressions.logic import FormEvaluator
from survey.formats.expressions.portable import CHANCE, portable_form
from survey.formats.expressions.xpath import Meter
from survey.surveys.expressions import UnreadableExpression
from survey.surveys.instruments import Calculate, Repeat, SelectMultiple, SelectOne, questions_in
from survey.surveys.responses import answer_rounds
from tests.files.sample_files import SAMPLES
from tests.oracles import hard
from tests.survey.formats.test_expressions import ROUNDS, STOPPED, instrument, text_item

NOW = datetime.datetime(2026, 11, 25, 12, 30, 15)  # noqa: DTZ001
FRACTION = re.compile(r"-?\d+\.\d{10,}(e-\d+)?")
SCRIPTS = Path(__file__).parents[2] / "frontend" / "kiosk"
WORDS = [
    "", "a", "drawn", "fired", "yes", "no", "bow", "a b  c", "0", "1", "-1", "2.5", "007", "1E-7",
    "1e16", "east",
    "12345678901234567890", "0.00001", "2026-02-28", "2026-02-30", "2000-02-29T23:59:59", "14:30",
    "14:30:15.5Z", "2026-11-25T10:00:00.000+01:00", "NaN", "true", "é😀x", "[a-z]+",
    "%d/%m/%y %W %A", "  ",
]  # fmt: skip
# Functions whose results nobody can compare, or that ask for nodes.
NOT_ASKED = {"random", "uuid", "itext", "choice-name", "indexed-repeat", "once", "regex"}


def every_function():
    """A survey with each function of one to four answers, on texts and on numbers."""
    names = ("a", "b", "c", "d")
    calculations = [
        f"{name}({', '.join(f'${{{one}}}' for one in names[:count])})"
        for name in FUNCTIONS
        if name not in NOT_ASKED and name not in OPERATORS and name not in ("bool", "which")
        for count in range(5)
        if accepts_count(name, count)
    ]
    calculations += [
        f"${{a}} {sign} ${{b}}"
        for sign in ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod", "and", "or")
    ]
    calculations += [
        "date(${a}) + 3", "if(date(${a}) > ${b}, date(${a}), ${c})", "-${a} * number(${b})",
        "format-date(today() - 400, ${a})",
        "regex(${a}, '[a-z ]*')", "date(number(${a}) * 365)", "count(//a)", "round(${a} div 3, 2)",
        "concat(${a} div 7, ' ', ${b} * 1000000)", "string(${a} = ${b})", "position(..)",
        "once(${a})",
        "count(/everything/*[. = 'a'])", "name(..)", "${a} | ${b}", "int(${a}) mod 7",
        "now() > date(${a})",
    ]  # fmt: skip
    return instrument(
        *(text_item(name) for name in names),
        *(Calculate(name=f"k{n}", calculation=one) for n, one in enumerate(calculations)),
        text_item(
            "shown",
            relevant="string-length(${a}) > 1",
            constraint="${b} = ''",
            required_when="${c} > 3",
        ),
    )  # fmt: skip


OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div", "mod")


def hard_instrument():
    rows = {"survey": hard.SURVEY, "choices": hard.CHOICES, "settings": [{"form_id": "hard"}]}
    return readers.read("hard.xlsx", xlsform.to_workbook(rows)).instrument


def answers_of(parts):
    """A strategy for answers to these questions, most of them given."""
    given = {}
    for item in questions_in(parts):
        if isinstance(item, Repeat):
            given[item.name] = st.lists(answers_of(item.items), max_size=3)
            continue
        for name in item.answer_names():
            given[name] = st.none() | answers_to(item)
    return st.fixed_dictionaries(given).map(
        lambda found: {name: answer for name, answer in found.items() if answer is not None}
    )


def answers_to(item):
    if isinstance(item, SelectOne):
        return st.sampled_from([option.name for option in item.options])
    if isinstance(item, SelectMultiple):
        return st.lists(st.sampled_from([one.name for one in item.options]), unique=True)
    if item.is_free_text:
        return st.sampled_from(WORDS)
    if item.is_number:
        return st.integers(-3, 40) | st.sampled_from([0.1, 2.5, 1 / 3, 17])
    if item.field_shape == "date":
        return st.dates(datetime.date(1999, 1, 1), datetime.date(2030, 1, 1)).map(str)
    usual = [item.trial_answer(most=most) for most in (False, True)]
    return st.sampled_from([one for one in usual if one is not None] or [None])


def drawn_examples(strategy, number):
    found = []

    @settings(max_examples=number, phases=[Phase.generate], database=None)
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


def texts_of(evaluator, instrument, answers):
    """The answers as the page gives them to the script: the texts of an XForm."""
    found = {}
    for item in questions_in(instrument.items):
        if isinstance(item, Repeat):
            found[item.name] = [
                {name: evaluator.answer_text(name, one) for name, one in given.items()}
                for given in answer_rounds(answers.get(item.name))
            ]
        else:
            names = item.answer_names()
            found |= {name: evaluator.answer_text(name, answers.get(name)) for name in names}
    return found


def comparable(result):
    """What the server found, in the form of the script's result."""
    return {
        "passed": sorted(result.passed_over),
        "required": sorted(result.required),
        "calculated": {name: as_text(value) for name, value in result.calculated.items()},
        "offered": {name: sorted(names) for name, names in result.offered.items()},
        "rounds": dict(result.rounds),
    }


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_compared(found):
    lists = {name: sorted(set(found[name])) for name in ("passed", "required")}
    offered = {name: sorted(set(names)) for name, names in found["offered"].items()}
    return {
        **lists,
        "calculated": found["calculated"],
        "offered": offered,
        "rounds": found["rounds"],
    }


def without_last_digits(found):
    """Results of a sine differ by the last digit from one library to the next."""
    return found | {
        "calculated": {
            name: f"{float(text):.12g}" if FRACTION.fullmatch(text) else text
            for name, text in found["calculated"].items()
        }
    }


def surveys():
    yield "hard", hard_instrument()
    yield "functions", every_function()
    yield "stopped", STOPPED
    yield "rounds", ROUNDS
    for file in sorted(SAMPLES.glob("*.xls*")):
        try:
            found = readers.read(file.name, file.read_bytes()).instrument
            portable_form(found)
        except Exception:
            continue
        yield file.name, found


@pytest.fixture
async def evaluate(browser, site):
    """Evaluates forms in Chromium: one form, and the texts of many people."""
    page = await browser.new_page()
    await page.goto(f"{site}/robots.txt")
    script = (SCRIPTS / "functions.js").read_text() + (SCRIPTS / "logic.js").read_text()
    script = "\n".join(
        line.removeprefix("export ")
        for line in script.splitlines()
        if not line.startswith(("import ", "export {"))
    )

    async def evaluated(form, many):
        evaluate_all = "return many.map((texts) => evaluate(form, texts, now));"
        call = f"(([form, many, now]) => {{ {script}; {evaluate_all} }})"
        return await page.evaluate(
            call, [json.loads(msgspec.json.encode(form)), many, NOW.isoformat()]
        )

    yield evaluated
    await page.close()


@pytest.mark.slow
async def test_the_script_and_the_server_agree(evaluate):
    """Over surveys of every function, hard ones and samples, with answers drawn at random."""
    for name, survey in surveys():
        evaluator, form = FormEvaluator(survey), portable_form(survey)
        drawn = drawn_examples(answers_of(survey.items), 150)
        found = await evaluate(form, [texts_of(evaluator, survey, one) for one in drawn])
        for answers, ours in zip(drawn, found, strict=True):
            result = evaluator.evaluate(answers, NOW, Meter())
            both = as_compared(ours), comparable(result)
            assert without_last_digits(both[0]) == without_last_digits(both[1]), (name, answers)
            broken = {
                fault.where for fault in result.broken if "every option" not in fault.sentence
            }
            assert set(ours["broken"]) == broken, (name, answers)


@pytest.mark.parametrize(
    "expression", ["random() > 0.5", "uuid() = ${a}", "preceding-sibling::a = 1"]
)
def test_what_no_script_can_repeat_is_refused(expression):
    survey = instrument(text_item("a"), text_item("b", relevant=expression))
    with pytest.raises(UnreadableExpression):
        portable_form(survey)


def test_every_function_but_those_of_chance_is_in_the_script():
    script = (SCRIPTS / "functions.js").read_text().partition("export const FUNCTIONS")[2]
    known = set(re.findall(r"^  \"?([a-z0-9-]+)\"?[:,]", script, re.MULTILINE))
    assert known == {name for name in FUNCTIONS if f"odk:{name}" not in CHANCE}
