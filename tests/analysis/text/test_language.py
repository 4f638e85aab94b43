import importlib.util

import pytest

from analysis.text.language import (
    detect_by_py3langid,
    detect_by_pycld2,
    detect_languages,
    known_code,
)
from tests.bench.text import languages

SAMPLES = languages.load_sentences()
WITHOUT = "neither wheel nor source of it is installed"
DETECTORS = [
    pytest.param(
        detector,
        marks=pytest.mark.skipif(not importlib.util.find_spec(package), reason=WITHOUT),
        id=package,
    )
    for package, detector in (("pycld2", detect_by_pycld2), ("py3langid", detect_by_py3langid))
]

SAID = {
    "en": "The officers explained why they had stopped us and were polite about it.",
    "bn": "পুলিশ আমাদের সাথে ভালো ব্যবহার করেছে এবং সব কিছু বুঝিয়ে বলেছে",
    "so": "Booliisku waxay noo sharaxeen sababta ay noo joojiyeen maanta",
    "pl": "Policjanci wyjaśnili, dlaczego nas zatrzymali, i byli uprzejmi.",
    "tr": "Polisler bizi neden durdurduklarını nazikçe anlattılar.",
    "ar": "شرحت لنا الشرطة لماذا أوقفتنا وكانت مهذبة",
    "es": "Los agentes nos explicaron por qué nos habían parado y fueron amables.",
    "pt": "Os polícias explicaram porque nos pararam e foram muito educados.",
    "ur": "پولیس نے ہمیں بتایا کہ انہوں نے ہمیں کیوں روکا اور وہ شائستہ تھے",
    "ro": "Polițiștii ne-au explicat de ce ne-au oprit și au fost politicoși.",
    "pa": "ਪੁਲਿਸ ਨੇ ਸਾਨੂੰ ਦੱਸਿਆ ਕਿ ਉਨ੍ਹਾਂ ਨੇ ਸਾਨੂੰ ਕਿਉਂ ਰੋਕਿਆ",
    "yo": "Àwọn ọlọ́pàá ṣàlàyé ìdí tí wọ́n fi dá wa dúró fún wa",
}


@pytest.mark.parametrize("language", SAID)
def test_the_text_shows_its_language(language):
    assert detect_languages([SAID[language]], [None]) == [language]


def test_the_choice_in_the_form_wins_when_it_is_one():
    assert detect_languages([SAID["en"], SAID["so"], "ok"], ["pl", "en", "bn"]) == [
        "pl",
        "so",
        "bn",
    ]


@pytest.mark.parametrize(
    "said",
    ["ok", "no comment", "si", "rubbish!!", "", "  ", "👍👍", "1234567890 1234", "Dziękuję bardzo"],
)
def test_too_little_to_tell_is_english(said):
    assert detect_languages([said], [None]) == ["en"]


@pytest.mark.parametrize(
    "said",
    [
        "the feds is always moving mad to us for no reason",
        "stop n search is just harrasment innit bruv",
        "They didnt do nuffin when i repoted it to them",
        "WHY DO THEY NEVER COME WHEN WE CALL THEM",
        "[name] told [name] that we live at [address]",
    ],
)
def test_londons_english_is_english(said):
    assert detect_languages([said], [None]) == ["en"]


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("language", SAMPLES)
def test_nineteen_of_twenty_sentences_of_each_language(language, detector):
    said = SAMPLES[language]
    assert detect_languages(said, [None] * len(said), detector).count(language) >= 0.95 * len(said)


@pytest.mark.parametrize("detector", DETECTORS)
def test_south_asian_languages_in_latin_letters_are_not_english(detector):
    said = languages.ROMANISED.strip().splitlines()
    assert set(detect_languages(said, [None] * len(said), detector)) == {"und"}


@pytest.mark.slow
@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.skipif(not languages.GOEMOTIONS_FILE.is_file(), reason="GoEmotions is not here")
def test_english_is_seldom_taken_for_another_language(detector):
    assert languages.false_alarms(detector) <= 0.01


@pytest.mark.parametrize(
    ("code", "shown"),
    [("zh-Hant", "zh"), ("iw", "he"), ("xh", None), ("sco", None), (None, None), ("so", "so")],
)
def test_codes_have_two_letters_and_speakers_here(code, shown):
    assert known_code(code) == shown


def test_short_text_in_another_script_is_no_english():
    assert detect_languages(["পুলিশ ভালো"], [None]) == ["bn"]


@pytest.mark.parametrize(
    "said", ["\x00\x01" * 40, "\ud800 broken surrogates in here", "a" * 100_000]
)
def test_unreadable_text_has_some_language(said):
    assert detect_languages([said], [None])[0] in {"en", "und"}
