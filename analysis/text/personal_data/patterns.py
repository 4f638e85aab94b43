"""Patterns of personal data in the United Kingdom; no repetition is unbounded."""

import re
from collections.abc import Callable
from typing import NamedTuple


def digit_list(written: str) -> list[int]:
    return [int(sign) for sign in written if sign.isdecimal()]


def luhn(written: str) -> bool:
    """True if the check digit of a payment card is right (ISO/IEC 7812-1, annex B)."""
    reverse = digit_list(written)[::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in reverse[1::2]]
    # Zeros alone pass the sum too, and no card has that number.
    return (sum(reverse[::2]) + sum(doubled)) % 10 == 0 and any(reverse)


def modulo_97(written: str) -> bool:
    """True if the check digits of an IBAN are right (ISO 13616): the rearranged number leaves 1
    when divided by 97.
    """
    plain = written.replace(" ", "").upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def modulo_11(written: str) -> bool:
    """True if the check digit of an NHS number is right: weights 10 to 2, eleven less the remainder
    is the tenth digit.
    """
    number = digit_list(written)
    # Eleven is written as 0; ten cannot be a digit, so numbers that need it are never issued.
    check = 11 - sum(n * w for n, w in zip(number, range(10, 1, -1), strict=False)) % 11
    return check % 11 == number[9]


class PersonalDataPattern(NamedTuple):
    """A pattern whose last matching group is the personal part; without groups the whole match is.

    Trying a pattern costs more than seeing that it cannot match. A text must have a number of
    `digits`, one of the words in `near`, and, if `glued`, a letter next to a digit.
    """

    kind: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] | None = None
    digits: int = 0
    near: frozenset[str] = frozenset()
    glued: bool = False


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


RANKS = (
    r"pc|wpc|pcso|dc|ds|di|dci|dcs|ps|sgt|sarge|sergeant|constable|officer|inspector|insp|supt"
    r"|superintendent|commander|commissioner"
)
MONTHS = r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
DAY = (
    rf"\d{{1,2}}(?:st|nd|rd|th)?[ ./-]{{1,2}}(?:of )?(?:\d{{1,2}}|(?:{MONTHS})[a-z]{{0,6}})"
    r"[ ./,-]{1,2}\d{2,4}"
)
STREETS = (
    r"street|st|road|rd|avenue|ave|lane|ln|close|drive|grove|gardens|gdns|crescent|cres|court|terrace"
    r"|place|square|walk|way|hill|mews|row|house|park|estate|rise|green|point|tower|mansions|lodge"
    r"|buildings|vale|broadway|parade|wharf|quay"
)
AREAS = (
    r"AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH"
    r"|EN|EX|FK|FY|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|ME"
    r"|MK|ML|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW"
    r"|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE|B|E|G|L|M|N|S|W"
)
# After a number these are units and ordinals, where two other letters are an officer's borough.
UNITS = r"AM|PM|HR|KM|MG|ML|KG|GB|MB|BC|AD|ST|ND|RD|TH|CM|MM|HZ|FT|LB|KW|BN|ER"
# Words that complete a number plate when they follow a district or a road: "SE15 THE".
SHORT_WORDS = (
    r"THE|AND|WAS|FOR|HAS|HAD|BUT|ARE|ALL|OUT|NOT|BUS|CAR|MEN|NOW|ONE|TWO|YOU|THEY?|WE|TOO|OFF|ITS"
    r"|HIS|HER|OUR|WHO|WHY|HOW|CAN|DID|GOT|GET|SEE|SAY|WAY|JAM|NEW|OLD|ANY|TFL"
)
REFERRED = (
    r"cad|cris|crn|urn|(?:crime|case|complaint|incident|log|custody|occurrence)s?"
    r"(?: ref(?:erence)?)?(?: number| no\.?| num)"
    r"|(?:crime|case|complaint|incident) ref(?:erence)?|ref(?:erence)?(?: number| no\.?)?"
)


def compile_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)


# Repetitions are bounded because strangers write the texts: none may make a pattern backtrack long.
AT_SIGN = (
    PersonalDataPattern(
        "email",
        compile_pattern(r"(?<![\w.+%-])[\w.+%'-]{1,80}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    ),
    PersonalDataPattern("handle", compile_pattern(r"(?<![\w@./])@\w{2,30}")),
)
LINK = PersonalDataPattern(
    "link",
    compile_pattern(
        r"(?:https?://|\bwww\.)[^\s<>\"]{2,2000}"
        r"|\b(?:facebook|instagram|twitter|tiktok|linkedin|youtube|t|x)\.(?:com|me)/[^\s<>\"]{1,200}",
        re.IGNORECASE,
    ),
)
SPELT_OUT = PersonalDataPattern(
    "email",
    compile_pattern(
        r"(?<![\w.])[\w.+-]{2,40} ?[(\[ ]at[)\] ] ?[\w-]{2,40}"
        r"(?: ?[(\[ ]dot[)\] ] ?[a-z]{2,12}){1,3}\b",
        re.IGNORECASE,
    ),
)
UNDERSCORED = PersonalDataPattern(
    "handle",
    compile_pattern(
        r"\b(?:insta|instagram|ig|snap|snapchat|tiktok|telegram|twitter|username|handle)\W{1,3}"
        r"(?:is |handle |name )?(?P<found>\w{1,20}_\w{1,20})\b",
        re.IGNORECASE,
    ),
)
WITH_DIGITS = (
    PersonalDataPattern(
        "bank",
        compile_pattern(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        modulo_97,
        digits=10,
        glued=True,
    ),
    PersonalDataPattern(
        "bank", compile_pattern(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), luhn, digits=13
    ),
    # Next to the word card a mistyped number is masked as well: no check digit is asked for.
    PersonalDataPattern(
        "bank",
        compile_pattern(r"\bcard\b\D{0,25}(?P<found>\d(?:[ -]?\d){12,18})(?!\d)", re.IGNORECASE),
        digits=13,
        near=word_set("card"),
    ),
    PersonalDataPattern(
        "bank",
        compile_pattern(
            r"\b(?:sort code|account(?: number| no\.?)?|acc(?: no\.?)?)\W{0,4}(?:is )?"
            r"(?P<found>\d[\d -]{4,9}\d)\b"
            r"|\b(?P<also>\d\d-\d\d-\d\d(?:,| and)? (?:acc(?:ount)? (?:number |no\.? )?)?\d{8})\b",
            re.IGNORECASE,
        ),
        digits=6,
    ),
    PersonalDataPattern(
        "date of birth",
        compile_pattern(
            rf"\b(?:d\.?o\.?b\.?|date of birth|birthday|born)\W{{0,3}}"
            rf"(?:is |was |on )?(?:the )?(?P<found>{DAY}|(?:19|20)\d\d-\d\d-\d\d)",
            re.IGNORECASE,
        ),
        digits=2,
        near=word_set("dob d birth birthday born"),
    ),
    PersonalDataPattern(
        "reference",
        compile_pattern(
            rf"\b(?:{REFERRED})\W{{0,4}}(?:is |was )?(?P<found>(?:(?:cad|cris|crn|urn)\W{{1,2}})?"
            rf"(?=[a-z/-]{{0,8}}\d)[a-z0-9][a-z0-9/-]{{2,24}}(?: of (?:the )?{DAY})?)",
            re.IGNORECASE,
        ),
        near=word_set(
            "cad cris crn urn crime case complaint incident log custody occurrence crimes cases"
            " complaints incidents logs ref reference"
        ),
    ),
    PersonalDataPattern(
        "reference",
        compile_pattern(r"(?<![\w/])(?:\d{5,8}/\d\d|[A-Z]{2}/\d{3,7}/\d{2,4})(?![\w/])"),
        digits=5,
    ),
    PersonalDataPattern(
        "reference",
        compile_pattern(
            r"\b(?:passport|visa|brp|oyster)\b(?: card)?(?: number| no\.?)?\W{0,3}(?:is |was )?"
            r"(?P<found>[a-z]{0,3}\d{6,12}[a-z]?)\b",
            re.IGNORECASE,
        ),
        digits=6,
        near=word_set("passport visa brp oyster"),
    ),
    PersonalDataPattern(
        "reference",  # driving licence
        compile_pattern(r"(?<!\w)[A-Z][A-Z9]{4}\d{6}[A-Z9]{2}[A-Z\d][A-Z]{2}(?!\w)", re.IGNORECASE),
        digits=6,
        glued=True,
    ),
    # Any prefix: official examples begin with QQ, which is never issued.
    PersonalDataPattern(
        "NI number",
        compile_pattern(
            r"(?<!\w)[a-z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[a-d](?!\w)", re.IGNORECASE
        ),
        digits=6,
    ),
    PersonalDataPattern(
        "NHS number",
        compile_pattern(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"),
        modulo_11,
        digits=10,
    ),
    # Next to NHS any ten digits count, because the number may be mistyped.
    PersonalDataPattern(
        "NHS number",
        compile_pattern(
            r"\bnhs\b\D{0,15}(?P<found>\d{3}[ -]?\d{3}[ -]?\d{4})(?!\d)", re.IGNORECASE
        ),
        digits=10,
        near=word_set("nhs"),
    ),
    PersonalDataPattern(
        "officer number",
        compile_pattern(
            rf"\b(?i:{RANKS})[ .,:#]{{0,2}}(?i:number |no\.? ?)?"
            r"(?P<found>\d{2,6}(?: ?[A-Z]{2}|[a-z]{2})?|[A-Za-z]{1,2}\d{2,6})(?!\w)"
        ),
        digits=2,
        near=frozenset(RANKS.split("|")),
    ),
    PersonalDataPattern(
        "officer number",
        compile_pattern(
            r"\b(?:shoulder|collar|badge|warrant|epaulettes?)(?: numbers?| no\.?| num)?\W{0,3}"
            r"(?:on (?:his|her|their|the) \w{3,12} )?(?:is |was |of |said )?(?:pc ?)?"
            r"(?P<found>[a-z]{0,2} ?\d{2,6}(?:[a-z]{1,2}\b| (?-i:[A-Z]{2})\b)?)",
            re.IGNORECASE,
        ),
        digits=2,
        near=word_set("shoulder collar badge warrant epaulette epaulettes"),
    ),
    # A, B and M with fewer digits are roads, N with three is a night bus.
    # "A123 BCD" is an old number plate and gets its own mark.
    PersonalDataPattern(
        "officer number",
        compile_pattern(
            rf"(?<![\w£$.,/:-])(?![A-Z]\d{{3}} (?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}\b)"
            r"(?:(?:[C-LO-Z]\d{3,5}|N\d{4,5}|[ABM]\d{5}"
            r"|(?!FY|GE|BS|EN|PM|HS|CO)[A-Z]{2}\d{3,5})"
            rf"|\d{{3,4}}(?!{UNITS})[A-Z]{{2}})(?![\w/])"
        ),
        digits=3,
        glued=True,
    ),
    PersonalDataPattern(
        "phone",
        compile_pattern(
            r"(?<![\w.,/+-])(?!\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}\b)(?:\+\d{1,3}|00[1-9]\d|0)"
            r"(?:[ ().-]{0,2}\d){9,11}(?!\d)"
        ),
        digits=10,
    ),
    PersonalDataPattern(  # as in America
        "phone",
        compile_pattern(
            r"(?<![\w.,/+-])(?:(?:\+|00)?1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}"
            r"(?: ?x ?\d{1,5})?(?![\w-])"
        ),
        digits=10,
    ),
    PersonalDataPattern(
        "phone",
        compile_pattern(
            r"\b(?:phone|tel|telephone|mob|mobile|call|text|ring|whatsapp)"
            r"(?: me| us)?(?: number| no\.?)?"
            r"(?: is)?(?: on| at)?\W{0,3}(?P<found>\d[\d -]{6,14}\d)\b",
            re.IGNORECASE,
        ),
        digits=8,
        near=word_set("phone tel telephone mob mobile call text ring whatsapp"),
    ),
    PersonalDataPattern(
        "vehicle",
        compile_pattern(
            rf"(?<!\w)(?:[A-Z]{{2}}\d\d ?(?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}|[a-z]{{2}}\d\d[a-z]{{3}}"
            rf"|[A-Z]\d{{2,3}} ?(?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}"
            rf"|(?!(?:{SHORT_WORDS}) )[A-Z]{{3}} ?\d{{3}}[A-Z])(?!\w)"
        ),
        digits=2,
        glued=True,
    ),
    PersonalDataPattern(
        "vehicle",
        compile_pattern(
            r"\b(?:reg|registration|plate|plates|index|vrm|vehicle|car|van)\b(?: number| no\.?)?"
            r"\W{0,3}(?:is |was )?(?P<found>[a-z]{2}\d\d ?[a-z]{3}|[a-z]\d{1,3} ?[a-z]{3}"
            r"|[a-z]{3} ?\d{1,3}[a-z])\b",
            re.IGNORECASE,
        ),
        digits=2,
        near=word_set("reg registration plate plates index vrm vehicle car van"),
        glued=True,
    ),
    # The last two letters of a postcode are never C, I, K, M, O or V.
    # "SE15 1st" is a district and an ordinal.
    PersonalDataPattern(
        "postcode",
        compile_pattern(
            rf"(?<!\w)(?=[a-z]{{1,2}}\d)(?:{AREAS})\d[A-Z\d]? ?(?!1ST|2ND|3RD|\dTH)"
            r"\d[ABD-HJLNP-UW-Z]{2}(?!\w)",
            re.IGNORECASE,
        ),
        glued=True,
    ),
    PersonalDataPattern(
        "link", compile_pattern(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), digits=8
    ),
    # A number that may be a year is not a house: "in 2019 Oxford Street".
    PersonalDataPattern(
        "address",
        compile_pattern(
            rf"(?<!\w)(?!(?:19|20)\d\d\b)\d{{1,4}}[A-Za-z]?(?:-\d{{1,4}})?,? "
            rf"(?:[A-Z][\w'’.-]{{1,20}} ){{1,3}}(?i:{STREETS})\b"
        ),
    ),
    PersonalDataPattern(
        "address",
        compile_pattern(
            r"\b(?:live|lives|lived|living|address|flat|home)(?: is| at| on| in){0,2}[ :,]{1,2}"
            r"(?:number |no\.? ?)?"
            rf"(?P<found>\d{{1,4}}[a-z]?,? (?:[a-z'’]{{2,20}} ){{1,3}}(?:{STREETS}))\b"
            r"|\b(?:at|outside|opposite|from|number) "
            rf"(?P<also>\d{{1,4}}[a-z]? (?:[a-z'’]{{3,20}} ){{1,2}}(?:road|street|avenue|close))\b",
            re.IGNORECASE,
        ),
        near=word_set("live lives lived living address flat home at outside opposite from number"),
    ),
    PersonalDataPattern(
        "address",
        compile_pattern(
            r"\b(?:flat|apartment|apt) ?\d{1,4}[a-z]?\b"
            rf"(?:,? (?:\d{{1,4}}[a-z]? )?(?:[a-z'’]{{2,20}} ){{1,2}}(?:{STREETS})\b){{0,3}}",
            re.IGNORECASE,
        ),
        near=word_set("flat apartment apt"),
    ),
)
