"""What scrutiny panels found: their published reports, each of which passed a gate of its own."""

from collections.abc import Iterator

from analysis.disclosure import PublishedCount
from analysis.disclosure.gates import treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.workings import Workings
from analysis.scrutiny import gate
from survey.editions import Edition, scrutiny


def compute(workings: Workings) -> ChapterFields:
    return {"scrutiny": tuple(workings.inputs.scrutiny)}


def public_reports(step: GateStep) -> tuple[scrutiny.SafeMeetingReport, ...]:
    """The reports as they were published; one that has not passed their gate is left out."""
    return tuple(
        report
        for report in step.computed.scrutiny
        if isinstance(report, scrutiny.SafeMeetingReport)
    )


def report_counts(edition: Edition) -> Iterator[PublishedCount]:
    for report in edition.scrutiny:
        yield from gate.published_counts(report, edition.city)


CHAPTER = Chapter(
    name="scrutiny",
    compute=compute,
    gates={"scrutiny": public_reports},
    structs={
        scrutiny.SafeMeetingReport: treatments(
            plain="meeting panel number held_on as_of areas kind file_is_public rule seed "
            "seeded_on sealed file_sha256 drawn_sha256 first last members triggers_from actions "
            "overdue_actions synthetic",
            gated="rows left_out strata marks estimate agreement answers triggers details",
        ),
        scrutiny.MeetingDetails: treatments(plain="scheme", gated="steps reasons video"),
        scrutiny.StepMarks: treatments(plain="key words", gated="met not_met unsure agreement"),
        scrutiny.ReasonMarks: treatments(plain="reason", gated="given"),
        scrutiny.VideoCounts: treatments(gated="there none unknown reasons"),
        scrutiny.NoVideoRecords: treatments(plain="reason", gated="number"),
        scrutiny.StratumMarks: treatments(
            plain="name always together",
            gated="size drawn green amber red unsure marked least most low high",
        ),
        scrutiny.PanelEstimate: treatments(
            plain="method step", gated="records drawn least most low high standard_error"
        ),
        scrutiny.MarkAgreement: treatments(gated="records alpha low high"),
        scrutiny.AnswerCounts: treatments(gated="asked in_time late overdue waiting"),
        scrutiny.LeftOutRecords: treatments(plain="reason", gated="number"),
        scrutiny.RulePart: treatments(plain="name part take"),
    },
    counts={"scrutiny": report_counts},
)
