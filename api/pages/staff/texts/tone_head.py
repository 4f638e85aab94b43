"""A person lets the machine learn tone from labels, and goes back to the tone as shipped."""

from typing import Any

import msgspec
from litestar import Response, post

from api.formatting import (
    format_range,
    format_share,
    format_short_day,
    format_signed,
    format_whole,
)
from api.pages.registry import StaffPage
from api.pages.staff.texts.double_coding import BASE, TONES, label_sentences
from api.pages.work import FromPage
from api.process.installation import import_lock
from survey.store import jobs
from survey.store.coding import tone_heads
from survey.store.coding.tone_heads import LearnedHead
from survey.store.database import Connection
from survey.themes.double_coding import STREAMS, AccuracyEstimate
from survey.themes.tone_heads import (
    CurvePoint,
    LabelCurve,
    ToneReading,
    changed_tone_reading,
    useless_tone_head,
)

ADDRESS = f"{BASE}/tone"
STREAM_NAMES = {
    "sampled": "Residents we asked",
    "open": "People who wrote in",
    "complaints": "People who complained",
}


class GainRow(msgspec.Struct, frozen=True):
    """A line of the table of what a head earns: its name, labels, recall before and after."""

    name: str
    labels: int
    before: str
    after: str


class ToneHeadSection(msgspec.Struct, frozen=True, kw_only=True):
    """What the results page says of the newest head and of how tone is read now."""

    reading: ToneReading
    newest: LearnedHead | None
    learned_on: str
    rows: list[GainRow]
    gain: str
    changed: str
    sure: list[str]
    unsure: list[str]
    earns: list[str]
    curve: list[tuple[str, str]]
    is_learning: bool
    is_rereading: bool

    @property
    def in_force(self) -> bool:
        """Whether the newest head is the one that reads tone."""
        return self.newest is not None and self.reading.head == self.newest.number


async def load_section(connection: Connection) -> ToneHeadSection:
    newest = await tone_heads.find_newest(connection)
    reading = await tone_heads.find_reading(connection)
    waiting = await jobs.load_pending(connection, ["learn_tone", "reread_tones"])
    coming = {one.kind for one in waiting}
    checked: set[str] = set()
    if newest:
        head = await tone_heads.get_head(connection, newest.number)
        checked = {one.stream for one in head.confidences}
    return ToneHeadSection(
        reading=reading,
        newest=newest,
        learned_on=format_short_day(newest.fitted_at) if newest else "",
        rows=gain_rows(newest) if newest else [],
        gain=points_text(newest.checked.gain) if newest else "",
        changed=format_share(newest.checked.changed) if newest else "",
        sure=[STREAM_NAMES[one] for one in STREAMS if one in checked],
        unsure=[STREAM_NAMES[one] for one in STREAMS if one not in checked],
        earns=label_sentences(newest.curves) if newest else [],
        curve=curve_rows(newest.curves[0]) if newest and newest.curves else [],
        is_learning="learn_tone" in coming,
        is_rereading="reread_tones" in coming,
    )


def gain_rows(newest: LearnedHead) -> list[GainRow]:
    checked = newest.checked
    return [
        GainRow(
            "All texts", checked.after.n, recall_text(checked.before), recall_text(checked.after)
        ),
        *(
            GainRow(
                {**TONES, **STREAM_NAMES}[one.name],
                one.after.n,
                recall_text(one.before),
                recall_text(one.after),
            )
            for one in (*checked.tones, *checked.streams)
        ),
    ]


def curve_rows(whole: LabelCurve) -> list[tuple[str, str]]:
    """The recall of all texts by the number of labels: as shipped, measured, then expected."""
    last = whole.expected[-1]
    return [
        ("As shipped", f"{whole.shipped:.2f}"),
        *((f"{format_whole(one.labels)} labels", point_text(one)) for one in whole.measured),
        (f"{format_whole(last.labels)} labels, expected", point_text(last)),
    ]


def point_text(one: CurvePoint) -> str:
    return f"{one.recall:.2f} ({format_range(f'{one.low:.2f}', f'{one.high:.2f}')})"


def recall_text(one: AccuracyEstimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "no figure"
    return f"{one.value:.2f} ({format_range(f'{one.low:.2f}', f'{one.high:.2f}')})"


def points_text(gain: AccuracyEstimate) -> str:
    """A difference of recalls in points, with its interval."""
    if gain.value is None or gain.low is None or gain.high is None:
        return "no figure"
    value, low, high = (format_signed(100 * one) for one in (gain.value, gain.low, gain.high))
    return f"{value} points ({low} to {high})"


@post(f"{ADDRESS}/learn")
async def learn_tone(page: FromPage) -> Response[Any]:
    """Ask for a head that is learned from the labels as they are now."""
    async with page.write("tone head asked for", "") as connection:
        await jobs.enqueue_unless_waiting(connection, "learn_tone", "asked")
    return page.to(f"{BASE}/results", "learning#tone")


@post(ADDRESS)
async def change_reading(page: FromPage) -> Response[Any]:
    """Read tone by the newest head, or as shipped: from now on, and the last year's texts again."""
    with import_lock("api.jobs.texts.second_readings"):
        from api.jobs.texts import second_readings

    after = int(page.form["after"]) if page.form["after"].isdecimal() else -1
    number = int(page.form["head"]) if page.form["head"].isdecimal() else None
    act = "tone head switched on" if number else "tone head switched off"
    newest = await page.load(tone_heads.find_newest)
    if number is not None:
        check_head(newest, number)
    detail = {"labels": newest.labels, "recall": points_text(newest.checked.gain)} if newest else {}
    async with page.write(act, str(after + 1), detail if number else None) as connection:
        await second_readings.switch_tone_head(connection, number, after=after, by=page.person.id)
    return page.to(f"{BASE}/results?done={'head' if number else 'shipped'}#tone")


def check_head(newest: LearnedHead | None, number: int) -> None:
    """Refuses a head that is not the newest, or reads no better than what is in force."""
    if newest is None or not newest.checked.beats:
        raise useless_tone_head()
    if newest.number != number:
        raise changed_tone_reading()


PAGES = [StaffPage([learn_tone, change_reading], linked_from=f"{BASE}/results")]
