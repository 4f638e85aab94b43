"""Makes an edition: from its inputs through its chapters and the gate to what may be published."""

import msgspec
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis.editions import front, gate, respondents
from analysis.editions.chapter import Derivation, EditionPair
from analysis.editions.chapters import index, themes
from analysis.editions.contents import CHAPTERS
from analysis.editions.inputs import EditionInputs
from analysis.editions.texts.theme_gates import without_badly_read
from analysis.editions.workings import Workings, in_index_window
from survey.editions.edition import Edition, SafeEdition


def make_edition(inputs: EditionInputs) -> SafeEdition:
    """The edition as anybody may read it: computed, gated, then put into sentences."""
    with threadpool_limits(limits=1):  # two threads on small matrices wait for each other
        return compute_edition(inputs)


def compute_edition(inputs: EditionInputs) -> SafeEdition:
    workings = edition_workings(inputs)
    full = ungated_edition(workings)
    safe = gate.safe_edition(full, inputs.earlier, inputs.current)
    # Sentences come after the gate, so that none of them can say what a table hides.
    return gate.with_derived_fields(Derivation(workings, full, safe, change_figures))


def edition_workings(inputs: EditionInputs) -> Workings:
    """The figures that all chapters share; without the index if its items do not measure one
    thing.
    """
    asked = respondents.window_respondents(inputs, in_index_window(inputs))
    sound = respondents.without_unreliable_index(inputs, asked.reliable)
    return Workings(inputs=sound, asked=asked)


def ungated_edition(workings: Workings) -> Edition:
    """The edition with every chapter, before disclosure control."""
    found = front.bare_edition(workings.inputs)
    for chapter in CHAPTERS:
        tables = (*found.tables, *chapter.compute_tables(workings))
        found = msgspec.structs.replace(found, **chapter.compute(workings), tables=tables)
    return found


def change_figures(inputs: EditionInputs) -> EditionPair:
    """The figures whose changes are reported, by the same functions and through the same gate."""
    workings = edition_workings(inputs)
    full = msgspec.structs.replace(
        front.bare_edition(inputs),
        index=index.index_estimates(workings.inputs, workings.asked),
        rates_counted=workings.rates_counted,
        as_published=workings.as_published,
        complaints=workings.complaints,
        deployments=workings.deployments,
        # Changes of themes are reported for the city only.
        themes=without_badly_read(
            themes.edition_theme_shares(inputs, areas=False), workings.theme_checks
        ),
    )
    return EditionPair(full, gate.safe_edition(full, inputs.earlier, inputs.current))
