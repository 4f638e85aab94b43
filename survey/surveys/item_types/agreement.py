"""One statement with five points, from disagreement to agreement."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from survey.surveys.item_types.doors import (
    BuilderField,
    Option,
    PartFields,
    Wording,
    XlsformRow,
    options_in,
)
from survey.surveys.item_types.families import LikertItem, without_options


class Agreement(LikertItem, frozen=True, kw_only=True, tag="agreement"):
    """A five-point Likert item, 1 (lowest label) to 5; `reverse` if 5 is the negative end."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    reverse: bool = False

    builder_label: ClassVar[str] = "Agreement, five points"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("reverse", "Agreeing is negative", "tick"),
    )
    offers_dont_know: ClassVar[bool] = True
    shares_tables: ClassVar[Literal["", "always", "on table pages"]] = "always"

    def likert_rows(self) -> dict[str, bool]:
        return {self.name: self.reverse}

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(
            "select_one",
            {"appearance": self.appearance or "likert"},
            list_name=self.name,
            options=self.point_options(),
        )

    @classmethod
    def own_xlsform_fields(cls, fields: PartFields, reverse: frozenset[str]) -> PartFields:
        """The fields of the question, with the options of the list as the labels of its five
        points.
        """
        looks = fields.get("appearance", "")
        return without_options(fields) | {
            # After the five points come the options of not answering.
            "labels": [option.text for option in options_in(fields)[:5]],
            "appearance": "" if looks == "likert" else looks,
        }
