"""Refusals of scrutiny panels, their meetings, and the marks of their members."""

from survey.problems import Conflict, Forbidden, Invalid, NotFound

unknown_panel = NotFound.of(
    "scrutiny_panel.unknown",
    "There is no such scrutiny panel, or you are not a member of it.",
    "Look at the list of panels.",
)
existing_panel = Conflict.of(
    "scrutiny_panel.exists", "There is already a panel called {name}.", "Use another name."
)

unknown_meeting = NotFound.of(
    "scrutiny_meeting.unknown",
    "There is no such meeting, or you are not a member of its panel.",
    "Look at the list of meetings.",
)
meeting_moved_on = Conflict.of(
    "scrutiny_meeting.moved_on",
    "The meeting has moved on, and this step cannot be taken now.",
    "Open the meeting again to see where it stands.",
)

empty_rule = Invalid.of(
    "scrutiny_rule.empty",
    "The rule of the panel draws no record and shows none.",
    "Add a stratum or an always-include rule, and a field to show.",
)

unsealed_file = Invalid.of(
    "scrutiny_file.changed",
    "This is not the file whose digest was noted when the seed was fixed.",
    "Ask the force for the file as it was handed over. If it is lost, cancel the meeting.",
)

unknown_record = NotFound.of(
    "scrutiny_record.unknown",
    "There is no such record, or it is not open to you.",
    "Look at the list of records of the meeting.",
)
stepped_aside = Forbidden.of(
    "scrutiny_record.stepped_aside",
    "You stepped aside from this record, so you see no more of it.",
    "Go on with the next record.",
)

closed_marking = Conflict.of(
    "scrutiny_mark.closed",
    "Marking alone is over, or has not begun: marks cannot be given now.",
    "Open the meeting to see where it stands.",
)

chair_needed = Forbidden.of(
    "scrutiny_meeting.chair", "Only the chair of the panel can do this.", "Ask the chair."
)

empty_draw = Invalid.of(
    "scrutiny_file.nothing_drawn",
    "No record of {name} fits a stratum or an always-include rule.",
    "Check that the values in the rule are spelt as in the file. Nothing was saved.",
)


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
