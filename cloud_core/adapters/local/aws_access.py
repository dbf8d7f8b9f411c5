"""How engine runs reach AWS: in the sandbox through a provider instance of their own, else with real credentials."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import httpx

from cloud_core.adapters.local.environment import process_environment
from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.adapters.pulumi.access import Attachment
from cloud_core.domain.errors import SandboxNotRunning
from cloud_core.ports.engine import StackTarget
from cloud_core.settings.tree import Profile

_CONTROL_SECONDS = 20.0
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}

NO_PLUGINS: Final = MappingProxyType({"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"})
"""The sandbox's provider is attached to the engine; one that is not there must not be downloaded."""

log = logging.getLogger(__name__)


class SandboxAccess:
    """Each run gets its own instance of the sandbox's provider, so that configuration and cancel never mix."""

    def __init__(self, addresses: SandboxAddresses, role_name: str) -> None:
        self._addresses = addresses
        self._role_name = role_name

    def environment(self) -> dict[str, str]:
        return process_environment(Profile.SANDBOX, self._addresses, os.environ)

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        environment = self.environment()
        with _control(self._addresses.provider_control) as control:
            instance = _ask(control, "POST", "/instances")
            try:
                environment["PULUMI_DEBUG_PROVIDERS"] = f"aws:{instance['port']}"
                yield Attachment(environment | dict(NO_PLUGINS), provider_config(target, self._role_name))
            finally:
                _give_back(control, instance["id"])


class RealAccess:
    """The real provider with the credentials of the environment; nothing of a sandbox can slip in."""

    def __init__(self, role_name: str, credentials_profile: str | None) -> None:
        self._role_name = role_name
        self._credentials_profile = credentials_profile

    def environment(self) -> dict[str, str]:
        return process_environment(Profile.AWS, None, os.environ)

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        config = provider_config(target, self._role_name)
        if self._credentials_profile:
            config["aws:profile"] = self._credentials_profile
        yield Attachment(self.environment(), config)


def provider_config(target: StackTarget, role_name: str) -> dict[str, Any]:
    """Region, the role of the environment's account, and the tags that every resource gets."""
    return {
        "aws:region": target.region,
        "aws:assumeRoles": [{"roleArn": f"arn:{_partition(target.region)}:iam::{target.account}:role/{role_name}"}],
        "aws:defaultTags": {"tags": default_tags(target)},
    }


def default_tags(target: StackTarget) -> Mapping[str, str]:
    """The manifest's tags, over which the platform's own win."""
    return {
        **target.tags,
        "Project": target.project,
        "Environment": target.environment.value,
        "DeploymentId": target.deployment_id,
        "Stack": target.stack,
        "ManagedBy": "cloud",
    }


def _partition(region: str) -> str:
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def _control(url: str) -> httpx.Client:
    """It speaks plain HTTP on this machine: to read the certificates of all authorities for each run took longer than
    all of its calls. So it trusts none."""
    return httpx.Client(base_url=url, timeout=_CONTROL_SECONDS, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _give_back(control: httpx.Client, instance_id: str) -> None:
    """Whatever becomes of the instance, how the run ended is what counts."""
    try:
        _ask(control, "DELETE", f"/instances/{instance_id}")
    except SandboxNotRunning as problem:
        log.warning("the provider instance %s could not be stopped: %s", instance_id, problem)


def _ask(control: httpx.Client, method: str, path: str) -> dict[str, Any]:
    try:
        answer = control.request(method, path)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}
    except httpx.HTTPError as error:
        raise SandboxNotRunning(
            f"the sandbox's provider does not answer ({type(error).__name__})",
            suggestion="run 'cloud sandbox status'",
        ) from None
