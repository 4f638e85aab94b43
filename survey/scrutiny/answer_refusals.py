"""Refusals of the reports of scrutiny panels, of what the force answers, and of triggers."""

from survey.problems import Conflict, NotFound

unknown_report = NotFound.of(
    "scrutiny_report.unknown",
    "The panel has not published a report of this meeting.",
    "Look at the list of meetings.",
)
withdrawn_report = Conflict.of(
    "scrutiny_report.withdrawn",
    "There is no report to withdraw: none is published, or the last one is withdrawn already.",
    "Look at the report's page again.",
)
own_report = Conflict.of(
    "scrutiny_report.own",
    "You marked this report as reviewed yourself.",
    "Ask a reviewer, an administrator or another chair of the panel to publish it: no one "
    "publishes alone.",
)
report_not_to_publish = Conflict.of(
    "scrutiny_report.not_to_be_published",
    "This version is published already, or a later one was reviewed in the meantime.",
    "Look at the public report's page again.",
)
open_meeting = Conflict.of(
    "scrutiny_report.open_meeting",
    "The meeting is not closed yet, so there is no report of it.",
    "Close the meeting once every record has a joint mark.",
)

changed_answer = Conflict.of(
    "scrutiny_answer.changed",
    "Somebody else saved this answer while you were writing.",
    "Open the page again to see their version, then save yours if it is still needed.",
)
unknown_answer = NotFound.of(
    "scrutiny_answer.unknown",
    "There is no such answer to give.",
    "Look at the list of answers of the panel.",
)

unknown_trigger = NotFound.of(
    "scrutiny_trigger.unknown",
    "The panel has no such trigger, or it has ended.",
    "Look at the list of triggers of the panel.",
)
