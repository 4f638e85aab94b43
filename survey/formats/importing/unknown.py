"""Rules that ask for what only another program has: left out, so that the rest can be asked.

A phone measures an area and another system holds a list of clients; nobody can here. Each rule that
is left out is in the report, with what happens without it.
"""

import re
from collections.abc import Container as Holds
from collections.abc import Iterable, Iterator

import msgspec

from survey.formats.expressions.rewriting import is_known
from survey.formats.instruments import ImportReport
from survey.surveys.expressions import UnreadableExpression, calls_in
from survey.surveys.instruments import (
    AnyPart,
    Container,
    Instrument,
    all_parts,
)
from survey.surveys.instruments.references import (
    EXPRESSION_FIELDS,
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


def without_unknown(
    instrument: Instrument, files: Iterable[str], report: ImportReport
) -> Instrument:
    """The survey without rules that nobody can work out here; `files` are lists to be added."""
    # Lists that are still to be added count as known, or each rule on them would be lost.
    waiting = {name.rpartition(".")[0] for name in files}
    known = waiting | {*lists_in(instrument)}

    def mend(part: AnyPart) -> AnyPart:
        if isinstance(part, Container):
            part = msgspec.structs.replace(part, items=tuple(mend(one) for one in part.items))
        fields = {}
        for field in EXPRESSION_FIELDS:
            why = next(causes(getattr(part, field, "") or "", known, waiting), "")
            if why:
                what, then = RULES[field]
                report.leave(f"survey ({part.name})", what, f"it {why}, {then}")
                # A calculation cannot be without an expression, so it has an empty one.
                fields[field] = "''" if field == "calculation" else ""
        return msgspec.structs.replace(part, **fields) if fields else part

    settings = dict(instrument.settings)
    if why := next(causes(settings.get(NAMING, ""), known, waiting), ""):
        report.leave("settings", NAMING, f"it {why}")
        del settings[NAMING]
    items = tuple(mend(one) for one in instrument.items)
    return msgspec.structs.replace(instrument, items=items, settings=settings)


def lists_in(instrument: Instrument) -> Iterator[str]:
    """The names under which expressions may refer to lists of answers."""
    for part in all_parts(instrument.items):
        if listed := part.xlsform().list_name:
            yield listed


def causes(rule: str, known: Holds[str], waiting: Holds[str]) -> Iterator[str]:
    """What a rule needs that does not exist here, in words."""
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
