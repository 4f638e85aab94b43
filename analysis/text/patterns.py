"""What personal data looks like in the United Kingdom; no repetition is unbounded."""

import re
from collections.abc import Callable
from typing import NamedTuple

from analysis.text.check_digits import luhn, modulo_11, modulo_97


class Pattern(NamedTuple):
    """The last group that matched is the personal part, without groups the whole is.

    To look for a pattern costs more than to see that it cannot be there: a text has
    a number of `digits`, one of the words `near`, and, if `glued`, a letter beside a digit.
    """

    kind: str
    found: re.Pattern[str]
    holds: Callable[[str], bool] | None = None
    digits: int = 0
    near: frozenset[str] = frozenset()
    glued: bool = False


def near(words: str) -> frozenset[str]:
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
UNITS = r"AM|PM|HR|KM|MG|ML|KG|GB|MB|BC|AD|ST|ND|RD|TH|CM|MM|HZ|FT|LB|KW|BN|ER"
SHORT_WORDS = (
    r"THE|AND|WAS|FOR|HAS|HAD|BUT|ARE|ALL|OUT|NOT|BUS|CAR|MEN|NOW|ONE|TWO|YOU|THEY?|WE|TOO|OFF|ITS"
    r"|HIS|HER|OUR|WHO|WHY|HOW|CAN|DID|GOT|GET|SEE|SAY|WAY|JAM|NEW|OLD|ANY|TFL"
)
REFERRED = (
    r"cad|cris|crn|urn|(?:crime|case|complaint|incident|log|custody|occurrence)s?"
    r"(?: ref(?:erence)?)?(?: number| no\.?| num)"
    r"|(?:crime|case|complaint|incident) ref(?:erence)?|ref(?:erence)?(?: number| no\.?)?"
)


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)


AT_SIGN = (
    Pattern(
        "email",
        compiled(r"(?<![\w.+%-])[\w.+%'-]{1,80}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    ),
    Pattern("handle", compiled(r"(?<![\w@./])@\w{2,30}")),
)
LINK = Pattern(
    "link",
    compiled(
        r"(?:https?://|\bwww\.)[^\s<>\"]{2,2000}"
        r"|\b(?:facebook|instagram|twitter|tiktok|linkedin|youtube|t|x)\.(?:com|me)/[^\s<>\"]{1,200}",
        re.IGNORECASE,
    ),
)
SPELT_OUT = Pattern(
    "email",
    compiled(
        r"(?<![\w.])[\w.+-]{2,40} ?[(\[ ]at[)\] ] ?[\w-]{2,40}"
        r"(?: ?[(\[ ]dot[)\] ] ?[a-z]{2,12}){1,3}\b",
        re.IGNORECASE,
    ),
)
UNDERSCORED = Pattern(
    "handle",
    compiled(
        r"\b(?:insta|instagram|ig|snap|snapchat|tiktok|telegram|twitter|username|handle)\W{1,3}"
        r"(?:is |handle |name )?(?P<found>\w{1,20}_\w{1,20})\b",
        re.IGNORECASE,
    ),
)
WITH_DIGITS = (
    Pattern(
        "bank",
        compiled(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        modulo_97,
        digits=10,
        glued=True,
    ),
    Pattern("bank", compiled(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), luhn, digits=13),
    Pattern(
        "bank",
        compiled(r"\bcard\b\D{0,25}(?P<found>\d(?:[ -]?\d){12,18})(?!\d)", re.IGNORECASE),
        digits=13,
        near=near("card"),
    ),
    Pattern(
        "bank",
        compiled(
            r"\b(?:sort code|account(?: number| no\.?)?|acc(?: no\.?)?)\W{0,4}(?:is )?"
            r"(?P<found>\d[\d -]{4,9}\d)\b"
            r"|\b(?P<also>\d\d-\d\d-\d\d(?:,| and)? (?:acc(?:ount)? (?:number |no\.? )?)?\d{8})\b",
            re.IGNORECASE,
        ),
        digits=6,
    ),
    Pattern(
        "date of birth",
        compiled(
            rf"\b(?:d\.?o\.?b\.?|date of birth|birthday|born)\W{{0,3}}"
            rf"(?:is |was |on )?(?:the )?(?P<found>{DAY}|(?:19|20)\d\d-\d\d-\d\d)",
            re.IGNORECASE,
        ),
        digits=2,
        near=near("dob d birth birthday born"),
    ),
    Pattern(
        "reference",
        compiled(
            rf"\b(?:{REFERRED})\W{{0,4}}(?:is |was )?(?P<found>(?:(?:cad|cris|crn|urn)\W{{1,2}})?"
            rf"(?=[a-z/-]{{0,8}}\d)[a-z0-9][a-z0-9/-]{{2,24}}(?: of (?:the )?{DAY})?)",
            re.IGNORECASE,
        ),
        near=near(
            "cad cris crn urn crime case complaint incident log custody occurrence crimes cases"
            " complaints incidents logs ref reference"
        ),
    ),
    Pattern(
        "reference",
        compiled(r"(?<![\w/])(?:\d{5,8}/\d\d|[A-Z]{2}/\d{3,7}/\d{2,4})(?![\w/])"),
        digits=5,
    ),
    Pattern(
        "reference",
        compiled(
            r"\b(?:passport|visa|brp|oyster)\b(?: card)?(?: number| no\.?)?\W{0,3}(?:is |was )?"
            r"(?P<found>[a-z]{0,3}\d{6,12}[a-z]?)\b",
            re.IGNORECASE,
        ),
        digits=6,
        near=near("passport visa brp oyster"),
    ),
    Pattern(
        "reference",  # driving licence
        compiled(r"(?<!\w)[A-Z][A-Z9]{4}\d{6}[A-Z9]{2}[A-Z\d][A-Z]{2}(?!\w)", re.IGNORECASE),
        digits=6,
        glued=True,
    ),
    Pattern(
        "NI number",
        compiled(r"(?<!\w)[a-z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[a-d](?!\w)", re.IGNORECASE),
        digits=6,
    ),
    Pattern(
        "NHS number", compiled(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"), modulo_11, digits=10
    ),
    Pattern(
        "NHS number",
        compiled(r"\bnhs\b\D{0,15}(?P<found>\d{3}[ -]?\d{3}[ -]?\d{4})(?!\d)", re.IGNORECASE),
        digits=10,
        near=near("nhs"),
    ),
    Pattern(
        "officer number",
        compiled(
            rf"\b(?i:{RANKS})[ .,:#]{{0,2}}(?i:number |no\.? ?)?"
            r"(?P<found>\d{2,6}(?: ?[A-Z]{2}|[a-z]{2})?|[A-Za-z]{1,2}\d{2,6})(?!\w)"
        ),
        digits=2,
        near=frozenset(RANKS.split("|")),
    ),
    Pattern(
        "officer number",
        compiled(
            r"\b(?:shoulder|collar|badge|warrant|epaulettes?)(?: numbers?| no\.?| num)?\W{0,3}"
            r"(?:on (?:his|her|their|the) \w{3,12} )?(?:is |was |of |said )?(?:pc ?)?"
            r"(?P<found>[a-z]{0,2} ?\d{2,6}(?:[a-z]{1,2}\b| (?-i:[A-Z]{2})\b)?)",
            re.IGNORECASE,
        ),
        digits=2,
        near=near("shoulder collar badge warrant epaulette epaulettes"),
    ),
    Pattern(
        "officer number",
        compiled(
            rf"(?<![\w£$.,/:-])(?![A-Z]\d{{3}} (?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}\b)"
            r"(?:(?:[C-LO-Z]\d{3,5}|N\d{4,5}|[ABM]\d{5}"
            r"|(?!FY|GE|BS|EN|PM|HS|CO)[A-Z]{2}\d{3,5})"
            rf"|\d{{3,4}}(?!{UNITS})[A-Z]{{2}})(?![\w/])"
        ),
        digits=3,
        glued=True,
    ),
    Pattern(
        "phone",
        compiled(
            r"(?<![\w.,/+-])(?!\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}\b)(?:\+\d{1,3}|00[1-9]\d|0)"
            r"(?:[ ().-]{0,2}\d){9,11}(?!\d)"
        ),
        digits=10,
    ),
    Pattern(  # as in America
        "phone",
        compiled(
            r"(?<![\w.,/+-])(?:(?:\+|00)?1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}"
            r"(?: ?x ?\d{1,5})?(?![\w-])"
        ),
        digits=10,
    ),
    Pattern(
        "phone",
        compiled(
            r"\b(?:phone|tel|telephone|mob|mobile|call|text|ring|whatsapp)"
            r"(?: me| us)?(?: number| no\.?)?"
            r"(?: is)?(?: on| at)?\W{0,3}(?P<found>\d[\d -]{6,14}\d)\b",
            re.IGNORECASE,
        ),
        digits=8,
        near=near("phone tel telephone mob mobile call text ring whatsapp"),
    ),
    Pattern(
        "vehicle",
        compiled(
            rf"(?<!\w)(?:[A-Z]{{2}}\d\d ?(?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}|[a-z]{{2}}\d\d[a-z]{{3}}"
            rf"|[A-Z]\d{{2,3}} ?(?!(?:{SHORT_WORDS})\b)[A-Z]{{3}}"
            rf"|(?!(?:{SHORT_WORDS}) )[A-Z]{{3}} ?\d{{3}}[A-Z])(?!\w)"
        ),
        digits=2,
        glued=True,
    ),
    Pattern(
        "vehicle",
        compiled(
            r"\b(?:reg|registration|plate|plates|index|vrm|vehicle|car|van)\b(?: number| no\.?)?"
            r"\W{0,3}(?:is |was )?(?P<found>[a-z]{2}\d\d ?[a-z]{3}|[a-z]\d{1,3} ?[a-z]{3}"
            r"|[a-z]{3} ?\d{1,3}[a-z])\b",
            re.IGNORECASE,
        ),
        digits=2,
        near=near("reg registration plate plates index vrm vehicle car van"),
        glued=True,
    ),
    Pattern(
        "postcode",
        compiled(
            rf"(?<!\w)(?=[a-z]{{1,2}}\d)(?:{AREAS})\d[A-Z\d]? ?(?!1ST|2ND|3RD|\dTH)"
            r"\d[ABD-HJLNP-UW-Z]{2}(?!\w)",
            re.IGNORECASE,
        ),
        glued=True,
    ),
    Pattern("link", compiled(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), digits=8),
    Pattern(
        "address",
        compiled(
            rf"(?<!\w)(?!(?:19|20)\d\d\b)\d{{1,4}}[A-Za-z]?(?:-\d{{1,4}})?,? "
            rf"(?:[A-Z][\w'’.-]{{1,20}} ){{1,3}}(?i:{STREETS})\b"
        ),
    ),
    Pattern(
        "address",
        compiled(
            r"\b(?:live|lives|lived|living|address|flat|home)(?: is| at| on| in){0,2}[ :,]{1,2}"
            r"(?:number |no\.? ?)?"
            rf"(?P<found>\d{{1,4}}[a-z]?,? (?:[a-z'’]{{2,20}} ){{1,3}}(?:{STREETS}))\b"
            r"|\b(?:at|outside|opposite|from|number) "
            rf"(?P<also>\d{{1,4}}[a-z]? (?:[a-z'’]{{3,20}} ){{1,2}}(?:road|street|avenue|close))\b",
            re.IGNORECASE,
        ),
        near=near("live lives lived living address flat home at outside opposite from number"),
    ),
    Pattern(
        "address",
        compiled(
            r"\b(?:flat|apartment|apt) ?\d{1,4}[a-z]?\b"
            rf"(?:,? (?:\d{{1,4}}[a-z]? )?(?:[a-z'’]{{2,20}} ){{1,2}}(?:{STREETS})\b){{0,3}}",
            re.IGNORECASE,
        ),
        near=near("flat apartment apt"),
    ),
)
