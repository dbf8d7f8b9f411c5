"""The provider's settings in all the forms they come in, and what it will not take."""

from __future__ import annotations

import json

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.values import UNKNOWN, SecretValue
from sandbox.provider.aws import Aws, loopback
from sandbox.provider.configuration import Configuration, failures, parse

ROLE = "arn:aws:iam::111111111111:role/deploy"


def test_nested_settings_come_as_json_texts_or_plainly() -> None:
    nested = {"assumeRoles": [{"roleArn": ROLE}], "defaultTags": {"tags": {"a": "b"}}, "allowedAccountIds": ["1"]}
    texts = {name: json.dumps(value) for name, value in nested.items()}
    for values in (nested, texts, {name: SecretValue(text) for name, text in texts.items()}):
        found = parse({"region": "eu-central-1", **values})
        assert found == Configuration("eu-central-1", (ROLE,), {"a": "b"}, ("1",))
        assert found.default_tags == {"a": "b"}
    assert parse({}).region == "us-east-1"


@pytest.mark.parametrize("roles", [{"roleArn": ROLE}, [{"role_arn": ROLE}], [{"roleArn": ROLE}]])
def test_roles_in_every_spelling(roles: object) -> None:
    assert parse({"assumeRoles": json.dumps(roles)}).roles == (ROLE,)


def test_a_role_that_is_not_named_is_refused() -> None:
    with pytest.raises(InvalidInput, match="names no 'roleArn'"):
        parse({"assumeRoles": json.dumps([{"externalId": "x"}])})


def test_runs_are_told_apart_by_region_and_account_only() -> None:
    one = Configuration("eu-central-1", (ROLE,), {"Run": "one"})
    assert {one: "session"}[Configuration("eu-central-1", (ROLE,), {"Run": "two"})] == "session"
    assert one != Configuration("us-east-1", (ROLE,))


@pytest.mark.parametrize("name", ["accessKey", "secretKey", "token", "profile", "sharedCredentialsFiles", "endpoints"])
def test_credentials_and_endpoints_of_the_program_are_refused(name: str) -> None:
    ((found, reason),) = failures({name: "x", "region": "us-east-1"})
    assert found == name
    assert "has fixed credentials" in reason


def test_every_wrong_setting_is_named() -> None:
    found = dict(failures({"regoin": "x", "defaultTags": "{", "assumeRoles": UNKNOWN, "maxRetries": "3"}))
    assert found == {
        "regoin": "the sandbox's aws provider has no setting 'regoin'",
        "defaultTags": "the setting 'defaultTags' is not readable JSON",
    }


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000", "https://127.8.9.1"]
)
def test_an_endpoint_of_this_machine_is_taken(url: str) -> None:
    assert loopback(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://ec2.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://0.0.0.0:5000",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://user@example.com#127.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "",
    ],
)
def test_any_other_endpoint_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="not an http address of this machine"):
        Aws(url, "us-east-1")


def test_a_session_sees_nothing_of_its_surroundings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither real credentials nor endpoints, profiles or proxies of the environment and the shared files."""
    folder = tmp_path_factory.mktemp("aws")
    (folder / "credentials").write_text("[default]\naws_access_key_id = real\naws_secret_access_key = real\n")
    (folder / "config").write_text("[default]\nregion = ap-south-1\nendpoint_url = https://real.example.com\n")
    for name, value in {
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_PROFILE": "missing",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "https://real.example.com",
        "AWS_ENDPOINT_URL_STS": "https://real.example.com",
        "HTTP_PROXY": "http://proxy.example.com:3128",
    }.items():
        monkeypatch.setenv(name, value)
    client = Aws("http://127.0.0.1:5000", "us-east-1").client("sts")
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("sandbox", "sandbox", None)
    assert client.meta.endpoint_url == "http://127.0.0.1:5000"
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.proxies == {}
