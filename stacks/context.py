"""What a stack program knows about the deployment that it is part of."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from cloud_core.ports.engine import StackTarget
from stacks.naming import TAG, NameRule, shorten, slug


@dataclass(frozen=True)
class StackContext(StackTarget):
    """The target of the run, and the names that resources get from it.

    Tags are not a program's business: the provider puts the deployment's tags on everything.
    """

    @classmethod
    def of(cls, target: StackTarget) -> StackContext:
        return cls(**vars(target))

    @property
    def shared_prefix(self) -> str:
        """What every account-wide name of this deployment and environment, in any of its stacks, begins with."""
        return f"{slug(self.project) or 'project'}-{slug(self.deployment_id)}-{self.environment}"

    def name(self, rule: NameRule, what: str) -> str:
        """The physical name of a resource, within AWS's limit for its kind; see `stacks.naming`."""
        own_prefix = f"{slug(self.project) or 'project'}-{self.environment}"
        prefix = self.shared_prefix if rule.shared else own_prefix
        return shorten(f"{prefix}-{self.stack}-{what}", rule.limit)

    def named(self, what: str) -> dict[str, str]:
        """The `Name` tag, for resources that have no other name."""
        return {"Name": self.name(TAG, what)}


def protected(protect: bool) -> pulumi.ResourceOptions:
    """Options of a resource that holds what can't be made again: the engine refuses to delete it."""
    return pulumi.ResourceOptions(protect=protect)
