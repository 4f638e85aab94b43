"""Bar charts: themes and their tone, and what officers did with the device."""

from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import (
    BRAND,
    GREY,
    LINE,
    QUIET,
    SIZE,
    WARM,
    chart_data,
    render_svg,
)
from api.formatting import format_count, format_share, format_signed, tactic_name
from survey.editions.chapters.themes import ThemeShare

BAND = 46
EVEN = 5
TONE = "Net sentiment, −100 to +100"


@lru_cache(maxsize=64)
def theme_chart(themes: tuple[ThemeShare, ...], stream: str, width: int) -> str:
    """How often on the left, in what tone on the right; tone has a side, sign and colour."""
    shares = stream == "sampled" or any(one.corrected for one in themes)
    values = [theme_row(one, shares=shares) for one in themes]
    half = (width - 26) // 2
    return render_svg(
        alt.hconcat(
            frequency_bars(values).properties(
                width=half, height=alt.Step(BAND), title=column_title("How often")
            ),
            tone_bars(values).properties(
                width=half, height=alt.Step(BAND), title=column_title(TONE)
            ),
            spacing=18,
            bounds="flush",
        ),
        name=f"themes-{stream}",
        title="Themes: how often, and in what tone",
        description=" ".join(f"{one['name']}: {one['often']}, {one['said']}." for one in values),
    )


def column_title(words: str) -> alt.TitleParams:
    return alt.TitleParams(
        words, anchor="start", fontSize=SIZE, fontWeight="normal", color=QUIET, offset=4
    )


def theme_row(one: ThemeShare, *, shares: bool) -> dict[str, Any]:
    tone = one.net_sentiment
    return {
        "name": one.name,
        "size": (one.share if shares else one.texts) or 0,
        "often": frequency_label(one, shares=shares),
        "tone": tone,
        "signed": "" if tone is None else format_signed(tone),
        "said": "no tone shown" if tone is None else f"net sentiment {format_signed(tone)}",
        "side": tone_side(tone),
    }


def frequency_label(one: ThemeShare, *, shares: bool) -> str:
    if one.texts is None:
        return "withheld"
    if one.share is None or not shares:
        return f"{format_count(one.texts)} texts" if one.texts else format_count(one.texts)
    return f"{format_share(one.share)} ({format_count(one.texts)} texts)"


def tone_side(tone: float | None) -> str:
    if tone is None or abs(tone) < EVEN:
        return "even"
    return "positive" if tone > 0 else "negative"


def themes_axis(values: list[dict[str, Any]]) -> alt.Y:
    order = [one["name"] for one in values]
    return alt.Y("name:N", sort=order, axis=None, scale=alt.Scale(domain=order, padding=0))


def frequency_bars(values: list[dict[str, Any]]) -> Any:
    names = themes_axis(values)
    base = alt.Chart(chart_data(values)).encode(y=names)
    words = base.mark_text(align="left", baseline="bottom", fontSize=SIZE, limit=400)
    numbers = base.mark_text(align="left", baseline="middle", dx=6, dy=9, color=QUIET)
    longest = max((one["size"] or 0 for one in values), default=0) or 1
    size = alt.X("size:Q", axis=None, scale=alt.Scale(domain=[0, 2.6 * longest]))
    return alt.layer(
        base.mark_bar(color=BRAND, height=13, yOffset=9).encode(x=size),
        numbers.encode(text="often:N", x=size),
        words.encode(text="name:N", x=alt.value(0)),
    )


def tone_bars(values: list[dict[str, Any]]) -> Any:
    names = themes_axis(values)
    scale = alt.Scale(domain=[-135, 135])
    known = [one for one in values if one["tone"] is not None]
    base = alt.Chart(chart_data(known)).encode(y=names)
    tone = alt.X("tone:Q", axis=None, scale=scale)
    colour = alt.Color(
        "side:N",
        legend=None,
        scale=alt.Scale(domain=["negative", "even", "positive"], range=[WARM, GREY, BRAND]),
    )
    layers: list[Any] = [
        base.mark_bar(height=13, yOffset=9).encode(x=tone, color=colour),
        *[tone_labels(known, names, tone, below=below) for below in (True, False)],
        alt.Chart(chart_data([{"zero": 0}]))
        .mark_rule(color=LINE)
        .encode(x=alt.X("zero:Q", axis=None, scale=scale)),
    ]
    return alt.layer(*layers)


def tone_labels(values: list[dict[str, Any]], names: alt.Y, tone: alt.X, *, below: bool) -> Any:
    """The figure at the end of its bar, away from zero."""
    here = [one for one in values if (one["tone"] < 0) == below]
    side_of: dict[str, Any] = {"align": "right", "dx": -4} if below else {"align": "left", "dx": 4}
    words = alt.Chart(chart_data(here)).mark_text(baseline="middle", dy=9, **side_of)
    return words.encode(y=names, x=tone, text="signed:N")


@lru_cache(maxsize=64)
def tactic_chart(tactics: tuple[tuple[str, int | None], ...], width: int) -> str:
    """The most severe use in each deployment, in order of severity."""
    values: list[dict[str, Any]] = [
        {"name": tactic_name(tactic), "count": number_of or 0, "label": format_count(number_of)}
        for tactic, number_of in tactics
    ]
    order = [one["name"] for one in values]
    base = alt.Chart(chart_data(values)).encode(
        y=alt.Y(
            "name:N",
            sort=order,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6),
        )
    )
    longest = max(one["count"] for one in values) or 1
    length = alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, 1.45 * longest]))
    labels = base.mark_text(align="left", baseline="middle", dx=5)
    return render_svg(
        alt.layer(
            base.mark_bar(color=BRAND, height=15).encode(x=length),
            labels.encode(x=length, text="label:N"),
        ).properties(width=width - 155, height=alt.Step(26)),
        name="tactics",
        title="Deployments by their most severe use",
        description=" ".join(f"{one['name']}: {one['label']}." for one in values),
    )
