"""Who answered a survey next to the residents, group by group and borough by borough."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import anyio.to_thread
import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from analysis.disclosure import FEWEST_TO_COUNT, ROUNDING
from analysis.survey_results import rounded_to_five, shown_groups, shown_parts
from api.dependencies import Slug
from api.locales import category_name, group_name
from api.operations import survey_rights
from api.pages.organiser.results import figures, views
from api.pages.organiser.results.views import tables_by_part
from api.pages.work import FromPage, StaffPage
from api.process.installation import import_lock
from survey.places import Area
from survey.problems import Invalid, NotFound, Unavailable
from survey.store import places
from survey.store.answers import counts
from survey.store.surveys import instruments
from survey.surveys.sums import EVERYBODY, AnswerTable, SurveyResults, margin_question
from survey.words import in_local_words

unknown_results_part = Invalid.of(
    "results.part",
    "These people or this question are not in the results, or too few people answered.",
    "Go back to the results and choose from the lists.",
)
unknown_results_picture = NotFound.of(
    "results.picture", "There is no such picture.", "Open it from the page of results."
)
too_many_streams = Unavailable.of(
    "results.streams",
    "Too many pages with results are open.",
    "Load the page again to see new answers.",
)
unknown_single_answer = NotFound.of(
    "results.answer",
    "This answer cannot be shown: it was deleted, or is not among the newest.",
    "Go back to the results and open it from there.",
)


BOROUGH = "area"
TITLES = {
    BOROUGH: "Borough",
    "age": "Age",
    "sex": "Sex",
    "ethnicity": "Ethnic group",
    "disability": "Disability",
    figures.AGE_SEX: "Age and sex together",
}
SAID = {
    "age": "their age",
    "sex": "that they are women or men",
    "ethnicity": "their ethnic group",
    "disability": "whether they are disabled",
    figures.AGE_SEX: "both",
}
WOMEN_AND_MEN = {"female": "women", "male": "men"}
MOST_LISTED = 12
# Shares (0 to 1) of residents by margin and group.
Shares = Mapping[str, Mapping[str, float]]
ALL = "all"
AreaChoice = Annotated[str, QueryParameter(name="borough", max_length=20, required=False)]


class CoverageGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of people: how many answered, and its shares of answers and of adults in per cent.

    `answers` is None if none can be shown: none came, or too few; `lacks` is then the most that the
    group can lack. Without census figures `of_adults` and `lacks` are None.
    """

    name: str
    people: str
    answers: int | None
    of_answers: float | None = None
    of_adults: float | None = None
    lacks: int | None = None
    area: str = ""

    @property
    def lacking(self) -> str:
        """How many answers the group lacks, in words; "" if it lacks none."""
        if not self.lacks:
            return ""
        return f"{'up to' if self.answers is None else 'about'} {in_round_numbers(self.lacks):,}"

    @property
    def percent_reached(self) -> int:
        """How much of its share the group has reached, in per cent; at most 100."""
        if not self.of_answers or not self.of_adults:
            return 0
        return min(100, round(100 * self.of_answers / self.of_adults))


class CoverageTable(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of one margin; `base` is how many people said their group, 0 if too few did."""

    margin: str
    base: int
    groups: list[CoverageGroup]

    @property
    def title(self) -> str:
        return in_local_words(TITLES[self.margin])

    @property
    def what_people_said(self) -> str:
        return SAID.get(self.margin, "")

    @property
    def has_census(self) -> bool:
        return any(group.of_adults is not None for group in self.groups)


def in_round_numbers(lacks: int) -> int:
    """The number of answers lacking, from 20 on rounded up to a multiple of five, because its
    sources are rounded.
    """
    return lacks if lacks < 20 else -ROUNDING * (-lacks // ROUNDING)


def coverage_tables(
    shown: SurveyResults, areas: Sequence[Area], chosen: Area | None, shares: Shares
) -> list[CoverageTable]:
    """A table of each margin that the survey asks, of everybody or of one borough's people."""
    tables = [] if chosen else [area_table(shown, areas, shares.get(BOROUGH, {}))]
    asked = [margin for margin in TITLES if margin in (shown.margins or ())]
    for margin in asked:
        table = margin_table(shown, margin, chosen.code if chosen else "")
        base = rounded_to_five(table.base) if table else 0
        counts = shown_groups(table)
        share = shares.get(margin, {})
        tables.append(
            CoverageTable(
                margin=margin,
                base=base,
                groups=[
                    coverage_group(
                        group_words(margin, group), counts.get(group), base, share.get(group)
                    )
                    for group in figures.margin_groups(margin)
                ],
            )
        )
    return tables


def area_table(
    shown: SurveyResults, areas: Sequence[Area], shares: Mapping[str, float]
) -> CoverageTable:
    everybody = shown.newest.get(EVERYBODY)
    base = rounded_to_five(everybody.base) if everybody else 0
    counts = shown_parts(everybody, tables_by_part(shown, "borough", EVERYBODY))
    groups = [
        coverage_group(
            (area.name, f"people in {area.name}"),
            counts[area.code].base if area.code in counts else None,
            base,
            shares.get(area.code),
            area=area.code if area.code in counts else "",
        )
        for area in areas
    ]
    return CoverageTable(margin=BOROUGH, base=base, groups=groups)


def margin_table(shown: SurveyResults, margin: str, area: str) -> AnswerTable | None:
    """How many of each group answered, everywhere or in a borough that may be shown."""
    name = margin_question(margin)
    everybody = shown.newest.get(name)
    if not area:
        return everybody
    parts = tables_by_part(shown, "borough", name)
    return parts[area] if area in shown_parts(everybody, parts) else None


def coverage_group(
    words: tuple[str, str], answers: int | None, base: int, share: float | None, area: str = ""
) -> CoverageGroup:
    """A group with these shown answers of `base`, and this share (0 to 1) of residents."""
    with import_lock("analysis.statistics.sampling.response"):
        from analysis.statistics.sampling.response import answers_to_share

    name, people = words
    known = share is not None and share < 1 and base > 0
    return CoverageGroup(
        name=name,
        people=people,
        answers=answers,
        of_answers=100 * answers / base if answers is not None and base else None,
        of_adults=None if share is None else 100 * share,
        lacks=answers_to_share(share or 0.0, answers or 0, base) if known else None,
        area=area,
    )


def group_words(margin: str, group: str) -> tuple[str, str]:
    """The name of a group as a row of a table, and as people in a sentence."""
    if margin == figures.AGE_SEX:
        sex, age = group.split(" ", 1)
        people = f"{WOMEN_AND_MEN[sex]} aged {category_name(age)}"
        return people.capitalize(), people
    if margin == "age":
        return category_name(group), f"people aged {category_name(group)}"
    if margin == "sex":
        return WOMEN_AND_MEN[group].capitalize(), WOMEN_AND_MEN[group]
    if margin == "ethnicity":
        return category_name(group), f"people whose ethnic group is {category_name(group)}"
    people = "disabled people" if group == "yes" else "people who are not disabled"
    return group_name(margin, group), people


def compared_tables(tables: Sequence[CoverageTable]) -> list[CoverageTable]:
    """The tables that count each person once: the table of age and sex together replaces those of
    age and of sex.
    """
    together = any(table.margin == figures.AGE_SEX and table.base for table in tables)
    return [
        table
        for table in tables
        if table.base and not (together and table.margin in ("age", "sex"))
    ]


def silent_groups(tables: Sequence[CoverageTable]) -> list[CoverageGroup]:
    """The groups from which there are no answers yet, or too few to show; the largest first."""
    groups = [
        group
        for table in compared_tables(tables)
        for group in table.groups
        if group.answers is None and group.of_adults != 0
    ]
    return sorted(groups, key=lambda group: -(group.of_adults or 0.0))


def next_places(
    tables: Sequence[CoverageTable], within: Sequence[CoverageGroup]
) -> list[CoverageGroup]:
    """The groups that lack answers, the largest lack first, up to a limit; `within` are groups of
    single boroughs.
    """
    every = [group for table in compared_tables(tables) for group in table.groups]
    groups = [group for group in [*every, *within] if group.lacks]
    return sorted(groups, key=lambda group: -(group.lacks or 0))[:MOST_LISTED]


def groups_within(
    shown: SurveyResults, areas: Sequence[Area], shares: Mapping[str, Shares]
) -> Iterator[CoverageGroup]:
    """Women and men of one age in one borough who by their share of adults should have given ten
    answers or more, but gave none or too few to show.

    `shares` are by borough; '' is the key for all boroughs together.
    """
    whole = margin_table(shown, figures.AGE_SEX, "")
    base = rounded_to_five(whole.base) if whole else 0
    for area in areas:
        table = margin_table(shown, figures.AGE_SEX, area.code)
        if table is None:
            continue  # the borough itself has not been heard from
        counts, lived = shown_groups(table), shares.get("", {}).get(BOROUGH, {}).get(area.code, 0.0)
        for group, share in shares.get(area.code, {}).get(figures.AGE_SEX, {}).items():
            if group not in counts and lived * share * base >= FEWEST_TO_COUNT:
                name, people = group_words(figures.AGE_SEX, group)
                words = f"{name} in {area.name}", f"{people} in {area.name}"
                yield coverage_group(words, None, base, lived * share)


@get("/work/surveys/{slug:str}/results/coverage")
async def show_coverage(page: FromPage, slug: Slug, area: AreaChoice = "") -> Template:
    """Show who answered next to who lives there, everywhere or in one borough."""
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "see", slug)
        chain = await instruments.load_history(connection, slug)
        areas = (await places.get_city(connection)).local_areas()
        residents = await figures.load_residents(connection)
        total = await counts.count_of_past_hours(connection, slug)
    shown = await figures.load_results(page.database, chain)
    parts = views.tables_by_part(shown, "borough", EVERYBODY)
    open_parts = shown_parts(shown.newest.get(EVERYBODY), parts)
    offered = [area for area in areas if area.code in open_parts]
    chosen = find_area(offered, area)
    shares = await anyio.to_thread.run_sync(all_shares, residents)
    tables = coverage_tables(shown, areas, chosen, shares.get(chosen.code if chosen else "", {}))
    within = [] if chosen else [*groups_within(shown, areas, shares)]
    silent = [*silent_groups(tables), *within]
    return page.show(
        "surveys/results/coverage",
        instrument=chain[-1],
        may_read=survey_rights.is_allowed(page.person, "read texts", survey),
        shown=shown,
        total=total,
        offered=offered,
        chosen=chosen,
        tables=tables,
        silent=silent[:MOST_LISTED],
        more=max(0, len(silent) - MOST_LISTED),
        places=next_places(tables, within),
        basis=next((population.basis for population in residents.populations), ""),
        fewest=FEWEST_TO_COUNT,
    )


def find_area(offered: list[Area], asked: str) -> Area | None:
    """The borough to compare with: the one asked for, or if none was asked for, the only one that
    answers came from. None means all boroughs.
    """
    if not asked:
        return offered[0] if len(offered) == 1 else None
    if asked == ALL:
        return None
    area = next((area for area in offered if area.code == asked), None)
    if area is None:
        raise unknown_results_part()
    return area


def all_shares(residents: figures.Residents) -> dict[str, Shares]:
    """The shares of groups among adults of each borough, and of all boroughs under ''. Called in a
    thread.
    """
    with import_lock("analysis.residents"):
        from analysis.residents import adult_shares

    return {
        code: adult_shares(residents.populations, [code] if code else residents.codes)
        for code in ["", *residents.codes]
    }


PAGES = [
    StaffPage([show_coverage], linked_from="/work/surveys/{slug:str}/results"),
]
