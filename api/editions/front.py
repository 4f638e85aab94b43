"""The front of an edition: its title, notes, caveats, and what it was made from."""

from collections.abc import Iterator

from analysis import disclosure
from api.editions.chapters.quality import late_in_words
from api.editions.chapters.received import STREAMS, received_table
from api.editions.report import ReportSection, measure_links
from api.editions.rows import ExportRow, Periods, figure_row, words_row
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from api.locales import format_sentence, format_whole
from survey.editions import Edition
from survey.editions.figures import Completeness
from survey.sentences import N_

TITLES = {
    "weekly": N_("Weekly report"),
    "monthly": N_("Monthly report"),
    "outcome": N_("Outcome report"),
}
WITHHELD_RULE = N_(
    "A figure is withheld where it rests on fewer than {events} persons or events, {respondents} "
    "respondents or {texts} texts, and a rate where it rests on fewer than {rated} events, so that "
    "no one can be identified. It is also withheld where such a small figure could be worked out "
    "from it and another one, in this report or in an earlier one. A blank means that we have no "
    "data, or that we withhold the figure: we do not say which."
)
STRIP = N_(
    "Association is not proof of cause. Residents are not the same people as those whom police "
    "met. People who wrote in speak only for themselves. A blank means that we have no data, or "
    "that we withhold the figure to protect privacy."
)


def edition_notes(edition: Edition) -> Iterator[str]:
    """What data were received, and how many figures were revised."""
    completeness = edition.completeness
    if completeness is not None:
        yield completeness_sentence(completeness, edition)
    if edition.restated:
        yield _n(
            "Publishers have revised {n} figure since the report before this one.",
            "Publishers have revised {n} figures since the report before this one.",
            len(edition.restated),
        ).format(n=format_whole(len(edition.restated)))


def correction_sentences(edition: Edition) -> Iterator[str]:
    """Which edition of the period this one corrects, and why.

    Editions that record no reason are said to correct all earlier editions of the period.
    """
    if edition.correction is not None and edition.correction.number:
        yield _("This edition corrects edition {number}, which was not changed. Why: {why}").format(
            number=edition.correction.number, why=format_sentence(edition.correction.why)
        )
    elif edition.correction is None and edition.number == 2:
        yield _("This edition corrects edition 1 of the same period; edition 1 was not changed.")
    elif edition.correction is None and edition.number > 2:
        yield _(
            "This edition corrects editions 1 to {last} of the same period; none of them was "
            "changed."
        ).format(last=edition.number - 1)


def completeness_sentence(completeness: Completeness, edition: Edition) -> str:
    given = {
        "areas": format_whole(completeness.areas),
        "of_areas": format_whole(completeness.of_areas),
        "weeks": format_whole(completeness.weeks),
        "of_weeks": format_whole(completeness.of_weeks),
        "days": format_whole(completeness.days or 0),
        "of_days": format_whole(completeness.of_days or 0),
        "late": late_in_words(completeness.late),
    }
    if "sampled" in edition.uncollected:
        message = _("Deployment figures cover {days} of {of_days} days; reported late: {late}.")
    elif (
        completeness.days is None or completeness.of_days is None
    ):  # an edition that counted whole weeks alone
        message = _(
            "Answers came from {areas} of {of_areas} boroughs; deployment figures came for {weeks} "
            "of {of_weeks} whole weeks; reported late: {late}."
        )
    elif completeness.days == completeness.of_days:
        message = _(
            "Answers came from {areas} of {of_areas} boroughs; deployment figures cover all "
            "{of_days} days; reported late: {late}."
        )
    else:
        message = _(
            "Answers came from {areas} of {of_areas} boroughs; deployment figures cover {days} of "
            "{of_days} days; reported late: {late}."
        )
    return message.format(**given)


def caveats_section(edition: Edition) -> Iterator[ReportSection]:
    yield ReportSection(
        key="caveats",
        heading=_("What to keep in mind"),
        points=edition.caveats,
        folded=(received_table(edition).page,)
        if bool(edition.received) and len(edition.uncollected) < len(STREAMS)
        else (),
        measures=measure_links("received"),
    )


def withheld_sentence(hidden: int) -> str:
    """The sentence on how many figures are withheld in the main tables, which it names."""
    if not hidden:
        return _(
            "No figure is withheld in the tables of the index, deployments, complaints and themes."
        )
    return _n(
        "{n} figure is withheld in the tables of the index, deployments, complaints and themes.",
        "{n} figures are withheld in the tables of the index, deployments, complaints and themes.",
        hidden,
    ).format(n=format_whole(hidden))


def withheld_rule() -> str:
    """When a figure is withheld, with the numbers of the rule."""
    return _(WITHHELD_RULE).format(
        events=disclosure.FEWEST_EVENTS,
        respondents=disclosure.FEWEST_RESPONDENTS,
        texts=disclosure.FEWEST_TEXTS,
        rated=disclosure.FEWEST_FOR_RATE,
    )


def disclosure_section(edition: Edition) -> Iterator[ReportSection]:
    notes = tuple(note.sentence for note in edition.disclosure)
    yield ReportSection(
        key="disclosure",
        heading=_("How we protect privacy"),
        points=(*(notes or (withheld_sentence(edition.withheld),)), withheld_rule()),
    )


def edition_basis(edition: Edition, sha256: str) -> tuple[tuple[str, str], ...]:
    return (
        (_("Method"), edition.method_version),
        (_("Population"), edition.population_basis),
        (_("Codebook of themes"), _("version {number}").format(number=edition.codebook)),
        *((name, value) for name, value in provenance(edition) if value),
        (_("Fingerprint (SHA-256)"), sha256),
    )


def provenance(edition: Edition) -> Iterator[tuple[str, str]]:
    """The code, the inputs and the seeds that reproduce the edition."""
    yield _("Code"), edition.code_version
    yield _("Input (SHA-256)"), edition.inputs_sha256
    yield _("Seeds"), ", ".join(f"{name} {seed}" for name, seed in edition.seeds)


def about_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    """What the figures are based on, as rows, so that every copy of the file says it."""
    for name, said in (
        ("edition", str(edition.number)),
        ("data as of", str(edition.data_as_of)),
        *correction_lines(edition),
        *[("not collected here", stream) for stream in edition.uncollected],
        *[("compared with edition from", str(day)) for day in [edition.compared_start] if day],
        ("synthetic", "yes" if edition.synthetic else "no"),
        ("method version", edition.method_version),
        ("population", edition.population_basis),
        ("codebook", str(edition.codebook)),
        *[("deployments as published", source) for source in [edition.as_published] if source],
        ("reading of themes", edition.reading or "not measured"),
        ("version of the disclosure gate", str(edition.gate)),
        *[(name, said) for name, said in sources(edition) if said],
        *[("caveat", caveat) for caveat in edition.caveats],
        *[("caveat of ratios", caveat) for caveat in edition.disparity_caveats],
        *[("attribution", credit) for credit in edition.attribution],
    ):
        yield words_row("about", periods.whole, edition.city, name, said)


def correction_lines(edition: Edition) -> Iterator[tuple[str, str]]:
    correction = edition.correction
    if correction is not None and correction.number:
        yield "corrects edition", str(correction.number)
        yield "why it corrects it", correction.why


def sources(edition: Edition) -> Iterator[tuple[str, str]]:
    yield "planted", edition.planted
    yield "code version", edition.code_version
    yield "inputs sha256", edition.inputs_sha256
    yield from ((f"seed: {name}", str(seed)) for name, seed in edition.seeds)


def lead_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    """The first sentences, and the key figures of the edition before, under their own first day."""
    for sentence in edition.lead:
        yield words_row("lead", periods.whole, edition.city, "sentence", sentence)
    for figure in edition.last_figures:
        period = periods.whole if figure.start is None else str(figure.start)
        yield figure_row(
            "key figures", period, edition.city, f"{figure.figure}, before", figure.was
        )


def disclosure_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for line in edition.disclosure:
        yield words_row("disclosure", periods.whole, edition.city, line.kind, line.sentence)
