"""Editions in a list: one sentence and a small picture each, and all of them as an Atom feed."""

import datetime
from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec

from api.editions.areas import area_tiles
from api.editions.report import ReportTile
from api.locales import edition_gettext as _
from api.locales import format_day, format_number, format_sentence, format_whole
from survey.editions import Edition

ATOM = "http://www.w3.org/2005/Atom"
NEVER = "1970-01-01T00:00:00+00:00"


class IndexSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The city's perception index with its interval, and the days that it covers."""

    value: str
    low: str
    high: str
    answers: str
    start: datetime.date
    end: datetime.date


class EditionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An edition in a list; `sentence` is the first of its headline, `lead` what it says first of
    all if it does, both in English.

    `index` and `uses` (of a week) are None if they are withheld or do not exist.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    label: str
    period: str
    sentence: str
    index: IndexSummary | None
    uses: str | None
    squares: tuple[ReportTile, ...]
    lead: str = ""

    @property
    def address(self) -> str:
        return f"/reports/{self.kind}/{self.start}"

    @property
    def key(self) -> tuple[datetime.date, str, int]:
        """The cursor after which the next page of a list starts."""
        return self.start, self.kind, self.number


def edition_summary(edition: Edition, label: str) -> EditionSummary:
    this_week = edition.this_period if edition.kind == "weekly" else None
    events = this_week.events if this_week else None
    return EditionSummary(
        kind=edition.kind,
        start=edition.start,
        end=edition.end,
        number=edition.number,
        city=edition.city,
        label=label,
        period=days_in_words(edition.start, edition.end),
        sentence=format_sentence(edition.headline[0]) if edition.headline else "",
        index=index_summary(edition),
        uses=format_whole(events) if events else None,
        squares=area_tiles(edition) if edition.index else (),
        lead=format_sentence(edition.lead[0]) if edition.lead else "",
    )


def days_in_words(start: datetime.date, end: datetime.date) -> str:
    """A range of days; the month and year appear once if they are the same."""
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = format_day(start).rsplit(" ", 1)[0]
    else:
        first = format_day(start)
    return _("{first} to {last}").format(first=first, last=format_day(end))


def index_summary(edition: Edition) -> IndexSummary | None:
    for estimate in edition.index:
        if estimate.domain == edition.city and not (
            estimate.value is None or estimate.low is None or estimate.high is None
        ):
            return IndexSummary(
                value=format_number(estimate.value),
                low=format_number(estimate.low),
                high=format_number(estimate.high),
                answers=format_whole(estimate.n or 0),
                start=edition.index_from or edition.start,
                end=edition.end,
            )
    return None


class FeedEntry(msgspec.Struct, frozen=True):
    """An edition in the feed; `changed_at` is when it was published, or withdrawn."""

    summary: EditionSummary
    changed_at: datetime.datetime
    withdrawn: bool


def render_feed(entries: Sequence[FeedEntry], base: str) -> bytes:
    """The feed, with addresses that begin with `base`."""
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    changed = (entry.changed_at.isoformat() for entry in entries)
    add(root, "title", _("Soundings: reports"))
    add(root, "id", f"{base}/reports")
    add(root, "updated", max(changed, default=NEVER))
    add(root, "link", href=f"{base}/reports/feed.xml", rel="self", type="application/atom+xml")
    add(root, "link", href=f"{base}/reports", rel="alternate", type="text/html")
    add(add(root, "author"), "name", "Soundings")
    for report in entries:
        address = f"{base}{report.summary.address}?number={report.summary.number}"
        entry = add(root, "entry")
        summary = report.summary
        weekly = summary.kind == "weekly"
        title = _("Weekly report, {label}") if weekly else _("Monthly report, {label}")
        number = _("edition {number}").format(number=summary.number) if summary.number > 1 else ""
        title_withdrawn = _("withdrawn") if report.withdrawn else ""
        add(
            entry,
            "title",
            ", ".join(filter(None, (title.format(label=summary.label), number, title_withdrawn))),
        )
        add(entry, "id", address)
        add(entry, "link", href=address, rel="alternate", type="text/html")
        add(entry, "updated", report.changed_at.isoformat())
        # A withdrawn edition is news too: readers may have cited it.
        withdrawn = _("The working group has withdrawn this report. Its page says why.")
        add(entry, "summary", withdrawn if report.withdrawn else report.summary.sentence)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def add(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element
