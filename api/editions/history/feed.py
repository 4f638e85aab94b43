"""Published editions as an Atom feed (RFC 4287)."""

import datetime
from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec

from api.editions.summary import EditionSummary
from api.translating import edition_gettext as _

ATOM = "http://www.w3.org/2005/Atom"
NEVER = "1970-01-01T00:00:00+00:00"


class FeedEntry(msgspec.Struct, frozen=True):
    """An edition in the feed; `changed_at` is when it was published, or withdrawn."""

    summary: EditionSummary
    changed_at: datetime.datetime
    withdrawn: bool


def render_feed(entries: Sequence[FeedEntry], base: str) -> bytes:
    """The feed, with addresses that begin with `base`."""
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    changed = (one.changed_at.isoformat() for one in entries)
    add(root, "title", _("Soundings: reports"))
    add(root, "id", f"{base}/reports")
    add(root, "updated", max(changed, default=NEVER))
    add(root, "link", href=f"{base}/reports/feed.xml", rel="self", type="application/atom+xml")
    add(root, "link", href=f"{base}/reports", rel="alternate", type="text/html")
    add(add(root, "author"), "name", "Soundings")
    for one in entries:
        add_entry(root, one, base)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def add_entry(root: ElementTree.Element, one: FeedEntry, base: str) -> None:
    address = f"{base}{one.summary.address}?number={one.summary.number}"
    entry = add(root, "entry")
    add(entry, "title", entry_title(one))
    add(entry, "id", address)
    add(entry, "link", href=address, rel="alternate", type="text/html")
    add(entry, "updated", one.changed_at.isoformat())
    # A withdrawn edition is news too: readers may have cited it.
    withdrawn = _("The working group has withdrawn this report. Its page says why.")
    add(entry, "summary", withdrawn if one.withdrawn else one.summary.sentence)


def entry_title(one: FeedEntry) -> str:
    summary = one.summary
    weekly = summary.kind == "weekly"
    title = _("Weekly report, {label}") if weekly else _("Monthly report, {label}")
    number = _("edition {number}").format(number=summary.number) if summary.number > 1 else ""
    withdrawn = _("withdrawn") if one.withdrawn else ""
    return ", ".join(filter(None, (title.format(label=summary.label), number, withdrawn)))


def add(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element
