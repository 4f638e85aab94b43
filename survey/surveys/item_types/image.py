"""A picture."""

from collections.abc import Sequence
from typing import ClassVar

from survey.surveys.item_types.doors import (
    BuilderField,
    Option,
    PartFields,
    XlsformRow,
    XlsformSource,
)
from survey.surveys.item_types.families import FileItem


class Image(FileItem, frozen=True, kw_only=True, tag="image"):
    """A picture, stored without the metadata that cameras add."""

    most_pixels: int | None = None

    builder_label: ClassVar[str] = "Picture"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("most_pixels", "Most pixels on the longer side", "whole",
                     wrong="a whole number, or leave it empty", advanced=True),
    )  # fmt: skip
    pictures_only: ClassVar[bool] = True
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "image", "photo", "add image prompt", "add photo prompt", "q picture", "q image",
    )  # fmt: skip

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        pixels = {"parameters": f"max-pixels={self.most_pixels}"} if self.most_pixels else {}
        return XlsformRow("image", pixels)

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        pixels = source.parameters.get("max-pixels", "")
        return {"most_pixels": int(pixels)} if pixels.isdigit() else {}
