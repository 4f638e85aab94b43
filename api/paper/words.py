"""The fixed words of a paper form. The Arabic is a draft: a speaker must check it first."""

import re
from collections.abc import Mapping

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
LONG_WORD = re.compile(r"[^\s\u200b]{24,}")
BREAK = "\u200b"  # where a word that is wider than a line may be parted
# PDF/UA forbids these; overrides of the text direction are removed with them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u202d\u202e]")
CODE = re.compile(r"[A-Za-z]{2,3}")

ENGLISH = {
    "how": "How to fill it in",
    "pen": "Use a pen. Leave empty what you do not want to answer, unless it must be answered.",
    "one": "one answer only",
    "many": "as many as you like",
    "undo": "Ticked the wrong one? Cross it out and tick another.",
    "more_room": "No room left? Continue on another sheet, with the number of the question.",
    "kept": "What we keep",
    "no_name": "We do not ask for your name: please do not write it anywhere.",
    "kept_words": (
        "We keep your borough, your answers, the language and the hour they came."
    ),
    "sampled": "We also keep the neighbourhood your letter was sent to, not your code.",
    "danger": "If someone is in danger now, call 999.",
    "access_code": "The access code from your letter",
    "borough_survey": "Which borough do you live in?",
    "borough_feedback": "Which borough is it about?",
    "borough_complaint": "In which borough did it happen?",
    "or_postcode": "Or a postcode, or its first half",
    "postcode": "We use it to find the borough: only the borough is stored.",
    "required": "must be answered",
    "required_when": "must be answered if {condition}",
    "only_if": "Answer only if {condition}.",
    "note_only_if": "This is for you only if {condition}.",
    "part_only_if": "Questions {first} to {last}: answer only if {condition}.",
    "round_only_if": "Answer what follows only if {condition}.",
    "read_only": "nothing to fill in here",
    "decline": "Prefer not to say",
    "dont_know": "I don’t know",
    "most": "No more than {most}.",
    "rank": "Give each one a place: 1 is the first.",
    "agree": "I agree",
    "hand_over": "Hand it over with this form, or send it online.",
    "handed": "It comes with this form",
    "from_to": "From {least} to {most}.",
    "least": "{least} or more.",
    "up_to": "{most} or less.",
    "steps": "In steps of {step}.",
    "day": "Day",
    "month": "Month",
    "year": "Year",
    "hour": "Hour",
    "minute": "Minute",
    "more_rounds": "There may be more: continue on another sheet, with the questions’ numbers.",
    "filter_answer": "Choose only among those with your answer to question {number} in brackets.",
    "filter": "Choose only among those for which {condition}.",
    "answer_to": "[your answer to question {number}]",
    "quote": "You may quote my words, as long as nothing identifies me",
    "quote_hint": "You do not have to agree. A person reads a quote before it is printed.",
    "contact": "How can we contact you? (optional)",
    "contact_words": (
        "We need it only to give you the number and the passphrase with which you can follow "
        "your complaint. You can also leave this empty, hand the form over and ask for them. We "
        "store it separately from everything else."
    ),
    "thanks": "That was all. Thank you.",
    "send_to": "Send it by post to:",
    "asks": "{name} is asking.",
    "questions": "Questions about this survey: {contact}",
    "office": "For the person who enters this",
    "reference": "Reference",
    "version": "version {version}",
    "form": "Form",
    "page": "page {page} of {pages}",
    "and": " and ",
    "or": " or ",
    "or_quoted": "’ or ‘",
    "ticked": "you ticked ‘{option}’ at question {number}",
    "not_ticked": "you did not tick ‘{option}’ at question {number}",
    "agreed": "you ticked the box at question {number}",
    "not_agreed": "you did not tick the box at question {number}",
    "answered": "you answered ‘{option}’ at question {number}",
    "not_answered": "you did not answer ‘{option}’ at question {number}",
    "something": "you answered question {number}",
    "nothing": "you did not answer question {number}",
    "compared": "your answer to question {number} is {comparison} {option}",
    ">": "more than",
    "<": "less than",
    ">=": "at least",
    "<=": "at most",
    "holds": "this is true: {expression}",
    "question": "question {number}",
}  # fmt: skip

ARABIC = {
    "how": "كيف تملأ هذا النموذج",
    "pen": "استخدم قلم حبر. ما لا تريد الإجابة عنه اتركه فارغًا، إلا إذا كانت الإجابة واجبة.",
    "one": "إجابة واحدة فقط",
    "many": "أي عدد من الإجابات",
    "undo": "وضعت علامة في المكان الخطأ؟ اشطبها وضع علامة أخرى.",
    "more_room": "لم تكفِ المساحة؟ أكمل على ورقة أخرى مع كتابة رقم السؤال.",
    "kept": "ما الذي يُحفظ",
    "no_name": "لا نسأل عن اسمك: من فضلك لا تكتبه في أي مكان.",
    "kept_words": "يُحفظ حيّك الإداري وإجاباتك واللغة ووقت وصولها.",
    "sampled": "ويُحفظ معها الحي السكني الذي اختيرت له رسالتك؛ أما رمزك فلا يُحفظ معها.",
    "danger": "إذا كان شخص ما في خطر الآن، فاتصل بالرقم 999.",
    "access_code": "رمز الدخول الموجود في رسالتك",
    "borough_survey": "في أي حي إداري (بلدية) تسكن؟",
    "borough_feedback": "أي حي إداري (بلدية) يخصه الأمر؟",
    "borough_complaint": "في أي حي إداري (بلدية) حدث ذلك؟",
    "or_postcode": "أو الرمز البريدي، أو نصفه الأول",
    "postcode": "نستخدمه لمعرفة الحي الإداري: لا يُحفظ إلا الحي الإداري.",
    "required": "الإجابة واجبة",
    "required_when": "الإجابة واجبة إذا {condition}",
    "only_if": "أجب فقط إذا {condition}.",
    "note_only_if": "هذا لك فقط إذا {condition}.",
    "part_only_if": "الأسئلة من {first} إلى {last}: أجب فقط إذا {condition}.",
    "round_only_if": "أجب عما يلي فقط إذا {condition}.",
    "read_only": "لا شيء يُملأ هنا",
    "decline": "أفضّل عدم الإجابة",
    "dont_know": "لا أعرف",
    "most": "لا أكثر من {most}.",
    "rank": "أعطِ كل واحد ترتيبًا: 1 هو الأول.",
    "agree": "أوافق",
    "hand_over": "سلّمه مع هذا النموذج أو أرسله عبر الإنترنت.",
    "handed": "مرفق مع هذا النموذج",
    "from_to": "من {least} إلى {most}.",
    "least": "{least} أو أكثر.",
    "up_to": "{most} أو أقل.",
    "steps": "بخطوات قدرها {step}.",
    "day": "اليوم",
    "month": "الشهر",
    "year": "السنة",
    "hour": "الساعة",
    "minute": "الدقيقة",
    "more_rounds": "قد يكون هناك المزيد: أكمل على ورقة أخرى مع كتابة أرقام الأسئلة.",
    "filter_answer": "اختر فقط مما بين قوسيه إجابتك عن السؤال {number}.",
    "filter": "اختر فقط مما يأتي إذا {condition}.",
    "answer_to": "[إجابتك عن السؤال {number}]",
    "quote": "يجوز لكم اقتباس كلماتي، دون أي شيء يدل عليّ",
    "quote_hint": "لست ملزمًا بالموافقة. يقرأ شخص كل اقتباس قبل نشره.",
    "contact": "كيف يمكننا الوصول إليك، إن أردت",
    "contact_words": "نحتاج إليه فقط لنعطيك الرقم وعبارة السر اللذين تتابع بهما شكواك. يمكنك أيضًا"
    " تركه فارغًا وتسليم الاستمارة باليد وطلبهما. يُحفظ منفصلًا عن كل شيء آخر.",
    "thanks": "هذا كل شيء. شكرًا لك.",
    "send_to": "أرسلها بالبريد إلى:",
    "asks": "السائل هو {name}.",
    "questions": "للأسئلة حول هذا الاستطلاع: {contact}",
    "office": "لمن يُدخل هذه الإجابات",
    "reference": "الرقم المرجعي",
    "version": "الإصدار {version}",
    "form": "استمارة",
    "page": "صفحة {page} من {pages}",
    "and": " و",
    "or": " أو ",
    "or_quoted": "» أو «",
    "ticked": "وضعت علامة على «{option}» في السؤال {number}",
    "not_ticked": "لم تضع علامة على «{option}» في السؤال {number}",
    "agreed": "وضعت علامة في مربع السؤال {number}",
    "not_agreed": "لم تضع علامة في مربع السؤال {number}",
    "answered": "كانت إجابتك عن السؤال {number} «{option}»",
    "not_answered": "لم تكن إجابتك عن السؤال {number} «{option}»",
    "something": "أجبت عن السؤال {number}",
    "nothing": "لم تجب عن السؤال {number}",
    "compared": "كانت إجابتك عن السؤال {number} {comparison} {option}",
    ">": "أكثر من",
    "<": "أقل من",
    ">=": "على الأقل",
    "<=": "على الأكثر",
    "holds": "تحقق هذا: {expression}",
    "question": "السؤال {number}",
}

WORDS: dict[str, Mapping[str, str]] = {"en": ENGLISH, "ar": ARABIC}


def form_words(language: str) -> Mapping[str, str]:
    """The fixed words in a language, or in English if they are not translated."""
    return WORDS.get(main_language(language), ENGLISH)


def filled_sentence(words: Mapping[str, str], key: str, **values: object) -> str:
    """A fixed sentence with its values; braces in a value are left as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), words[key])


def printable_text(text: str) -> str:
    """The text as it can be printed: forbidden characters removed, long words breakable."""
    return LONG_WORD.sub(
        lambda match: BREAK.join(match[0][n : n + 8] for n in range(0, len(match[0]), 8)),
        UNPRINTABLE.sub("", text),
    )


def main_language(code: str) -> str:
    """The language of a code such as 'en-GB'; English if there is no such code."""
    first = code.partition("-")[0].lower()
    return first if CODE.fullmatch(first) else "en"


def reads_right_to_left(code: str) -> bool:
    return main_language(code) in RIGHT_TO_LEFT
