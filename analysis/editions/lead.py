"""The first lines of an edition: what changed for the city, and where somebody should look.

They are made from published figures alone, so they say nothing that a table hides.
"""

from collections.abc import Iterator, Sequence

from analysis.editions.comparison import EditionFigure, change_errors
from survey.editions.chapters.alerts import Alert
from survey.editions.edition import Edition
from survey.editions.figures import KeyChange, KeyFigureName
from survey.sentences import N_, Sentence, plural_sentence

Z = 1.96
MOST_NAMES = 4
# Alerts whose rule looks at a figure of the city; what is about the data is not for a first line.
LEVELS_TO_RAISE = ("red", "amber")


def key_changes(edition: Edition, last: Edition | None) -> Iterator[KeyChange]:
    """The key figures that both editions publish; the index with the interval of its change.

    The change of the index has the error √((1-f)(V₁+V₂)) of `change_errors`. Counts are compared
    with the range expected from the weeks before, so their change has no interval of its own.
    """
    if last is None:
        return
    now, was = published_key_figures(edition), published_key_figures(last)
    for name, value in now.items():
        before = was.get(name)
        if value is not None and before is not None:
            yield key_change(name, value, before, index_error(edition, last, name))


def published_key_figures(edition: Edition) -> dict[KeyFigureName, float | None]:
    city = next((one for one in edition.index if one.domain == edition.city), None)
    wrote = next((one for one in edition.received if one.domain == edition.city), None)
    return {
        "index": city.value if city else None,
        "deployments": edition.this_period.events if edition.this_period else None,
        "about_taser": edition.about_taser.rate.events if edition.about_taser else None,
        "wrote": wrote.open if wrote else None,
    }


def index_error(edition: Edition, last: Edition, name: KeyFigureName) -> float | None:
    if name != "index":
        return None
    figure = EditionFigure("index", "perception index", edition.city, "points")
    return change_errors(last, edition).get(figure)


def key_change(name: KeyFigureName, value: float, before: float, error: float | None) -> KeyChange:
    """The change between two values as they are printed, so that a reader can subtract them."""
    now, was = round(value, 1), round(before, 1)
    change = round(now - was, 1)
    if error is None:
        return KeyChange(figure=name, was=was, change=change)
    low, high = round(change - Z * error, 1), round(change + Z * error, 1)
    return KeyChange(figure=name, was=was, change=change, low=low, high=high)


def lead_sentences(edition: Edition) -> tuple[Sentence, ...]:
    """What changed for the city, then the alerts that somebody should look at."""
    return (*city_sentences(edition), *look_sentences(edition))


def city_sentences(edition: Edition) -> Iterator[Sentence]:
    """What clearly changed for the city, or that nothing did; nothing if nothing was compared."""
    found = [*index_change_sentences(edition), *unexpected_use_sentences(edition)]
    compared = any(one.low is not None for one in edition.key_changes)
    if found:
        yield from found
    elif compared:
        yield Sentence("Nothing clearly changed for {city}.", city=edition.city)


def index_change_sentences(edition: Edition) -> Iterator[Sentence]:
    for one in edition.key_changes:
        if one.figure == "index" and is_clear(one):
            message = (
                N_("The perception index for {city} rose from {was} to {now}.")
                if one.change > 0
                else N_("The perception index for {city} fell from {was} to {now}.")
            )
            yield Sentence(
                message, city=edition.city, was=f"{one.was:.1f}", now=f"{one.was + one.change:.1f}"
            )


def is_clear(one: KeyChange) -> bool:
    """True if the interval of the change excludes no change."""
    return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


def unexpected_use_sentences(edition: Edition) -> Iterator[Sentence]:
    """Deployments of the period outside the range expected from the weeks before."""
    found = edition.this_period
    if found is None or found.events is None or found.low is None or found.high is None:
        return
    if found.low <= found.events <= found.high:
        return
    message = (
        N_("Deployments were above what was expected: about {events}, not {low} to {high}.")
        if found.events > found.high
        else N_("Deployments were below what was expected: about {events}, not {low} to {high}.")
    )
    yield Sentence(message, events=found.events, low=f"{found.low:.0f}", high=f"{found.high:.0f}")


def look_sentences(edition: Edition) -> Iterator[Sentence]:
    """Alerts of the city in their own words, then the boroughs that have one."""
    raised = [
        one for one in edition.alerts if one.level in LEVELS_TO_RAISE and one.standing != "closed"
    ]
    for one in raised:
        if one.domain == edition.city and one.level == "red":
            yield Sentence("{alert}", alert=one.sentence)
    yield from borough_sentences(edition, raised)


def borough_sentences(edition: Edition, raised: Sequence[Alert]) -> Iterator[Sentence]:
    """The boroughs with an alert, new ones first."""
    names = {tile.area: tile.name for tile in edition.tiles}
    standings: dict[str, bool] = {}
    for one in raised:
        if one.domain in names:
            is_new = standings.get(one.domain, False) or one.standing == "new"
            standings[one.domain] = is_new
    if standings:
        order = sorted(standings, key=lambda area: (not standings[area], names[area]))
        shown = [area_name(names[area], is_new=standings[area]) for area in order[:MOST_NAMES]]
        if len(order) > MOST_NAMES:
            shown.append(Sentence("{n} more", n=len(order) - MOST_NAMES))
        yield plural_sentence(
            "{names} needs a look.",
            "{n} boroughs need a look: {names}.",
            n=len(order),
            names=joined_names(shown),
        )


def area_name(name: str, *, is_new: bool) -> str:
    return Sentence("{name} (new)", name=name) if is_new else name


def joined_names(names: Sequence[str]) -> str:
    """Names as a list with commas."""
    if len(names) == 1:
        return names[0]
    return Sentence("{first}, {rest}", first=names[0], rest=joined_names(names[1:]))
