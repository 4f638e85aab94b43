"""The dashboard: a figure of published reports by place, group, theme and days, in one address."""

import datetime
from typing import Annotated, Any

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Template

from api.dependencies import FromDatabase
from api.editions.files.export import rows_as_csv
from api.editions.history import HISTORY_HEAD
from api.editions.history.explorer import FigureName, Filters, explore_rows, explore_view
from api.pages import summaries
from api.pages.reader import language_switch
from api.pages.reports.downloads import table_response
from api.pages.reports.history import KindQuery
from api.pages.templating import AnyRequest, requested_language, use_language
from survey.editions.refusals import unknown_edition

FigureQuery = Annotated[FigureName, QueryParameter(required=False)]
PlaceQuery = Annotated[list[str] | None, QueryParameter(required=False, max_items=40)]
WordQuery = Annotated[str, QueryParameter(required=False, max_length=60)]
DayQuery = Annotated[datetime.date | None, QueryParameter(required=False)]
DaySpan = tuple[datetime.date | None, datetime.date | None]
FromDays = NamedDependency[DaySpan]


def chosen_days(first: DayQuery = None, last: DayQuery = None) -> DaySpan:
    return first, last


def chosen_filters(
    days: FromDays,
    figure: FigureQuery = "index",
    kind: KindQuery = None,
    place: PlaceQuery = None,
    dimension: WordQuery = "",
    theme: WordQuery = "",
    stream: WordQuery = "",
) -> Filters:
    return Filters(
        figure=figure,
        kind=kind or "",
        places=tuple(place or ()),
        dimension=dimension,
        theme=theme,
        stream=stream,
        first=days[0],
        last=days[1],
    )


Chosen = NamedDependency[Filters]


@get("/explore", include_in_schema=False)
async def explore(request: AnyRequest, database: FromDatabase, filters: Chosen) -> Template:
    every = await summaries.load_all_figures(database)
    if not every:
        raise unknown_edition("yet")
    with use_language(requested_language(request)):
        context: dict[str, Any] = {"view": explore_view(every, filters)}
        return Template("report/explore.html", context=context | language_switch())


@get("/explore/figures.csv", include_in_schema=False)
async def download_figures(database: FromDatabase, filters: Chosen) -> Response[bytes]:
    every = await summaries.load_all_figures(database)
    if not every:
        raise unknown_edition("yet")
    rows = list(explore_rows(every, filters))
    return table_response(rows_as_csv(HISTORY_HEAD, rows), f"figures-{filters.figure}")


FILTERS = {
    "days": Provide(chosen_days, sync_to_thread=False),
    "filters": Provide(chosen_filters, sync_to_thread=False),
}
PAGES = [Router("/", route_handlers=[explore], dependencies=FILTERS)]
FILES = [Router("/", route_handlers=[download_figures], dependencies=FILTERS)]
