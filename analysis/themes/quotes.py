"""The quote guard: the only place where a quote is made or refused."""

from collections.abc import Sequence

from survey.editions.texts import ThemeShare
from survey.themes.demands import EditionCampaign
from survey.themes.quotes import ChosenQuote, PrintedQuote, QuoteSourceText, bad_quote, text_sha256


def guarded_quotes(
    chosen: Sequence[ChosenQuote],
    city: str,
    shown: Sequence[ThemeShare],
    campaigns: Sequence[EditionCampaign] = (),
) -> tuple[PrintedQuote, ...]:
    """The quotes that may be printed; raises if any one of them may not be.

    `shown` are the shares after disclosure control: a quote appears under its borough where its
    theme, stream and borough have 10 texts or more, else under the city where that has as many,
    else it is left out. Words of one of the `campaigns` that are shown are the campaign's, not one
    person's, and appear with it.
    Errors: `quote.unapproved`, `quote.withdrawn`, `quote.no_consent` and `quote.changed`, each with
    the number of the quote.
    """
    # All are checked, even one whose theme is withheld below: a bad quote must stop the edition.
    sources = [approved_source(quote) for quote in chosen]
    cells = {
        (share.theme, share.stream, share.domain): share.name
        for share in shown
        if share.status != "withheld"
    }
    senders = {(campaign.id, campaign.stream): campaign.name for campaign in campaigns}
    quotes = []
    for quote, source in zip(chosen, sources, strict=True):
        if (quote.campaign, source.stream) in senders:
            name = senders[quote.campaign, source.stream]
            quotes.append(printed_quote(quote, source, name, city, campaign=quote.campaign))
            continue
        keys = [(quote.theme, source.stream, domain) for domain in (source.area, city)]
        key = next((key for key in keys if key in cells), None)
        if key is not None:
            quotes.append(printed_quote(quote, source, cells[key], key[2]))
    return tuple(quotes)


def printed_quote(
    quote: ChosenQuote,
    source: QuoteSourceText,
    name: str,
    domain: str,
    *,
    campaign: str = "",
) -> PrintedQuote:
    """A quote under the name of its theme or campaign, and the place that it stands for."""
    return PrintedQuote(
        id=quote.id,
        theme=quote.theme,
        name=name,
        stream=source.stream,
        domain=domain,
        words=source.redacted[quote.start : quote.end],
        campaign=campaign,
    )


def balanced_quotes(
    quotes: Sequence[PrintedQuote], chosen: Sequence[ChosenQuote]
) -> tuple[PrintedQuote, ...]:
    """Two quotes a theme at most, of different tones if possible, the newest chosen first.

    `chosen` are the quotes that `quotes` came from, with the tone of their texts. Campaigns keep
    all their quotes.
    """
    tones = {quote.id: quote.source.tone for quote in chosen if quote.source}
    kept = {quote.id for quote in quotes if quote.campaign}
    own = sorted((quote for quote in quotes if not quote.campaign), key=lambda quote: -quote.id)
    for theme in dict.fromkeys(quote.theme for quote in own):
        first, *rest = (quote for quote in own if quote.theme == theme)
        rest = [quote for quote in rest if quote.words != first.words]
        others = [quote for quote in rest if tones.get(quote.id) != tones.get(first.id)]
        kept |= {first.id, *(quote.id for quote in (others or rest)[:1])}
    return tuple(quote for quote in quotes if quote.id in kept)


def quote_preview(quote: ChosenQuote, name: str, place: str) -> PrintedQuote:
    """A quote as it would be printed, for the people who approve it."""
    return printed_quote(quote, quotable_source(quote), name, place)


def approved_source(quote: ChosenQuote) -> QuoteSourceText:
    """The source text of a quote that may be printed."""
    if quote.approved_by is None:
        raise bad_quote(quote.id, "unapproved", "nobody has approved it")
    return quotable_source(quote)


def quotable_source(quote: ChosenQuote) -> QuoteSourceText:
    """The source text of a quote whose writer agrees and of which no character has changed."""
    source = quote.source
    if source is None:
        raise bad_quote(quote.id, "changed", "the answer that it was taken from is gone")
    if source.consent == "withdrawn":
        raise bad_quote(quote.id, "withdrawn", "its writer no longer agrees to be quoted")
    if source.consent != "yes":
        raise bad_quote(quote.id, "no_consent", "its writer never agreed to be quoted")
    # A slice beyond the end of a text would be cut short without an error.
    if text_sha256(source.redacted) != quote.sha256 or quote.end > len(source.redacted):
        again = source.redaction != quote.redaction
        said = "a newer redaction of its text" if again else "its text"
        raise bad_quote(quote.id, "changed", f"{said} is not what was approved")
    # Approved words may hold what the redaction of today would mask.
    if text_sha256(source.again) != quote.sha256:
        raise bad_quote(
            quote.id, "changed", "its answer was edited, or would be redacted differently today"
        )
    return source
