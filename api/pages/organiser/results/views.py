"""The figures of a survey as a page shows them: for everybody, for one part, and part by part."""

import datetime
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from analysis.disclosure import FEWEST_TO_COUNT
from analysis.survey_results import opening_count, shown_parts, shown_unions
from api.editions.report import ReportTile
from api.locales import format_short_day
from api.pages.organiser.results import pictures
from api.pages.organiser.results.figures import WEEKS_SHOWN, shown_days
from api.pages.staff.themes.texts import language_name
from survey.places import Area, City
from survey.surveys.sums import EVERYBODY, AnswerTable, PartTables, SurveyResults
from survey.words import in_local_words

GROUPINGS = {
    **{"borough": "Borough", "group": "Group of boroughs"},
    **{"week": "Week", "language": "Language"},
}


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it was answered; no bars if too few people answered.

    `limits` stand between the bars of numbers.
    """

    name: str
    title: str
    kind: pictures.QuestionKind
    base: int
    bars: list[pictures.ResultBar]
    breaks: list[str]
    limits: list[str] = []

    @property
    def picture(self) -> str:
        """The picture within a page; "" where it would show no more than the table."""
        return draw_question(self, pictures.PAGE_WIDTH) if self.kind != "choices" else ""


class PartChoice(msgspec.Struct, frozen=True):
    """One part of those who answered, as an option of a list."""

    value: str
    label: str


class Grouping(msgspec.Struct, frozen=True):
    """A trait by which those who answered are divided, with the parts large enough to be shown."""

    name: str
    label: str
    parts: list[PartChoice]


class CrossRow(msgspec.Struct, frozen=True):
    """A part's row in a table that compares parts on one question; no `shares` if it is
    withheld.
    """

    label: str
    base: int
    shares: list[pictures.ResultBar]


class CrossTable(msgspec.Struct, frozen=True):
    question: pictures.CountedQuestion
    by: str
    heads: list[str]
    rows: list[CrossRow]
    withheld: int


def question_views(
    shown: SurveyResults, questions: list[pictures.CountedQuestion], part: tuple[str, str] | None
) -> list[QuestionView]:
    """Every question for everybody or for one part, in the order in which they are asked."""
    views = []
    for question in questions:
        table = (
            shown.whole.get(question.name)
            if part is None
            else open_tables(shown, part[0], question.name).get(part[1])
        )
        views.append(question_view(shown, question, table))
    return views


def tables_by_part(shown: SurveyResults, grouping: str, question: str) -> dict[str, AnswerTable]:
    empty: PartTables = {}
    parts = shown.parts.get(grouping, empty)
    return {part: tables[question] for part, tables in parts.items() if question in tables}


def open_tables(shown: SurveyResults, grouping: str, question: str) -> dict[str, AnswerTable]:
    """The tables of a question by part, of those parts that may be shown."""
    whole, parts = shown.newest.get(question), tables_by_part(shown, grouping, question)
    if grouping != "group":
        return shown_parts(whole, parts)
    return shown_unions(whole, parts, tables_by_part(shown, "borough", question), shown.groups)


def question_view(
    shown: SurveyResults, question: pictures.CountedQuestion, table: AnswerTable | None
) -> QuestionView:
    # From ten answers up (decision 0017): below that, a bar may point at a person.
    enough = table is not None and opening_count(table) >= FEWEST_TO_COUNT
    return QuestionView(
        name=question.name,
        title=question.title,
        kind=question.kind,
        base=table.base if table and enough else 0,
        bars=answer_bars(question, answer_labels(shown, question), table)
        if table and enough
        else [],
        breaks=question.breaks,
        limits=limit_words(shown, question.name),
    )


def limit_words(shown: SurveyResults, name: str) -> list[str]:
    return [f"{limit:,g}" for limit in shown.bins.get(name, ())]


def answer_labels(shown: SurveyResults, question: pictures.CountedQuestion) -> dict[str, str]:
    """The words for each answer that is counted, in the order in which they are shown."""
    if question.kind != "numbers":
        return question.answers
    limits = limit_words(shown, question.name)
    if not limits:
        return {"0": "Any number"}
    between = [f"{low} to under {high}" for low, high in pairwise(limits)]
    words = [f"Under {limits[0]}", *between, f"{limits[-1]} or more"]
    return {str(at): word for at, word in enumerate(words)}


def answer_bars(
    question: pictures.CountedQuestion, labels: Mapping[str, str], table: AnswerTable
) -> list[pictures.ResultBar]:
    bars = [
        pictures.ResultBar(label, count, min(100, round(100 * count / table.base)))
        for answer, label in labels.items()
        for count in [table.counts.get(answer, 0)]
    ]
    if question.kind != "likert":
        return bars
    said = [at for at, answer in enumerate(labels) if answer not in pictures.NOT_SAID]
    return place_around_middle(bars, said)


def place_around_middle(
    bars: list[pictures.ResultBar], said: Sequence[int]
) -> list[pictures.ResultBar]:
    """The bars of a scale with their places: bars below the middle point end at 50 per cent.

    The bars of people who gave no point of the scale get no place.
    """
    total = sum(bars[at].count for at in said)
    if not total:
        return bars
    widths = [50 * bars[at].count / total for at in said]
    half = len(said) // 2
    before = sum(widths[:half]) + (widths[half] / 2 if len(said) % 2 else 0)
    scale_bars, left = [*bars], 50 - before
    for place, (at, width) in enumerate(zip(said, widths, strict=True)):
        scale_bars[at] = msgspec.structs.replace(
            bars[at], left=round(left, 2), width=round(width, 2), shade=shade_of(place, len(said))
        )
        left += width
    return scale_bars


def shade_of(place: int, points: int) -> int:
    """The shade of a point: from 1 for the lowest to 5 for the highest; 3 is the middle point's."""
    if points % 2 and place == points // 2:
        return 3
    if place < points // 2:
        return 1 if place == 0 else 2
    return 5 if place == points - 1 else 4


def groupings(
    shown: SurveyResults, questions: list[pictures.CountedQuestion], city: City
) -> list[Grouping]:
    """The groupings with at least one part that can be shown."""
    by_name = {
        f"answer.{question.name}": question for question in pictures.group_questions(questions)
    }
    shown_groupings = []
    for name in [*GROUPINGS, *by_name]:
        if parts := open_tables(shown, name, EVERYBODY):
            labels = part_labels(name, by_name.get(name), city, parts)
            label = in_local_words(GROUPINGS.get(name, "")) or by_name[name].title
            shown_groupings.append(
                Grouping(name, label, [PartChoice(*pair) for pair in labels.items()])
            )
    return shown_groupings


def part_labels(
    name: str,
    question: pictures.CountedQuestion | None,
    city: City,
    parts: Mapping[str, Any],
) -> dict[str, str]:
    """The words for each of these parts, in their usual order."""
    if question is not None:
        every = question.answers
    elif name == "borough":
        every = {area.code: area.name for area in city.local_areas()}
    elif name == "group":
        every = {group.code: group.name for part in city.groupings[:1] for group in part.groups}
    elif name == "week":
        every = {
            week: f"Week from {format_short_day(datetime.date.fromisoformat(week))}"
            for week in sorted(parts)[-WEEKS_SHOWN:]
        }
    else:
        every = {code: language_name(code) for code in sorted(parts)}
    return {part: words for part, words in every.items() if part in parts}


def cross_table(
    shown: SurveyResults, question: pictures.CountedQuestion, by: Grouping
) -> CrossTable:
    """How each part answered a question."""
    open_parts = open_tables(shown, by.name, question.name)
    labels = answer_labels(shown, question)
    rows = [
        CrossRow(part.label, open_parts[part.value].base,
                 answer_bars(question, labels, open_parts[part.value]))
        for part in by.parts
        if part.value in open_parts
    ]  # fmt: skip
    withheld = len(by.parts) - len(rows)
    return CrossTable(question, by.label, [*labels.values()], rows, withheld)


def area_tiles(shown: SurveyResults, areas: Sequence[Area]) -> list[ReportTile]:
    """How many answered in each borough, on the tile grid; nothing if no borough can be shown."""
    parts = open_tables(shown, "borough", EVERYBODY)
    if not parts:
        return []
    return [
        ReportTile(
            name=area.name,
            short=area.short,
            value=f"{parts[area.code].base:,}" if area.code in parts else "",
            standing="counted" if area.code in parts else "withheld",
            said="answers" if area.code in parts else "fewer than 10, not shown",
            column=area.column,
            row=area.row,
            area=area.code,
        )
        for area in areas
        if area.column is not None and area.row is not None
    ]


class CurveBar(msgspec.Struct, frozen=True):
    label: str
    count: int


def response_curve(shown: SurveyResults) -> tuple[str, list[CurveBar]]:
    """The heading and bars of answers by day; by week where days would reveal who answered."""
    if days := shown_days(shown):
        return "Answers by day", [CurveBar(format_short_day(day), many) for day, many in days]
    weeks = dict(shown.weeks)
    if not weeks:
        return "Answers by week", []
    first, last = min(weeks), max(weeks)
    many = (last - first).days // 7 + 1
    mondays = [first + datetime.timedelta(weeks=n) for n in range(many)]
    bars = [CurveBar(format_short_day(day), weeks.get(day, 0)) for day in mondays]
    return "Answers by week", bars


class AskedView(msgspec.Struct, frozen=True):
    """A question with the share that answered it, of all who sent answers."""

    title: str
    base: int
    percent: int


def completion(shown: SurveyResults, questions: list[pictures.CountedQuestion]) -> list[AskedView]:
    """How many of all who sent their answers answered each question."""
    everybody = shown.whole.get(EVERYBODY)
    if everybody is None:
        return []
    return [
        AskedView(question.title, table.base, min(100, round(100 * table.base / everybody.base)))
        for question in questions
        if (table := shown.whole.get(question.name))
    ]


def draw_question(view: QuestionView, width: int) -> str:
    """The SVG of a question, without its title."""
    if view.kind == "likert":
        return pictures.draw_scale(view.bars, width, view.title)
    if view.kind == "choices":
        return pictures.draw_bars(view.bars, width, view.title)
    return pictures.draw_columns(view.bars, width, view.title, view.limits)
