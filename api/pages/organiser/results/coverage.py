"""Who has not been heard from: the people who answered a survey next to the census."""

from typing import Annotated

import anyio.to_thread
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from analysis.disclosure.answer_tables import shown_parts
from analysis.disclosure.counts import FEWEST_TO_COUNT
from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.organiser.results import coverage_views, views
from api.pages.organiser.results.coverage_views import Shares
from api.pages.organiser.results.figures import load_residents, load_results
from api.pages.organiser.results.margins import Residents
from api.pages.organiser.results.refusals import unknown_results_part
from api.pages.registry import StaffPage
from api.pages.work import staff_page
from api.process.loading import import_lock
from survey.places import Area
from survey.store import places
from survey.store.surveys import counts, instruments
from survey.surveys.sums import EVERYBODY, SurveyResults

ALL = "all"
BoroughChoice = Annotated[str, QueryParameter(max_length=20, required=False)]


@get("/work/surveys/{slug:str}/results/coverage")
async def show_coverage(
    database: FromDatabase, person: FromPerson, slug: Slug, borough: BoroughChoice = ""
) -> Template:
    """Show who answered next to who lives there, everywhere or in one borough."""
    async with database.connection() as connection:
        survey = await survey_rights.require_right(connection, person, "see", slug)
        chain = await instruments.load_history(connection, slug)
        boroughs = (await places.get_city(connection)).boroughs()
        residents = await load_residents(connection)
        total = await counts.count_of_past_hours(connection, slug)
    shown = await load_results(database, chain)
    offered = boroughs_shown(shown, boroughs)
    chosen = find_borough(offered, borough)
    shares = await anyio.to_thread.run_sync(all_shares, residents)
    tables = coverage_views.coverage_tables(
        shown, boroughs, chosen, shares.get(chosen.code if chosen else "", {})
    )
    within = [] if chosen else [*coverage_views.groups_within(shown, boroughs, shares)]
    silent = [*coverage_views.silent_groups(tables), *within]
    return staff_page(
        "surveys/results/coverage",
        person,
        instrument=chain[-1],
        may_read=survey_rights.is_allowed(person, "read texts", survey),
        shown=shown,
        total=total,
        offered=offered,
        chosen=chosen,
        tables=tables,
        silent=silent[: coverage_views.MOST_LISTED],
        more=max(0, len(silent) - coverage_views.MOST_LISTED),
        places=coverage_views.next_places(tables, within),
        basis=next((one.basis for one in residents.populations), ""),
        fewest=FEWEST_TO_COUNT,
    )


def boroughs_shown(shown: SurveyResults, boroughs: list[Area]) -> list[Area]:
    """The boroughs whose people may be looked at alone."""
    parts = views.tables_by_part(shown, "borough", EVERYBODY)
    open_parts = shown_parts(shown.newest.get(EVERYBODY), parts)
    return [area for area in boroughs if area.code in open_parts]


def find_borough(offered: list[Area], asked: str) -> Area | None:
    """The borough to compare with: the one asked for, else the only one that answers came from."""
    if not asked:
        return offered[0] if len(offered) == 1 else None
    if asked == ALL:
        return None
    found = next((one for one in offered if one.code == asked), None)
    if found is None:
        raise unknown_results_part()
    return found


def all_shares(residents: Residents) -> dict[str, Shares]:
    """The shares of groups among adults of each borough, and of all boroughs under ''. Called in a
    thread.
    """
    with import_lock("analysis.residents"):
        from analysis.residents import adult_shares

    return {
        code: adult_shares(residents.populations, [code] if code else residents.codes)
        for code in ["", *residents.codes]
    }


PAGES = [StaffPage([show_coverage], linked_from="/work/surveys/{slug:str}/results")]
