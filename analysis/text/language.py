"""The language of a text: the one chosen in the form, else detected from the text."""

import functools
import importlib
import importlib.util
import re
from collections.abc import Callable, Sequence

from analysis.text.personal_data import CHARACTERS_READ, without_marks
from analysis.text.personal_data.names import WORDS

ENGLISH = "en"
UNKNOWN = "und"
FEWEST_WORDS = 4
FEWEST_LETTERS = 20
ENOUGH, ENOUGH_FOR_ENGLISH = 0.9, 0.4
LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ\u0300-\u036fḀ-ỿ']+")
LETTER = re.compile(r"[^\W\d_]")
# pycld2 refuses a whole text for one of these characters.
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# The languages that Londoners named as their own in the Census of 2021, and a few near them. A
# detector knows two hundred, and takes slang, jokes and romanised Urdu for Danish or Xhosa.
EXPECTED_LANGUAGES = frozenset(
    """
    en ak am ar az be bg bn bs ca cs da de el es et fa fi fr ga gu ha he hi hr ht hu hy id ig it
    ja ka kk km kn ko ku ky lg ln lt lv mk ml mn mr ms mt my ne nl no ny om pa pl ps pt ro ru rw
    si sk sl sn so sq sr st sv sw ta te tg th ti tk tl tr tw ug uk ur uz vi wo yi yo zh
    """.split()  # noqa: SIM905
)
CODE_ALIASES = {"iw": "he", "nb": "no", "nn": "no", "zho": "zh", "fil": "tl", "ckb": "ku"}
Detector = Callable[[str], str | None]


def detect_by_pycld2(text: str) -> str | None:
    """Detect with pycld2 (Apache-2.0): 8 scripts and 83 languages by pairs and quads of letters."""
    pycld2 = importlib.import_module("pycld2")
    reliable, _, guesses = pycld2.detect(text, bestEffort=True)
    code = str(guesses[0][1])
    return code if reliable and code != "un" else None


@functools.cache
def langid_classifier() -> Callable[[str], tuple[str, float]]:
    module = importlib.import_module("py3langid.langid")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(EXPECTED_LANGUAGES.intersection(identifier.labels)))
    return identifier.classify  # type: ignore[no-any-return]


def detect_by_py3langid(text: str) -> str | None:
    """Detect with py3langid (BSD, pure Python), for where pycld2 has no wheel; None if unsure."""
    code, probability = langid_classifier()(text)
    least = ENOUGH_FOR_ENGLISH if code == ENGLISH else ENOUGH
    return code if probability >= least and code != UNKNOWN else None


def installed_detector() -> Detector:
    return detect_by_pycld2 if importlib.util.find_spec("pycld2") else detect_by_py3langid


DETECTOR = installed_detector()


def is_english(code: str) -> bool:
    return code.partition("-")[0] == ENGLISH


def detect_languages(
    texts: list[str], chosen: Sequence[str | None], detector: Detector = DETECTOR
) -> list[str]:
    """ISO 639 codes; "und" if a text is not English and no other language is certain.

    The form opens in English, so only a choice other than "en" counts as a choice. Texts under four
    words or twenty letters of Latin script are too short to detect and count as English.
    """
    return [
        choice if choice and choice != ENGLISH else detect_language(text, detector)
        for text, choice in zip(texts, chosen, strict=True)
    ]


def detect_language(text: str, detector: Detector = DETECTOR) -> str:
    plain = UNREADABLE.sub(" ", without_marks(text[:CHARACTERS_READ]))
    if is_short_latin(plain):
        return ENGLISH
    words = [word.lower() for word in LATIN_WORD.findall(plain)]
    english = sum(word in WORDS.common_english for word in words)
    # Before the detector is asked: pycld2 takes one romanised text in five for English.
    if is_romanised(words, english):
        return UNKNOWN
    guess = known_code(detector(plain))
    if guess and (guess == ENGLISH or 3 * english < max(1, len(words))):
        return guess
    return ENGLISH if sounds_english(plain, words, english) else UNKNOWN


def known_code(code: str | None) -> str | None:
    """A code as two letters, without the script; None for a language not expected here."""
    if code is None:
        return None
    code = code.partition("-")[0]
    code = CODE_ALIASES.get(code, code)
    return code if code in EXPECTED_LANGUAGES else None


def is_short_latin(text: str) -> bool:
    letters, latin = len(LETTER.findall(text)), len(LATIN.findall(text))
    # A short text in another script says which language it may be, so it is not taken for English.
    return 2 * latin >= letters and (latin < FEWEST_LETTERS or len(text.split()) < FEWEST_WORDS)


def is_romanised(words: list[str], english: int) -> bool:
    """Whether common words show Urdu, Hindi, Bengali, Punjabi or Gujarati in Latin letters."""
    return sum(word in WORDS.romanised for word in words) >= max(2, english + 1)


def sounds_english(text: str, words: list[str], english: int) -> bool:
    """Whether a fifth of the words are very common English ones, or the text has no letters."""
    return not LETTER.search(text) or (bool(words) and english * 5 >= len(words))
