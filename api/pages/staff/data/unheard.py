"""Who the working group has not heard from: every survey of its own that people can answer now."""

from collections.abc import Sequence

import anyio.to_thread
import msgspec
from litestar import get
from litestar.response import Template

from api.operations import survey_rights
from api.pages.organiser.results import coverage
from api.pages.organiser.results.coverage import CoverageGroup, Shares
from api.pages.organiser.results.figures import load_residents, load_results
from api.pages.organiser.surveys import survey_status
from api.pages.work import FromPage, StaffPage
from survey.places import Area
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, wording_text

MOST_NAMED = 5


class UnheardSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """An open survey: how many answers are compared (of more if `of_more`), who lacks most, and who
    was not heard from at all.
    """

    title: str
    slug: str
    mode: str
    answers: int
    of_more: bool
    weighting: float | None
    silent: list[CoverageGroup]
    more: int
    lacking: list[CoverageGroup]


@get("/work/unheard")
async def show_unheard(page: FromPage) -> Template:
    """Show who has not been heard from in each open survey that nobody owns."""
    async with page.connection() as connection:
        overview = await instruments.load_overview(connection)
        areas = (await places.get_city(connection)).local_areas()
        residents = await load_residents(connection)
    shares = await anyio.to_thread.run_sync(coverage.all_shares, residents)
    running = [
        one.instrument
        for one in overview
        if one.survey.is_house
        and survey_rights.is_allowed(page.person, "see", one.survey)
        and survey_status(one.instrument, closed=one.closed) == "open"
    ]
    return page.show(
        "data/unheard",
        surveys=[await load_unheard(page.database, one, areas, shares) for one in running],
    )


async def load_unheard(
    database: Database, instrument: Instrument, areas: Sequence[Area], shares: dict[str, Shares]
) -> UnheardSurvey:
    async with database.connection() as connection:
        chain = await instruments.load_history(connection, instrument.slug)
    shown = await load_results(database, chain)
    tables = coverage.coverage_tables(shown, areas, None, shares.get("", {}))
    within = [*coverage.groups_within(shown, areas, shares)]
    silent = [*coverage.silent_groups(tables), *within]
    return UnheardSurvey(
        title=wording_text(instrument.title),
        slug=instrument.slug,
        mode=instrument.mode,
        answers=shown.counted if shown.newest else 0,
        of_more=shown.counted < shown.answers,
        weighting=shown.weighting,
        silent=silent[:MOST_NAMED],
        more=max(0, len(silent) - MOST_NAMED),
        lacking=coverage.next_places(tables, within)[:MOST_NAMED],
    )


PAGES = [StaffPage([show_unheard], menu="Not heard from", place=77)]
