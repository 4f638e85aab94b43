"""The file of encounters: a row for each person; names and addresses in it are for the letters."""

import datetime
from collections.abc import Collection

import msgspec

from survey.problems import Fault
from survey.surveys import encounters, samples
from survey.words import in_local_words

# The heads by which a column is recognised, in small letters.
HEADS = {
    "reference": ("reference", "encounter", "urn"),
    "day": ("day", "date", "day of encounter", "date of encounter"),
    "kind": ("kind", "type", "kind of encounter", "type of encounter"),
    "area": ("borough", "area"),
    "age": ("age",),
    "sex": ("sex", "gender"),
    "ethnicity": ("ethnic group", "ethnicity"),
}
NEEDED = ("reference", "day", "kind", "area")
RULE_HEADS: dict[encounters.Rule, tuple[str, ...]] = {
    "domestic_abuse": ("domestic abuse",),
    "death": ("death", "somebody died"),
    "medical": ("medical", "medical emergency"),
    "open_complaint": ("open complaint",),
    "unwilling": ("do not contact", "asked not to be contacted"),
}
# The heading that each rule asks for.
RULE_COLUMNS: dict[encounters.Rule, str] = {
    "under_16": HEADS["age"][0],
    **{rule: heads[0] for rule, heads in RULE_HEADS.items()},
}
YES, NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0", ""}
OLDEST = 120
MOST_KINDS = 20
LONGEST_WORD, LONGEST_REFERENCE = 40, 60


class EncounterFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read: its table, the people in it, and what is wrong in which row.

    `left` are columns that are given back and never stored; `more` faults are not listed.
    """

    table: list[list[str]]
    people: list[encounters.Encounter] = []
    faults: list[Fault] = []
    more: int = 0
    left: list[str] = []


def read_encounters(
    table: list[list[str]],
    areas: dict[str, str],
    rules: encounters.AskingRules,
    today: datetime.date,
) -> EncounterFile:
    """The people in a table whose first row has the heads; `areas` are names by code."""
    rows = samples.filled_rows(table)
    if not rows:
        return EncounterFile(table=[], faults=[Fault("", "The file is empty")])
    head, *lines = rows
    places = {what: samples.find_column(head, names) for what, names in HEADS.items()}
    flags = {rule: samples.find_column(head, names) for rule, names in RULE_HEADS.items()}
    faults = head_faults(head, places, flags, rules, len(lines))
    if faults:
        return EncounterFile(table=rows, faults=faults)
    reader = RowReader(places, flags, areas, today)
    people = [reader.read(number, line) for number, line in enumerate(lines, 2)]
    used = {*places.values(), *flags.values()}
    return EncounterFile(
        table=rows,
        people=[person for person in people if person is not None],
        faults=reader.faults.first_faults,
        more=reader.faults.more,
        left=[
            heading for place, heading in enumerate(head) if place not in used and heading.strip()
        ],
    )


def example_table(area: str, today: datetime.date) -> list[list[str]]:
    """A table with every column that is read, and a made-up person."""
    known = {"reference": "0001", "day": str(today), "kind": "stop", "area": area}
    known |= {"age": "34", "sex": "female", "ethnicity": "Black"}
    head = [heads[0] for heads in HEADS.values()] + [heads[0] for heads in RULE_HEADS.values()]
    return [head, [known[what] for what in HEADS] + ["no"] * len(RULE_HEADS)]


def head_faults(
    head: list[str],
    places: dict[str, int],
    flags: dict[encounters.Rule, int],
    rules: encounters.AskingRules,
    number: int,
) -> list[Fault]:
    wrong = [
        Fault("Row 1", f"There is no column “{HEADS[what][0]}”")
        for what in NEEDED
        if places[what] < 0
    ]
    for rule in rules.reasons:
        place = places["age"] if rule == "under_16" else flags[rule]
        named = "age" if rule == "under_16" else RULE_HEADS[rule][0]
        if place < 0:
            said = (
                f"There is no column “{named}”. Add it, or untick this rule if the file already "
                "leaves these people out"
            )
            wrong.append(Fault("Row 1", said))
    return wrong + samples.faults_of_people(head, number)


class RowReader:
    """Reads rows of one file, and gathers what is wrong in them."""

    def __init__(
        self,
        places: dict[str, int],
        flags: dict[encounters.Rule, int],
        areas: dict[str, str],
        today: datetime.date,
    ) -> None:
        self.places, self.flags, self.today = places, flags, today
        self.codes = samples.codes_by_word(areas)
        self.kinds: dict[str, str] = {}
        self.references: dict[str, int] = {}
        self.faults = samples.FaultList()

    def read(self, number: int, line: list[str]) -> encounters.Encounter | None:
        """The person in a row; None if something is wrong with it."""
        before = len(self.faults.all)
        cells = {what: samples.cell_at(line, place) for what, place in self.places.items()}
        text = cells["reference"]
        if not text or len(text) > LONGEST_REFERENCE:
            self.faults.add(number, f"The reference needs 1 to {LONGEST_REFERENCE} characters")
        elif (first := self.references.setdefault(text, number)) != number:
            self.faults.add(number, f"The reference is the same as in row {first}")
        reference = text
        day = samples.read_day(number, cells["day"], self.today, self.faults)
        kind = self.read_kind(number, cells["kind"])
        area = self.codes.get(cells["area"].casefold(), "")
        if not area:
            shown = cells["area"][: samples.MOST_SHOWN]
            wrong = in_local_words("is not a borough: write its name or its code")
            said = f"“{shown}” {wrong}"
            self.faults.add(number, said if shown else in_local_words("The borough is missing"))
        age = self.read_age(number, cells["age"])
        against = self.read_flags(number, line)
        if age is not None and age <= encounters.OLDEST_CHILD:
            against |= {"under_16"}
        if len(self.faults.all) > before or day is None:
            return None
        groups: dict[encounters.Dimension, str] = {
            "age": next(
                (name for least, name in reversed(encounters.AGE_BANDS) if age >= least), ""
            )
            if age is not None
            else "",
            "sex": cells["sex"].casefold(),
            "ethnicity": cells["ethnicity"].casefold(),
        }
        return encounters.Encounter(
            reference=reference,
            day=day,
            kind=kind,
            area=area,
            groups={name: text[:LONGEST_WORD] for name, text in groups.items() if text},
            against=against,
        )

    def read_kind(self, number: int, text: str) -> str:
        if not text or len(text) > LONGEST_WORD:
            self.faults.add(number, f"The kind of encounter needs 1 to {LONGEST_WORD} characters")
            return ""
        kind = self.kinds.setdefault(text.casefold(), text)
        if len(self.kinds) == MOST_KINDS + 1:
            said = f"There are more than {MOST_KINDS} kinds of encounter: use fewer words for them"
            self.faults.add(number, said)
        return kind

    def read_age(self, number: int, text: str) -> int | None:
        if not text:
            return None
        if text.isascii() and text.isdecimal() and int(text[:4]) <= OLDEST:
            return int(text[:4])
        self.faults.add(number, f"“{text[: samples.MOST_SHOWN]}” is not an age in years")
        return None

    def read_flags(self, number: int, line: list[str]) -> frozenset[encounters.Rule]:
        rules = set[encounters.Rule]()
        for rule, place in self.flags.items():
            text = samples.cell_at(line, place).casefold()
            if text in YES:
                rules.add(rule)
            elif text not in NO:
                named = RULE_HEADS[rule][0]
                self.faults.add(
                    number, f"Under “{named}” write yes or no, not “{text[: samples.MOST_SHOWN]}”"
                )
        return frozenset(rules)


class AskingChoice(msgspec.Struct, frozen=True):
    """Who of a file is asked, by the place of their row, and how many are not, by reason."""

    asked: list[int]
    left_out: dict[encounters.Reason, int]


def choose_people(
    people: list[encounters.Encounter],
    rules: encounters.AskingRules,
    today: datetime.date,
    asked_before: Collection[str],
) -> AskingChoice:
    """Who is asked by these rules; `asked_before` are references of earlier waves."""
    asked: list[int] = []
    left_out: dict[encounters.Reason, int] = {}
    for place, encounter in enumerate(people):
        if reason := encounters.reason_against(encounter, rules, today, asked_before):
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            asked.append(place)
    return AskingChoice(asked, left_out)
