"""The index of the city and of each borough, and the boroughs on the tile grid."""

from analysis.editions import perception
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics import estimates, funnel
from analysis.statistics.estimates import finite_or_none
from survey.editions.figures import BoroughTile, Estimate, SeriesPoint


def index_estimates(material: EditionInputs, asked: Respondents) -> tuple[Estimate, ...]:
    """The perception index of the city, then of each borough; none where nobody was asked."""
    if not int(asked.city.n[0]):
        return ()
    method = perception.INDEX_METHOD
    return (
        *estimates.to_estimates(asked.city, [material.city], stream="sampled", method=method),
        *estimates.to_estimates(asked.boroughs, material.codes, stream="sampled", method=method),
    )


def borough_tiles(material: EditionInputs, asked: Respondents) -> tuple[BoroughTile, ...]:
    """Each borough on the grid, and whether it differs from the city by more than chance."""
    standing = funnel.mean_positions(asked.boroughs, float(asked.city.value[0]))
    return tuple(
        BoroughTile(
            area=area.code,
            name=area.name,
            short=area.short,
            column=area.column,
            row=area.row,
            value=finite_or_none(asked.boroughs.value[i]),
            standing=standing[i],
        )
        for i, area in enumerate(material.boroughs)
        if area.column is not None and area.row is not None
    )


def index_points(material: EditionInputs) -> tuple[SeriesPoint, ...]:
    """The city's index week by week; weeks without answers are left out."""
    return tuple(SeriesPoint(week.start, week.city) for week in material.index_weeks)
