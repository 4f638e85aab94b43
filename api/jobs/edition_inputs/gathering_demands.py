"""Loads the texts about demands, with the stances that people and the machine found in them."""

import datetime
from collections.abc import Sequence

import numpy as np

from analysis.coding.stances import DemandTexts, StanceTexts
from analysis.statistics.sampling.variance import Ints
from survey.coding.demands import STANCES, Stance
from survey.store.coding import demands, stances
from survey.store.coding.stances import StanceText
from survey.store.database import Connection

Instants = tuple[datetime.datetime, datetime.datetime]

LOOK_BACK = datetime.timedelta(weeks=52)


async def demand_inputs(connection: Connection, inside: Instants) -> list[DemandTexts]:
    """Each demand that editions report, the first one opened first."""
    reported = [one for one in await demands.load_all(connection) if one.reported_by]
    found = []
    for one in reversed(reported):
        head = await stances.find_head(connection, one.id)
        found.append(
            DemandTexts(
                id=one.id,
                sentence=one.sentence,
                texts=await load_stance_arrays(connection, one.id, inside),
                accuracy=head.accuracy if head else None,
            )
        )
    return found


async def load_stance_arrays(connection: Connection, demand: str, inside: Instants) -> StanceTexts:
    """The texts about a demand that were received between two instants."""
    return stance_arrays(await stances.load_stance_texts(connection, demand, *inside))


def stance_arrays(rows: Sequence[StanceText]) -> StanceTexts:
    campaigns = sorted({row.campaign for row in rows if row.campaign})
    number = {campaign: i for i, campaign in enumerate(campaigns)}
    return StanceTexts(
        stream=np.array([row.stream for row in rows], dtype=np.str_),
        weight=np.array([1 / (row.probability or 1.0) for row in rows], dtype=np.float64),
        stratum=np.array([row.stratum or "" for row in rows], dtype=np.str_),
        psu=np.array([row.psu or "" for row in rows], dtype=np.str_),
        campaign=np.array([number.get(row.campaign or "", -1) for row in rows], dtype=np.int64),
        own=np.array([row.own for row in rows], dtype=np.bool_),
        chance=np.array([row.chance for row in rows], dtype=np.float64),
        read=stance_places([row.read for row in rows]),
        said=stance_places([row.said for row in rows]),
    )


def stance_places(stances: Sequence[Stance | None]) -> Ints:
    """Places in `STANCES`, -1 for none."""
    return np.array([STANCES.index(one) if one else -1 for one in stances], dtype=np.int64)
