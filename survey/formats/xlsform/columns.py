"""pyxform's names for types and columns of a form, and what they correspond to here."""

import re

from survey.formats.xlsform.writing import VARIABLE_PREFIX

YES = ("yes", "true", "true()")
NO = ("", "no", "false", "false()")
OWN = VARIABLE_PREFIX.rstrip(":")
TYPES = {
    "select one": "choice", "select all that apply": "choices", "rank": "rank", "text": "text",
    "string": "text", "phone number": "text", "integer": "whole", "int": "whole",
    "decimal": "decimal", "date": "date", "time": "time", "dateTime": "moment",
    "datetime": "moment", "range": "range", "acknowledge": "consent", "trigger": "consent",
    "note": "note", "photo": "image", "image": "image", "file": "file", "calculate": "calculate",
    "group": "group", "repeat": "repeat",
    # What forms of the first years call them.
    **dict.fromkeys(("add text prompt", "q string"), "text"),
    **dict.fromkeys(("add note prompt", "q note"), "note"),
    **dict.fromkeys(("add integer prompt", "q int"), "whole"),
    **dict.fromkeys(("add decimal prompt", "q decimal"), "decimal"),
    **dict.fromkeys(("add date prompt", "q date"), "date"),
    **dict.fromkeys(("date time", "add date time prompt", "add dateTime prompt"), "moment"),
    **dict.fromkeys(("q date time", "q dateTime"), "moment"),
    **dict.fromkeys(("add image prompt", "add photo prompt", "q picture", "q image"), "image"),
    **dict.fromkeys(("add acknowledge prompt", "q acknowledge"), "consent"),
    **dict.fromkeys(("add calculate prompt", "q calculate"), "calculate"),
    "add file prompt": "file", "percentage": "whole", "number of days in last month": "whole",
    "number of days in last six months": "whole", "number of days in last year": "whole",
}  # fmt: skip
# The least and the most of types that have their own limits.
BOUNDS = {
    "percentage": (0, 100), "number of days in last month": (0, 31),
    "number of days in last six months": (0, 183), "number of days in last year": (0, 365),
}  # fmt: skip
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
WITHOUT_LABEL = ("group", "repeat", "calculate", "foreign")
QUIET = frozenset(
    {
        "type", "name", "label", "hint", "bind", "control", "children", "choices", "itemset",
        "list_name", "parameters", "default", "choice_filter", "query", "_dynamic_default",
        "actions", OWN,
    }
)  # fmt: skip
DIGITS = r"regex(., '^\d*$')"  # pyxform's own constraint on phone numbers
PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s,;]+)")
TABLE_LABEL = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
