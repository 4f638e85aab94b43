"""What an answer can be, and what doors ask of a type in plain data: a row of a spreadsheet, the
fields of a form, the builder.
"""

import datetime
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from survey.places import City

DECLINED = "prefer_not_to_say"
DONT_KNOW = "dont_know"
WITHHELD = frozenset({DECLINED, DONT_KNOW})

SimpleValue = str | int | float | bool | list[str]
Round = dict[str, SimpleValue]
Answer = str | int | float | bool | list[str | Round]
Answers = dict[str, Answer]
Wording = dict[str, str]
# The fields of a part by name, before it is made.
PartFields = dict[str, object]
# The values that fields of a form have, by what their names end in.
FieldValues = dict[str, list[str]]
FieldShape = Literal["text", "number", "date", "moment", "ticks", "rank", "rows", "tick", "file"]
DayInWords = Callable[[str], str]
NO_LOWER_LIMIT = "a number, or leave it empty for no lower limit"
NO_UPPER_LIMIT = "a number, or leave it empty for no upper limit"


class DayAndCity(msgspec.Struct, frozen=True):
    """The day on which, and the city in which, answers are given."""

    today: datetime.date
    city: City | None = None


def has_duplicates(chosen: Sequence[object]) -> bool:
    return len(set(chosen)) < len(chosen)


def check_number(answer: Answer) -> float:
    """The answer unchanged; raises if it is not a number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):  # True is an int too
        raise ValueError("needs a number")
    return answer


def is_between(least: float | None, answer: float, most: float | None) -> bool:
    """Whether a number lies between two limits, either of which may be missing."""
    return (least is None or least <= answer) and (most is None or answer <= most)


def bounds_phrase(least: float | None, most: float | None) -> str:
    low = "" if least is None else f" from {bound_text(least)}"
    return low + ("" if most is None else f" to {bound_text(most)}")


def bound_text(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def number_from_text(text: str) -> Answer:
    """The number that a text holds, whole if it has no fraction; any other text unchanged."""
    try:
        number = float(text)
    except ValueError:
        return text
    # Python reads "nan" and "inf" too, which are no answers.
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def plain_number(number: float) -> str:
    """A number without an empty fraction: 3, not 3.0."""
    return str(int(number)) if float(number).is_integer() else str(number)


def plain_answer(answer: object) -> str:
    """An answer as text; a fraction with ten digits at most."""
    if isinstance(answer, float) and math.isfinite(answer):
        return f"{answer:.10g}"  # 0.1 + 0.2 reads as 0.3
    return str(answer)


def wording_text(wording: Wording, language: str = "en") -> str:
    """The wording in a language, or else in English, or else in the first language that it has."""
    return wording.get(language) or wording.get(first_language(wording), "")


def first_language(wording: Wording) -> str:
    """The language to show if none is asked for: English if the wording has it, else the first."""
    # What is stored has its languages in the order of the alphabet, whichever was written first.
    written = [code for code, text in wording.items() if text]
    return "en" if "en" in written else next(iter([*written, *wording]), "en")


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer to choose; `kind` is the population group it counts as, if that is not its name.

    `traits` are further properties that a choice filter can test.
    """

    name: str
    text: Wording
    kind: str = ""
    traits: dict[str, str] = {}


# Words that many surveys share, in the languages of residents' pages.
USUAL_WORDS = msgspec.json.decode(
    Path(__file__).with_name("usual_words.json").read_bytes(), type=dict[str, Wording]
)
WITHHOLDING = (
    Option(DECLINED, USUAL_WORDS["declined"]),
    Option(DONT_KNOW, USUAL_WORDS["dont_know"]),
)


class XlsformTableRow(msgspec.Struct, frozen=True):
    """A row of a table of questions; `ours` are the fields that XLSForm has no column for."""

    name: str
    text: Wording
    ours: PartFields = {}


class XlsformRow(msgspec.Struct, frozen=True):
    """How a part is written in a spreadsheet: its type, its list of options and its own columns.

    `is_question` is False where a row has no columns for hint, required and so on; `hint` is then
    the hint of a part that has one all the same.
    """

    type: str
    columns: dict[str, str] = {}
    list_name: str = ""
    options: tuple[Option, ...] = ()
    table: tuple[XlsformTableRow, ...] = ()
    is_question: bool = True
    hint: Wording = {}


class XlsformSource(msgspec.Struct, frozen=True):
    """What a row of somebody's spreadsheet says that only some types have a field for."""

    type: str
    appearance: str = ""
    constraint: str = ""
    list_name: str = ""
    filter: str = ""
    options: tuple[Option, ...] = ()
    parameters: dict[str, str] = {}


class DeviceRule(msgspec.Struct, frozen=True):
    """A limit that a script can check, and an answer that breaks it.

    What the server would say of that answer is what the device says.
    """

    name: Literal[
        "number", "whole", "least", "most", "step", "characters", "date", "future", "early",
        "time", "choices", "every",
    ]  # fmt: skip
    bound: float
    broken_by: Answer


class FormFields(Protocol):
    """The fields of one question in a form that was sent; `ending` tells its fields apart.

    What cannot be read as asked comes back as text, which the rule of the type then refuses.
    """

    def text(self, ending: str = "") -> str: ...

    def texts(self) -> list[str]: ...

    def integer(self, ending: str = "") -> int | str: ...

    def number(self) -> float | str: ...

    def date(self) -> str: ...


class BuilderField(msgspec.Struct, frozen=True):
    """A field of one type in the builder's form.

    A "limit" and a "whole" number may be left empty, a "number" may not; a "line" is a text and
    "words" is a text in each language. `wrong` is what to enter, for the error, and `usual` the
    limit where none is entered.
    """

    name: str
    label: str
    shape: Literal["limit", "number", "whole", "line", "words", "tick"]
    hint: str = ""
    width: str = "10"
    wrong: str = "a number"
    usual: int | None = None
    advanced: bool = False


class NewQuestion(msgspec.Struct, frozen=True):
    """What a new question begins with: languages, options to choose, a name for a first row."""

    languages: tuple[str, ...]
    options: tuple[Option, ...]
    row_name: Callable[[], str]


def options_in(fields: PartFields) -> list[Option]:
    """The options among the fields of a part."""
    options = fields.get("options")
    return (
        [option for option in options if isinstance(option, Option)]
        if isinstance(options, list)
        else []
    )


def in_languages(wording: Wording, languages: Sequence[str]) -> Wording:
    """The wording in these languages only; the English words for the first if it has none."""
    texts = {code: wording[code] for code in languages if code in wording}
    return texts or {languages[0]: wording["en"]}
