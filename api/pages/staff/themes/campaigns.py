"""Campaigns: groups of texts that are one letter, found, dismissed, or coded once for all."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock
from api.dependencies import ON_REPLICA
from api.locales import format_dates, format_short_day
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.pages.filters import short_day
from api.pages.forms import Form
from api.pages.staff.themes.quotes import quotable_row
from api.pages.staff.themes.texts import STREAMS
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.problems import Conflict
from survey.store import jobs
from survey.store.database import Connection
from survey.store.themes import campaigns, codebooks, codes
from survey.store.themes.campaigns import StoredCampaign
from survey.store.themes.codes import CodedText
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook, Polarity, current_themes
from survey.themes.demands import LONGEST_NAME, CampaignCoding

WRITTEN_BY = {"open": "by people who wrote in", "complaints": "in complaints"}
MOST_DAYS = 60
MANY = 10  # editions name campaigns of at least this many texts; fewer may be alike by chance
WORDS_OF_NAME = 9
TONES: dict[Polarity, str] = {
    "negative": "Negative: worry, criticism or a demand to stop something",
    "neutral": "Neutral, or both",
    "positive": "Positive: praise or support",
}
WINDOW = datetime.timedelta(days=27)
MOST_QUOTABLE = 3
MOST_EXAMPLES = 3
HALF = 0.5


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign; `days` is how many of its texts came on each day from its first to its last, with
    several days added up if there would be more than 60 steps.

    `others` is how many texts outside the campaign came from its first to its last day; `makeup`
    says how many of the campaign's texts share the same words and how many are reworded.
    """

    id: str
    name: str
    tones: Counter[str]
    others: int
    words: str
    makeup: str
    texts: int
    streams: list[str]
    span: str
    days: list[tuple[str, int]]
    dismissed: str
    tone: str = ""


@get("/work/campaigns", dependencies=ON_REPLICA)
async def list_campaigns(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await campaigns.load_all(connection)
        coming = await jobs.load_pending(connection, ["find_campaigns"])
        campaign_rows = [await load_campaign_row(connection, row) for row in rows]
    return page.show(
        "texts/campaigns",
        campaigns=[campaign for campaign in campaign_rows if campaign.texts >= MANY],
        small=[campaign for campaign in campaign_rows if campaign.texts < MANY],
        coming=bool(coming),
        MANY=MANY,
    )


def campaign_name(words: str) -> str:
    """The first words of the campaign's most typical text, where nobody has named it."""
    first = words.split()
    more = "…" if len(first) > WORDS_OF_NAME else ""
    return " ".join(first[:WORDS_OF_NAME]) + more


async def load_campaign_row(connection: Connection, row: StoredCampaign) -> CampaignRow:
    first, last = min(row.days), max(row.days)
    written = await campaigns.count_texts(connection, first, last)
    by = f"{row.dismissed_by}, {short_day(row.dismissed_at)}" if row.dismissed_at else ""
    return CampaignRow(
        id=row.id,
        name=row.coding.name if row.coding else campaign_name(row.redacted or ""),
        tones=Counter(row.tones),
        others=written - row.texts,
        words=row.redacted or "",
        makeup=campaign_makeup(row.texts, row.reworded, row.likeness),
        texts=row.texts,
        streams=[f"{n:,} {WRITTEN_BY[stream]}" for stream, n in sorted(row.streams.items())],
        span=format_short_day(first) if first == last else format_dates(first, last),
        days=texts_over_time(row.days),
        dismissed=by,
        tone=row.coding.tone if row.coding else "",
    )


def campaign_makeup(texts: int, reworded: int, likeness: float | None) -> str:
    """How many texts of a campaign share the same words, how many are reworded, and how alike these
    are.
    """
    if not reworded or likeness is None:
        return ""
    alike = f"{reworded:,} in other words ({100 * likeness:.0f}% alike)"
    return f"{texts - reworded:,} in the same words, {alike}" if texts > reworded else alike


def texts_over_time(came: dict[datetime.date, int]) -> list[tuple[str, int]]:
    """Texts by day from the first to the last; if there are too many days, several days are added
    up.
    """
    first, last = min(came), max(came)
    # Rounded up, so that there are never more steps than that.
    step = -(-((last - first).days + 1) // MOST_DAYS)
    counts = [0] * ((last - first).days // step + 1)
    for at, texts in came.items():
        counts[(at - first).days // step] += texts
    return [
        (format_short_day(first + datetime.timedelta(days=i * step)), texts)
        for i, texts in enumerate(counts)
    ]


@post("/work/campaigns")
async def request_campaign_search(page: FromPage) -> Response[Any]:
    async with page.write("campaigns looked for", "") as connection:
        await jobs.enqueue_unless_waiting(connection, "find_campaigns")
    return page.to("/work/campaigns", "asked")


@post("/work/campaigns/{campaign:uuid}/standing")
async def dismiss_or_restore(page: FromPage, campaign: FromPath[UUID]) -> Response[Any]:
    """Dismiss a campaign or restore it; the decision holds if it is found again."""
    is_one = page.form["standing"] == "campaign"
    act = "a campaign after all" if is_one else "not a campaign"
    async with page.write(act, str(campaign)) as connection:
        await campaigns.set_dismissed(
            connection, str(campaign), by=None if is_one else page.person.id
        )
    return page.to("/work/campaigns", "restored" if is_one else "dismissed")


class TextCount(msgspec.Struct, frozen=True):
    """How many texts there are: `every` counts all of them, `once` counts each campaign as one
    text.
    """

    every: int
    once: int


NO_TEXTS = TextCount(0, 0)


class ThemeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """Texts of a stream on a theme over four weeks, now and with the new coding."""

    stream: str
    theme: str
    now: TextCount
    after: TextCount


class CodingEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a coding changes in the figures of the four weeks up to the campaign's last text."""

    since: datetime.date
    until: datetime.date
    tones_now: Counter[str]
    tones_after: Counter[str]
    themes: list[ThemeEffect]


@get("/work/campaigns/{campaign:uuid}")
async def show_campaign(page: FromPage, campaign: FromPath[UUID]) -> Template:
    return await campaign_page(page, str(campaign))


async def campaign_page(
    page: StaffRequest, campaign: str, coding: CampaignCoding | None = None
) -> Template:
    """The form of a campaign; with `coding`, also what it would change."""
    async with page.connection() as connection:
        stored = await campaigns.get(connection, campaign)
        row = await load_campaign_row(connection, stored)
        book = await codebooks.get_newest(connection)
        quotable = await campaigns.load_quotable(connection, campaign, MOST_QUOTABLE)
        examples = await campaigns.load_examples(connection, campaign, MOST_EXAMPLES)
        effect = await load_effect(connection, book, stored, coding) if coding else None
    names = {theme.id: wording_text(theme.name) for theme in book.themes}
    page.form.values = page.form.values or first_values(stored, book)
    themes = held_themes(stored, book)
    quote_theme = next(iter(themes), most_spoken(stored, book))
    return page.show(
        "texts/campaign",
        campaign=row,
        held=stored.coding,
        held_themes=[names[theme] for theme in themes],
        after=stored.decisions,
        tones=TONES,
        themes=sorted((name, theme) for theme, name in names.items()),
        chosen=page.form.values,
        quotable=[quotable_row(text, quote_theme) for text in quotable],
        quote_theme=quote_theme,
        seen=seen_coding(coding) if coding else "",
        streams=STREAMS,
        LONGEST_NAME=LONGEST_NAME,
        examples=examples,
        effect=effect,
    )


def held_themes(stored: StoredCampaign, book: Codebook) -> tuple[str, ...]:
    """The themes that a person gave the campaign, in terms of this version of the codebook."""
    if stored.coding is None:
        return ()
    return current_themes(book, stored.coding.themes, since=stored.coding.codebook)


def most_spoken(stored: StoredCampaign, book: Codebook) -> str:
    spoken = {theme: n for theme, n in (stored.themes or {}).items() if theme in book.ids()}
    return max(spoken, key=lambda theme: spoken[theme], default="")


def first_values(stored: StoredCampaign, book: Codebook) -> dict[str, Any]:
    """The form as it is first shown: the decision that holds now, else the themes that half of the
    texts have.

    Without a decision the tone stays empty: a machine's wrong tone would be accepted too easily.
    """
    if stored.coding is not None:
        return {
            "name": [stored.coding.name],
            "tone": [stored.coding.tone],
            "themes": list(held_themes(stored, book)),
        }
    spoken = (stored.themes or {}).items()
    frequent = [theme for theme, n in spoken if n >= HALF * stored.texts and theme in book.ids()]
    return {"themes": frequent}


@post("/work/campaigns/{campaign:uuid}")
async def code_campaign(page: FromPage, campaign: FromPath[UUID]) -> Response[Any]:
    """Show what a coding would change, or save it if the person has seen that."""
    book = await page.load(codebooks.get_newest)
    coding = coding_from_form(page.form, str(campaign), book)
    if coding is None:
        return await campaign_page(page, str(campaign))
    # Somebody may change the form after having seen what it would do.
    if page.form["step"] != "save" or page.form["seen"] != seen_coding(coding):
        return await campaign_page(page, str(campaign), coding)
    try:
        after = page.form.number("after") or 0
        detail = {"name": coding.name, "tone": coding.tone, "themes": list(coding.themes)}
        async with page.write("campaign coded", coding.campaign, detail) as connection:
            await campaigns.get(connection, coding.campaign)
            await campaigns.insert_coding(connection, coding, after=after, by=page.person.id)
    except Conflict as refused:
        # What holds now is shown next to what was typed.
        page.form.refuse(refused, [("", refused.sentence)])
        return await campaign_page(page, str(campaign))
    return page.to(f"/work/campaigns/{campaign}", "coded")


def seen_coding(coding: CampaignCoding) -> str:
    """The tone and themes of a coding as text, by which the form says whose effect the person has
    seen.
    """
    return " ".join((coding.tone, *coding.themes))


def coding_from_form(form: Form, campaign: str, book: Codebook) -> CampaignCoding | None:
    """What the person decided; None if something is missing, which the form then says."""
    name, themes = form["name"].strip().rstrip("."), form.all("themes")
    tone = next((tone for tone in TONES if tone == form["tone"]), None)
    form.require(
        1 <= len(name) <= LONGEST_NAME,
        "name",
        f"Enter a short name of up to {LONGEST_NAME} characters",
    )
    form.require(tone, "tone", "Select the tone")
    form.require(
        themes and (themes == ["none"] or set(themes) <= book.ids()),
        "themes",
        "Select the themes, or none of these",
    )
    if form.errors or tone is None:
        return None
    return CampaignCoding(
        campaign=campaign,
        name=name,
        tone=tone,
        themes=tuple(theme for theme in themes if theme != "none"),
        codebook=book.version,
    )


@post("/work/campaigns/{campaign:uuid}/undo")
async def undo_campaign_coding(page: FromPage, campaign: FromPath[UUID]) -> Response[Any]:
    """Undo the latest decision; then the decision before it holds, or the machine's coding."""
    number = page.form.number("number") or 0
    async with page.write("campaign coding undone", str(campaign)) as connection:
        await campaigns.undo_coding(connection, str(campaign), number, by=page.person.id)
    return page.to(f"/work/campaigns/{campaign}", "undone")


async def load_effect(
    connection: Connection, book: Codebook, stored: StoredCampaign, coding: CampaignCoding
) -> CodingEffect:
    """What the coding changes in the four weeks up to the campaign's last text."""
    until = max(stored.days)
    since = until - WINDOW
    rows = await codes.load_coded_texts(
        connection,
        clock.midnight(since),
        clock.midnight(until + datetime.timedelta(days=1)),
        book.version,
        PERCEPTION_SURVEY,
    )
    mine = [row for row in rows if row.campaign == stored.id]
    return CodingEffect(
        since=since,
        until=until,
        tones_now=Counter(row.label or "not_scored" for row in mine),
        tones_after=Counter({coding.tone: len(mine)}),
        themes=theme_effects(book, rows, coding),
    )


def theme_effects(
    book: Codebook, rows: Sequence[CodedText], coding: CampaignCoding
) -> list[ThemeEffect]:
    """The themes whose number of texts changes, by stream, in the streams that have texts of the
    campaign.
    """
    effects = []
    for stream in sorted({row.stream for row in rows if row.campaign == coding.campaign}):
        mine = [row for row in rows if row.stream == stream]
        now = [current_themes(book, row.themes, since=row.codebook) for row in mine]
        after = [
            coding.themes if row.campaign == coding.campaign else themes
            for row, themes in zip(mine, now, strict=True)
        ]
        before, then = (counts_by_theme(mine, themes) for themes in (now, after))
        effects += [
            ThemeEffect(
                stream=stream,
                theme=wording_text(theme.name),
                now=before.get(theme.id, NO_TEXTS),
                after=then.get(theme.id, NO_TEXTS),
            )
            for theme in book.themes
            if before.get(theme.id) != then.get(theme.id)
        ]
    return effects


def counts_by_theme(
    rows: Sequence[CodedText], themes: Iterable[tuple[str, ...]]
) -> dict[str, TextCount]:
    """How many texts speak of each theme; themes without a text are left out."""
    sizes = Counter(row.campaign for row in rows if row.campaign)
    every: Counter[str] = Counter()
    once: dict[str, float] = {}
    for row, said in zip(rows, themes, strict=True):
        for theme in said:
            every[theme] += 1
            weight = 1 / sizes[row.campaign] if row.campaign else 1.0
            once[theme] = once.get(theme, 0.0) + weight
    return {theme: TextCount(n, round(once[theme])) for theme, n in every.items()}


PAGES = [
    StaffPage(
        [list_campaigns, request_campaign_search, dismiss_or_restore], menu="Campaigns", place=100
    ),
    StaffPage([show_campaign, code_campaign, undo_campaign_coding], linked_from="/work/campaigns"),
]
