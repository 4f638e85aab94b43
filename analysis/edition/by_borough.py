"""The index of the city and of each borough, and the boroughs on the tile grid."""

from analysis import perception
from analysis.edition.respondents import Respondents
from analysis.material import Material
from analysis.statistics import estimates, funnel
from analysis.statistics.estimates import known
from survey.reports import Estimate, Point, Tile


def index(material: Material, asked: Respondents) -> tuple[Estimate, ...]:
    """The perception index of the city, then of each borough; none where nobody was asked."""
    if not int(asked.city.n[0]):
        return ()
    method = perception.METHOD
    return (
        *estimates.to_estimates(asked.city, [material.city], stream="sampled", method=method),
        *estimates.to_estimates(asked.boroughs, material.codes, stream="sampled", method=method),
    )


def tiles(material: Material, asked: Respondents) -> tuple[Tile, ...]:
    """Each borough on the grid, and whether it stands apart from the city by more than chance."""
    standing = funnel.means(asked.boroughs, float(asked.city.value[0]))
    return tuple(
        Tile(
            area=area.code,
            name=area.name,
            short=area.short,
            column=area.column,
            row=area.row,
            value=known(asked.boroughs.value[i]),
            standing=standing[i],
        )
        for i, area in enumerate(material.boroughs)
        if area.column is not None and area.row is not None
    )


def series(material: Material) -> tuple[Point, ...]:
    """The city's index week by week; a week without answers is left out."""
    return tuple(Point(week.start, week.city) for week in material.index_weeks)
