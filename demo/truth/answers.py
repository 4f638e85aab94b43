"""What an edition says of perception, next to the truth: London, boroughs, groups, questions."""

import datetime
from collections.abc import Iterator

from demo.truth.figures import Days, SaidInterval, Subject, TrueFigures, TruthRow, interval_row
from survey.editions.edition import Edition
from survey.editions.figures import Estimate

CHAPTER = "What residents think"
WEEK = datetime.timedelta(days=6)


def index_window(edition: Edition) -> Days:
    """The days whose answers are in the index."""
    return edition.index_from or edition.start, edition.end


def area_names(edition: Edition) -> dict[str, str]:
    return {tile.area: tile.name for tile in edition.tiles} | {edition.city: edition.city}


def answer_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows of perception."""
    yield from index_rows(edition, figures)
    yield from week_rows(edition, figures)
    yield from group_rows(edition, figures)


def index_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    names, days = area_names(edition), index_window(edition)
    for one in edition.index:
        kind = "index of London" if one.domain == edition.city else "index of a borough"
        about = Subject(CHAPTER, kind, f"Index, {names.get(one.domain, one.domain)}")
        yield interval_row(about, of_estimate(one), figures.index(one.domain, days))
    for model in edition.small_areas:
        name = names.get(model.domain, model.domain)
        about = Subject(CHAPTER, "index of a borough by the model", f"Index by the model, {name}")
        said = SaidInterval(model.value, model.low, model.high)
        yield interval_row(about, said, figures.index(model.domain, days))


def of_estimate(one: Estimate, unit: str = "") -> SaidInterval:
    return SaidInterval(one.value, one.low, one.high, unit=unit)


def week_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    for point in edition.index_series:
        days = point.start, point.start + WEEK
        about = Subject(CHAPTER, "index of London in a week", f"Index, week from {point.start}")
        yield interval_row(about, of_estimate(point.estimate), figures.index(edition.city, days))


def group_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """Groups of residents, who do not differ in the simulation, and answers to each question."""
    days = index_window(edition)
    whole, answered = figures.index(edition.city, days), figures.agreement(edition.city, days)
    for one in edition.groups:
        of_index = one.measure == "index"
        about = Subject(
            CHAPTER,
            "index of a group" if of_index else "agreement in a group",
            f"{one.dimension.capitalize()} {one.category}, {one.measure.replace('_', ' ')}",
        )
        said = of_estimate(one.estimate, "" if of_index else "%")
        yield interval_row(about, said, whole if of_index else answered.agree)
    for item in edition.agreement:
        name = item.text or item.item
        agree = Subject(CHAPTER, "agreement with a question", f"Agree: {name}")
        yield interval_row(agree, of_estimate(item.agree, "%"), answered.agree)
        net = Subject(CHAPTER, "agreement with a question", f"Agree less disagree: {name}")
        yield interval_row(net, of_estimate(item.net), answered.net)
