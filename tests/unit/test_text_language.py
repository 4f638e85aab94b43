import pytest

from analysis.text.language import detect

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
    assert detect([SAID[language]], [None]) == [language]


def test_the_choice_in_the_form_wins_when_it_is_one():
    assert detect([SAID["en"], SAID["so"], "ok"], ["pl", "en", "bn"]) == ["pl", "so", "bn"]


@pytest.mark.parametrize(
    "said",
    ["ok", "no comment", "si", "rubbish!!", "", "  ", "👍👍", "1234567890 1234", "Dziękuję bardzo"],
)
def test_too_little_to_tell_is_english(said):
    assert detect([said], [None]) == ["en"]


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
    assert detect([said], [None]) == ["en"]


def test_short_text_in_another_script_is_no_english():
    assert detect(["পুলিশ ভালো"], [None]) == ["bn"]


@pytest.mark.parametrize(
    "said", ["\x00\x01" * 40, "\ud800 broken surrogates in here", "a" * 100_000]
)
def test_unreadable_text_has_some_language(said):
    assert detect([said], [None])[0] in {"en", "und"}
