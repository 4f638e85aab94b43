"""Whatever an edition, or a page or mail about one, orders or cuts short is listed here.

The largest of many is partly chance. So each place says by what it orders: names, days, levels or
a fixed order; counts and published figures, which are facts; or the size of an estimate, and then
how what a reader sees allows for the choice.
"""

import ast
import pathlib

from tests.house.trees import ROOT

SEARCHED = (
    *("analysis/editions", "survey/editions", "api/editions", "api/notifications.py"),
    *(
        "api/jobs/worker.py",
        "api/pages/reports",
        "api/pages/staff/board.py",
        "api/pages/staff/admin/own_account.py",
    ),
)
ORDERS = {"sorted", "sort", "argsort", "lexsort", "argmin", "argmax", "nlargest", "nsmallest"}
BY_KEY = {"min", "max"}
# In order of name, day, place, level, size of an area, or as the edition has it.
NOT_BY_SIZE = """
    alerts.edition_alerts deployments.uses_by_week disparities.fired_rows
    disparities.disparity_caveats funnels.with_limits history.gated_history panels.area_start
    published.perception_with_deployments published.quarterly_association published.published_past
    published.quarters quality.restated_lines quality.shortened_list trends.monthly_deployments
    twelve_months.uses_by_area_and_span front.bare_edition front.area_sentences
    editions.encode_array cells.tones_by_theme alerts.alerts_section funnels.funnel_section
    funnels.outside_sentences funnels.limits_at index.index_by_area_section
    index.small_areas_section index.area_chart index.small_area_chart published.published_table
    scrutiny.by_day themes.stream_section twelve_months.year_table
    areas.map_shapes bars.part_names areas.boroughs_by_name slides.alert_slides
    slides.table_slide slides.quote_slide slides.theme_slide meeting_report.render_meeting_csv
    releases.load_expected recommendations.load_public_rows
    recommendations.find_report_before
    workbook.sheet_name history.known_places history.known_themes choices.chosen_editions
    themes.theme_places tables.rates_table rows.named_row
    board.load_editions_ahead board.show_meeting own_account.show
    chapter.last_table response.repeated_words editions.program_version
    lists.request_subscription method.measure_examples method.first_rows
"""
# The two ends of one interval, or the wider of two intervals.
ENDS = "panels.sentence differences.size_and_limits received.widest_limits"
# Counts and figures as published: there is no error that a choice could make look large.
FACTS = """
    quality.restated_figures quality.restated_section campaigns.campaigns_seen
    campaigns.campaign_sentences deployments.weekly_chart
"""
ALLOWED_FOR = {
    "areas.strip_of_areas": "the two ends of the strip, of areas that it does not name",
    "choices.unknown_choices": "in order of name",
    "explorer.by_value": "every area, each with its band; the page says neighbours may be alike",
    "changes.change_decomposition": "every change is pooled over all of its kind; the page says so",
    "changes.clearest": "the first of those, else all in order of name",
    "changes.largest_changes_table": "the first of those, with their intervals and a note",
    "changes.findings_table": "all findings of the edition",
    "differences.picked_items": "Holm's p, intervals at the false coverage rate; says of how many",
    "differences.picked_areas": "Holm's p, pooled sizes and intervals; says of how many",
    "differences.change_findings": "the surest of those that were picked so",
    "findings.edition_findings": "each kind is held to its share of the edition's 5%",
    "findings.disparity_findings": "Holm's p of all ratios; says of how many",
    "findings.group_gap_findings": "Holm's p of all dimensions",
    "findings.widest_gap": "p of the range; says that each interval is of a group alone",
    "slides.finding_slides": "all findings of the edition",
    "files.notice_findings": "the first of all findings, in the order of the edition",
    "funnels.ordered_chart": "all boroughs, each next to its limits, which allow for chance",
    "charts.line_in_words": "says of how many values",
    "themes.most_frequent_answer": "the first rows of the section on the front",
    "published.key_figures": "the first items as published, in their order",
    "response.shortfall_words": "says of how many groups",
    "encounters.shortfall_words": "says of how many groups",
    "demands.demand_words": "all shares of one whole, the largest first",
    "texts.themes_by_frequency": "all themes of a stream, the most frequent first",
    "themes.top_themes_section": "the caption says that these are the most frequent shown",
}


def ordering_functions():
    """The functions that order something or cut a list at a named number, as module.function."""
    for searched in SEARCHED:
        path = ROOT / searched
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for one in ast.walk(ast.parse(file.read_text())):
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                    is_order(node) for node in ast.walk(one)
                ):
                    module = pathlib.Path(file)
                    name = module.parent.name if module.stem == "__init__" else module.stem
                    yield f"{name}.{one.name}"


def is_order(node):
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        by = [one.value for one in node.keywords if one.arg == "key"]
        return name in ORDERS or bool(
            by and (name in BY_KEY or any(isinstance(one, ast.Lambda) for one in by))
        )
    cut = node.slice.upper if isinstance(node, ast.Subscript) and is_slice(node) else None
    return isinstance(cut, ast.Name) and cut.id.isupper()


def is_slice(node):
    return isinstance(node.slice, ast.Slice)


def test_every_order_and_cut_is_by_no_size_or_allows_for_the_choice():
    listed = [*NOT_BY_SIZE.split(), *ENDS.split(), *FACTS.split(), *ALLOWED_FOR]
    assert len(listed) == len(set(listed))
    assert set(ordering_functions()) == set(listed)


def test_a_new_order_would_be_found():
    for source in ("sorted(rows)", "max(rows, key=size)", "rows[:MOST]", "value.argmax()"):
        assert any(map(is_order, ast.walk(ast.parse(source)))), source
    assert not any(map(is_order, ast.walk(ast.parse("max(a, b) + rows[:1][0]"))))
