"""How each field of an edition is treated, and the gates of estimates and of rates.

A field that is not named is published empty.
"""

import datetime
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from analysis import disclosure
from analysis.disclosure.session import DisclosureSession
from analysis.statistics.rates import ShownCount, shown_rate
from analysis.statistics.sampling import proportions
from survey.editions import Edition, figures
from survey.editions.figures import CountedDays, Estimate, FigureStatus, Rate
from survey.editions.perception import Weighting

# 'gated': a figure that a function of this folder has passed. 'plain': which, when, where, how, and
# words chosen from published figures; nothing about a person. 'digits': a figure from all cells
# together, to three digits. 'withheld': published empty, though other parts of the product use it.
Treatment = Literal["gated", "plain", "digits", "withheld"]
FieldTreatments = Mapping[str, Treatment]
AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
RATED = "per_10_000 low high"
STEP = 0.1  # means are published to one decimal
LEAST_BLUR = 5.0
ASSUMED_DF = 8  # an estimate carries no df; they decide on a flag only, which it already has
UNUSABLE_FLAG = "red"
GatedCell = Estimate | Rate


def treatments(**of: str) -> dict[str, Treatment]:
    """Treatment by field, from the fields of each treatment as words in one string."""
    fields = {field: how for how, words in of.items() for field in words.split()}
    return typing.cast("dict[str, Treatment]", fields)


SHARED: dict[type, FieldTreatments] = {
    figures.Estimate: treatments(
        plain="domain stream method status", gated="n effective_n value standard_error low high"
    ),
    CountedDays: treatments(plain="start end first last days no_rate"),
    figures.FigureTable: treatments(
        plain="kind key domain first last facts missing", gated="counts figures"
    ),
    figures.TableCount: treatments(plain="name row until", gated="count"),
    figures.TableFigure: treatments(plain="name row", gated="value low high"),
    figures.Rate: treatments(
        plain="domain population method status", gated="events per_10_000 low high"
    ),
    figures.Association: treatments(
        plain="degrees areas periods verdict sentence caveats",
        digits="beta standard_error low high smallest_detectable",
        withheld="events",
    ),
}


def with_named_fields_only(value: object, of: Mapping[type, FieldTreatments]) -> object:
    """The value with only the fields that `of` names, at every depth."""
    if isinstance(value, msgspec.Struct):
        # A field that nobody has named comes out empty, so a new one has to be decided on first.
        named = of.get(type(value), {})
        return type(value)(
            **{
                field.name: treated_value(
                    getattr(value, field.name), named.get(field.name), field, of
                )
                for field in msgspec.structs.fields(value)
            }
        )
    if isinstance(value, tuple):
        # Emptied rows would still show how many there are, so unknown ones are left out.
        return tuple(
            with_named_fields_only(row, of) for row in value if not is_unknown_struct(row, of)
        )
    return value


def is_unknown_struct(value: object, of: Mapping[type, FieldTreatments]) -> bool:
    return isinstance(value, msgspec.Struct) and type(value) not in of


def treated_value(
    value: object,
    how: Treatment | None,
    field: msgspec.structs.FieldInfo,
    of: Mapping[type, FieldTreatments],
) -> object:
    if how == "digits" and (value is None or isinstance(value, float | int)):
        return disclosure.significant_digits(value)
    if how in ("gated", "plain") and not is_unknown_struct(value, of):
        return with_named_fields_only(value, of)
    return empty_value(field.type, field.default)


def empty_value(of: type, default: object = msgspec.NODEFAULT) -> object:
    """The value of a withheld field: its default, else the emptiest value of its type."""
    if default is not msgspec.NODEFAULT:
        return default
    origin, parts = typing.get_origin(of), typing.get_args(of)
    if origin in (typing.Union, types.UnionType):
        return None if types.NoneType in parts else empty_value(parts[0])
    if origin is Literal:
        return parts[0]
    kind: type = origin or of
    if issubclass(kind, msgspec.Struct):
        return kind(
            **{
                field.name: empty_value(field.type, field.default)
                for field in msgspec.structs.fields(kind)
            }
        )
    return datetime.date.min if kind is datetime.date else kind()


def rounded_fields(struct: AnyStruct, names: str, places: int = 2) -> AnyStruct:
    """The Struct with these fields rounded as pages show them, so that no file has finer ones."""
    fields = {
        name: disclosure.rounded_figure(getattr(struct, name), places) for name in names.split()
    }
    return replace(struct, **fields)


def gated_estimate(estimate: Estimate) -> Estimate:
    n = estimate.n or 0
    if n < disclosure.FEWEST_RESPONDENTS or estimate.value is None or estimate.status == "withheld":
        return hidden_estimate(estimate)
    status: FigureStatus = "flagged" if n < disclosure.FEWEST_UNFLAGGED else estimate.status
    return replace(
        rounded_fields(estimate, "value low high", 1),
        n=disclosure.rounded_base(n),
        effective_n=disclosure.rounded_figure(estimate.effective_n, 0),
        standard_error=disclosure.rounded_figure(estimate.standard_error),
        status=status,
    )


def hidden_estimate(estimate: Estimate) -> Estimate:
    return replace(
        estimate,
        n=disclosure.rounded_base(estimate.n),
        effective_n=None,
        value=None,
        standard_error=None,
        low=None,
        high=None,
        status="withheld",
    )


def gated_share(estimate: Estimate) -> Estimate:
    """A percentage, withheld by the NCHS rule (if its limits are known) or for too few answers."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return gated_estimate(estimate)
    bases = float(estimate.n or 0), float(estimate.effective_n or 0)
    width = (estimate.high - estimate.low) / 100
    status = proportions.nchs_status(estimate.value / 100, width, bases=bases, df=ASSUMED_DF)
    return hidden_estimate(estimate) if status == "withheld" else gated_estimate(estimate)


def gated_estimates(estimates: Sequence[Estimate], *, weighed: bool = True) -> tuple[Estimate, ...]:
    """Gated means of the city and then its parts; all withheld if answers could not be weighted."""
    if not weighed:
        return tuple(hidden_estimate(estimate) for estimate in estimates)
    if not estimates:
        return ()
    return gated_estimate(estimates[0]), *protect_lone_part(
        estimates[0], estimates[1:], [*map(gated_estimate, estimates[1:])]
    )


def protect_lone_part(
    whole: Estimate | None,
    estimates: Sequence[Estimate],
    gated: list[Estimate],
) -> list[Estimate]:
    """The gated parts; if the only hidden mean could be worked out, one more part is hidden.

    Raked weights add up to known residents, so the whole's mean less the shown ones gives the
    hidden mean to within `STEP` / its share of all answers. If that is less than `LEAST_BLUR`
    points, the smallest shown part is hidden too.
    """
    hidden = [i for i, estimate in enumerate(gated) if estimate.status == "withheld"]
    shown = [i for i in range(len(gated)) if i not in hidden]
    # Two hidden parts protect each other, and without the whole there is nothing to subtract from.
    if whole is None or whole.status == "withheld" or len(hidden) != 1 or not shown:
        return gated
    asked, all_asked = (
        estimates[hidden[0]].n or 0,
        whole.n or sum(estimate.n or 0 for estimate in estimates),
    )
    if asked and STEP * all_asked / asked < LEAST_BLUR:
        next_smallest = min(shown, key=lambda i: estimates[i].n or 0)
        gated[next_smallest] = hidden_estimate(estimates[next_smallest])
    return gated


def has_usable_weights(weighting: Weighting | None) -> bool:
    """Whether weights are equal enough to publish the index: they cost at most 3 answers in 4."""
    return weighting is None or weighting.flag != UNUSABLE_FLAG


def gated_rate(rate: Rate, events: int | None, *, phi: float = 1.0) -> Rate:
    """The rate of the published count; a rate of the exact count would reveal it."""
    if events is None:
        return without_rate(rate, None, "withheld")
    # Some have no rate from the start, because too few days were counted.
    if events < disclosure.FEWEST_FOR_RATE or rate.per_10_000 is None:
        return without_rate(rate, events, "flagged")
    # Limits too are of the published count: with two decimals they would give the exact one back.
    # That counts below `FEWEST_FOR_RATE` have no rate makes those that have one larger by chance.
    rated = shown_rate(
        rate.domain, events, rated_count(events), population=rate.population, phi=phi
    )
    return replace(rounded_fields(rated, RATED), status=rate.status)


def rated_count(events: int) -> ShownCount:
    """The true counts that a published count, large enough for a rate, can stand for."""
    return ShownCount(*disclosure.EVENTS.bounds(events), disclosure.FEWEST_FOR_RATE)


def without_rate(rate: Rate, events: int | None, status: FigureStatus) -> Rate:
    """The count without a rate or a method, which would reveal whether it was below ten."""
    return replace(
        rate, events=events, per_10_000=None, low=None, high=None, method="", status=status
    )


def exact_rate(rate: Rate) -> Rate:
    """The rate of a published count, to two decimals."""
    return rounded_fields(rate, RATED)


def gated_rates(
    passage: DisclosureSession,
    rates: Sequence[Rate],
    about: tuple[disclosure.Series, disclosure.Days],
) -> tuple[Rate, ...]:
    """A gated table of rates, the city's total first."""
    if not rates:
        return ()
    (kind, days), (city, *areas) = about, rates
    total = passage.total((*kind, city.domain), days, city.events)
    whole = disclosure.PublishedCount((*kind, city.domain), days, total)
    shown = passage.table(whole, {area.domain: area.events for area in areas}, about)
    return gated_rate(city, total), *(gated_rate(area, shown[area.domain]) for area in areas)


def gated_tables(gated: Edition) -> dict[str, dict[str, GatedCell]]:
    """The gated tables by the names that funnels and changes use."""
    named: dict[str, Sequence[GatedCell]] = {
        "index": gated.index,
        "deployments": gated.deployments,
        "complaints": gated.complaints,
    }
    return {name: {cell.domain: cell for cell in table} for name, table in named.items()}


def shown_value(cell: GatedCell | None) -> float | None:
    if cell is None:
        return None
    return cell.per_10_000 if isinstance(cell, Rate) else cell.value
