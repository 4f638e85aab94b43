"""The quote guard: the only place where a quote is made, and where it is refused."""

from collections.abc import Sequence

from analysis.material import Material
from survey.quotes import Chosen, Quote, Source, bad_quote, fingerprint
from survey.reports import ThemeShare


def guard(
    chosen: Sequence[Chosen], material: Material, shown: Sequence[ThemeShare]
) -> tuple[Quote, ...]:
    """The quotes that may be printed; all are refused where one may not.

    `shown` are the shares after disclosure control: a quote is shown for its borough where its
    theme, stream and borough have 10 texts or more, else for the city where that has as many,
    else left out. Errors: `quote.unapproved`, `quote.withdrawn`, `quote.no_consent` and
    `quote.changed`, each with the number of the quote.
    """
    sources = [checked(one) for one in chosen]
    cells = {
        (one.theme, one.stream, one.domain): one.name for one in shown if one.status != "withheld"
    }
    found = []
    for one, source in zip(chosen, sources, strict=True):
        keys = [(one.theme, source.stream, domain) for domain in (source.area, material.city)]
        key = next((key for key in keys if key in cells), None)
        if key is not None:
            found.append(
                Quote(
                    id=one.id,
                    theme=one.theme,
                    name=cells[key],
                    stream=source.stream,
                    domain=key[2],
                    words=source.redacted[one.start : one.end],
                )
            )
    return tuple(found)


def preview(one: Chosen, name: str, place: str) -> Quote:
    """A quote as it would be printed, for the people who are to approve it."""
    source = standing(one)
    return Quote(
        id=one.id,
        theme=one.theme,
        name=name,
        stream=source.stream,
        domain=place,
        words=source.redacted[one.start : one.end],
    )


def checked(one: Chosen) -> Source:
    """The text behind a quote that may be printed."""
    if one.approved_by is None:
        raise bad_quote(one.id, "unapproved", "nobody has approved it")
    return standing(one)


def standing(one: Chosen) -> Source:
    """The text behind a quote: its writer agrees, and not one sign of it has changed."""
    source = one.source
    if source is None:
        raise bad_quote(one.id, "changed", "the answer that it was taken from is gone")
    if source.consent == "withdrawn":
        raise bad_quote(one.id, "withdrawn", "its writer no longer agrees to be quoted")
    if source.consent != "yes":
        raise bad_quote(one.id, "no_consent", "its writer never agreed to be quoted")
    if fingerprint(source.redacted) != one.sha256 or one.end > len(source.redacted):
        again = source.redaction != one.redaction
        said = "a newer redaction of its text" if again else "its text"
        raise bad_quote(one.id, "changed", f"{said} is not what was approved")
    if fingerprint(source.anew) != one.sha256:
        raise bad_quote(
            one.id, "changed", "its answer was edited, or would be redacted differently today"
        )
    return source
