"""Sentences about quotes, texts without a theme, proposals and a new codebook in an edition."""

from collections.abc import Iterator

from analysis.disclosure.counts import FEWEST_TEXTS
from api.editions.cells import AreaNamer
from api.formatting import format_day, format_share, format_whole
from api.translating import edition_gettext as _
from api.translating import edition_ngettext as _n
from survey.coding.quotes import PrintedQuote
from survey.editions.edition import Edition
from survey.editions.texts import NewCodebook, ThemelessTexts


def quote_origin(one: PrintedQuote, names: AreaNamer) -> str:
    """Where a quote is from: a theme and a place, or a campaign."""
    if not one.campaign:
        return f"{one.name}, {names(one.domain)}"
    if not one.name:
        return _("From a text that many people sent")
    return _("From a text that many people sent: {name}").format(name=one.name)


def hidden_themes(number: int) -> Iterator[str]:
    """Why themes are blank. Not which is why: that a theme is blank because of another report
    would say that few texts were added since.
    """
    if number:
        yield _n(
            "{n} theme is not shown: it has fewer than {fewest} texts, or next to another report "
            "its number would give such a small one away.",
            "{n} themes are not shown: each has fewer than {fewest} texts, or next to another "
            "report its number would give such a small one away.",
            number,
        ).format(n=format_whole(number), fewest=FEWEST_TEXTS)


def themeless_sentences(edition: Edition, stream: str) -> Iterator[str]:
    """How many texts of the stream have no theme."""
    for one in edition.themeless:
        if one.stream == stream:
            yield themeless_sentence(one)


def themeless_sentence(one: ThemelessTexts) -> str:
    if one.share is None or one.of_texts is None:
        return _(
            "In about {texts} texts the machine found no theme of the codebook: they are about "
            "something else, or it did not recognise what they are about."
        ).format(texts=format_whole(one.texts or 0))
    return _(
        "In about {texts} of about {of_texts} texts ({share}) the machine found no theme of the "
        "codebook: they are about something else, or it did not recognise what they are about."
    ).format(
        texts=format_whole(one.texts or 0),
        of_texts=format_whole(one.of_texts),
        share=format_share(one.share),
    )


def proposal_sentences(edition: Edition) -> Iterator[str]:
    """New themes that wait for the working group; their names are not approved yet."""
    for one in edition.proposed:
        if one.texts is not None:
            yield _(
                "The machine proposes a new theme, which groups about {texts} texts received up to "
                "{day}. The working group has not decided on it yet."
            ).format(texts=format_whole(one.texts), day=format_day(one.until))


def codebook_words(edition: Edition, found: NewCodebook) -> tuple[str, ...]:
    versions = _(
        "The report before used version {before} of the codebook, this one uses version {now}. "
        "Figures on themes can differ for that reason alone."
    ).format(before=found.before, now=edition.codebook)
    same = (
        _(
            "About {texts} texts of this edition were coded under both versions: the differences "
            "below come from the coding alone, not from what people wrote."
        ).format(texts=format_whole(found.texts))
        if found.texts
        else _("No text of this edition was coded under both versions.")
    )
    why = " ".join(_("The reason given: {reason}").format(reason=one) for one in found.reasons)
    return tuple(filter(None, (versions, why, same)))
