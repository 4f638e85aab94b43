"""Editions that were kept before the gate withheld what it withholds today."""

import msgspec

from survey.editions import Safe
from survey.panels import Complained
from survey.reports import Association
from survey.weeks import Finding

# Lines of the log of quality that named boroughs, or gave exact counts.
LINES = frozenset({"silent_areas", "restated", "few_answers", "unscored"})
OF_THE_RANGE = "that the weeks before would give"
OF_FEW_BOROUGHS = "Deployments in only"


def without_what_told(kept: Safe) -> Safe:
    """Without what gave small counts away: the range of exact counts, boroughs that were named for
    having none, how many boroughs had no complaint, a hash of inputs that can be guessed."""
    now = kept.this_period
    return msgspec.structs.replace(
        kept,
        quality=tuple(line for line in kept.quality if line.kind not in LINES),
        this_period=now and msgspec.structs.replace(now, low=None, high=None),
        findings=tuple(one for one in kept.findings if not is_of_the_range(one)),
        association=association(kept.association),
        published_association=association(kept.published_association),
        complained=complaint_ratio_chapter(kept.complained),
        inputs_sha256="",
    )


def is_of_the_range(finding: Finding) -> bool:
    return OF_THE_RANGE in finding.sentence


def association(found: Association | None) -> Association | None:
    return found and msgspec.structs.replace(
        found,
        caveats=tuple(one for one in found.caveats if not one.startswith(OF_FEW_BOROUGHS)),
    )


def complaint_ratio_chapter(found: Complained | None) -> Complained | None:
    """The sentence of one that was refused told of how many boroughs complaints came."""
    return None if found is None or found.ratio is None else found
