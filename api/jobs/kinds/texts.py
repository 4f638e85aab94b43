"""Jobs that read what people wrote."""

from api.jobs import calendar
from api.jobs.registry import JobKind

JOBS = [
    JobKind("code_texts", "Reading what people wrote", "api.jobs.texts.coding:code_texts"),
    JobKind(
        "read_outdated_texts",
        "Reading texts again that an earlier version read",
        "api.jobs.texts.rereading:read_outdated_texts",
        calendar.hourly,
    ),
    JobKind(
        "recode_texts",
        "Reading texts again under a new codebook",
        "api.jobs.texts.recoding:recode_texts",
    ),
    JobKind(
        "learn_tone",
        "Learning tone from texts that two people coded",
        "api.jobs.texts.learning:learn_tone",
        calendar.weekly,
    ),
    JobKind("reread_tones", "Reading tone again", "api.jobs.texts.rereading:reread_tones"),
    JobKind(
        "propose_themes",
        "Suggesting changes to the codebook",
        "api.jobs.texts.proposals:propose_themes",
        calendar.weekly,
    ),
    JobKind(
        "discover_themes", "Looking for new themes", "api.jobs.texts.proposals:discover_themes"
    ),
    JobKind(
        "read_stances",
        "Reading who is for and against demands",
        "api.jobs.texts.stances:read_stances",
        calendar.hourly,
    ),
    JobKind("find_campaigns", "Looking for campaigns", "api.jobs.texts.campaigns:find_campaigns"),
    JobKind(
        "double_coding_sample",
        "Drawing the sample for double coding",
        "api.jobs.texts.double_coding:draw_quarter_sample",
        calendar.quarterly,
    ),
]
