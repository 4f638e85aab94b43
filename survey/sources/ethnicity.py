"""Ethnicity as an officer perceived it: the words of the published tables, and our groups.

The groups are those of the census, so that a rate can be told; Chinese belongs to Asian there.
"""

GROUPS = {
    "white": "ethnicity_officer:white",
    "black (or black british)": "ethnicity_officer:black",
    "asian (or asian british)": "ethnicity_officer:asian",
    "chinese": "ethnicity_officer:asian",
    "mixed": "ethnicity_officer:mixed",
    "other": "ethnicity_officer:other",
    "don't know": "ethnicity_officer:unknown",
    "not reported": "ethnicity_officer:unknown",
}
