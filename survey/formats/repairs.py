"""An imported survey mended until it can be asked here.

Rules that ask for what only another program has are left out: a phone measures an area and another
system holds a list of clients; nobody can here. Names and options are made unique, repeats lose
their second level, a list of one option becomes a box to tick, and lists for which there is no room
become texts. The report has each change, with what happens because of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Container as Holds
from typing import cast

from msgspec.structs import replace

from survey.formats.expressions.xpath import is_known
from survey.formats.foreign import ImportReport
from survey.surveys.expressions import REFERENCE, UnreadableExpression, calls_in
from survey.surveys.instruments import (
    MOST_ROWS,
    MOST_ROWS_IN_ALL,
    NAME,
    AnyPart,
    Consent,
    Container,
    Instrument,
    Item,
    Option,
    OptionsItem,
    QuestionGroup,
    Repeat,
    Text,
    all_names,
    all_parts,
    references,
)

RULES = {
    "relevant": ("the condition", "so everyone is asked"),
    "required_when": ("when it must be answered", "so it can be left empty"),
    "constraint": ("the validation rule", "so answers are not checked by it"),
    "calculation": ("the calculation", "so its result is empty"),
    "filter": ("which answers are offered", "so all of them are"),
    "count": ("how many times it is asked", "so people add as many as they need"),
    "default": ("the default answer", "so it starts empty"),
}
NAMING = "instance_name"  # the one setting that is worked out from answers
LISTED = re.compile(r"instance\(\s*(['\"])(?P<list>[^'\"]*)\1\s*\)")
PULLED = re.compile(r"pulldata\(\s*(['\"])(?P<list>[^'\"]*)\1")
LAST_SAVED = re.compile(r"\$\{\s*last-saved#")
LONGEST = 60


def without_unknown(
    instrument: Instrument, files: Iterable[str], report: ImportReport
) -> Instrument:
    """The survey without rules that cannot be evaluated here; lists in `files` are added later."""
    # Lists that are still to be added count as known, or each rule on them would be lost.
    waiting = {name.rpartition(".")[0] for name in files}
    listed = (part.xlsform().list_name for part in all_parts(instrument.items))
    known = waiting | {name for name in listed if name}

    def mend(part: AnyPart) -> AnyPart:
        if isinstance(part, Container):
            part = replace(part, items=tuple(mend(item) for item in part.items))
        fields = {}
        for field in references.EXPRESSION_FIELDS:
            why = next(causes(getattr(part, field, "") or "", known, waiting), "")
            if why:
                what, then = RULES[field]
                report.leave(f"survey ({part.name})", what, f"it {why}, {then}")
                # A calculation cannot be without an expression, so it has an empty one.
                fields[field] = "''" if field == "calculation" else ""
        return replace(part, **fields) if fields else part

    settings = dict(instrument.settings)
    if why := next(causes(settings.get(NAMING, ""), known, waiting), ""):
        report.leave("settings", NAMING, f"it {why}")
        del settings[NAMING]
    items = tuple(mend(item) for item in instrument.items)
    return replace(instrument, items=items, settings=settings)


def causes(rule: str, known: Holds[str], waiting: Holds[str]) -> Iterator[str]:
    """The reasons why a rule cannot be evaluated here, in words."""
    # Only a call or 'last-saved#' can ask for what is not here, and most rules have neither.
    if "(" not in rule and "#" not in rule:
        return
    if LAST_SAVED.search(rule):
        yield "uses the answer that was given on this phone the last time"
    for match in LISTED.finditer(rule):
        if match["list"] not in known:
            yield f"looks something up in “{match['list']}”, which is not in the file"
    pulled = [match["list"].removesuffix(".csv") for match in PULLED.finditer(rule)]
    for name in pulled:
        if name not in waiting:
            yield f"looks something up in “{name}”, a file of its own"
    try:
        calls = calls_in(rule)
    except UnreadableExpression:  # said where the survey is checked, with the place of the mistake
        return
    for name in calls:
        if not is_known(name) and not (name == "pulldata" and pulled):
            yield f"uses {name}(), which does not work here"


def mended_instrument(
    instrument: Instrument, report: ImportReport, files: Iterable[str] = ()
) -> Instrument:
    """The instrument with unique names, no list of one option and no group without questions."""
    # Names first: each later step finds questions by their names.
    instrument = with_unique_names(instrument, report)
    instrument = without_unknown(instrument, files, report)
    items = without_empty_groups(instrument.items, report)
    items = tuple(with_one_level(part, report) for part in items)
    items = map_parts(items, lambda part: with_free_entry(part, report))
    instrument = with_tick_boxes(replace(instrument, items=items), report)
    known = {*all_names(instrument)}
    settings = {}
    for key, text in instrument.settings.items():
        if {*REFERENCE.findall(text)} <= known:
            settings[key] = text
        else:
            report.leave("settings", key, "it uses a question that is not in the draft")
    return replace(instrument, settings=settings)


def with_unique_names(instrument: Instrument, report: ImportReport) -> Instrument:
    """The instrument with a unique name for each part; conditions and texts are adapted."""
    naming = UniqueNames(instrument, report)
    root = ("", instrument.settings.get("name", "data"))
    items = tuple(naming.visit(part, root) for part in instrument.items)
    if naming.renamed:
        items = tuple(references.part_with_renames(part, naming.renamed) for part in items)
    if naming.moved:
        items = map_parts(items, lambda part: references.map_expressions(part, naming.by_name))
    return replace(instrument, items=items)


class UniqueNames:
    """Gives each part a unique name, and remembers which were renamed."""

    def __init__(self, instrument: Instrument, report: ImportReport) -> None:
        self.report = report
        self.taken = {name for part in all_parts(instrument.items) for name in part.row_texts()}
        self.wanted = {part.name for part in all_parts(instrument.items)}
        self.renamed: dict[str, str] = {}  # names that were unique: ${old} becomes ${new}
        self.moved: dict[str, str] = {}  # paths whose last step was renamed, and its new name

    def visit(self, part: AnyPart, path: tuple[str, ...]) -> AnyPart:
        here = (*path, part.name)
        if part.name in part.row_texts():
            return part  # a grid may share its name with its first row
        name = self.free(part.name)
        if name != part.name:
            self.report.leave(
                f"survey ({part.name})", f"the name “{part.name}”", self.why(part.name, name)
            )
            self.moved["/".join(here)] = name
            # Of two with one name ${name} means the first, which keeps it.
            if part.name not in self.taken:
                self.renamed[part.name] = name
        self.taken.add(name)
        part = replace(part, name=name)
        if isinstance(part, Container):
            items = tuple(self.visit(item, here) for item in part.items)
            part = replace(part, items=items)
        return part

    def free(self, name: str) -> str:
        """The name if it is unused and valid, otherwise a similar name."""
        if NAME.fullmatch(name) and name not in self.taken:
            return name
        stem = name if NAME.fullmatch(name) else re.sub(r"\W", "_", name)
        stem = stem if stem[:1].isascii() and not stem[:1].isdigit() else f"q_{stem}"
        # Room for '_9999'.
        stem = stem[: LONGEST - 5]
        numbered = (f"{stem}_{number}" for number in range(2, 10_000))
        # A new name must not be one that a later question still has.
        used = self.taken | self.wanted
        return next(
            candidate
            for candidate in (stem, *numbered)
            if candidate not in used and NAME.fullmatch(candidate)
        )

    def why(self, old: str, new: str) -> str:
        if NAME.fullmatch(old):
            return f"two questions have this name; this one is now “{new}”"
        return f"names here have 60 characters at most and start with a to z; it is now “{new}”"

    def by_name(self, expression: str) -> str:
        """An expression with ${name} in place of each path that is no longer valid."""
        for path, name in self.moved.items():
            pattern = rf"(?<![\w/.-]){re.escape(path)}(?![\w/.-])"
            expression = re.sub(pattern, f"${{{name}}}", expression)
        return expression


def without_empty_groups(parts: tuple[AnyPart, ...], report: ImportReport) -> tuple[AnyPart, ...]:
    parts_left: list[AnyPart] = []
    for part in parts:
        if isinstance(part, Container):
            part = replace(part, items=without_empty_groups(part.items, report))
            if not part.items:
                report.leave(f"survey ({part.name})", "the group", "it has no questions")
                continue
        parts_left.append(part)
    return tuple(parts_left)


def with_one_level(part: AnyPart, report: ImportReport, around: str = "") -> AnyPart:
    """The part with every repeat inside a repeat turned into a group, because our surveys have no
    nested repeats.

    Refusing to publish would help less: the author would have to make a group, or two separate
    repeats, by hand, and the report says in any case what is lost.
    """
    if not isinstance(part, Container):
        return part
    within = around or (part.name if isinstance(part, Repeat) else "")
    items = tuple(with_one_level(item, report, within) for item in part.items)
    if not isinstance(part, Repeat) or not around:
        return replace(part, items=items)
    why = f"it is within “{around}”, which is repeated itself, so it is asked once each time"
    report.leave(f"survey ({part.name})", "how many times it is asked", why)
    return QuestionGroup(
        name=part.name,
        text=part.text,
        relevant=part.relevant,
        appearance=part.appearance,
        items=items,
    )


def with_free_entry(part: AnyPart, report: ImportReport) -> AnyPart:
    """A read-only question, no longer required and without its rules, because nobody could ever
    satisfy them.
    """
    if not isinstance(part, Item) or not part.read_only:
        return part
    if not (part.required or part.required_when or part.constraint):
        return part
    why = "people can read this and not change it, so nothing is asked of them"
    report.leave(f"survey ({part.name})", "required, or a validation rule", why)
    return replace(part, required=False, required_when="", constraint="")


def with_tick_boxes(instrument: Instrument, report: ImportReport) -> Instrument:
    """The instrument with a box to tick for every list of one option; conditions are adapted."""
    ticked: dict[str, str] = {}

    def mend(part: AnyPart) -> AnyPart:
        if not isinstance(part, OptionsItem):
            return part
        several = with_unique_options(part, report)
        if len(several.options) == 1:
            ticked[part.name] = several.options[0].name
            report.leave(f"survey ({part.name})", "the list of answers",
                         "it has one answer, so it is a box to tick")  # fmt: skip
            fields = {field: getattr(several, field) for field in Item.__struct_fields__}
            fields["hint"] = fields["hint"] or several.options[0].text
            fields |= {"default": "OK" if fields["default"] == several.options[0].name else "",
                       "appearance": "", "may_decline": False}  # fmt: skip
            return Consent(**fields)
        return cast(AnyPart, several)

    def speak(expression: str) -> str:
        for name, option in ticked.items():
            if name in REFERENCE.findall(expression):
                expression = tick_condition(expression, name, option)
        return expression

    items = map_parts(instrument.items, mend)
    items = (
        map_parts(items, lambda part: references.map_expressions(part, speak)) if ticked else items
    )
    return replace(instrument, items=items)


def map_parts(parts: Iterable[AnyPart], act: Callable[[AnyPart], AnyPart]) -> tuple[AnyPart, ...]:
    """The parts with `act` applied to each, contents of containers first."""
    new_parts: list[AnyPart] = []
    for part in parts:
        if isinstance(part, Container):
            part = replace(part, items=map_parts(part.items, act))
        new_parts.append(act(part))
    return tuple(new_parts)


def with_unique_options(part: OptionsItem, report: ImportReport) -> OptionsItem:
    """A question whose options have unique names; an exact duplicate is left out."""
    options: dict[str, Option] = {}
    for option in part.options:
        same = options.get(option.name)
        if same is None:
            options[option.name] = option
        elif same.text == option.text and not getattr(part, "filter", ""):
            report.leave(option_place(part, option), "the answer", "it is in the list twice")
        else:
            # A new name must not be one that a later option still has.
            used = options.keys() | {option.name for option in part.options}
            numbered = (f"{option.name}_{number}" for number in range(2, 10_000))
            name = next(candidate for candidate in numbered if candidate not in used)
            options[name] = replace(option, name=name)
            report.leave(
                option_place(part, option),
                f"the name “{option.name}”",
                f"two answers have it; the second is now “{name}”: check conditions that use it",
            )
    return replace(part, options=tuple(options.values()))


def option_place(part: OptionsItem, option: Option) -> str:
    return f"choices ({part.list or part.name}, {option.name})"


def tick_condition(expression: str, name: str, option: str) -> str:
    """The condition with its test of an only option turned into a test of the tick box."""
    asked, quoted = rf"\$\{{\s*{re.escape(name)}\s*\}}", rf"(?P<q>['\"]){re.escape(option)}(?P=q)"
    here = f"${{{name}}}"
    for pattern, said in (
        (rf"selected\(\s*{asked}\s*,\s*{quoted}\s*\)", f"{here} = 'OK'"),
        (rf"{asked}\s*(?P<sign>!?=)\s*{quoted}", here + r" \g<sign> 'OK'"),
    ):
        expression = re.sub(pattern, said, expression)
    return expression


def with_room(instrument: Instrument, report: ImportReport) -> Instrument:
    """The survey with the options of as many lists as the limits allow, the shortest first."""
    parts = [*all_parts(instrument.items)]
    room = MOST_ROWS_IN_ALL - sum(len(part.row_texts()) for part in parts)
    typed: set[int] = set()
    lists = [part for part in parts if isinstance(part, OptionsItem)]
    for part in sorted(lists, key=lambda question: len(question.options)):
        if len(part.options) <= min(MOST_ROWS, room):
            room -= len(part.options)
        else:
            # By identity, as names are not unique yet.
            typed.add(id(part))
            why = (
                f"it has {len(part.options):,} answers. A question can have {MOST_ROWS:,}, and a "
                f"survey {MOST_ROWS_IN_ALL:,} in all, so people type theirs"
            )
            report.leave(f"survey ({part.name})", "the list of answers", why)

    def act(part: AnyPart) -> AnyPart:
        return as_text(part) if id(part) in typed else part

    return replace(instrument, items=map_parts(instrument.items, act))


def as_text(part: AnyPart) -> Text:
    fields = {field: getattr(part, field) for field in Item.__struct_fields__}
    # A default was the name of an option, which typed words do not have.
    return Text(**fields | {"default": "", "appearance": "", "long": False})
