"""pyxform's names for types and columns of a form, and what they correspond to here."""

import re

from survey.formats.xlsform.writing import VARIABLE_PREFIX
from survey.surveys.item_types import PART_TYPES, InstrumentPart, Item

YES = ("yes", "true", "true()")
NO = ("", "no", "false", "false()")
OWN = VARIABLE_PREFIX.rstrip(":")
PartType = type[InstrumentPart]
# Which type of ours each type of row is read as.
TYPES: dict[str, PartType] = {
    word: kind for kind in PART_TYPES.values() for word in kind.xlsform_types
}
# What only a phone or another program can ask: it stays in the form, but is never asked or stored.
ELSEWHERE = {
    **dict.fromkeys(
        ("deviceid", "uri:deviceid", "simserial", "uri:simserial", "imei", "device id", "sim id",
         "get device id", "get sim id"),
        "it would identify a phone",
    ),
    **dict.fromkeys(
        ("phonenumber", "uri:phonenumber", "subscriberid", "username", "email", "uri:username",
         "uri:email", "uri:subscriberid", "subscriber id", "get subscriber id", "get phone number"),
        "it would identify a person",
    ),
    **dict.fromkeys(
        ("start", "end", "start time", "end time", "get start time", "get end time"),
        "times of answers are saved to the hour",
    ),
    **dict.fromkeys(("today", "get today"), "the day of an answer is saved anyway"),
    "audit": "it would follow a person's every move",
    **dict.fromkeys(
        ("geopoint", "gps", "location", "geotrace", "geoshape", "start-geopoint",
         "background-geopoint", "add location prompt", "q location", "q geopoint", "q geotrace",
         "q geoshape"),
        "an exact place could identify a person",
    ),
    **dict.fromkeys(
        ("barcode", "add barcode prompt", "q barcode"), "it needs the camera of a phone"
    ),
    "hidden": "another program fills it",
    **dict.fromkeys(
        ("audio", "video", "background-audio", "add audio prompt", "add video prompt", "q audio",
         "q video"),
        "recordings are not accepted here",
    ),
}  # fmt: skip
NOWHERE = {
    "osm": "there is no map here",
    **dict.fromkeys(("csv-external", "xml-external"), "a file of data cannot be added here"),
}
BINDS = {
    "relevant": "relevant", "constraint": "constraint", "calculate": "calculation",
    "jr:constraintMsg": "constraint_message", "jr:requiredMsg": "required_message",
}  # fmt: skip
BOUND = frozenset({*BINDS, "required", "readonly", "orx:max-pixels"})
SHOWN = frozenset({"appearance", "jr:count", "start", "end", "step", "max-pixels"})
FILES = (".geojson", ".xml")  # lists of answers that cannot be read
CALCULATED = ("type", "name", "text", "relevant", "calculation")
QUIET = frozenset(
    {
        "type", "name", "label", "hint", "bind", "control", "children", "choices", "itemset",
        "list_name", "parameters", "default", "choice_filter", "query", "_dynamic_default",
        "actions", OWN,
    }
)  # fmt: skip
PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s,;]+)")
TABLE_LABEL = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")


def has_label(known: PartType) -> bool:
    """Whether a row of a type is a question or a note, which have words of their own."""
    return issubclass(known, Item) and known.is_shown
