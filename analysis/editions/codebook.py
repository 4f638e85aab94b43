"""Themes that the machine reads too badly are withheld; and what a new codebook changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import significant_digits
from analysis.editions.inputs import EarlierCoding, EditionInputs
from analysis.statistics.sampling.variance import Flags
from analysis.themes.double_coding import badly_read
from survey.editions.texts import (
    NewCodebook,
    ThemeCodebookEffect,
    ThemelessTexts,
    ThemeShare,
    without_theme_figures,
)
from survey.sentences import N_, Sentence
from survey.themes import codebooks, double_coding
from survey.themes.demands import EditionCampaign

TEXTS = {
    "sampled": N_("texts by residents who were asked"),
    "open": N_("texts by people who wrote in"),
    "complaints": N_("complaints"),
}
STREAM_READING = N_("Themes of {texts} are withheld: the machine reads these texts too badly.")
THEME_FOUND = N_(
    "“{theme}” in {texts} is withheld: the machine misses too many of the texts that people place "
    "there."
)
THEME_RIGHT = N_(
    "“{theme}” in {texts} is withheld: people disagree with too many of the texts that the machine "
    "places there."
)
STREAMS = ("sampled", "open", "complaints")


def without_badly_read(
    shares: Sequence[ThemeShare], checks: Sequence[double_coding.ThemeCheck]
) -> tuple[ThemeShare, ...]:
    """The themes; where the machine reads one too badly its figures are removed, boroughs' too."""
    bad = badly_read(checks)
    return tuple(
        replace(without_theme_figures(share), missing="reading")
        if is_badly_read(bad, share.stream, share.theme)
        else share
        for share in shares
    )


def is_badly_read(bad: set[tuple[str, str]], stream: str, theme: str) -> bool:
    return bool({(stream, ""), (stream, theme)} & bad)


def themeless_read_well(
    texts: Sequence[ThemelessTexts], checks: Sequence[double_coding.ThemeCheck]
) -> tuple[ThemelessTexts, ...]:
    """The texts without a theme of the streams whose themes are shown."""
    bad = badly_read(checks)
    return tuple(themeless for themeless in texts if (themeless.stream, "") not in bad)


def campaigns_read_well(
    campaigns: Sequence[EditionCampaign],
    checks: Sequence[double_coding.ThemeCheck],
    names: Mapping[str, str],
    *,
    withheld: bool,
) -> tuple[EditionCampaign, ...]:
    """The campaigns without withheld themes of the machine; themes that a person gave stay."""
    bad = badly_read(checks)
    ids = {name: theme for theme, name in names.items()}
    return tuple(
        campaign
        if campaign.tone
        else replace(
            campaign,
            themes=tuple(
                name
                for name in campaign.themes
                if not withheld and not is_badly_read(bad, campaign.stream, ids[name])
            ),
        )
        for campaign in campaigns
    )


def codebook_effect_read_well(
    codebook: NewCodebook | None, checks: Sequence[double_coding.ThemeCheck]
) -> NewCodebook | None:
    """The effect of a new codebook, without themes whose figures are withheld."""
    bad = badly_read(checks)
    return codebook and replace(
        codebook,
        recoded=tuple(
            row for row in codebook.recoded if not is_badly_read(bad, row.stream, row.theme)
        ),
    )


def theme_reading_sentences(
    checks: Sequence[double_coding.ThemeCheck], names: Mapping[str, str]
) -> Iterator[Sentence]:
    """Sentences on what is withheld because the machine reads it too badly."""
    bad = badly_read(checks)
    for check in checks:
        if (check.stream, check.theme) not in bad:
            continue
        if not check.theme:
            yield Sentence(STREAM_READING, texts=Sentence(TEXTS[check.stream]))
        elif (check.stream, "") not in bad:
            name = names.get(check.theme, check.theme)
            for message, share in ((THEME_FOUND, check.recall), (THEME_RIGHT, check.precision)):
                if double_coding.status_against(share, double_coding.THEME_PASS_MARK) == "below":
                    yield Sentence(message, theme=name, texts=Sentence(TEXTS[check.stream]))


def value_with_interval(estimate: double_coding.AccuracyEstimate) -> Sentence:
    """The figure and its limits as published, since a table could round 0.955 differently."""
    value, low, high = map(significant_digits, (estimate.value, estimate.low, estimate.high))
    if value is None or low is None or high is None:
        return Sentence("not known")
    return Sentence(
        "{value} (95% interval {low} to {high})",
        value=f"{value:.2f}",
        low=f"{low:.2f}",
        high=f"{high:.2f}",
    )


def codebook_effect(inputs: EditionInputs, inside: Flags) -> NewCodebook | None:
    """What changed in the codebook since the previous edition; None if the version is the same.

    Texts that arrived after the change were never read under the older version and are left out.
    """
    before = inputs.before
    if before is None:
        return None
    both = inside & before.known
    return NewCodebook(
        before=before.book.version,
        reasons=tuple(book.note for book in before.later if book.note),
        changes=tuple(codebook_changes(before)),
        texts=int(both.sum()),
        recoded=tuple(recoded_themes(inputs, before, both)),
    )


def recoded_themes(
    inputs: EditionInputs, before: EarlierCoding, both: Flags
) -> Iterator[ThemeCodebookEffect]:
    """Each stream's number of texts by theme under both versions, where the two differ."""
    now = dict(inputs.themes)
    names = dict(before.themes) | now
    for stream in STREAMS:
        rows = both & (inputs.texts.stream == stream)
        was = texts_by_theme(before.themes, before.spoken[rows])
        became = texts_by_theme(inputs.themes, inputs.texts.spoken[rows])
        for theme, name in names.items():
            if was[theme] != became[theme]:
                yield ThemeCodebookEffect(
                    theme=theme, name=name, stream=stream, before=was[theme], after=became[theme]
                )


def texts_by_theme(themes: Iterable[tuple[str, str]], spoken: Flags) -> Counter[str]:
    sums = np.asarray(spoken.sum(axis=0)).tolist()
    return Counter({theme: many for (theme, _), many in zip(themes, sums, strict=True)})


def codebook_changes(before: EarlierCoding) -> Iterator[str]:
    """The edits since the earlier version as sentences, without the texts in them."""
    names, taught = codebooks.theme_names(before.book), Counter[str]()
    for edit in (edit for book in before.later for edit in book.edits):
        after = codebooks.theme_names_after([edit], names)
        if sentence := edit_sentence(edit, names, after):
            yield sentence
        elif not isinstance(edit, codebooks.Pin):
            taught[edit.theme if isinstance(edit.theme, str) else edit.theme.id] += 1
        names = after
    if taught:
        some = ", ".join(f"“{names[theme]}” ({times})" for theme, times in taught.items())
        yield Sentence("Examples, words or descriptions changed: {themes}.", themes=some)


def edit_sentence(
    edit: codebooks.AnyEdit, names: codebooks.NamesByTheme, after: codebooks.NamesByTheme
) -> str:
    match edit:
        case codebooks.Add(theme=theme):
            return Sentence("“{theme}” was added.", theme=after[theme.id])
        case codebooks.Rename(theme=theme) if names[theme] != after[theme]:
            return Sentence(
                "“{theme}” is now called “{name}”.", theme=names[theme], name=after[theme]
            )
        case codebooks.Merge(theme=theme, into=into):
            return Sentence(
                "“{theme}” was merged into “{into}”.", theme=names[theme], into=names[into]
            )
        case codebooks.Split(theme=theme, parts=parts):
            *others, last = [f"“{after[part.id]}”" for part in parts]
            if not others:
                into = last
            else:
                into = Sentence("{names} and {last}", names=", ".join(others), last=last)
            return Sentence("“{theme}” was split into {parts}.", theme=names[theme], parts=into)
        case codebooks.Retire(theme=theme):
            return Sentence("“{theme}” was retired.", theme=names[theme])
    return ""
