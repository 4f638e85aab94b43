"""Refusals of an edition and its inputs, of what the working group does with it, and of figures
that are asked for and not there.
"""

import datetime
from collections.abc import Sequence

from survey.editions.actions import MARK_BEFORE, EditionMark
from survey.problems import Conflict, Invalid, NotFound

own_edition = Conflict.of(
    "edition.own",
    "You marked this edition as reviewed yourself.",
    "Ask another reviewer or an administrator to publish it. Where the group has nobody else, the "
    "operator can set SOUNDINGS_ONE_PERSON_PUBLISHES=true.",
)

# The refusal of another edition of a published period without a reason.
unexplained_edition = Conflict.of(
    "edition.unexplained",
    "Edition {number} of the {kind} report from {start} is published already, and nobody said why "
    "there should be another.",
    "Say why: readers see the reason on the new edition. On the command line give it with --why.",
)


no_conditions = Conflict.of(
    "outcome.no_conditions",
    "The ledger has no condition on which a trial was approved.",
    "Open /work/recommendations, enter what the trial was approved on, and tick that it is a "
    "condition.",
)
no_months = Conflict.of(
    "outcome.no_months",
    "No monthly report of the trial, which began on {day}, is published.",
    "Publish the report of a month since then first.",
)


def illegal_mark(mark: EditionMark) -> Conflict:
    """The refusal if an edition has this mark already, or lacks the mark that must come first."""
    first = MARK_BEFORE[mark]
    return Conflict(
        f"edition.not_to_be_{mark}",
        f"This edition is {mark} already" + (f", or is not {first} yet." if first else "."),
        "Look at the page of the edition.",
    )


bad_edition_name = Invalid.of(
    "report.name",
    "{name!r} is not an edition.",
    "Write kind, first day and number, such as weekly/2007-12-10/1; `soundings report list` shows "
    "them.",
)
unreadable_inputs = Invalid.of(
    "report.inputs",
    "This version cannot read the inputs in this file.",
    "Create it with `soundings report inputs` of the version that made the edition.",
)
destroyed_inputs = Conflict.of(
    "report.inputs_destroyed",
    "The inputs of this edition were deleted on {day}.",
    "Someone withdrew an answer or a complaint that they may have included. The edition stays as "
    "it was published, and cannot be made again.",
)
older_inputs = Conflict.of(
    "report.inputs_older",
    "An earlier version of Soundings stored what this edition was made from, and this version "
    "cannot read it.",
    "Make another edition of the same period at /work/editions.",
)
no_sampled_answers = Conflict.of(
    "report.no_sample",
    "Nobody we asked answered in the days that this edition covers.",
    "Choose another edition.",
)
unknown_edition = NotFound.of(
    "report.unknown", "There is no edition {what}.", "Look at the list of editions."
)


def no_edition_of_day(kind: str, day: datetime.date, known: Sequence[datetime.date]) -> NotFound:
    """The refusal if no edition is published for a day; `known` are the nearest days with an
    edition.
    """
    nearest = " and ".join(f"/reports/{kind}/{start}" for start in known)
    return NotFound(
        "report.unknown",
        f"There is no {kind} report for {day}.",
        f"The nearest are {nearest}."
        if len(known) > 1
        else f"The nearest is {nearest}."
        if known
        else f"There are no {kind} reports yet.",
    )


place_without_figures = NotFound.of(
    "report.place_unknown",
    "No report has figures for {place!r}.",
    "Choose a borough at /reports/boroughs.",
)
theme_without_figures = NotFound.of(
    "report.theme_unknown",
    "No report has figures for the theme {theme!r}.",
    "Choose a theme at /reports/themes.",
)

# The refusal of a table or chart that an edition, borough or theme does not have.
unknown_part = NotFound.of(
    "report.part_unknown",
    "There is no {what} here.",
    "The page of the report links to every table and chart that it has.",
)

unknown_action = NotFound.of(
    "action.unknown", "There is no action {number}.", "Look at the list of actions."
)
changed_action = Conflict.of(
    "action.changed",
    "Someone else has changed this action since you opened it.",
    "Look at it again, then make your change.",
)

withdrawn_alert = Conflict.of(
    "alert.taken_back",
    "There is no such report, or it was already withdrawn.",
    "Look at the list of alerts.",
)

closed_comment = Conflict.of(
    "comment.closed",
    "There is no such comment, or someone else has already struck it out, resolved it or reopened "
    "it.",
    "Look at the page of the edition.",
)

# The refusal of a period that the page at this address does not offer.
period_without_figures = Invalid.of(
    "figures.period",
    "There are no figures for that period: it is not over yet, or no complaint had been made by "
    "then.",
    "Choose one of the periods listed at {address}.",
)
edition_in_progress = Conflict.of(
    "figures.edition_being_made",
    "An edition is being prepared, and this file depends on it.",
    "Try again in a few minutes.",
)
not_a_quarter = Invalid.of(
    "figures.not_a_quarter",
    "Only figures for a calendar quarter that ended at least four weeks ago can be downloaded.",
    "Choose a quarter: files for overlapping periods could reveal single complaints.",
)

unknown_recommendation = NotFound.of(
    "recommendation.unknown",
    "There is no recommendation {number} in the ledger.",
    "Look at the list of recommendations.",
)
changed_recommendation = Conflict.of(
    "recommendation.changed",
    "Someone else has changed this recommendation since you opened it.",
    "Look at it again, then make your change.",
)
