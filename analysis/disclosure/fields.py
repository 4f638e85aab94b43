"""How each field of an edition is treated; a field not named here is published empty."""

import datetime
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from analysis.disclosure.counts import significant_digits
from survey.coding import campaigns, double_coding, quotes
from survey.editions import actions, edition, figures
from survey.editions.chapters import (
    alerts,
    changes,
    deployments,
    disparities,
    funnels,
    panels,
    sample,
)

# 'gated': a figure that a function of this folder has passed. 'plain': which, when, where, how, and
# words chosen from published figures; nothing about a person. 'digits': a figure from all cells
# together, to three digits. 'withheld': published empty, though other parts of the product use it.
Treatment = Literal["gated", "plain", "digits", "withheld"]
FieldTreatments = Mapping[str, Treatment]


def treatments(**of: str) -> dict[str, Treatment]:
    """Treatment by field, from the fields of each treatment as words in one string."""
    found = {field: how for how, words in of.items() for field in words.split()}
    return typing.cast("dict[str, Treatment]", found)


EDITION_FIELDS = treatments(
    plain="kind start end number data_as_of city synthetic method_version population_basis codebook"
    " headline caveats index_from rates_from marks attribution reading quotes code_version"
    " inputs_sha256 seeds findings actions disparity_caveats quality planted gate",
    gated="received index index_series beside published_association complaints deployments tactics"
    " themes association tiles withheld campaigns new_codebook restated completeness this_period"
    " uses_by_week about_taser persons alerts moved weighting reliability agreement groups"
    " small_areas funnels disparities fired complained profile starts disclosure accuracy",
)
TREATMENTS: dict[type, FieldTreatments] = {
    edition.Edition: EDITION_FIELDS,
    edition.SafeEdition: EDITION_FIELDS,
    figures.ReceivedCounts: treatments(
        plain="domain", gated="sampled open complaints open_voices complaint_voices"
    ),
    figures.Estimate: treatments(
        plain="domain stream method status", gated="n effective_n value standard_error low high"
    ),
    figures.Rate: treatments(
        plain="domain population method status", gated="events per_10_000 low high"
    ),
    figures.ThemeShare: treatments(
        plain="theme name stream domain status corrected labels method new meaning",
        gated="texts share net_sentiment low high machine_share voices voice_share"
        " voice_net_sentiment",
    ),
    figures.Association: treatments(
        plain="degrees areas periods verdict sentence caveats",
        digits="beta standard_error low high smallest_detectable",
        withheld="events",
    ),
    figures.SeriesPoint: treatments(plain="start", gated="estimate"),
    figures.BoroughTile: treatments(plain="area name short column row", gated="value standing"),
    figures.PerceptionComparison: treatments(
        plain="quarter_end item perception", gated="deployments"
    ),
    figures.SeriesMark: treatments(plain="day label"),
    figures.ThemeCodebookEffect: treatments(plain="theme name stream", gated="before after"),
    figures.RestatedFigure: treatments(plain="source area start end tactic", gated="was now"),
    figures.NewCodebook: treatments(plain="before reasons changes", gated="texts recoded"),
    sample.Weighting: treatments(
        plain="flag raked margins vintage joined",
        gated="invited answered response_rate n effective_n kish trimmed",
    ),
    sample.IndexReliability: treatments(
        plain="publishable", gated="n alpha low high omega item_rest"
    ),
    sample.GroupEstimate: treatments(plain="dimension category measure", gated="estimate"),
    sample.SmallAreaEstimate: treatments(plain="domain", gated="direct value low high own"),
    sample.ItemAgreement: treatments(plain="item text", gated="agree net"),
    funnels.Funnel: treatments(plain="measure", gated="target spots limits phi between"),
    funnels.FunnelPoint: treatments(plain="domain", gated="size value place"),
    funnels.FunnelLimits: treatments(gated="size low high lowest highest"),
    changes.ChangeDecomposition: treatments(
        plain="table figure domain unit", gated="was now answers restated recoded method"
    ),
    disparities.EditionRateRatio: treatments(gated="value low high"),
    disparities.EditionDisparity: treatments(
        plain="dimension code group reference benchmark people what since until status sentence",
        gated="events reference_events per_10_000 shown exact adjusted unknown tipping",
    ),
    disparities.FiredShare: treatments(
        plain="dimension group since until status", gated="drawn fired share low high p"
    ),
    disparities.VulnerableUses: treatments(plain="kind since", gated="period window typical"),
    alerts.Alert: treatments(
        plain="key rule level standing since until owner action",
        gated="domain sentence",
        digits="expected_a_year",
    ),
    campaigns.EditionCampaign: treatments(plain="id stream themes first last", gated="texts"),
    double_coding.AccuracyEstimate: treatments(plain="n", digits="value low high"),
    double_coding.Accuracy: treatments(plain="quarter labels", gated="alpha f1 tone_recall"),
    quotes.PrintedQuote: treatments(plain="id theme name stream domain words"),
    actions.Action: treatments(plain="id what owner due status agreed_on outcome"),
    deployments.PeriodDeployments: treatments(
        plain="since", gated="events low high cumulative before"
    ),
    deployments.WeeklyUses: treatments(plain="start", gated="tactics"),
    deployments.AllegationComplaints: treatments(plain="allegation", gated="rate median"),
    deployments.Completeness: treatments(plain="areas of_areas weeks of_weeks", gated="late"),
    deployments.QualityNote: treatments(plain="kind sentence"),
    deployments.EditionFinding: treatments(plain="sentence confidence so_what"),
    panels.LagEffect: treatments(plain="lag", digits="beta low high p"),
    panels.AlternativeEffect: treatments(plain="choice", digits="beta low high"),
    panels.EditionLagProfile: treatments(plain="sentence", gated="lags placebo otherwise"),
    panels.StartBin: treatments(plain="weeks", digits="effect low high"),
    panels.StartEffect: treatments(
        plain="day design strength sentence", digits="step low high", gated="bins"
    ),
    # The number of boroughs without complaints would distinguish blanks from zeros.
    panels.ComplaintRatio: treatments(
        plain="sentence",
        digits="ratio low high clustered_low clustered_high dispersion",
        withheld="areas left_out",
    ),
}


def with_named_fields_only(value: Any) -> Any:
    """The value with only the fields named above, at every depth."""
    if isinstance(value, msgspec.Struct):
        of = TREATMENTS.get(type(value), {})
        return type(value)(
            **{
                field.name: treated_value(getattr(value, field.name), of.get(field.name), field)
                for field in msgspec.structs.fields(value)
            }
        )
    if isinstance(value, tuple):
        return tuple(with_named_fields_only(one) for one in value if not is_unknown_struct(one))
    return value


def is_unknown_struct(value: Any) -> bool:
    return isinstance(value, msgspec.Struct) and type(value) not in TREATMENTS


def treated_value(value: Any, how: Treatment | None, field: msgspec.structs.FieldInfo) -> Any:
    if how == "digits":
        return significant_digits(value)
    if how in ("gated", "plain") and not is_unknown_struct(value):
        return with_named_fields_only(value)
    return empty_value(field.type, field.default)


def empty_value(of: Any, default: Any = msgspec.NODEFAULT) -> Any:
    """The value of a withheld field: its default, else the emptiest value of its type."""
    if default is not msgspec.NODEFAULT:
        return default
    origin, parts = typing.get_origin(of), typing.get_args(of)
    if origin in (typing.Union, types.UnionType):
        return None if types.NoneType in parts else empty_value(parts[0])
    if origin is Literal:
        return parts[0]
    if issubclass(origin or of, msgspec.Struct):
        return of(
            **{one.name: empty_value(one.type, one.default) for one in msgspec.structs.fields(of)}
        )
    return datetime.date.min if of is datetime.date else (origin or of)()
