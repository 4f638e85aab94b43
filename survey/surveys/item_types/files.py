"""Files and pictures that people send with their answers."""

import re
from collections.abc import Sequence
from typing import ClassVar

from survey.surveys.item_types import answers
from survey.surveys.item_types.base import Item

FILE_SECONDS = 45


ATTACHED = re.compile(r"[a-z2-7]{26}")  # 128 random bits in base32


class FileItem(Item, frozen=True, kw_only=True):
    """A question that is answered with a file, by the identifier under which it was uploaded."""

    missing: ClassVar[str] = "file"
    field_shape: ClassVar[answers.FieldShape] = "file"
    pictures_only: ClassVar[bool] = False

    def stored_answer(self, answer: answers.Answer, around: answers.DayAndCity) -> answers.Answer:
        if not isinstance(answer, str) or not ATTACHED.fullmatch(answer):
            raise ValueError("needs the id of a file that was sent before")
        return answer

    def trial_answer(self, *, most: bool) -> answers.Answer:
        return "a" * 26

    def seconds(self) -> int:
        return FILE_SECONDS


class File(FileItem, frozen=True, kw_only=True, tag="file"):
    """A document, or a picture; in a complaint also a recording."""

    builder_label: ClassVar[str] = "File"
    xlsform_type: ClassVar[str] = "file"
    xlsform_types: ClassVar[tuple[str, ...]] = ("file", "add file prompt")


class Image(FileItem, frozen=True, kw_only=True, tag="image"):
    """A picture, stored without the metadata that cameras add."""

    most_pixels: int | None = None

    builder_label: ClassVar[str] = "Picture"
    builder_fields: ClassVar[tuple[answers.BuilderField, ...]] = (
        answers.BuilderField("most_pixels", "Most pixels on the longer side", "whole",
                     wrong="a whole number, or leave it empty", advanced=True),
    )  # fmt: skip
    pictures_only: ClassVar[bool] = True
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "image", "photo", "add image prompt", "add photo prompt", "q picture", "q image",
    )  # fmt: skip

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        pixels = {"parameters": f"max-pixels={self.most_pixels}"} if self.most_pixels else {}
        return answers.XlsformRow("image", pixels)

    @classmethod
    def fields_from_xlsform(cls, source: answers.XlsformSource) -> answers.PartFields:
        pixels = source.parameters.get("max-pixels", "")
        return {"most_pixels": int(pixels)} if pixels.isdigit() else {}
