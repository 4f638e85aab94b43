"""Draws charts: Altair makes the specification, vl-convert the SVG.

One file for each way of drawing; a chapter chooses a kind of chart from `api/editions/charts.py`.
"""

from collections.abc import Callable, Iterable, Mapping

from api.editions import charts, contents
from api.editions.drawing import areas, bars, dots, lines
from api.locales import translate_sentence
from api.process.installation import IMPORT_LOCK
from survey.editions import Edition
from survey.sentences import translated_sentences

PHONE, PAPER = 360, 660
Draw = Callable[[str, charts.Chart, int], str]
# The forms that docs/design.md lists, and the kinds of chart of each. Small multiples are drawn by
# the pages that have them.
FORMS: Mapping[str, Mapping[type[charts.Chart], Draw]] = {
    "line": {charts.LineChart: lines.line_chart, charts.HourChart: lines.hour_chart},
    "dot": {
        charts.DotChart: dots.dot_chart,
        charts.RatioChart: dots.ratio_chart,
        charts.OrderedChart: areas.ordered_chart,
        charts.EffectChart: lines.effect_chart,
    },
    "bar": {
        charts.BarChart: bars.bar_chart,
        charts.ToneChart: bars.tone_chart,
        charts.StackedChart: bars.stacked_chart,
    },
    "small multiples": {},
    "strip": {charts.StripChart: areas.strip_chart},
    "map": {charts.MapChart: areas.map_chart},
}
DRAW = {kind: draw for kinds in FORMS.values() for kind, draw in kinds.items()}


def render_charts(edition: Edition, width: int = PHONE) -> dict[str, str]:
    """The SVG of each chart that this edition has figures for, by the chart's name."""
    # Altair's objects are not thread-safe, and two readers may ask for charts at once.
    with IMPORT_LOCK:
        return render_named_charts(translated_charts(edition), width)


def translated_charts(edition: Edition) -> charts.NamedCharts:
    """The charts of an edition with its sentences in the reader's language."""
    return contents.all_charts(translated_sentences(edition, edition.sentences, translate_sentence))


def render_named_charts(
    named: Iterable[tuple[str, charts.Chart]], width: int = PHONE
) -> dict[str, str]:
    """The SVG of each of these charts, by its name."""
    with IMPORT_LOCK:
        return {name: draw(name, chart, width) for name, chart in named}


def draw(name: str, chart: charts.Chart, width: int) -> str:
    wide = isinstance(chart, charts.LineChart) and chart.wide
    return DRAW[type(chart)](name, chart, width if wide else PHONE)
