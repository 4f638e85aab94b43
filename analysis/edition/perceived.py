"""The chapters about the sample and what residents think, as an edition holds them."""

import datetime
from typing import Any

from analysis import perception
from analysis.edition import (
    agreement,
    by_borough,
    groups,
    profile,
    reliability,
    small_areas,
    starts,
    weighting,
)
from analysis.edition.respondents import Respondents
from analysis.material import Material
from survey.editions import Edition


def parts(material: Material, asked: Respondents, pilot: datetime.date) -> dict[str, Any]:
    """What every edition tells of the survey; a month's tells the rest too."""
    panel = len(material.sampled) and not asked.apart
    always = {
        "index": by_borough.index(material, asked),
        "index_series": by_borough.series(material),
        "tiles": by_borough.tiles(material, asked),
        "association": perception.panel(material) if panel else None,
        "weighting": weighting.of(material, asked),
        "reliability": asked.reliable,
    }
    if material.kind == "weekly":
        return always
    found = always | {"agreement": agreement.of(material, asked), "groups": groups.of(asked)}
    return found | by_models(material, asked, pilot) if panel else found


def by_models(material: Material, asked: Respondents, pilot: datetime.date) -> dict[str, Any]:
    """What rests on the index and a model: small areas, lags, the start of a pilot."""
    lags = profile.of(material)
    return {
        "small_areas": small_areas.of(material, asked),
        "profile": lags,
        "starts": starts.of(material, pilot),
        "seeds": profile.seeds(lags),
    }


def caveats(safe: Edition) -> tuple[str, ...]:
    """What a reader must know of these chapters."""
    apart = safe.reliability is not None and not safe.reliability.publishable
    return (
        *((reliability.HELD_BACK,) if apart else ()),
        *((small_areas.SENTENCE,) if safe.small_areas else ()),
    )
