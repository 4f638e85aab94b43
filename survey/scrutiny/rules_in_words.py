"""The rule of a scrutiny panel in sentences, and the rules that a new panel can begin with."""

from survey.plurals import with_noun
from survey.scrutiny.rules import Condition, DrawPart, DrawRule, RecordKind, ShownFields


def condition_words(condition: Condition) -> str:
    """A condition in words: "SubjectAge is 0-10 or 11-17"."""
    columns = " or ".join(condition.columns)
    told = [" or ".join(condition.values)] if condition.values else []
    if condition.least is not None and condition.most is not None:
        told.append(f"from {condition.least:g} to {condition.most:g}")
    elif condition.least is not None:
        told.append(f"{condition.least:g} or more")
    elif condition.most is not None:
        told.append(f"{condition.most:g} or less")
    return f"{columns} is {' or '.join(told)}"


def part_words(part: DrawPart) -> str:
    """The conditions of a part in words."""
    return " and ".join(map(condition_words, part.conditions)) or "every other record"


def rule_sentences(rule: DrawRule) -> list[str]:
    """The rule as sentences, in the order in which it is applied."""
    return [
        *(f"Left out, because “{one.name}”: {part_words(one)}." for one in rule.leave_out),
        *(f"{one.name}: every one is included ({part_words(one)})." for one in rule.always),
        *(
            f"{one.name}: {with_noun(one.take or 0, 'record')} drawn by chance ({part_words(one)})."
            for one in rule.strata
        ),
        *([PUBLIC_FILE] if rule.file_is_public else []),
    ]


PUBLIC_FILE = "Anybody can get the file and repeat the draw, so the report may withhold the share."
CHILD = Condition(columns=("SubjectAge",), values=("0-10", "11-17"))
FIRED = Condition(
    columns=("CED Fired", "CED2 Fired", "CED3 Fired", "CED4 Fired", "Firearms Fired"),
    values=("Yes",),
)
MET_FORCE = DrawRule(
    kind="force",
    file_is_public=True,
    day="IncidentDate",
    leave_out=(
        DrawPart(
            name="Outside the area of the force",
            conditions=(Condition(columns=("Borough",), values=("Out of force",)),),
        ),
    ),
    always=(DrawPart(name="Fired at a child", conditions=(CHILD, FIRED)),),
    strata=(
        DrawPart(name="Under 18", conditions=(CHILD,), take=4),
        DrawPart(name="Fired", conditions=(FIRED,), take=4),
        DrawPart(
            name="Person injured",
            conditions=(Condition(columns=("SubjectInjured",), values=("Yes",)),),
            take=4,
        ),
        DrawPart(
            name="Mental health",
            conditions=(Condition(columns=("Impact Factor: Mental Health",), values=("Yes",)),),
            take=4,
        ),
        DrawPart(
            name="Black people",
            conditions=(
                Condition(columns=("SubjectEthnicity",), values=("Black (or Black British)",)),
            ),
            take=4,
        ),
        DrawPart(name="All others", take=4),
    ),
    shows=ShownFields(
        plain=(
            *("Borough", "SubjectAge", "SubjectGender", "SubjectEthnicity", "PrimaryConduct"),
            *("Impact Factor: Mental Health", "CED Used", "CED Fired", "SubjectInjured"),
        ),
        months=("IncidentDate",),
    ),
)
YOUNG_SEARCH = Condition(columns=("Age range",), values=("under 10", "10-17"))
POLICE_SEARCH = DrawRule(
    kind="search",
    file_is_public=True,
    day="Date",
    strata=(
        DrawPart(name="Under 18", conditions=(YOUNG_SEARCH,), take=6),
        DrawPart(
            name="More than outer clothing removed",
            conditions=(
                Condition(
                    columns=("Removal of more than just outer clothing",), values=("True", "Yes")
                ),
            ),
            take=6,
        ),
        DrawPart(name="All others", take=6),
    ),
    shows=ShownFields(
        plain=(
            *("Type", "Gender", "Age range", "Officer-defined ethnicity", "Legislation"),
            *("Object of search", "Outcome"),
        ),
        months=("Date",),
    ),
)
READY_RULES: dict[RecordKind, DrawRule] = {
    "force": MET_FORCE,
    "search": POLICE_SEARCH,
    "other": DrawRule(),
}
"""The rule that a new panel begins with, by the kind of its records."""
