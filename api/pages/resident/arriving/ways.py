"""Counts by which short link people came: how many began and how many sent, and of nobody who.

The way is carried in the form of the first page and then in the draft. No cookie holds it, and it
is gone with the draft when the answers are sent.
"""

from api import clock
from api.jobs import kinds
from api.operations.answers.kiosks import WayAct, WayCounts
from api.pages.resident.questionnaire.walking import Walk
from api.pages.templating import AnyRequest

FIELD = "way"


def start_address(walk: Walk) -> str:
    """The first page, by the way on which this person came before."""
    way = walk.draft.way if walk.draft else ""
    return f"{walk.base}?{FIELD}={way}" if way else walk.base


def count_way(request: AnyRequest, slug: str, way: str, act: WayAct) -> None:
    """Count that somebody began or sent; the database hears of it within a minute."""
    counts: WayCounts = request.app.state.way_counts
    counts.add(slug, kinds.this_week(clock.today()), way, act)
