"""The gallery: every component and every kind of chart in its states, for whoever designs them.

It is made from the macros and drawing functions of the pages, so that a change of one shows here.
"""

import anyio.to_thread
from litestar import get
from litestar.response import Template
from markupsafe import Markup

from api.editions.report import (
    AlertCard,
    FigureWord,
    KeyFigure,
    ReportCell,
    ReportTable,
    ReportTile,
    ReportVerdict,
)
from api.look import LOOK
from api.pages.staff.admin.gallery_charts import ARABIC, LONG, gallery_charts
from api.pages.staff.admin.health import draw_charts
from api.pages.work import FromPage, StaffPage

WITHHELD = ReportCell("withheld", withheld=True)
STATS = (
    KeyFigure(
        label="Perception index",
        window="4 weeks",
        value=ReportCell("59.7"),
        stream="sampled",
        change="Four weeks before: 59.1",
        interval="95% interval 57.0 to 62.4",
        base="1,570 residents answered",
        scale=(57.0, 59.7, 62.4),
    ),
    KeyFigure(label="People under 18", window="4 weeks", value=WITHHELD, base="Too few to show"),
    KeyFigure(
        label="People who wrote in",
        window="4 weeks",
        value=ReportCell("65"),
        stream="open",
        word=FigureWord("!", "Look at this", look=True),
    ),
)
ALERTS = tuple(
    AlertCard(
        level=level,
        level_said=said,
        standing=standing,
        standing_said=words,
        place=place,
        sentence="The index is far below what chance allows.",
        sign="▲",
        brief=("48; four weeks before: 57", "since 1 Nov 2026", "no owner yet"),
        facts=(("Now", "48"), ("Before", "57")),
    )
    for level, said, standing, words, place in (
        ("red", "Red", "new", "New", "Camden"),
        ("amber", "Amber", "continuing", "Continuing", LONG),
        ("data", "Data", "closed", "Closed", ARABIC),
    )
)
VERDICTS = (
    ReportVerdict(
        kind="found",
        label="Strong evidence",
        sentence="The index rose by 4 points.",
        facts=("95% interval 1.1 to 6.3.",),
    ),
    ReportVerdict(
        kind="inconclusive", label="No clear evidence", sentence="Nothing clearly changed."
    ),
)
TABLE = ReportTable(
    caption="A table of a report",
    head=("Area", "Answers", "Index"),
    rows=(
        (ReportCell("Barnet"), ReportCell("1,240"), ReportCell("60.1")),
        (ReportCell(LONG, under="a small area"), ReportCell("95"), WITHHELD),
        (ReportCell(ARABIC), ReportCell("310"), ReportCell("58.8")),
    ),
    note="Figures of fewer than 10 people are withheld.",
)
TILES = tuple(
    ReportTile(
        name=name, short=short, value=value, standing=standing, said=said, column=column, row=1
    )
    for column, (name, short, value, standing, said) in enumerate(
        (
            ("Hillingdon", "HIL", "48", "below", "below the limits"),
            ("Redbridge", "RDB", "60", "within", "within the limits"),
            ("Kingston upon Thames", "KIN", "71", "above", "above the limits"),
            ("Westminster", "WMN", "", "withheld", "withheld"),
        ),
        1,
    )
)
# What the page shows as if it had been typed and refused.
ERRORS = [("gallery-name", "Enter a name"), ("gallery-words", "Use 200 characters or fewer")]


@get("/work/gallery")
async def show_gallery(page: FromPage) -> Template:
    """With `direction=rtl` in its address the page runs from right to left."""
    named = list(gallery_charts())
    drawn = await anyio.to_thread.run_sync(draw_charts, named)
    return page.show(
        "admin/gallery",
        look=LOOK,
        charts=[(chart, Markup(drawn[name])) for name, chart in named],  # noqa: S704 - ours
        stats=STATS,
        alerts=ALERTS,
        verdicts=VERDICTS,
        report_table=TABLE,
        squares=TILES,
        errors=ERRORS,
        long=LONG,
        arabic=ARABIC,
        direction="rtl" if page.query.get("direction") == "rtl" else "ltr",
    )


PAGES = [StaffPage([show_gallery], linked_from="/work/service")]
