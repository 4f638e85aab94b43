"""Redaction: the spans of a text that are masked, and the text with a mark for each of them."""

import re
from collections.abc import Collection, Iterable, Sequence

import msgspec

from survey.themes.codebooks import Span

MASKED = "masked"
UNREAD = "rest not read"  # what is left of a text that is too long to be searched
LATIN = re.compile(r"[A-Za-z0-9À-ɏ]")
MARK = re.compile(r"\[[A-Za-z ]{2,20}\]")
# It comes from a form: Python refuses to read a number of thousands of digits.
SPAN_KEY = re.compile(r"([0-9]{1,6})-([0-9]{1,6})-([A-Za-z ]{2,20})")


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """The masked spans of a text, and the text with them masked."""

    spans: tuple[Span, ...]
    redacted: str


def redact(text: str, spans: Iterable[Span]) -> Redaction:
    """A text with spans masked; these may be in any order, overlap, or lie outside the text."""
    cut = [Span(max(0, span.start), min(len(text), span.end), span.kind) for span in spans]
    whole = merged_spans([cut_span for cut_span in cut if cut_span.start < cut_span.end])
    pieces, end = [], 0
    for span in whole:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return Redaction(spans=whole, redacted="".join([*pieces, text[end:]]))


def merged_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans with overlapping ones joined into one, of the kind of the longest."""
    whole: list[tuple[Span, int]] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.kind)):
        length = span.end - span.start
        last, longest = whole[-1] if whole else (None, 0)
        if last is None or span.start >= last.end:
            whole.append((span, length))
            continue
        kind = span.kind if length > longest else last.kind
        together = Span(last.start, max(last.end, span.end), kind)
        whole[-1] = together, max(length, longest)
    return tuple(span for span, _ in whole)


def occurrences(text: str, words: str) -> list[Span]:
    """Every place where these words occur, in any case and with any spacing.

    Latin words must be whole words, so that "Al" is not found in "also".
    """
    parts = words.split()
    if not parts:
        return []
    pattern = r"\s+".join(map(re.escape, parts))
    # Arabic writes "and" as one letter joined to the next word, so only Latin words need bounds.
    before = r"(?<![^\W_])" if LATIN.match(parts[0][0]) else ""
    after = r"(?![^\W_])" if LATIN.match(parts[-1][-1]) else ""
    matches = re.finditer(f"{before}{pattern}{after}", text, re.IGNORECASE)
    return [Span(*match.span(), MASKED) for match in matches]


def redact_lines(
    text: str, spans: Iterable[Span], lines: Sequence[str], seen: str
) -> tuple[Redaction, list[str]]:
    """The text with the words of `lines` masked, and the lines that do not occur in what the person
    has `seen`.

    Only words in what they have seen are masked, so that nobody finds out by trying what a mark
    hides.
    """
    known = [line for line in lines if occurrences(MARK.sub("\n", seen), line)]
    more = [occurrence for line in known for occurrence in occurrences(text, line)]
    return redact(text, [*spans, *more]), [line for line in lines if line not in known]


def redact_correction(
    before: str, decided: Iterable[Span], now: str, spans: Iterable[Span]
) -> Redaction:
    """The redaction of a corrected text: what the machine found, and whatever was masked before."""
    # What was masked because nobody had searched it is no finding to look for elsewhere.
    words = {before[span.start : span.end] for span in decided if span.kind != UNREAD}
    again = [occurrence for masked in sorted(words) for occurrence in occurrences(now, masked)]
    return redact(now, [*spans, *again])


def lines_to_mask(typed: str) -> list[str]:
    """The words to mask, one a line; each once."""
    return list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))


def spans_to_mask(
    now: Iterable[Span], offered: Collection[str], ticked: Iterable[str]
) -> list[Span]:
    """The spans that stay masked: those ticked in a form, and those that it did not offer.

    What the machine finds may have changed since the form was made: that must not reveal a word.
    """
    confirmed = [span for key in ticked for span in [parse_span_key(key)] if span]
    return [*confirmed, *(new_span for new_span in now if span_key(new_span) not in offered)]


def span_key(span: Span) -> str:
    """The key of a span in a form."""
    return f"{span.start}-{span.end}-{span.kind}"


def parse_span_key(place: str) -> Span | None:
    match = SPAN_KEY.fullmatch(place)
    return Span(int(match[1]), int(match[2]), match[3]) if match else None


def distinct_spans(*lists: Iterable[Span]) -> list[Span]:
    """The spans of several lists without repetitions, in the order of the text; of equal spans the
    first one's kind counts.
    """
    first_spans: dict[tuple[int, int], Span] = {}
    for listed_span in (span for spans in lists for span in spans):
        first_spans.setdefault((listed_span.start, listed_span.end), listed_span)
    return [first_spans[place] for place in sorted(first_spans)]
