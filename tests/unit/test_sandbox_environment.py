"""The sandbox and real credentials never meet in one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.adapters.local.environment import process_environment
from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.domain.errors import InvalidInput
from cloud_core.settings.tree import Profile

ADDRESSES = SandboxAddresses(
    generation="g1",
    state_dir=Path("/nowhere"),
    aws_endpoint="http://127.0.0.1:4566",
    records_endpoint="http://127.0.0.1:4567",
    provider_control="http://127.0.0.1:4568",
    prefect_api="http://127.0.0.1:4200/api",
    prefect_ui="http://127.0.0.1:4200",
)
REAL = "AKIAREALREALREAL"
ADDRESS_FIELDS = ("aws_endpoint", "records_endpoint", "provider_control", "prefect_api", "prefect_ui")

suffixes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", max_size=20)
sensitive_names = st.one_of(
    st.builds("".join, st.tuples(st.sampled_from(["AWS_", "PULUMI_"]), suffixes)),
    st.sampled_from(
        ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "PULUMI_ACCESS_TOKEN"]
    ),
    st.sampled_from(["CLOUD_ENGINE__PASSPHRASE", "CLOUD_ENGINE__BACKEND_URL", "CLOUD_AWS__CREDENTIALS_PROFILE"]),
)
real_environments = st.dictionaries(sensitive_names, st.just(REAL))
other_environments = st.dictionaries(
    st.sampled_from(["PATH", "HOME", "LANG", "CLOUD_VAR_X", "EDITOR"]), st.text("abc/", min_size=1)
)


@given(real=real_environments, other=other_environments)
def test_nothing_real_reaches_the_sandbox_and_nothing_else_is_lost(real: dict[str, str], other: dict[str, str]) -> None:
    result = process_environment(Profile.SANDBOX, ADDRESSES, real | other)
    assert REAL not in result.values()
    assert result["AWS_ACCESS_KEY_ID"] == result["AWS_SECRET_ACCESS_KEY"] == "sandbox"
    assert result["AWS_ENDPOINT_URL"] == ADDRESSES.aws_endpoint
    assert other.items() <= result.items()


@given(real=real_environments, endpoint=suffixes, other=other_environments)
def test_nothing_of_a_sandbox_reaches_real_credentials(
    real: dict[str, str], endpoint: str, other: dict[str, str]
) -> None:
    sandboxed = process_environment(Profile.SANDBOX, ADDRESSES, {})
    base = other | {"PULUMI_DEBUG_PROVIDERS": "aws:1", f"AWS_ENDPOINT_URL{endpoint}": sandboxed["AWS_ENDPOINT_URL"]}
    result = process_environment(Profile.AWS, None, real | base)
    assert not [name for name in result if name.startswith("AWS_ENDPOINT_URL")]
    assert "PULUMI_DEBUG_PROVIDERS" not in result
    assert result["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"
    assert other.items() <= result.items()
    kept = {name for name in real if not name.startswith(("AWS_ENDPOINT_URL", "PULUMI_DEBUG_PROVIDERS"))}
    assert all(result[name] == REAL for name in kept)


def test_the_given_environment_is_left_alone() -> None:
    base = {"AWS_ACCESS_KEY_ID": REAL}
    process_environment(Profile.SANDBOX, ADDRESSES, base)
    assert base == {"AWS_ACCESS_KEY_ID": REAL}


def test_real_credentials_and_a_sandbox_are_refused_together() -> None:
    with pytest.raises(InvalidInput, match="can't be combined"):
        process_environment(Profile.AWS, ADDRESSES, {})


def test_the_sandbox_needs_its_addresses() -> None:
    with pytest.raises(InvalidInput, match="running sandbox"):
        process_environment(Profile.SANDBOX, None, {})


@pytest.mark.parametrize("field", ADDRESS_FIELDS)
@pytest.mark.parametrize(
    "url",
    [
        "https://ec2.us-east-1.amazonaws.com",
        "http://127.0.0.1@evil.example",
        "http://localhost.evil.example:4566",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
def test_an_address_that_is_not_on_this_machine_is_refused(field: str, url: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        process_environment(Profile.SANDBOX, replace(ADDRESSES, **{field: url}), {})


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.3.2.1:1", "http://[::1]:1"])
def test_every_name_of_this_machine_is_accepted(url: str) -> None:
    assert process_environment(Profile.SANDBOX, replace(ADDRESSES, aws_endpoint=url), {})["AWS_ENDPOINT_URL"] == url


def test_proxies_are_not_asked_for_this_machine() -> None:
    result = process_environment(Profile.SANDBOX, ADDRESSES, {"NO_PROXY": "intra.example", "HTTPS_PROXY": "http://p:1"})
    assert result["NO_PROXY"] == "intra.example,127.0.0.1,localhost,::1"
    assert "127.0.0.1" in result["no_proxy"]


def test_boto_itself_finds_only_the_dummy_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is what boto makes of the environment, whatever lies in the user's home."""
    home = tmp_path / ".aws"
    home.mkdir()
    (home / "credentials").write_text(f"[default]\naws_access_key_id={REAL}\naws_secret_access_key={REAL}\n")
    (home / "config").write_text("[default]\nregion=eu-west-1\nendpoint_url=https://elsewhere.example\n")
    base = {"HOME": str(tmp_path), "AWS_PROFILE": "default", "AWS_SESSION_TOKEN": REAL, "AWS_ENDPOINT_URL_EC2": REAL}
    result = process_environment(Profile.SANDBOX, ADDRESSES, base)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in result.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("sandbox", "sandbox", None)
    assert session.create_client("ec2", region_name="us-east-1").meta.endpoint_url == ADDRESSES.aws_endpoint
