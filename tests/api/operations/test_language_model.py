"""The client of the operator's language model: where it may connect, how it reads answers."""

import asyncio
import json

import pytest

from api.operations import language_model
from api.operations.language_model import (
    ChatMessage,
    LanguageModel,
    ModelFailure,
    is_own_address,
    language_model_from_settings,
)
from api.settings import Settings
from survey.problems import Unavailable
from tests.fakes.language_model import start_fake_language_model

ASKED = [ChatMessage("system", "Rules"), ChatMessage("user", "Task")]
FORM = {"type": "object"}


@pytest.fixture
async def fake():
    async with start_fake_language_model() as (one, url):
        one.model = LanguageModel(url=url, name="small")
        yield one


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/v1", "http://localhost:11434/v1", "http://[::1]:8080",
     "https://10.1.2.3/v1",
     "http://192.168.1.4:80/v1", "http://172.31.0.9/v1", "http://[fd00::8]/v1"],
)  # fmt: skip
def test_this_machine_and_private_networks_are_accepted(url):
    assert is_own_address(url)


@pytest.mark.parametrize(
    "url",
    ["https://api.openai.com/v1", "http://8.8.8.8/v1", "http://169.254.169.254/latest",
     "http://0.0.0.0/v1", "http://[::]/v1",
     "http://172.32.0.1/v1", "http://model.internal/v1", "http://2130706433/v1",
     "http://127.0.0.1.example.org/v1", "http://a:b@127.0.0.1/v1", "ftp://127.0.0.1/v1",
     "http://127.0.0.1/v1?to=x", "http://[::ffff:8.8.8.8]/v1", "http://[fe80::1]/v1",
     "127.0.0.1:8080",
     "http://127.0.0.1:99999/v1", "http://localhost.example.org/v1"],
)  # fmt: skip
def test_no_other_address_is(url):
    assert not is_own_address(url)
    with pytest.raises(Unavailable):
        language_model_from_settings(Settings(language_model_url=url))


def test_without_the_setting_there_is_none():
    assert language_model_from_settings(Settings()) is None


async def test_the_answer_is_the_json_in_the_first_choice(fake):
    fake.says = '<think>{no}</think>Here you are:\n```json\n{"name": "Stops"}\n```'
    answer = await fake.model.ask(ASKED, FORM)
    assert json.loads(answer.text) == {"name": "Stops"}
    assert answer.model == "small"
    assert len(answer.request) == len(answer.answer) == 64
    [asked] = fake.requests
    assert asked["messages"] == [
        {"role": "system", "content": "Rules"}, {"role": "user", "content": "Task"}
    ]  # fmt: skip
    assert asked["temperature"] == 0
    assert not asked["stream"]
    assert asked["response_format"]["json_schema"]["schema"] == FORM


async def test_a_server_that_knows_no_forms_is_asked_without(fake):
    fake.knows_forms = False
    assert (await fake.model.ask(ASKED, FORM)).text == "{}"
    assert ["response_format" in one for one in fake.requests] == [True, False]


async def test_a_key_is_sent_as_a_bearer(fake):
    await LanguageModel(url=fake.model.url, name="small", key="s3cret").ask(ASKED, FORM)
    assert fake.headers[0]["authorization"] == "bearer s3cret"


async def test_no_proxy_of_the_environment_is_used(fake, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await fake.model.ask(ASKED, FORM)).text == "{}"


BROKEN = {
    "an error": {"status": 500},
    "not HTTP": {"raw": b"hello\r\n\r\n"},
    "cut off": {"raw": b"HTTP/1.1 200 X\r\ncontent-length: 50\r\n\r\n{"},
    "not JSON": {"raw": b"HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\nhello"},
    "a redirect": {
        "raw": b"HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    },
    "no end": {"raw": b"HTTP/1.1 200 X\r\n\r\n" + b"x" * (language_model.MOST_ANSWERED + 9)},
    "no choice": {
        "raw": b'HTTP/1.1 200 X\r\ncontent-length: 14\r\n\r\n{"choices": []}'[:-1] + b"}"
    },
    "nothing": {"says": None},
    "no JSON within": {"says": "I cannot help with that."},
    "unfinished": {"finish": "length"},
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_answer_is_a_failure_in_plain_words(fake, how):
    for name, value in BROKEN[how].items():
        setattr(fake, name, value)
    with pytest.raises(ModelFailure, match="The language model"):
        await fake.model.ask(ASKED, FORM)


async def test_a_slow_answer_is_not_waited_for(fake):
    fake.may_answer.clear()
    model = LanguageModel(url=fake.model.url, name="small", seconds=0.05)
    with pytest.raises(ModelFailure, match=r"within 0\.05 seconds"):
        await asyncio.wait_for(model.ask(ASKED, FORM), 20)


async def test_where_nothing_listens_it_cannot_be_reached():
    with pytest.raises(ModelFailure, match="cannot be reached"):
        await LanguageModel(url="http://127.0.0.1:1/v1", name="small").ask(ASKED, FORM)


async def test_what_is_too_long_is_not_sent(fake):
    long = [ChatMessage("user", "x" * language_model.MOST_SENT)]
    with pytest.raises(ModelFailure, match="too long"):
        await fake.model.ask(long, FORM)
    assert fake.requests == []


async def test_the_names_of_its_models_are_read(fake):
    assert await fake.model.load_names() == ["small"]
    fake.status = 401
    with pytest.raises(ModelFailure, match="401"):
        await fake.model.load_names()
