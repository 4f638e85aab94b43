"""Audit lines as sentences: what was done, to what, and its details."""

import datetime
import re
from collections.abc import Mapping

from api.locales import format_short_day
from survey.words import in_local_words

EDITION_SUBJECT = re.compile(r"^(weekly|monthly) (\d{4}-\d\d-\d\d)(?: (\d+))?$")

# Every act that is written to the audit; a test compares this list with the code.
ACT_SENTENCES = {
    "access codes drawn": "Access codes created for the survey {subject}",
    "access codes withdrawn": "Unused access codes of the survey {subject} withdrawn",
    "account added": "Account of {subject} added",
    "account changed": "Account of {subject} changed",
    "account closed": "Account of {subject} closed",
    "account handed over": "Open cases of {subject} handed over",
    "account reopened": "Account of {subject} opened again",
    "action agreed": "Action added to the {subject}",
    "action done": "Action {subject} marked as done",
    "action dropped": "Action {subject} dropped",
    "action open": "Action {subject} changed",
    "alert assigned": "Alert {subject} given an owner",
    "alert raised": "Alert raised: {subject}",
    "alert taken back": "Alert {subject} withdrawn",
    "API key deleted": "API key deleted",
    "API key ended": "API key of {subject} deleted",
    "API key made": "API key made",
    "answers read by key": "Answers to the survey {subject} read by a program with an API key",
    "held answers counted": "Answers to the survey {subject} that looked like spam counted",
    "held answers read": "Answers to the survey {subject} that looked like spam read",
    "held answers thrown away": "Answers to the survey {subject} thrown away as spam",
    "answers exported": "Answers to the survey {subject} exported",
    "answer deleted": "Single answer to the survey {subject} deleted",
    "answer flagged": "Answer to the survey {subject} flagged",
    "answer unflagged": "Flag of an answer to the survey {subject} removed",
    "attachment downloaded": "File of {subject} downloaded",
    "audit exported": "Audit exported",
    "backup restored": "Backup {subject} restored",
    "campaigns looked for": "Search for campaigns started",
    "campaign coded": "Campaign {subject} given a name, a tone and themes",
    "campaign coding undone": "Name, tone and themes of campaign {subject} undone",
    "not a campaign": "Campaign {subject} dismissed",
    "a campaign after all": "Campaign {subject} restored",
    "candidate selected": "Theme candidate {subject} added to the codebook draft",
    "case acknowledged": "Case {subject} acknowledged",
    "case asked": "Question sent to the complainant of case {subject}",
    "case assigned": "Case {subject} assigned",
    "case closed": "Case {subject} closed",
    "case figures exported": "Figures on cases exported ({subject})",
    "case linked": "Case {subject} linked to deployments",
    "case noted": "Private note added to case {subject}",
    "case list exported": "List of cases exported",
    "case merged": "Case {subject} merged",
    "case outcome": "Outcome recorded in case {subject}",
    "case parted": "Case {subject} separated again",
    "case redacted": "Words of case {subject} redacted",
    "case reopened": "Case {subject} reopened",
    "case told": "Message sent to the complainant of case {subject}",
    "case unlinked": "Link of case {subject} to deployments removed",
    "codebook accepted": "Codebook draft accepted",
    "codebook changed": "Codebook draft changed: {subject}",
    "codebook draft begun": "Codebook draft started ({subject})",
    "codebook draft discarded": "Codebook draft discarded",
    "codebook imported": "Codebook imported from {subject}",
    "comment struck out": "Comment on the {subject} struck out",
    "complaint erased": "Complaint erased {subject}",
    "consent to quotes withdrawn": "Consent to be quoted withdrawn for {subject}",
    "contact read": "Contact details of case {subject} read",
    "deployments imported": "Deployments imported from {subject}",
    "demand opened": "Demand opened: {subject}",
    "demand reported": "Demand {subject} added to editions",
    "demand not reported": "Demand {subject} taken out of editions",
    "disagreement resolved": "Disagreement of coders about text {subject} resolved",
    "codebook effect asked for": "Effect of the draft of the codebook requested",
    "discovery asked for": "Search for new themes started",
    "double coding drawn": "Texts chosen for double coding ({subject})",
    "draft begun": "Draft of the survey {subject} started",
    "draft discarded": "Draft of the survey {subject} discarded",
    "edition asked for": "{subject} requested",
    "answers uploaded": "Answers to the survey {subject} uploaded",
    "upload withdrawn": "An upload of answers to the survey {subject} withdrawn and erased",
    "paper forms numbered": "Numbered paper forms of the survey {subject} made",
    "paper forms set up": "Settings of the paper forms of the survey {subject} changed",
    "paper form decided": "Two copies of a paper form of the survey {subject} decided",
    "paper form cleared": "What was typed from a paper form of the survey {subject} deleted",
    "collectors added": "Group of collectors added to the survey {subject}",
    "collectors revoked": "Address of a group of collectors of the survey {subject} revoked",
    "comment answered": "Reply added to a comment on the {subject}",
    "comment reopened": "Comment reopened on the {subject}",
    "comment resolved": "Comment resolved on the {subject}",
    "edition commented": "Comment added to the {subject}",
    "edition published": "{subject}, published",
    "edition reviewed": "{subject}, marked as reviewed",
    "edition withdrawn": "{subject}, withdrawn",
    "event deleted": "Event {subject} deleted",
    "event saved": "Event {subject} saved",
    "held jobs released": "Failed jobs started again",
    "asking ended": "A wave of asking people the police met has ended ({subject})",
    "sample points saved": "Sample points of the survey {subject} saved",
    "sample points assigned": "Sample points of the survey {subject} assigned",
    "visits saved": "Visits to sample points of the survey {subject} saved",
    "interview sent back": "Interview of the survey {subject} sent back",
    "people asked to answer": "People the police met asked to answer {subject}",
    "people reminded": "People the police met reminded to answer {subject}",
    "letters recorded": "Unanswered letters of the survey {subject} recorded",
    "machine draft accepted": "Draft {subject} of the language model accepted",
    "machine draft asked for": "Draft by the language model requested ({subject})",
    "machine draft discarded": "Draft {subject} of the language model discarded",
    "mapping deleted": "Mapping of columns {subject} deleted",
    "mapping saved": "Mapping of columns {subject} saved",
    "mapping taken in": "Mapping of columns {subject} taken in from a file",
    "password set": "Password of {subject} set",
    "perception imported": "Perception survey imported from {subject}",
    "proposal accepted": "Theme proposal {subject} accepted",
    "proposal declined": "Theme proposal {subject} declined",
    "recommendation added": "Recommendation added: {subject}",
    "recommendation answered": "Answer to a recommendation added: {subject}",
    "recommendation changed": "Recommendation changed: {subject}",
    "recommendations added": "{subject} published recommendations added",
    "reply template deleted": "Reply template {subject} deleted",
    "reply template saved": "Reply template {subject} saved",
    "quote approved": "Quotation {subject} approved",
    "quote proposed": "Quotation proposed from text {subject}",
    "quote withdrawn": "Quotation {subject} withdrawn",
    "response erased": "Survey response erased {subject}",
    "role changed": "Role of {subject} changed",
    "scrutiny description saved": "Own description for the scrutiny panel {subject} saved",
    "scrutiny answer saved": "Answer of the force saved: {subject}",
    "scrutiny answers due": "Day for the answers of the force changed: {subject}",
    "scrutiny report reviewed": "Report marked as reviewed: {subject}",
    "scrutiny report published": "Report published: {subject}",
    "scrutiny report withdrawn": "Report withdrawn: {subject}",
    "scrutiny trigger answered": "Answer to a trigger of the scrutiny panel {subject} saved",
    "scrutiny trigger ended": "Trigger ended: {subject}",
    "scrutiny trigger set": "Trigger set: {subject}",
    "scrutiny draw downloaded": "Draw of {subject}, downloaded with its references",
    "scrutiny joint mark saved": "Joint mark saved: {subject}",
    "scrutiny marking opened": "Members began to mark alone: {subject}",
    "scrutiny marks shown": "Marking alone ended, marks shown to the members: {subject}",
    "scrutiny meeting cancelled": "Meeting cancelled: {subject}",
    "scrutiny meeting closed": "Meeting closed: {subject}",
    "scrutiny meeting planned": "Meeting of the scrutiny panel {subject} planned",
    "scrutiny member saved": "Member of a scrutiny panel saved: {subject}",
    "scrutiny member stepped aside": "Stepped aside for knowing somebody: {subject}",
    "scrutiny panel saved": "Scrutiny panel {subject} saved",
    "scrutiny record marked": "Marked alone: {subject}",
    "scrutiny record masked": "Words masked: {subject}",
    "scrutiny record read": "Record read: {subject}",
    "scrutiny records drawn": "Records drawn: {subject}",
    "scrutiny rule changed": "Rule of the scrutiny panel {subject} changed",
    "scrutiny seed fixed": "Seed fixed and published: {subject}",
    "sign-in link made": "Sign-in link created for {subject}",
    "sign-in refused": "Sign-in to the account of {subject} refused: wrong password",
    "signed in": "Signed in",
    "single answer read": "Single answer to the survey {subject} read",
    "statistician file exported": "Statistician's file of the {subject} downloaded",
    "spoken words accepted": "Spoken words of case {subject} corrected and accepted",
    "spoken words discarded": "Spoken words of case {subject} thrown away",
    "spoken words read": "Spoken words of case {subject} read",
    "kiosk ended": "Link of the kiosk of the survey {subject} ended",
    "kiosk made": "Link made for a kiosk of the survey {subject}",
    "survey text tagged": "Text of the survey {subject} tagged",
    "survey text untagged": "Tag of a text of the survey {subject} removed",
    "survey words read": "What people wrote in the survey {subject} read",
    "survey closed": "Survey {subject} closed",
    "survey limits changed": "Limits of the survey {subject} changed",
    "survey quota added": "Limit for a group added to the survey {subject}",
    "survey quota removed": "Limit for a group removed from the survey {subject}",
    "survey handed over": "Survey {subject} handed over to another owner",
    "survey published": "Survey {subject} published",
    "survey reopened": "Survey {subject} opened again",
    "survey moved in": "Survey {subject} taken in from another installation",
    "survey packed": "Survey {subject} downloaded whole, with its answers",
    "survey listed": "Survey {subject} put on the public list",
    "survey unlisted": "Survey {subject} taken off the public list",
    "survey password set": "Password of survey {subject} set",
    "survey password removed": "Password of survey {subject} removed",
    "survey way": "A short link added to survey {subject}",
    "survey websites": "Websites that may show survey {subject} changed",
    "survey who asks": "Who asks in survey {subject} changed",
    "survey restored": "Survey {subject} restored as supplied",
    "stance labelled": "Stance of a text towards demand {subject} labelled",
    "table held": "The file {subject} held until its columns are matched",
    "table let go": "Held file {subject} deleted",
    "text coded blind": "Text {subject} coded",
    "tone head asked for": "Asked to learn a tone head",
    "tone head switched off": "Tone read as shipped again ({subject})",
    "tone head switched on": "Tone read by a learned head ({subject})",
    "tone recalibrated": "Tone recalibrated ({subject})",
    "webhook added": "Webhook added to the survey {subject}",
    "webhook deleted": "Webhook of the survey {subject} deleted",
    "webhook message again": "Message to a webhook of the survey {subject} sent again",
    "webhook switched off": "Webhook of the survey {subject} switched off",
    "webhook switched on": "Webhook of the survey {subject} switched on",
    "webhook tried out": "Webhook of the survey {subject} tried out",
    "view deleted": "Saved search deleted",
    "view saved": "Search saved",
    "words read": "Text read as it was written: {subject}",
}

# The filter choices of the page: a label, and LIKE patterns of the acts that belong to it.
ACT_GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accounts": (
        "Accounts and signing in",
        (
            *("account %", "role changed", "sign-in %", "signed in", "password set"),
            "API key %",
        ),
    ),
    "cases": (
        "Complaints and cases",
        ("case %", "contact read", "words read", "complaint erased", "reply %", "spoken words %"),
    ),
    "editions": (
        "Editions, actions, recommendations, alerts and events",
        ("edition %", "comment %", "action %", "recommendation%", "alert %", "event %"),
    ),
    "scrutiny": ("Scrutiny panels", ("scrutiny %",)),
    "surveys": (
        "Surveys and answers",
        (
            *(
                "survey %",
                "kiosk %",
                "draft %",
                "access codes %",
                "letters recorded",
                "asking ended",
                "people asked to answer",
                "people reminded",
            ),
            "response erased",
            *("answer deleted", "answer flagged", "answer unflagged", "single answer read"),
            "held answers %",
            *("collectors %", "paper form%", "answers uploaded", "upload withdrawn"),
            *("answers read by key", "webhook %"),
            *("sample points %", "visits saved", "interview sent back"),
        ),
    ),
    "codebook": (
        "Codebook, themes and coding",
        (
            *("codebook %", "candidate %", "proposal %", "discovery %", "text coded blind"),
            *("machine draft %", "demand %", "stance labelled"),
            *("double coding drawn", "disagreement resolved", "tone %"),
        ),
    ),
    "quotes": ("Quotations and campaigns", ("quote %", "consent to %", "%campaign%")),
    "imports": ("Imports", ("% imported", "mapping %", "table %")),
    "exports": ("Exports and downloads", ("% exported", "attachment downloaded")),
    "machine": ("Jobs and backups", ("held jobs released", "backup restored")),
    "views": ("Saved searches", ("view %",)),
}
DETAIL_LABELS = {
    "action": "Action",
    "active": "Open",
    "allegation": "Allegation",
    "answers": "Answers",
    "area": "Borough",
    "by_one_person": "By one person",
    "attachment": "File",
    "chosen": "Filter",
    "edits": "Changes",
    "from": "From",
    "into": "Into case",
    "host": "Host",
    "item": "Question",
    "file": "File",
    "ineligible": "Not eligible",
    "lines": "Lines",
    "masked": "Passages masked",
    "members": "Members",
    "note": "Note",
    "not_reached": "Not reached",
    "number": "Number",
    "on": "Day",
    "outcome": "Outcome",
    "owner": "Owner",
    "part": "Part",
    "reason": "Reason",
    "role": "Role",
    "purpose": "Purpose",
    "same_person": "Same person",
    "sha256": "SHA-256",
    "source": "Source",
    "start": "From",
    "stratum": "Stratum",
    "tactic": "Tactic",
    "theme": "Theme",
    "survey": "Survey",
    "to": "To",
    "until": "Until",
    "why": "Reason",
}


def audit_sentence(act: str, subject: str, names: Mapping[str, str]) -> str:
    """An audit line as a sentence.

    An act that this list no longer has is shown in the words in which it was recorded.
    """
    words = edition_name(names.get(subject, subject))
    if act not in ACT_SENTENCES:
        return f"{act.capitalize()}: {words}" if words else act.capitalize()
    sentence = ACT_SENTENCES[act].format(subject=words)
    # Some sentences begin with their subject, which may be in small letters.
    return sentence if sentence[:1].isupper() else sentence[:1].upper() + sentence[1:]


def edition_name(subject: str) -> str:
    """'weekly 2026-11-16 1' as 'weekly edition of 16 Nov 2026, edition 1'."""
    if not (match := EDITION_SUBJECT.match(subject)):
        return subject
    start = datetime.date.fromisoformat(match[2])
    period = format_short_day(start) if match[1] == "weekly" else f"{start:%B %Y}"
    number = f", edition {match[3]}" if match[3] else ""
    return f"{match[1]} edition of {period}{number}"


def detail_label(key: str) -> str:
    return in_local_words(DETAIL_LABELS.get(key, key.replace("_", " ").capitalize()))


def detail_lines(details: Mapping[str, object], names: Mapping[str, str]) -> list[str]:
    """The details of a line, each with its label."""
    return [
        f"{detail_label(key)}: {value_text(value, names)}"
        for key, value in details.items()
        if value not in (None, "")
    ]


def value_text(value: object, names: Mapping[str, str]) -> str:
    # Before whole numbers, because True is an int in Python.
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return names.get(str(value), str(value))
