"""Areas against the limits around the city's figure, and one among all on a strip."""

from functools import lru_cache
from xml.etree import ElementTree

import altair as alt
import msgspec

from api.editions.charts import MapChart, MapShape, OrderedChart, StripChart, StripSpot
from api.editions.drawing.dots import interval_bars, name_axis, reference_line, side_of, value_axis
from api.editions.drawing.svg import (
    BRAND,
    FONT,
    GREY,
    QUIET,
    RIBBON,
    ROW,
    SVG,
    TEXT,
    WARM,
    chart_data,
    name_rows,
    polish_svg,
    render_svg,
)
from api.look import CHART, COLOUR, LOOK

SIGNS = {"above": "triangle-up", "high": "triangle-up", "within": "circle"}
BELOW = "triangle-down"
NEAR, FAR = 46, 150  # the areas of their marks
FUNNEL_SHAPES = ["triangle-up", "circle", BELOW]
LINES = ("low", "high"), ("lowest", "highest")
STRIP_HIGH, STRIP_MIDDLE = 92, 46
SIGNS_OF_MAP = {name: LOOK.sign[name] for name in ("above", "below")}
EDGE = COLOUR["edge"]


@lru_cache(maxsize=64)
def ordered_chart(name: str, chart: OrderedChart, width: int) -> str:
    """The chart of areas in order: each with its own interval, and with the limits at its size as
    marks in its row, which together form lines. Areas outside the limits have a triangle and a
    colour, those far outside a larger one.
    """
    values = [
        {"name": row.name, "value": row.value, "low": row.low, "high": row.high}
        | mark_of(row.place)
        for row in chart.rows
    ]
    rows = name_axis([row.name for row in chart.rows])
    spots = alt.Chart(chart_data(values)).mark_point(filled=True, opacity=1, stroke=TEXT)
    shapes = alt.Scale(domain=FUNNEL_SHAPES, range=FUNNEL_SHAPES)
    lines = [
        {"name": row.name} | msgspec.structs.asdict(row.limits) for row in chart.rows if row.limits
    ]
    limits = [
        alt.Chart(chart_data(lines))
        .mark_tick(orient="vertical", size=chart.step, thickness=1.4, color=colour, opacity=1)
        .encode(y=rows, x=value_axis(f"{bound}:Q"))
        for bounds, colour in zip(LINES, (QUIET, GREY), strict=True)
        for bound in bounds
    ]
    return render_svg(
        alt.layer(
            interval_bars(values, rows, value_axis),
            *limits,
            name_rows(spots).encode(
                x=value_axis("value:Q"),
                y=rows,
                shape=alt.Shape("sign:N", scale=shapes, legend=None),
                size=alt.condition("datum.far", alt.value(FAR), alt.value(NEAR)),
                color=alt.condition("datum.outside", alt.value(WARM), alt.value(BRAND)),
            ),
            *reference_line(
                chart.line, [end for row in chart.rows for end in (row.value, row.low, row.high)]
            ),
        ).properties(height=alt.Step(chart.step)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
        width=width,
    )


def mark_of(place: str) -> dict[str, object]:
    return {
        "sign": SIGNS.get(place, BELOW),
        "outside": place != "within",
        "far": place in ("above", "below"),
    }


@lru_cache(maxsize=64)
def strip_chart(name: str, chart: StripChart, width: int) -> str:
    """A stroke for each area; the marked one is a dot on its interval, with its label above it.

    The city's figure is a dashed line with its label below. What is withheld has no mark.
    """
    known = [spot for spot in chart.spots if spot.value is not None]
    own = [spot for spot in known if spot.name == chart.marked]
    others = [spot for spot in known if spot.name != chart.marked]
    scale = alt.Scale(domain=list(strip_reach(known, own)), nice=True)
    axis = alt.Axis(orient="bottom", tickCount=5, title=None, grid=False)

    def along(field: str) -> alt.X:
        return alt.X(field, scale=scale, axis=axis)

    middle = alt.value(STRIP_MIDDLE)
    strokes = marks_of(others).mark_tick(
        orient="vertical", size=22, thickness=2, color=GREY, opacity=0.9
    )
    layers: list[alt.Chart] = [
        *city_stroke(chart, scale, axis),
        marks_of([spot for spot in own if spot.low is not None])
        .mark_rule(color=RIBBON, strokeWidth=7)
        .encode(x=along("low:Q"), x2="high:Q", y=middle),
        name_rows(strokes).encode(x=along("value:Q"), y=middle),
        name_rows(
            marks_of(own).mark_point(
                filled=True, size=150, opacity=1, color=BRAND, stroke="white", strokeWidth=1.5
            )
        ).encode(x=along("value:Q"), y=middle),
        own_label(chart, own, scale),
    ]
    return render_svg(
        alt.layer(*layers).properties(height=STRIP_HIGH),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
        width=width,
    )


def marks_of(spots: list[StripSpot]) -> alt.Chart:
    return alt.Chart(chart_data([spot._asdict() for spot in spots]))


def strip_reach(known: list[StripSpot], own: list[StripSpot]) -> tuple[float, float]:
    """The ends of the scale: all figures, and the interval of the marked one."""
    every = [spot.value for spot in known if spot.value is not None]
    every += [end for spot in own for end in (spot.low, spot.high) if end is not None]
    return min(every), max(every)


def own_label(chart: StripChart, own: list[StripSpot], scale: alt.Scale) -> alt.Chart:
    """The words of the marked area above its dot; without a figure they begin at the left."""
    if not own:
        words = label_at(0, chart.label).mark_text(
            align="left", baseline="bottom", color=QUIET, fontWeight="bold"
        )
        unplaced: alt.Chart = words.encode(
            text="label:N", x=alt.value(0), y=alt.value(STRIP_MIDDLE - 16)
        )
        return unplaced
    words = label_at(own[0].value, chart.label).mark_text(
        align=side_of(own[0].value, figures_of(chart)), baseline="bottom", fontWeight="bold"
    )
    placed: alt.Chart = words.encode(
        text="label:N", x=alt.X("value:Q", scale=scale), y=alt.value(STRIP_MIDDLE - 16)
    )
    return placed


def city_stroke(chart: StripChart, scale: alt.Scale, axis: alt.Axis) -> list[alt.Chart]:
    if chart.line is None:
        return []
    value, label = chart.line
    x = alt.X("value:Q", scale=scale, axis=axis)
    base = label_at(value, label)
    words = base.mark_text(align=side_of(value, figures_of(chart)), baseline="top", color=QUIET)
    return [
        base.mark_rule(color=QUIET, strokeDash=[4, 3]).encode(
            x=x, y=alt.value(STRIP_MIDDLE - 16), y2=alt.value(STRIP_MIDDLE + 16)
        ),
        words.encode(text="label:N", x=x, y=alt.value(STRIP_MIDDLE + 20)),
    ]


def figures_of(chart: StripChart) -> list[float | None]:
    return [spot.value for spot in chart.spots]


def label_at(value: float | None, label: str) -> alt.Chart:
    return alt.Chart(chart_data([{"value": value, "label": label}]))


@lru_cache(maxsize=64)
def map_chart(name: str, chart: MapChart, _width: int) -> str:
    """The map. Those outside the limits come last, so that no neighbour covers their frame."""
    across, down = chart.size
    root = ElementTree.Element(
        f"{{{SVG}}}svg",
        {"viewBox": f"0 0 {across} {down}", "width": f"{across}", "height": f"{down}"},
    )
    outside = [shape for shape in chart.shapes if shape.standing in SIGNS_OF_MAP]
    for shape in (*(shape for shape in chart.shapes if shape not in outside), *outside):
        ElementTree.SubElement(root, f"{{{SVG}}}path", outline_of(shape))
    for shape in outside:
        x, y = shape.middle
        place = {"x": f"{x:g}", "y": f"{y + 6:g}", "text-anchor": "middle", "font-size": "17"}
        weight = {"font-family": FONT, "font-weight": "bold", "fill": TEXT}
        words = ElementTree.SubElement(root, f"{{{SVG}}}text", place | weight)
        words.text = f"{SIGNS_OF_MAP[shape.standing]} {shape.short}"
    drawing = ElementTree.tostring(root, encoding="unicode")
    return polish_svg(drawing, name, chart.title, chart.description)


def outline_of(shape: MapShape) -> dict[str, str]:
    """The path of an area: its ground by shade, dashed where the figure is withheld."""
    style = {"stroke": EDGE, "stroke-width": "1", "stroke-linejoin": "round"}
    if shape.standing in SIGNS_OF_MAP:
        edge = BRAND if shape.standing == "above" else WARM
        style |= {"stroke": edge, "stroke-width": "3"}
    elif not shape.shade:
        style |= {"stroke-dasharray": "3 3"}
    ground = CHART.shades[shape.shade - 1] if shape.shade else COLOUR["white"]
    return {"d": shape.path, "fill": ground, "aria-label": f"{ROW}{shape.name}"} | style
