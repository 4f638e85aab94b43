"""Functions that misbehave in a child process, and files that make parsers misbehave."""

import io
import os
import pathlib
import sys
import zipfile

import python_calamine

from survey.files.refusals import unreadable_file
from tests.files.spreadsheets import ods


def take_memory(size):
    return len(b" " * size)


def spin():
    while True:
        pass


def refuse():
    raise unreadable_file("a.ods", "a spreadsheet", "nothing")


def fail():
    raise KeyError("where it stood")


def print_first():
    print("what a library prints is no answer")  # noqa: T201
    sys.stdout.flush()
    return "answer"


def get_environment():
    return dict(os.environ)


def write_file(path):
    pathlib.Path(path).write_text("words")


def give_function():
    return os.system


def open_unchecked(content):
    """What the spreadsheet library alone, without our checks, does with a workbook."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    return [
        book.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in book.sheet_names
    ]


def wide_and_high():
    """A workbook of some 771 bytes: one filled cell in column 16,001, below 90,000 empty rows."""
    row = b"<table:table-row>"
    empty = b'<table:table-row table:number-rows-repeated="90000"/>'
    far = row + b'<table:table-cell table:number-columns-repeated="16000"/>'
    return repacked_archive(ods(Sheet=[["a"]]), lambda text: text.replace(row, empty + far))


def repacked_archive(content, change, part="content.xml"):
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, change(text) if name == part else text)
    return changed.getvalue()


def with_a_false_size(content, part="content.xml"):
    """The same archive, with a directory entry that says a part is empty when unpacked."""
    changed = bytearray(content)
    entry = content.index(b"PK\1\2")
    while not content[entry + 46 :].startswith(part.encode()):
        entry = content.index(b"PK\1\2", entry + 4)
    changed[entry + 24 : entry + 28] = bytes(4)
    return bytes(changed)
