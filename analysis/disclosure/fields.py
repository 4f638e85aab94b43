"""How each field of an edition is treated; a field that is not named is published empty."""

import datetime
import types
import typing
from collections.abc import Mapping
from typing import Literal

import msgspec

from analysis.disclosure.counts import significant_digits
from survey.editions import figures
from survey.editions.counted_days import CountedDays

# 'gated': a figure that a function of this folder has passed. 'plain': which, when, where, how, and
# words chosen from published figures; nothing about a person. 'digits': a figure from all cells
# together, to three digits. 'withheld': published empty, though other parts of the product use it.
Treatment = Literal["gated", "plain", "digits", "withheld"]
FieldTreatments = Mapping[str, Treatment]


def treatments(**of: str) -> dict[str, Treatment]:
    """Treatment by field, from the fields of each treatment as words in one string."""
    found = {field: how for how, words in of.items() for field in words.split()}
    return typing.cast("dict[str, Treatment]", found)


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
            with_named_fields_only(one, of) for one in value if not is_unknown_struct(one, of)
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
        return significant_digits(value)
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
            **{one.name: empty_value(one.type, one.default) for one in msgspec.structs.fields(kind)}
        )
    return datetime.date.min if kind is datetime.date else kind()
