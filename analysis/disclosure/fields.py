"""What becomes of each field of an edition; a field that is not named here leaves empty."""

import datetime
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from analysis.disclosure.counts import digits
from survey import (
    actions,
    alerts,
    campaigns,
    changes,
    disparities,
    double_coding,
    editions,
    funnels,
    panels,
    quotes,
    reports,
    samples,
    weeks,
)

# 'gated': a figure that a function of this folder has let pass. 'plain': which, when, where, how,
# and words chosen from what is told; nothing about anybody. 'digits': a figure of every cell at
# once, told to three digits. 'withheld': empty, though other parts of the product use it.
Treatment = Literal["gated", "plain", "digits", "withheld"]
Named = Mapping[str, Treatment]


def treatments(**of: str) -> dict[str, Treatment]:
    """Treatments with the fields that get them, as words in one string."""
    found = {field: how for how, words in of.items() for field in words.split()}
    return typing.cast("dict[str, Treatment]", found)


EDITION = treatments(
    plain="kind start end number data_as_of city synthetic method_version population_basis codebook"
    " headline caveats index_from rates_from marks attribution reading quotes code_version"
    " inputs_sha256 seeds findings actions disparity_caveats quality planted gate",
    gated="received index index_series beside published_association complaints deployments tactics"
    " themes association tiles withheld campaigns new_codebook restated completeness this_period"
    " uses_by_week about_taser persons alerts moved weighting reliability agreement groups"
    " small_areas funnels disparities fired complained profile starts disclosure accuracy",
)
TREATMENTS: dict[type, Named] = {
    editions.Edition: EDITION,
    editions.Safe: EDITION,
    reports.Received: treatments(
        plain="domain", gated="sampled open complaints open_voices complaint_voices"
    ),
    reports.Estimate: treatments(
        plain="domain stream method status", gated="n effective_n value standard_error low high"
    ),
    reports.Rate: treatments(
        plain="domain population method status", gated="events per_10_000 low high"
    ),
    reports.ThemeShare: treatments(
        plain="theme name stream domain status corrected labels method new meaning",
        gated="texts share net_sentiment low high machine_share voices voice_share"
        " voice_net_sentiment",
    ),
    reports.Association: treatments(
        plain="degrees areas periods verdict sentence caveats",
        digits="beta standard_error low high smallest_detectable",
        withheld="events",
    ),
    reports.Point: treatments(plain="start", gated="estimate"),
    reports.Tile: treatments(plain="area name short column row", gated="value standing"),
    reports.Beside: treatments(plain="quarter_end item perception", gated="deployments"),
    reports.Mark: treatments(plain="day label"),
    reports.Recoded: treatments(plain="theme name stream", gated="before after"),
    reports.Restated: treatments(plain="source area start end tactic", gated="was now"),
    reports.NewCodebook: treatments(plain="before reasons changes", gated="texts recoded"),
    samples.Weighting: treatments(
        plain="flag raked margins vintage joined",
        gated="invited answered response_rate n effective_n kish trimmed",
    ),
    samples.Reliable: treatments(plain="publishable", gated="n alpha low high omega item_rest"),
    samples.OfGroup: treatments(plain="dimension category measure", gated="estimate"),
    samples.SmallArea: treatments(plain="domain", gated="direct value low high own"),
    samples.Agreement: treatments(plain="item text", gated="agree net"),
    funnels.Funnel: treatments(plain="measure", gated="target spots limits phi between"),
    funnels.Spot: treatments(plain="domain", gated="size value place"),
    funnels.Limits: treatments(gated="size low high lowest highest"),
    changes.Moved: treatments(
        plain="table figure domain unit", gated="was now answers restated recoded method"
    ),
    disparities.Ratio: treatments(gated="value low high"),
    disparities.Disparity: treatments(
        plain="dimension code group reference benchmark people what since until status sentence",
        gated="events reference_events per_10_000 shown exact adjusted unknown tipping",
    ),
    disparities.Fired: treatments(
        plain="dimension group since until status", gated="drawn fired share low high p"
    ),
    disparities.Persons: treatments(plain="kind since", gated="period window typical"),
    alerts.Alert: treatments(
        plain="key rule level standing since until owner action",
        gated="domain sentence",
        digits="expected_a_year",
    ),
    campaigns.CampaignSeen: treatments(plain="id stream themes first last", gated="texts"),
    double_coding.Measured: treatments(plain="n", digits="value low high"),
    double_coding.Accuracy: treatments(plain="quarter labels", gated="alpha f1 tone_recall"),
    quotes.Quote: treatments(plain="id theme name stream domain words"),
    actions.Action: treatments(plain="id what owner due status agreed_on outcome"),
    weeks.ThisPeriod: treatments(plain="since", gated="events low high cumulative before"),
    weeks.WeekOfUses: treatments(plain="start", gated="tactics"),
    weeks.About: treatments(plain="allegation", gated="rate median"),
    weeks.Completeness: treatments(plain="areas of_areas weeks of_weeks", gated="late"),
    weeks.Quality: treatments(plain="kind sentence"),
    weeks.Finding: treatments(plain="sentence confidence so_what"),
    panels.Lag: treatments(plain="lag", digits="beta low high p"),
    panels.Otherwise: treatments(plain="choice", digits="beta low high"),
    panels.Profile: treatments(plain="sentence", gated="lags placebo otherwise"),
    panels.Bin: treatments(plain="weeks", digits="effect low high"),
    panels.Start: treatments(
        plain="day design strength sentence", digits="step low high", gated="bins"
    ),
    # How many boroughs had no complaint at all would tell blanks from none.
    panels.Complained: treatments(
        plain="sentence",
        digits="ratio low high clustered_low clustered_high dispersion",
        withheld="areas left_out",
    ),
}


def with_named_fields_only(value: Any) -> Any:
    """A value with only what is named above, down to the last part of it."""
    if isinstance(value, msgspec.Struct):
        of = TREATMENTS.get(type(value), {})
        return type(value)(
            **{
                field.name: apply_treatment(getattr(value, field.name), of.get(field.name), field)
                for field in msgspec.structs.fields(value)
            }
        )
    if isinstance(value, tuple):
        return tuple(with_named_fields_only(one) for one in value if not is_unknown(one))
    return value


def is_unknown(value: Any) -> bool:
    return isinstance(value, msgspec.Struct) and type(value) not in TREATMENTS


def apply_treatment(value: Any, how: Treatment | None, field: msgspec.structs.FieldInfo) -> Any:
    if how == "digits":
        return digits(value)
    if how in ("gated", "plain") and not is_unknown(value):
        return with_named_fields_only(value)
    return empty(field.type, field.default)


def empty(of: Any, default: Any = msgspec.NODEFAULT) -> Any:
    """What a withheld field holds: its default, else the emptiest value of its type."""
    if default is not msgspec.NODEFAULT:
        return default
    origin, parts = typing.get_origin(of), typing.get_args(of)
    if origin in (typing.Union, types.UnionType):
        return None if types.NoneType in parts else empty(parts[0])
    if origin is Literal:
        return parts[0]
    if issubclass(origin or of, msgspec.Struct):
        return of(**{one.name: empty(one.type, one.default) for one in msgspec.structs.fields(of)})
    return datetime.date.min if of is datetime.date else (origin or of)()
