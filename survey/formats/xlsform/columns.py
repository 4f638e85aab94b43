"""What pyxform calls the types and columns of a form, and what each is here."""

import re

from survey.formats.xlsform.writing import OURS

YES = ("yes", "true", "true()")
NO = ("", "no", "false", "false()")
OWN = OURS.rstrip(":")
TYPES = {
    "select one": "choice", "select all that apply": "choices", "rank": "rank", "text": "text",
    "string": "text", "phone number": "text", "integer": "whole", "int": "whole",
    "decimal": "decimal", "date": "date", "time": "time", "dateTime": "moment",
    "datetime": "moment", "range": "range", "acknowledge": "consent", "trigger": "consent",
    "note": "note", "photo": "image", "image": "image", "file": "file", "calculate": "calculate",
    "group": "group", "repeat": "repeat",
}  # fmt: skip
# What only a phone or another program can give. It is carried, never asked and never kept here.
ELSEWHERE = {
    **dict.fromkeys(("deviceid", "uri:deviceid", "simserial"), "it would identify a phone"),
    **dict.fromkeys(
        ("phonenumber", "uri:phonenumber", "subscriberid", "username", "email"),
        "it would identify a person",
    ),
    **dict.fromkeys(("start", "end"), "times of answers are saved to the hour"),
    "today": "the day of an answer is saved anyway",
    "audit": "it would follow a person's every move",
    **dict.fromkeys(
        ("geopoint", "gps", "location", "geotrace", "geoshape"),
        "an exact place could identify a person",
    ),
    "barcode": "it needs the camera of a phone",
    "hidden": "another program fills it",
    **dict.fromkeys(("audio", "video"), "recordings are not accepted here"),
}
BINDS = {
    "relevant": "relevant", "constraint": "constraint", "calculate": "calculation",
    "jr:constraintMsg": "constraint_message", "jr:requiredMsg": "required_message",
}  # fmt: skip
BOUND = frozenset({*BINDS, "required", "readonly", "orx:max-pixels"})
SHOWN = frozenset({"appearance", "jr:count", "start", "end", "step", "max-pixels"})
FILES = (".geojson", ".xml")  # lists of answers that cannot be read
CALCULATED = ("type", "name", "text", "relevant", "calculation")
HOLDING = ("group", "repeat", "calculate", "foreign")
QUIET = frozenset(
    {
        "type", "name", "label", "hint", "bind", "control", "children", "choices", "itemset",
        "list_name", "parameters", "default", "choice_filter", "query", OWN,
    }
)  # fmt: skip
DIGITS = r"regex(., '^\d*$')"  # what pyxform holds every phone number to
PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s,;]+)")
TABLE_LABEL = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
