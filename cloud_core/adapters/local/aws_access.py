"""How engine runs reach AWS: in the sandbox through a provider instance of their own, else with real credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from cloud_core.adapters.local.environment import process_environment
from cloud_core.adapters.local.sandbox_state import SandboxAddresses
from cloud_core.adapters.pulumi.access import Attachment
from cloud_core.ports.engine import StackTarget
from cloud_core.settings.tree import Profile

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}

NO_PLUGINS: Final = MappingProxyType({"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"})
"""The sandbox's provider is attached to the engine; one that is not there must not be downloaded."""


class SandboxAccess:
    """Each run gets its own instance of the sandbox's provider, so that configuration and cancel never mix.

    `endpoint` is the AWS to work in, None for that of the stacks; without a role it is that server's own account.
    """

    def __init__(self, addresses: SandboxAddresses, role_name: str | None, endpoint: str | None = None) -> None:
        self._addresses = addresses
        self._role_name = role_name
        self._endpoint = endpoint

    def environment(self) -> dict[str, str]:
        return process_environment(Profile.SANDBOX, self._addresses, os.environ)

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        # Lazy for start-up time: whoever only logs in to the backend asks for no provider.
        from cloud_core.adapters.local.provider_instances import provider_instance

        with provider_instance(self._addresses.provider_control, self._endpoint) as port:
            environment = self.environment() | dict(NO_PLUGINS) | {"PULUMI_DEBUG_PROVIDERS": f"aws:{port}"}
            yield Attachment(environment, provider_config(target, self._role_name))


class RealAccess:
    """The real provider with the credentials of the environment; nothing of a sandbox can slip in.

    Without a role it works in the account that the credentials belong to.
    """

    def __init__(self, role_name: str | None, credentials_profile: str | None) -> None:
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


def provider_config(target: StackTarget, role_name: str | None) -> dict[str, Any]:
    """Region, the role of the environment's account (None: no other one is assumed), and the tags that every resource
    gets."""
    role = f"arn:{_partition(target.region)}:iam::{target.account}:role/{role_name}"
    return {
        "aws:region": target.region,
        **({} if role_name is None else {"aws:assumeRoles": [{"roleArn": role}]}),
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
