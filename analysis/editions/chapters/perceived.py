"""The chapters on the sample and on what residents think."""

import datetime
from typing import Any

from analysis.editions import perception, reliability
from analysis.editions.chapters import (
    agreement,
    groups,
    index,
    panels,
    sample,
    small_areas,
    starts,
)
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from survey.editions.edition import Edition


def chapter_fields(
    material: EditionInputs, asked: Respondents, pilot: datetime.date
) -> dict[str, Any]:
    """Fields that every edition has about the survey; a monthly one has more."""
    panel = len(material.sampled) and not asked.apart
    always = {
        "index": index.index_estimates(material, asked),
        "index_series": index.index_points(material),
        "tiles": index.borough_tiles(material, asked),
        "association": perception.index_association(material) if panel else None,
        "weighting": sample.window_weighting(material, asked),
        "reliability": asked.reliable,
    }
    if material.kind == "weekly":
        return always
    found = always | {
        "agreement": agreement.item_agreement(material, asked),
        "groups": groups.group_estimates(asked),
    }
    return found | model_fields(material, asked, pilot) if panel else found


def model_fields(
    material: EditionInputs, asked: Respondents, pilot: datetime.date
) -> dict[str, Any]:
    """What needs the index and a model: small areas, lags, the start of a pilot."""
    lags = panels.edition_lag_profile(material)
    return {
        "small_areas": small_areas.small_area_estimates(material, asked),
        "profile": lags,
        "starts": starts.pilot_starts(material, pilot),
        "seeds": panels.used_seeds(lags),
    }


def sample_caveats(safe: Edition) -> tuple[str, ...]:
    """What a reader must know of these chapters."""
    apart = safe.reliability is not None and not safe.reliability.publishable
    return (
        *((reliability.HELD_BACK,) if apart else ()),
        *((small_areas.SENTENCE,) if safe.small_areas else ()),
    )
