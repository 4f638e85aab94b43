"""Guesses what the columns of a table mean and which of our words its words are; a person decides.

A guess is made from the heading and from what stands below it. A number that cannot be placed is
left out, never added to another.
"""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from survey.files import cells, grids
from survey.files.cells import PERCEIVED, SEX, YES_NO
from survey.files.delimited import comparable_heading
from survey.files.grids import Grid, Headings
from survey.places import City, comparable_name
from survey.problems import Problem
from survey.sources.home_office import HEALTH
from survey.sources.mappings import FINANCIAL_YEAR, PeriodLength, is_total
from survey.sources.mappings.reading import is_day

DATE_FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%B %Y",
    "%b %Y",
    "%b-%y",
    "%b %y",
    "%Y-%m",
    "%m/%Y",
    "%Y/%m",
    FINANCIAL_YEAR,
    "%Y",
)
MOST_WORDS = 60  # different ones in a column whose words are matched to ours
GROUPS = (
    *("ethnicity_officer", "ethnicity_self", "age", "sex", "health"),
    *("model", "distance", "outcome"),
)
OPEN_GROUPS = ("model", "distance", "outcome")  # these are taken in the words of the file
OTHER_FORCE = re.compile(
    r"firearm|baton|spray|pava|dog|cuff|restrain|irritant|limb|shield|spit|unarmed|negotiat", re.I
)
NOT_COUNTED = re.compile(r"%|percent|proportion|change|\brate\b|\bper\b", re.I)
SUBTOTAL = re.compile(r"total (non-?|not )?discharge|non-?discharge", re.I)
TACTIC_WORDS = (
    (r"\bcartridges?\b", "cartridges"),
    (r"\bprobes?\b", "probes"),
    (r"\bwarn|audible|alert sound", "warned"),
    (r"angled?[ _-]*drive", "angled_drive_stunned"),
    (r"(drive|contact)[ _-]*stun", "drive_stunned"),
    (r"not[ _-]*discharged|non-?discharge", "not_discharged"),
    (r"\barc|_arc", "arced"),
    (r"red[ _-]*dot", "red_dotted"),
    (r"\baim|_aim", "aimed"),
    (r"drawn|\bdraw\b|displayed", "drawn"),
    (r"fired|firing|discharge", "fired"),
    (r"not[ _-]*(stated|recorded|known)|unknown", "not_stated"),
    (r"stop and search|stops? & search|searches", "stop_search"),
    (r"use ?of ?force|\bforce( used)?$|any force|all force", "force"),
    (r"\bceds?\b|taser|conducted energy|stun gun|total[ _]use|^total$", "ced"),
)
UNKNOWN = re.compile(
    r"^(unknown|not (known|stated|recorded|reported|given|specified)|don'?t know|n/?[ak]|refused"
    r"|prefer not.*|missing|none given|)$",
    re.I,
)
HEADINGS = (
    ("ethnicity_self", r"self[- ]?(defined|declared|identified)"),
    ("ethnicity_officer", r"ethnic|\brace\b|\bic code"),
    ("age", r"\bage|age ?(group|band|range)|subjectage"),
    ("sex", r"\bsex\b|gender"),
    ("health", r"disabilit|health"),
    ("model", r"model|device|\btype of taser|taser type"),
    ("distance", r"\bdistance"),
    ("outcome", r"outcome|result|disposal"),
)
AREA_HEADING = re.compile(
    r"borough|district|\barea|ward|police force|^force$|force/region|\bbcu\b|\blpa\b|beat|local"
    r"|location|place|council|neighbourhood|town|division",
    re.I,
)
TACTIC_HEADING = re.compile(r"tactic|(type|kind) of (use|force)|use type|ced use|action", re.I)
COUNT_HEADING = re.compile(r"count|number|total|\bno\.?\b|\buses?\b|incidents|value|reports", re.I)
LAST_DAY = re.compile(r"\bend|\bto\b|until|last day", re.I)


class ColumnGuess(msgspec.Struct, frozen=True):
    """What a column may mean, in the words of `MEANINGS`, and of a number which tactic or group."""

    heading: str
    meaning: str = ""
    group: str = ""


class TableGuess(msgspec.Struct, frozen=True):
    columns: tuple[ColumnGuess, ...]
    dates: str
    period: PeriodLength


def guess_sheet(sheets: Sequence[Grid], city: City) -> Grid:
    """The sheet that has most of what is wanted: an area, a day, uses of a device."""

    def fit(grid: Grid) -> int:
        guess = guess_table(grid.rows, grids.guess_headings(grid.rows), city)
        meanings = Counter(column.meaning.partition(":")[0] for column in guess.columns)
        return 100 * bool(meanings["area"]) + 10 * bool(meanings["of"]) + min(9, meanings.total())

    return max(sheets[:30], key=fit)


def column_values(rows: Sequence[list[str]], headings: Headings, at: int) -> Counter[str]:
    """The different texts of a column, and in how many rows each is."""
    below = rows[headings.row :]
    return Counter(row[at] if at < len(row) else "" for row in below if sum(map(bool, row)) > 1)


def guess_table(rows: Sequence[list[str]], headings: Headings, city: City) -> TableGuess:
    names = grids.heading_names(rows, headings)
    values = [column_values(rows, headings, at) for at in range(len(names))]
    kinds = [kind_of(texts) for texts in values]
    meanings = {at: "" for at in range(len(names))}
    days = [at for at in meanings if kinds[at] == "day" and is_about_days(names[at], values[at])]
    for at in days[:2]:
        meanings[at] = "end" if "start" in meanings.values() else "start"
    if len(days) > 1 and LAST_DAY.search(names[days[0]]):
        meanings[days[0]], meanings[days[1]] = "end", "start"
    if (area := guess_area(names, values, kinds, city)) is not None:
        meanings[area] = "area"
    numbers = [at for at in meanings if kinds[at] == "number" and not meanings[at]]
    in_headings = [at for at in numbers if date_format([names[at]])]
    groups: dict[int, str] = {}
    if not days and len(in_headings) > 1:
        meanings |= dict.fromkeys(in_headings, "days")
    else:
        meant, groups = guess_numbers([(at, names[at]) for at in numbers])
        meanings |= meant
    taken = set(meanings.values())
    # The column with most tactics is the one of tactics, whatever another is called.
    for at in sorted(meanings, key=lambda at: -sum(bool(guess_tactic(v)) for v in values[at])):
        if not meanings[at] and kinds[at] == "word" and len(values[at]) <= MOST_WORDS:
            guess = guess_words(names[at], values[at])
            if guess and guess not in taken:
                meanings[at] = guess
                taken.add(guess)
    dated = [text for at in days[:2] for text in values[at] if text]
    dates = date_format(dated or [names[at] for at in in_headings]) or DATE_FORMATS[0]
    return TableGuess(
        tuple(ColumnGuess(name, meanings[at], groups.get(at, "")) for at, name in enumerate(names)),
        dates,
        guess_period(dates, dated),
    )


def kind_of(values: Counter[str]) -> str:
    """Whether a column holds numbers, days, words, or nothing; a few remarks do not matter."""
    filled = [value for value in values if not grids.is_filler(value)]
    if not filled:
        return ""
    if date_format(filled) not in ("", "%Y"):
        return "day"
    numbers = sum(map(grids.is_number, filled))
    if numbers >= 0.9 * len(filled):
        return "day" if date_format(filled) and len(filled[0]) == 4 else "number"
    return "word"


def is_about_days(name: str, values: Counter[str]) -> bool:
    """Whether a column of days is one: numbers of four digits may count something else."""
    years = all(len(value) == 4 for value in values if value)
    return not years or bool(re.search(r"year|date|period|month", name, re.I))


def date_format(texts: Sequence[str]) -> str:
    """The first format in which all texts are days; '' if there is none. Of two that fit, day
    before month.
    """
    seen = texts[:200]
    fits = (form for form in DATE_FORMATS if all(is_day(text, form) for text in seen))
    return next(fits, "") if seen else ""


def guess_period(dates: str, dated: Sequence[str]) -> PeriodLength:
    """How long the period is that a day stands for: many different days are days."""
    if dates in ("%Y", FINANCIAL_YEAR):
        return "year"
    firsts = {text for text in dated if re.match(r"^(\d{4}-\d\d-01|0?1[-/. ]).*", text)}
    exact = "%d" in dates and len(firsts) < len(set(dated))
    return "day" if exact else "month"


def guess_area(
    names: Sequence[str], values: Sequence[Counter[str]], kinds: Sequence[str], city: City
) -> int | None:
    """The column with the largest share of known areas; else the last one called like an area."""

    def share(at: int) -> float:
        known = sum(is_area(city, value) for value in values[at])
        return known / max(1, len(values[at])) + bool(AREA_HEADING.search(names[at]))

    words = [at for at, kind in enumerate(kinds) if kind == "word"]
    best = max(words, key=share, default=None)
    return best if best is not None and share(best) >= 0.5 else None


def is_area(city: City, word: str) -> bool:
    return comparable_name(word) in city.by_name


def guess_numbers(columns: Sequence[tuple[int, str]]) -> tuple[dict[int, str], dict[int, str]]:
    """What columns of numbers mean: uses of a tactic, of a group, or all of a row."""
    meanings = dict.fromkeys((at for at, _ in columns), "")
    groups = guess_groups(columns)
    meanings |= dict.fromkeys(groups, "group")
    left = [(at, name) for at, name in columns if at not in groups]
    tactics = {at: guess_tactic(name) for at, name in left}
    several = {tactic for tactic in tactics.values() if tactic}
    for at, name in left:
        total = not is_part(name) and (is_total(name) or COUNT_HEADING.search(name))
        if groups and total and "count" not in meanings.values():
            meanings[at] = f"of:{tactics[at]}" if tactics[at] not in ("", "ced") else "count"
        elif tactics[at] and (len(several) > 1 or groups):
            meanings[at] = f"of:{tactics[at]}"
        elif total and "count" not in meanings.values():
            meanings[at] = "count"
    if len(left) == 1 and not meanings[left[0][0]]:
        meanings[left[0][0]] = "count"
    return without_repeats(meanings), groups


def guess_groups(columns: Sequence[tuple[int, str]]) -> dict[int, str]:
    """The group that each column of numbers is about, if several columns are about one kind."""
    groups = {at: group for at, name in columns if (group := guess_group_heading(name))}
    dimensions = Counter(group.partition(":")[0] for group in groups.values())
    if not dimensions or dimensions.most_common(1)[0][1] < 2:
        return {}
    usual = dimensions.most_common(1)[0][0]
    for at, name in columns:
        if at not in groups and (own := guess_group(usual, last_part(name))):
            groups[at] = own
    return groups


def without_repeats(meanings: dict[int, str]) -> dict[int, str]:
    """The meanings, each tactic once: the same number twice would be added up."""
    first = {meaning: at for at, meaning in reversed(meanings.items())}
    return {
        at: "" if meaning.startswith("of:") and first[meaning] != at else meaning
        for at, meaning in meanings.items()
    }


def is_part(name: str) -> bool:
    """Whether a number is a share, a change, or the sum of some tactics alone."""
    return any(pattern.search(name) for pattern in (NOT_COUNTED, SUBTOTAL, OTHER_FORCE))


def guess_words(name: str, values: Counter[str]) -> str:
    """What a column of words means: a tactic, or a group of some dimension."""
    if all(value.casefold() in YES_NO for value in values):
        return ""
    if dimension := guess_dimension(name):
        return dimension
    known = sum(bool(guess_tactic(value)) for value in values)
    if TACTIC_HEADING.search(name) or known > 0.5 * len(values):
        return "tactic"
    return next(
        (
            dimension
            for dimension in ("ethnicity_officer", "age", "sex")
            if len(values) > 1
            and sum(bool(guess_group(dimension, v)) for v in values) > 0.7 * len(values)
        ),
        "",
    )


def guess_dimension(heading: str) -> str:
    """The kind of group that a heading names, such as 'age'; '' if it names none."""
    return next((what for what, pattern in HEADINGS if re.search(pattern, heading, re.I)), "")


def guess_tactic(text: str) -> str:
    """Our word for a use of force; '' if there is none."""
    plain = " ".join(text.casefold().split())
    if is_part(plain):
        return ""
    return next((tactic for pattern, tactic in TACTIC_WORDS if re.search(pattern, plain)), "")


def guess_group_heading(name: str) -> str:
    """The group that a column of numbers is about, such as 'age:11-17'; '' if it is not told."""
    part = last_part(name)
    for dimension, pattern in HEADINGS[:5]:
        if re.search(pattern, name, re.I) and (group := guess_group(dimension, part)):
            return group
    dimensions = ("age", "ethnicity_officer", "sex", "health")
    # Such a word is in several dimensions: the columns beside it say in which.
    if UNKNOWN.match(part) or re.fullmatch(r"other|none|both", part, re.I):
        return ""
    return next((group for each in dimensions if (group := guess_group(each, part))), "")


def last_part(name: str) -> str:
    return re.split(r"[_:]", name)[-1].strip()


def guess_group(dimension: str, text: str) -> str:
    """Our group for a word of a dimension, such as 'sex:female'; '' if there is none."""
    plain = " ".join(text.casefold().split())
    if dimension == "age":
        category = guess_age(plain)
    elif dimension in OPEN_GROUPS:
        category = "unknown" if UNKNOWN.match(plain) else open_category(dimension, plain)
    elif UNKNOWN.match(plain):
        category = "unknown"
    elif dimension == "sex":
        short = {"m": "male", "f": "female", "man": "male", "woman": "female", "men": "male"}
        category = SEX.get(plain, short.get(plain, ""))
    elif dimension == "health":
        category = HEALTH.get(plain, "both" if plain == "both" else "")
    else:
        category = PERCEIVED.get(plain, "") or guess_ethnicity(plain)
    return f"{dimension}:{category}" if category else ""


def guess_ethnicity(plain: str) -> str:
    first = re.search(r"\b(white|black|asian|chinese|mixed|multiple|other)\b", plain)
    if not first:
        return ""
    return {"chinese": "asian", "multiple": "mixed"}.get(first[1], first[1])


AGE_BANDS = ((0, 10), (11, 17), (18, 34), (35, 49), (50, 64))


def guess_age(plain: str) -> str:
    """A band of ages as figures have it; an age in years goes into the usual one."""
    if UNKNOWN.match(plain):
        return "unknown"
    if match := re.search(r"(?:under|below|less than|<) ?(\d{1,3})", plain):
        return f"0-{int(match[1]) - 1}"
    if match := re.search(r"\b(\d{1,3}) ?(?:-|–|to|and under) ?(\d{1,3})\b", plain):
        return f"{int(match[1])}-{int(match[2])}"
    if match := re.search(r"(?:over|above|>) ?(\d{1,3})", plain):
        return f"{int(match[1]) + 1}+"
    if match := re.search(r"\b(\d{1,3}) ?(?:\+|(?:years )?(?:and|or) (?:over|above|older))", plain):
        return f"{match[1]}+"
    if re.fullmatch(r"\d{1,3}", plain):
        years = int(plain)
        return next((f"{low}-{high}" for low, high in AGE_BANDS if low <= years <= high), "65+")
    return ""


def open_category(dimension: str, plain: str) -> str:
    """A word of the file as the name of a group: a known model, a distance, or the word itself."""
    if dimension == "model" and (model := cells.find_model(plain)):
        return model
    if match := re.search(r"\b(?:taser|t|x) ?-?(26|2|7|10)[ep]?\b", plain):
        return f"x{match[1]}" if match[1].startswith("2") else f"t{match[1]}"
    if dimension == "distance" and cells.METRES.match(plain):
        return cells.parse_distance(plain)
    return re.sub(r"[^a-z0-9_ +-]+", " ", plain).strip()[:60]


def guess_area_code(city: City, heading: str, word: str) -> str:
    """The area that a word names: in a column of police forces the force, else the borough."""
    of_forces = "force" in comparable_heading(heading)
    # A star marks a subtotal in the tables of the Home Office.
    bare = word.strip("* ")
    for find in (city.force, city.find) if of_forces else (city.find,):
        try:
            return find(bare).code
        except Problem:
            continue
    return ""


def is_counted(text: str) -> bool:
    """Whether a cell can be read as a count as it is."""
    try:
        cells.parse_whole(text.removesuffix(".0"))
    except ValueError:
        return False
    return True


def count_in(text: str) -> int:
    """The count in a cell, 0 where there is none."""
    return cells.parse_whole(text.removesuffix(".0")) if is_counted(text) else 0
