"""Meetings of a scrutiny panel with marks that a test chooses."""

import datetime

import msgspec

from analysis import scrutiny
from analysis.scrutiny import MeetingFacts
from survey.editions.scrutiny import MARK_FIELDS, MeetingReport, RulePart, StratumMarks
from survey.scrutiny import JointMark

DAY = datetime.date(2008, 3, 3)
MONTH = datetime.date(2008, 2, 1), datetime.date(2008, 2, 29)

USUAL = {
    "under 18": (6, 6, (3, 2, 1)),
    "fired": (60, 14, (8, 3, 3)),
    "others": (300, 24, (16, 6, 1, 1)),
}


def meeting(strata, *, number=1, days=MONTH, **more):
    """The report of a meeting whose strata have these sizes, drawn numbers and marks; its records
    are of these days.
    """
    frame, stratum_of, joint = [], {}, {}
    for name, (size, drawn, marks) in strata.items():
        frame.append(StratumMarks(name=name, always=size == drawn, size=size, drawn=drawn))
        colours = [
            one for one, count in zip(MARK_FIELDS, marks, strict=False) for _ in range(count)
        ]
        for i in range(drawn):
            stratum_of[f"{name} {i}"] = name
            if i < len(colours):
                joint[f"{name} {i}"] = colours[i]
    blank = MeetingReport(
        meeting=f"m{number}",
        panel="p",
        number=number,
        held_on=DAY + datetime.timedelta(days=28 * (number - 1)),
        as_of=DAY + datetime.timedelta(days=28 * (number - 1)),
        first=days[0],
        last=days[1],
        rule=tuple(rule_part(one) for one in frame),
        seed="2f1c",
        seeded_on=MONTH[1],
        file_sha256="ab" * 32,
        drawn_sha256="cd" * 32,
        strata=tuple(frame),
        rows=sum(one.size for one in frame),
    )
    alone = [(record, seat, colour) for record, colour in joint.items() for seat in (1, 2, 3)]
    return scrutiny.meeting_report(
        MeetingFacts(blank=blank, stratum_of=stratum_of, joint=joint, alone=alone, **more)
    )


def with_details(strata, scheme, said, *, number=1, **more):
    """A meeting by a scheme; `said` gives the steps and the video of each record, in order."""
    found = meeting(strata, number=number)
    marks = [
        JointMark(record=f"{name} {i}", colour="green")
        for name, (_, drawn, _) in strata.items()
        for i in range(drawn)
    ]
    full = [msgspec.structs.replace(mark, **one) for mark, one in zip(marks, said, strict=True)]
    stratum_of = {mark.record: mark.record.rsplit(" ", 1)[0] for mark in marks}
    facts = MeetingFacts(
        blank=found, stratum_of=stratum_of, joint={}, scheme=scheme, said=full, **more
    )
    return msgspec.structs.replace(
        found, details=scrutiny.details_with_agreement(facts, found.strata)
    )


def rule_part(one):
    if one.always:
        return RulePart(name=one.name, part="always")
    return RulePart(name=one.name, part="chance", take=one.drawn)
