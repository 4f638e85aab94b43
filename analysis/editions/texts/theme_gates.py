"""Themes that the machine reads too badly: without their figures, and why in a sentence."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analysis.coding.gates import badly_read
from analysis.disclosure.counts import significant_digits
from survey.coding.campaigns import EditionCampaign
from survey.coding.double_coding import (
    PASS_MARK,
    THEME_PASS_MARK,
    AccuracyEstimate,
    ThemeCheck,
    status_against,
)
from survey.editions.chapters.themes import (
    NewCodebook,
    ThemelessTexts,
    ThemeShare,
    without_theme_figures,
)
from survey.sentences import N_, Sentence

STREAM_READINGS = {
    "sampled": N_(
        "Themes of texts by residents who were asked are withheld: next to what people decided, "
        "the machine reached F1 {f1}. Our minimum is {minimum}."
    ),
    "open": N_(
        "Themes of texts by people who wrote in are withheld: next to what people decided, the "
        "machine reached F1 {f1}. Our minimum is {minimum}."
    ),
    "complaints": N_(
        "Themes of complaints are withheld: next to what people decided, the machine reached F1 "
        "{f1}. Our minimum is {minimum}."
    ),
}
THEME_FOUND = {
    "sampled": N_(
        "“{theme}” in texts by residents who were asked is withheld: of the texts that people "
        "place there, the machine finds a share of {share}. Our minimum is {minimum}."
    ),
    "open": N_(
        "“{theme}” in texts by people who wrote in is withheld: of the texts that people place "
        "there, the machine finds a share of {share}. Our minimum is {minimum}."
    ),
    "complaints": N_(
        "“{theme}” in complaints is withheld: of the texts that people place there, the machine "
        "finds a share of {share}. Our minimum is {minimum}."
    ),
}
THEME_RIGHT = {
    "sampled": N_(
        "“{theme}” in texts by residents who were asked is withheld: of the texts that the machine "
        "places there, people agree for a share of {share}. Our minimum is {minimum}."
    ),
    "open": N_(
        "“{theme}” in texts by people who wrote in is withheld: of the texts that the machine "
        "places there, people agree for a share of {share}. Our minimum is {minimum}."
    ),
    "complaints": N_(
        "“{theme}” in complaints is withheld: of the texts that the machine places there, people "
        "agree for a share of {share}. Our minimum is {minimum}."
    ),
}


def without_badly_read(
    found: Sequence[ThemeShare], checks: Sequence[ThemeCheck]
) -> tuple[ThemeShare, ...]:
    """The themes, those that the machine reads too badly without a figure, also of boroughs."""
    bad = badly_read(checks)
    return tuple(
        msgspec.structs.replace(without_theme_figures(one), missing="reading")
        if is_badly_read(bad, one.stream, one.theme)
        else one
        for one in found
    )


def is_badly_read(bad: set[tuple[str, str]], stream: str, theme: str) -> bool:
    return bool({(stream, ""), (stream, theme)} & bad)


def themeless_read_well(
    found: Sequence[ThemelessTexts], checks: Sequence[ThemeCheck]
) -> tuple[ThemelessTexts, ...]:
    """The texts without a theme of the streams whose themes are shown."""
    bad = badly_read(checks)
    return tuple(one for one in found if (one.stream, "") not in bad)


def campaigns_read_well(
    found: Sequence[EditionCampaign],
    checks: Sequence[ThemeCheck],
    names: Mapping[str, str],
    *,
    withheld: bool,
) -> tuple[EditionCampaign, ...]:
    """The campaigns, without themes by the machine that are withheld; what a person said stays."""
    bad = badly_read(checks)
    ids = {name: theme for theme, name in names.items()}
    return tuple(
        one
        if one.tone
        else msgspec.structs.replace(
            one,
            themes=tuple(
                name
                for name in one.themes
                if not withheld and not is_badly_read(bad, one.stream, ids[name])
            ),
        )
        for one in found
    )


def codebook_effect_read_well(
    found: NewCodebook | None, checks: Sequence[ThemeCheck]
) -> NewCodebook | None:
    """The effect of a new codebook, without themes whose figures are withheld."""
    bad = badly_read(checks)
    return found and msgspec.structs.replace(
        found,
        recoded=tuple(
            row for row in found.recoded if not is_badly_read(bad, row.stream, row.theme)
        ),
    )


def theme_reading_sentences(
    checks: Sequence[ThemeCheck], names: Mapping[str, str]
) -> Iterator[Sentence]:
    """What is withheld because the machine reads it too badly, with how badly that is."""
    bad = badly_read(checks)
    for check in checks:
        if (check.stream, check.theme) not in bad:
            continue
        if not check.theme:
            yield Sentence(
                STREAM_READINGS[check.stream],
                f1=value_with_interval(check.f1),
                minimum=f"{PASS_MARK:.2f}",
            )
        elif (check.stream, "") not in bad:
            name = names.get(check.theme, check.theme)
            for messages, share in ((THEME_FOUND, check.recall), (THEME_RIGHT, check.precision)):
                if status_against(share, THEME_PASS_MARK) == "below":
                    yield Sentence(
                        messages[check.stream],
                        theme=name,
                        share=value_with_interval(share),
                        minimum=f"{THEME_PASS_MARK:.2f}",
                    )


def value_with_interval(one: AccuracyEstimate) -> Sentence:
    """The figures as they are published, or a table could round 0.955 to another one."""
    value, low, high = map(significant_digits, (one.value, one.low, one.high))
    if value is None or low is None or high is None:
        return Sentence("not known")
    return Sentence(
        "{value} (95% interval {low} to {high})",
        value=f"{value:.2f}",
        low=f"{low:.2f}",
        high=f"{high:.2f}",
    )
