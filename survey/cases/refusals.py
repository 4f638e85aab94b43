"""Refusals of a complaint and of a step in a case."""

from survey import problems

complaint_elsewhere = problems.Invalid.of(
    "complaint.elsewhere",
    "A complaint has its own address, so that you can follow it.",
    "Send it to POST /api/v1/complaints.",
)

changed_case = problems.Conflict.of(
    "case.changed",
    "Someone else changed case {reference} in the meantime.",
    "Read the case again, then decide.",
)
illegal_transition = problems.Conflict.of(
    "case.move",
    "Case {reference} is {status}: '{kind}' cannot follow.",
    "Read the case again; only the steps shown there are possible.",
)
unknown_case = problems.NotFound.of(
    "case.unknown", "There is no case {reference!r}.", "Check the reference."
)
unexplained_decision = problems.Invalid.of(
    "case.unexplained",
    "A case is decided and closed with an explanation that the person will read.",
    "Write what was found and why, in words that the person understands.",
)
late_dispute = problems.Conflict.of(
    "case.too_late",
    "The decision on case {reference} can no longer be disputed.",
    "Make a new complaint and give the number of this case in it.",
)
handling_not_asked = problems.Conflict.of(
    "case.not_closed",
    "Case {reference} is not closed: how it was handled is asked afterwards.",
    "Answer once the working group has closed the case.",
)
late_handling = problems.Conflict.of(
    "case.handling_too_late",
    "How case {reference} was handled could be answered until {until}.",
    "The totals of that quarter are final: nothing can be added.",
)
case_not_overdue = problems.Conflict.of(
    "case.not_overdue",
    "Case {reference} is not overdue yet.",
    "The page of the case shows when an answer is due.",
)
case_not_yours = problems.Forbidden.of(
    "case.not_yours",
    "Case {reference} is not assigned to you.",
    "Take the case first; this is recorded in its history.",
)
case_with_merged_complaints = problems.Conflict.of(
    "case.has_merged",
    "Other complaints were merged into case {reference}.",
    "Merge the other way round, or separate those first: a case counts once.",
)
sealed_case = problems.Unavailable.of(
    "case.sealed",
    "The words and files of this case cannot be decrypted: their key is missing.",
    "Give every key that was ever used in SOUNDINGS_CONTACT_KEYS, the newest first.",
)
mistyped_case_number = problems.Invalid.of(
    "case.number_mistyped",
    "This is not a case number.",
    "Check it: two groups of four letters and digits, as the receipt has them.",
)
wrong_passphrase = problems.Forbidden.of(
    "case.passphrase_wrong", "The number or passphrase is wrong.", "Check both."
)
too_many_passphrases = problems.Limited.of(
    "case.passphrase_tries",
    "There were too many wrong passphrases for this number.",
    "Wait an hour, then try again.",
)
case_key_needed = problems.Unauthenticated.of(
    "case.key_needed",
    "No key of an open case was sent, or it has ended.",
    "Open the case with number and passphrase at POST /api/v1/case/keys.",
)
empty_message = problems.Invalid.of(
    "case.no_words", "There are no words in the message.", "Write what you want to say."
)

unreadable_receipt = problems.Invalid.of(
    "signed_receipt.unreadable",
    "This is not a receipt, or a part of it is missing.",
    "Send all of the text file.",
)
