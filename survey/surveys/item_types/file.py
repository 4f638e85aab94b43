"""A document."""

from typing import ClassVar

from survey.surveys.item_types.families import FileItem


class File(FileItem, frozen=True, kw_only=True, tag="file"):
    """A document, or a picture; in a complaint also a recording."""

    builder_label: ClassVar[str] = "File"
    xlsform_type: ClassVar[str] = "file"
    xlsform_types: ClassVar[tuple[str, ...]] = ("file", "add file prompt")
