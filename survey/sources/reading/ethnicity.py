"""Ethnicity as perceived by an officer and as self-defined: published words and our groups.

The two are different fields and are never merged. The groups are those of the census, so that
rates can be computed; Chinese belongs to Asian there.
"""

OFFICER_GROUPS = {
    "white": "ethnicity_officer:white",
    "black (or black british)": "ethnicity_officer:black",
    "asian (or asian british)": "ethnicity_officer:asian",
    "chinese": "ethnicity_officer:asian",
    "mixed": "ethnicity_officer:mixed",
    "other": "ethnicity_officer:other",
    "don't know": "ethnicity_officer:unknown",
    "not reported": "ethnicity_officer:unknown",
}
PERCEIVED = {word: group.partition(":")[2] for word, group in OFFICER_GROUPS.items()} | {
    "": "unknown"
}
# data.police.uk: the five words of an officer, and how each of a person's eighteen begins.
OFFICER = {
    "white": "white",
    "black": "black",
    "asian": "asian",
    "mixed": "mixed",
    "other": "other",
    "": "unknown",
}
# The first that fits counts, so 'not stated' comes before the 'other' that it begins with.
SELF_DEFINED = (
    ("other ethnic group - not stated", "unknown"),
    ("white", "white"),
    ("black", "black"),
    ("asian", "asian"),
    ("chinese", "asian"),
    ("mixed", "mixed"),
    ("other", "other"),
    ("not stated", "unknown"),
)


def self_defined_group(text: str) -> str | None:
    """The group of what a person said; None for words that are not in the list."""
    plain = text.casefold()
    if not plain:
        return "unknown"
    return next((group for words, group in SELF_DEFINED if plain.startswith(words)), None)
