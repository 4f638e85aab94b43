"""The metrics of several processes as one page of text, in the format that Prometheus reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from api.observing.metrics import METRICS, metric_name

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render_metrics(tables: Iterable[Mapping[str, float]]) -> bytes:
    """Every metric of these processes, together, with its meaning and its type."""
    series = sum_of_processes(tables)
    by_metric: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(series):
        by_metric[metric_name(name)].append(name)
    lines: list[str] = []
    for metric, names in by_metric.items():
        known = METRICS[metric]
        lines += [f"# HELP {metric} {known.meaning}", f"# TYPE {metric} {known.kind}"]
        if known.kind == "histogram":
            lines += histogram_lines(metric, names, series)
        else:
            lines += [f"{name} {number(series[name])}" for name in names]
    return "".join(f"{line}\n" for line in lines).encode()


def sum_of_processes(tables: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The numbers of several processes as those of one service."""
    found: dict[str, float] = {}
    for table in tables:
        for name, value in table.items():
            metric = METRICS[metric_name(name)]
            if name not in found:
                found[name] = value
            elif metric.kind == "gauge" and not metric.added:
                found[name] = max(found[name], value)
            else:
                found[name] += value
    return found


def histogram_lines(
    metric: str, names: Iterable[str], series: Mapping[str, float]
) -> Iterator[str]:
    """The lines of a histogram: for each set of labels the buckets, each with all below it."""
    buckets: defaultdict[str, dict[float, float]] = defaultdict(dict)
    sums: dict[str, float] = {}
    for name in names:
        if name.startswith(f"{metric}_bucket"):
            labels, _, upper = name.partition("{")[2].removesuffix('"}').rpartition('le="')
            buckets[labels.removesuffix(",")][float(upper)] = series[name]
        else:
            sums[name.removeprefix(f"{metric}_sum").strip("{}")] = series[name]
    for labels, counts in buckets.items():
        so_far, comma = 0.0, "," if labels else ""
        for edge, added in sorted((counts | {float("inf"): counts.get(float("inf"), 0.0)}).items()):
            so_far += added
            shown = "+Inf" if edge == float("inf") else f"{edge:g}"
            yield f'{metric}_bucket{{{labels}{comma}le="{shown}"}} {number(so_far)}'
        within = f"{{{labels}}}" if labels else ""
        yield f"{metric}_sum{within} {number(sums.get(labels, 0.0))}"
        yield f"{metric}_count{within} {number(so_far)}"


def number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else repr(round(value, 6))
