"""Takes personal data out of texts before anything else reads them.

Patterns and lists find most of it, never all: a person looks at a quote before it is published.
Districts ("SE15") and streets without a number stay, because they say where and not who.
"""

import re
from collections.abc import Iterator, Sequence

from analysis.text import names
from analysis.text.patterns import AT_SIGN, LINK, WITH_DIGITS, Pattern
from survey.codes import Span

DIGIT = re.compile(r"\d")


def redact(texts: list[str]) -> list[tuple[str, tuple[Span, ...]]]:
    """Each text with marks such as [name], and where in the original the data stood."""
    return [redact_one(text) for text in texts]


def redact_one(text: str) -> tuple[str, tuple[Span, ...]]:
    spans = joined(text, list(found(text)))
    if not spans:
        return text, ()
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*pieces, text[end:]]), spans


def found(text: str) -> Iterator[Span]:
    """Spans in the order of trust in their pattern. A cheap sign tells which patterns to try."""
    if "@" in text:
        yield from matches(text, AT_SIGN)
    if "." in text or "://" in text:
        yield from matches(text, (LINK,))
    if digits := len(DIGIT.findall(text)):
        yield from matches(text, [p for p in WITH_DIGITS if p.digits <= digits])
    for start, end in names.found(text):
        yield Span(start, end, "name")


def matches(text: str, patterns: Sequence[Pattern]) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.found.finditer(text):
            if pattern.holds is None or pattern.holds(match[0]):
                yield Span(*match.span(match.lastgroup or 0), pattern.kind)


def joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Overlapping spans become one, of the kind found first; so do parts of one name."""
    trust = {id(span): place for place, span in enumerate(spans)}
    whole: list[tuple[Span, int]] = []
    for span in sorted(spans, key=lambda span: (span.start, trust[id(span)])):
        last, place = whole[-1] if whole else (None, 0)
        if last and (span.start < last.end or is_one_name(text, last, span)):
            kind = last.kind if place <= trust[id(span)] else span.kind
            end = max(last.end, span.end)
            whole[-1] = Span(last.start, end, kind), min(place, trust[id(span)])
        else:
            whole.append((span, trust[id(span)]))
    return tuple(span for span, _ in whole)


def is_one_name(text: str, first: Span, second: Span) -> bool:
    return first.kind == second.kind == "name" and text[first.end : second.start] in {"", " ", "-"}
