"""Who is for what is asked, who is against it, and who is for it under conditions."""

from collections.abc import Iterator

from analysis.disclosure.counts import FEWEST_TEXTS
from api.editions.report import ReportCell, ReportSection, ReportTable, measure_links, text_cell
from api.editions.rows import EACH_ONCE, ExportRow, Periods
from api.editions.theme_tables import STREAMS
from api.formatting import (
    format_dates,
    format_range,
    format_share_interval,
    format_whole,
)
from api.translating import edition_gettext as _
from survey.coding.demands import FEWEST_OF_STREAM, STANCE_PASS_MARK
from survey.coding.double_coding import AccuracyEstimate
from survey.editions.chapters.demands import DemandStances, StanceShare
from survey.editions.edition import Edition
from survey.sentences import N_

STANCE_WORDS = {
    "for": N_("For it"),
    "against": N_("Against it"),
    "conditions": N_("For it under conditions"),
}
WHAT_IT_IS = N_(
    "A person opens a demand: something that is asked for. A machine reads whether a text is for "
    "it, against it, or for it under conditions. It learns this from texts that people labelled, "
    "and its shares are corrected by those labels that chance chose. Texts that say nothing of the "
    "demand are left out. Texts of people who wrote in or complained say nothing about others."
)
SHARES = {
    "for": N_("{share} are for it"),
    "against": N_("{share} are against it"),
    "conditions": N_("{share} are for it under conditions"),
}
OF_TEXTS = {
    "sampled": N_(
        "{sentence}: of residents who were asked and wrote what they think of it, {shares}. The "
        "texts are from {period}."
    ),
    "open": N_(
        "{sentence}: of about {texts} texts by people who wrote in and say what they think of it,"
        " {shares}. The texts are from {period}."
    ),
    "complaints": N_(
        "{sentence}: of about {texts} complaints that say what they think of it, {shares}. The "
        "texts are from {period}."
    ),
}
NO_SHARES = N_("no share is of ten texts or more")


def demand_section(edition: Edition) -> Iterator[ReportSection]:
    """What is asked, and the stances of each stream; or why there are none."""
    if not edition.demands:
        return
    yield ReportSection(
        key="demands",
        heading=_("Who is for and against what is asked"),
        words=(_(WHAT_IT_IS), *(words for one in edition.demands for words in sentences_of(one))),
        tables=tuple(stance_table(one) for one in edition.demands if one.shares),
        measures=measure_links("stance_share"),
    )


def sentences_of(one: DemandStances) -> Iterator[str]:
    if one.missing:
        yield _("{sentence}, {stream}: no shares. {why}").format(
            sentence=one.sentence, stream=_(STREAMS[one.stream]), why=reason(one)
        )
        return
    yield _(OF_TEXTS[one.stream]).format(
        sentence=one.sentence,
        texts=format_whole(one.texts or 0),
        shares=shares_text(one),
        period=format_dates(one.since, one.until),
    )
    yield _(
        "People labelled {labels} texts about it that chance chose; some of these do not say what "
        "they think of it."
    ).format(labels=format_whole(one.labels))
    if one.own:
        yield _(
            "About {own} are copies of the letter of a campaign that asks for this; all of them "
            "count as for it."
        ).format(own=format_whole(one.own))


def shares_text(one: DemandStances) -> str:
    """The shares that are given, the largest first."""
    given = sorted((share for share in one.shares if share.share), key=by_share)
    words = [_(SHARES[share.stance]).format(share=share_text(share)) for share in given]
    return "; ".join(words) or _(NO_SHARES)


def by_share(one: StanceShare) -> float:
    return -(one.share or 0.0)


def share_text(one: StanceShare) -> str:
    return format_share_interval(one.share, one.low, one.high)


def reason(one: DemandStances) -> str:
    """Why a stream has no shares."""
    if one.missing == "labels":
        return _(
            "People have to label at least {fewest} texts of this stream that chance chooses; they "
            "have labelled {labels}."
        ).format(fewest=FEWEST_OF_STREAM, labels=format_whole(one.labels))
    if one.missing == "reading":
        return _(
            "The machine confuses the stances too often: its balanced accuracy is {accuracy}, "
            "and our minimum is {minimum}."
        ).format(accuracy=accuracy_text(one.accuracy), minimum=f"{STANCE_PASS_MARK:.2f}")
    return _(
        "Fewer than {fewest} texts say what they think of it, or next to another report their "
        "number would give such a small one away."
    ).format(fewest=FEWEST_TEXTS)


def accuracy_text(one: AccuracyEstimate | None) -> str:
    if one is None or one.value is None or one.low is None or one.high is None:
        return _("not known")
    return f"{one.value:.2f} ({format_range(f'{one.low:.2f}', f'{one.high:.2f}')})"


def stance_table(one: DemandStances) -> ReportTable:
    """The share of each stance, with each campaign counted once next to every text."""
    once = one.voices is not None
    caption = _("{sentence}: {stream}").format(sentence=one.sentence, stream=_(STREAMS[one.stream]))
    return ReportTable(
        caption=caption,
        head=(
            _("Stance"),
            *((_("Each campaign once (95% interval)"),) if once else ()),
            _("Every text (95% interval)") if once else _("Share (95% interval)"),
        ),
        rows=tuple(
            (
                ReportCell(_(STANCE_WORDS[share.stance])),
                *((text_cell(once_text(share)),) if once else ()),
                text_cell(share_text(share)),
            )
            for share in one.shares
        ),
        note=_("A share of fewer than {fewest} texts is not shown.").format(fewest=FEWEST_TEXTS)
        if any(share.share is None for share in one.shares)
        else "",
    )


def once_text(one: StanceShare) -> str:
    return format_share_interval(one.once_share, one.once_low, one.once_high)


def demand_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    """A row for each stance, and where campaigns are among the texts one with each counted once."""
    for one in edition.demands:
        key = "demands", f"{one.since}/{one.until}", one.domain, one.stream
        how = f"PPI++, {one.labels} labels"
        if one.missing:
            name = f"stance: {one.sentence}"
            yield *key, name, one.labels, None, None, None, f"no shares: {one.missing}", "withheld"
        for share in one.shares:
            name = f"{share.stance}: {one.sentence}"
            status = "withheld" if share.share is None else "shown"
            yield *key, name, one.texts, share.share, share.low, share.high, how, status
            if one.voices is not None:
                figure = share.once_share, share.once_low, share.once_high
                status = "withheld" if share.once_share is None else "shown"
                yield *key, f"{name}, once", one.voices, *figure, f"{how}; {EACH_ONCE}", status
