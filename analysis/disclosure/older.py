"""Protects editions that were stored before the gate withheld what it withholds today."""

import msgspec

from survey.editions.chapters.deployments import EditionFinding
from survey.editions.chapters.panels import ComplaintRatio
from survey.editions.edition import SafeEdition
from survey.editions.figures import Association

# Lines of the data quality log that named boroughs or gave exact counts.
REVEALING_LINES = frozenset({"silent_areas", "restated", "few_answers", "unscored"})
RANGE_WORDS = "that the weeks before would give"
FEW_BOROUGHS_WORDS = "Deployments in only"


def without_revealing_parts(kept: SafeEdition) -> SafeEdition:
    """The edition without what revealed small counts.

    Removed are the range made from exact counts, boroughs named for having none, the number of
    boroughs without complaints, and a hash of inputs that can be guessed.
    """
    now = kept.this_period
    return msgspec.structs.replace(
        kept,
        quality=tuple(line for line in kept.quality if line.kind not in REVEALING_LINES),
        this_period=now and msgspec.structs.replace(now, low=None, high=None),
        findings=tuple(one for one in kept.findings if not is_range_finding(one)),
        association=without_few_boroughs_caveat(kept.association),
        published_association=without_few_boroughs_caveat(kept.published_association),
        complained=without_refused_ratio(kept.complained),
        inputs_sha256="",
    )


def is_range_finding(finding: EditionFinding) -> bool:
    return RANGE_WORDS in finding.sentence


def without_few_boroughs_caveat(found: Association | None) -> Association | None:
    return found and msgspec.structs.replace(
        found,
        caveats=tuple(one for one in found.caveats if not one.startswith(FEW_BOROUGHS_WORDS)),
    )


def without_refused_ratio(found: ComplaintRatio | None) -> ComplaintRatio | None:
    """None if the ratio was refused: its sentence revealed how many boroughs had complaints."""
    return None if found is None or found.ratio is None else found
