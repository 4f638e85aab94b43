"""The calendar of reports: what is published and what is expected, on the page and as a file.

Only the schedule says when a report is expected: it is made by itself then, and published once two
people have read it. So a release ahead is never a promise.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from litestar import Response, get

from api import clock
from api.dependencies import FromDatabase
from api.editions.rows import label_of_period
from api.editions.summary import days_in_words
from api.jobs import kinds
from api.notifications import public_base
from api.pages.shell import AnyRequest
from survey.deployments import month_end
from survey.store import editions
from survey.store.database import Connection
from survey.store.editions import EditionLine

# How many reports of each kind are announced, and how late one may be before it is left out.
AHEAD = {"weekly": 4, "monthly": 2}
LATEST = {"weekly": datetime.timedelta(days=7), "monthly": datetime.timedelta(days=28)}
MOST_PUBLISHED = 100
LONGEST_LINE = 75  # octets, of RFC 5545
PROGRAM = "-//Soundings//Calendar of reports//EN"
NO_PROMISE = (
    "The report is made on this day, and published once two people of the working group have read "
    "it, so it may come later."
)


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the calendar, on the day on which it was published or is expected.

    `number` is that of the published edition, 0 while none is published.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    day: datetime.date
    number: int = 0
    withdrawn: bool = False

    @property
    def label(self) -> str:
        return label_of_period(self.kind, self.start)

    @property
    def period(self) -> str:
        return days_in_words(self.start, self.end)

    @property
    def title(self) -> str:
        """What a calendar calls it."""
        name = f"{self.kind.capitalize()} report, {self.label}"
        if not self.number:
            return f"{name} (expected)"
        return f"{name} (withdrawn)" if self.withdrawn else name


def render_calendar(releases: Iterable[Release], base: str, now: datetime.datetime) -> bytes:
    """The calendar as a file to subscribe to (RFC 5545): a day for each report.

    The entry of a report keeps its UID when it is published, so that a calendar moves the entry
    and does not add a second.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PROGRAM}",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Soundings: reports",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        *(line for release in releases for line in entry_lines(release, base, now)),
        "END:VCALENDAR",
    ]
    return b"".join(fold_line(line) for line in lines)


def entry_lines(release: Release, base: str, now: datetime.datetime) -> Iterator[str]:
    host = base.partition("://")[2]
    words = release.period if release.number else f"{release.period}. {NO_PROMISE}"
    address = f"/reports/{release.kind}/{release.start}" if release.number else "/reports"
    yield "BEGIN:VEVENT"
    yield f"UID:{release.kind}-{release.start}@{host}"
    yield f"DTSTAMP:{now.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"
    # It counts up with each edition of the period, and once more when one is withdrawn.
    yield f"SEQUENCE:{2 * release.number + release.withdrawn}"
    yield f"DTSTART;VALUE=DATE:{release.day:%Y%m%d}"
    yield f"SUMMARY:{escape_text(release.title)}"
    yield f"DESCRIPTION:{escape_text(words)}"
    yield f"URL:{base}{address}"
    yield f"STATUS:{'CONFIRMED' if release.number else 'TENTATIVE'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def escape_text(words: str) -> str:
    """A text as RFC 5545 writes it."""
    for sign in ("\\", ";", ","):
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\n", "\\n")


def fold_line(line: str) -> bytes:
    """A line of at most 75 octets; the rest follows on lines that begin with a blank.

    No letter is cut in two.
    """
    parts, part = [], b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > LONGEST_LINE:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"


async def load_expected(connection: Connection, wanted: Sequence[str]) -> list[Release]:
    """The reports of these kinds that are expected, the first one first.

    A report that was due and is not published yet stays, unless none of its kind was published
    before.
    """
    expected = []
    for kind in [kind for kind in wanted if kind in AHEAD]:
        lines = await editions.load_page(connection, None, 1, kind=kind)
        newest = lines[0].start if lines else None
        expected += expected_releases(kind, newest, clock.now())
    return sorted(expected, key=lambda release: (release.day, release.kind))


def expected_releases(
    kind: str, newest: datetime.date | None, now: datetime.datetime
) -> list[Release]:
    """The next reports of a kind by the schedule, after the `newest` that is published."""
    at = now if newest is None else now - LATEST[kind]
    releases: list[Release] = []
    while len(releases) < AHEAD[kind]:
        start, at = next(
            (start, when) for name, start, when in kinds.coming_editions(at) if name == kind
        )
        if newest is None or start > newest:
            releases.append(
                Release(kind=kind, start=start, end=last_day(kind, start), day=at.date())
            )
    return releases


def last_day(kind: str, start: datetime.date) -> datetime.date:
    return start + datetime.timedelta(days=6) if kind == "weekly" else month_end(start)


def published_day(line: EditionLine) -> datetime.date:
    """The day on which an edition was published."""
    return clock.local_day(line.published_at or line.made_at)


def published_releases(lines: Sequence[EditionLine]) -> list[Release]:
    """A release for each period, of its newest edition; the lines have the newest first."""
    releases: dict[tuple[str, datetime.date], Release] = {}
    for line in lines:
        release = Release(
            kind=line.kind,
            start=line.start,
            end=line.end,
            day=published_day(line),
            number=line.number,
            withdrawn=bool(line.withdrawn),
        )
        releases.setdefault((line.kind, line.start), release)
    return list(releases.values())


@get("/reports/calendar.ics", include_in_schema=False)
async def show_calendar(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    async with database.connection() as connection:
        published = published_releases(await editions.load_page(connection, None, MOST_PUBLISHED))
        expected = await load_expected(connection, list(AHEAD))
    base = public_base(request.app.state.settings)
    body = render_calendar([*published, *expected], base, clock.now())
    return Response(body, media_type="text/calendar")


FILES = [show_calendar]
