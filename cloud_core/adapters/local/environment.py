"""The environment of every process that may talk to AWS: the engine, its provider, flows and boto.

The sandbox and real credentials must never meet in one process, so each profile drops what belongs to the other:

    sandbox  drops every AWS_* and PULUMI_* variable, and our settings that lead to either; has dummy credentials,
             no metadata service, no shared files, an endpoint on this machine
    aws      drops whatever would send real credentials, or a real engine, to a sandbox; endpoints in the user's
             AWS files are ignored

Pure: the result is a new dictionary; this process' own environment is left alone.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from cloud_core.adapters.local.sandbox_state import GENERATION_VARIABLE, SandboxAddresses
from cloud_core.domain.errors import InvalidInput
from cloud_core.settings.tree import Profile

DUMMY_CREDENTIAL: Final = "sandbox"
_DROPPED_IN_SANDBOX: Final = (
    "AWS_",
    "PULUMI_",
    # Our own settings of the real profile: where its state lies, and what opens it.
    "CLOUD_AWS__CREDENTIALS_PROFILE",
    "CLOUD_ENGINE__BACKEND_URL",
    "CLOUD_ENGINE__PASSPHRASE",
    "CLOUD_ENGINE__SECRETS_PROVIDER",
)
_DROPPED_IN_AWS: Final = ("AWS_ENDPOINT_URL", "PULUMI_DEBUG_PROVIDERS", GENERATION_VARIABLE)
_SANDBOX: Final = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": DUMMY_CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": DUMMY_CREDENTIAL,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "BOTO_CONFIG": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def process_environment(
    profile: Profile, addresses: SandboxAddresses | None, base: Mapping[str, str]
) -> dict[str, str]:
    """The environment to start a process with; `addresses` come with the sandbox profile and only with it.

    Raises InvalidInput when profile and addresses don't fit, or an address is not on this machine.
    """
    if profile is Profile.SANDBOX:
        if addresses is None:
            raise InvalidInput("profile 'sandbox' needs the addresses of a running sandbox", field="profile")
        require_loopback(addresses)
        return sandbox_environment(addresses.aws_endpoint, addresses.generation, base)
    if addresses is not None:
        raise InvalidInput(
            f"profile {profile.value!r} uses real credentials and can't be combined with a sandbox's addresses",
            field="profile",
        )
    # The engine's own AWS library would still read endpoints out of the user's files.
    return _without(base, _DROPPED_IN_AWS) | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}


def require_loopback(addresses: SandboxAddresses) -> None:
    """Raise InvalidInput when one of the sandbox's addresses is not an http address of this machine."""
    for name in ("aws_endpoint", "records_endpoint", "provider_control", "prefect_api", "prefect_ui"):
        url = getattr(addresses, name)
        if not is_loopback(url):
            raise InvalidInput(
                f"the sandbox's {name} is {url!r}, which is not an http address of this machine; "
                "run 'cloud sandbox reset'",
                field=name,
                value=url,
                suggestion="run 'cloud sandbox reset'",
            )


def sandbox_environment(aws_endpoint: str, generation: str, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of the profile `sandbox` over an AWS endpoint, which must be one of this machine."""
    environment = _without(base, _DROPPED_IN_SANDBOX) | dict(_SANDBOX)
    environment["AWS_ENDPOINT_URL"] = aws_endpoint
    environment[GENERATION_VARIABLE] = generation
    # A proxy of the user's network would be asked for 127.0.0.1 and look at its own.
    for name in ("NO_PROXY", "no_proxy"):
        exempt = [host for host in base.get(name, "").split(",") if host]
        environment[name] = ",".join(dict.fromkeys([*exempt, *_LOOPBACK]))
    return environment


def _without(base: Mapping[str, str], prefixes: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in base.items() if not name.upper().startswith(prefixes)}


def is_loopback(url: str) -> bool:
    """Whether it is an http address of this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https"):
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
