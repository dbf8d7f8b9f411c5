"""What is named there: a deployment's record, a stack, a template.

A name that can be no part of an address is not asked for: whoever has typed it is told what there is, as on that
machine.
"""

from __future__ import annotations

import re
from typing import Final

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import deployment_of
from cloud_core.domain.errors import TemplateNotFound
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import STACK_NAME
from cloud_core.domain.records import Deployment

_LONGEST: Final = 64
_TEMPLATE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def record_of(client: RestClient, deployment_id: str) -> Deployment:
    """The record as far as its manifest tells. DeploymentNotFound."""
    return deployment_of(client.get(place("deployments", deployment_id, "manifest")))


def stack_place(client: RestClient, deployment_id: str, stack: str, *rest: str) -> str:
    """The address of a stack, or of something of it. Raises as `require_stack`."""
    require_stack(client, deployment_id, stack)
    return place("stacks", stack, *rest)


def require_stack(client: RestClient, deployment_id: str, stack: str) -> None:
    """StackNotFound, in the words of the manifest, for what can't be the name of a stack; DeploymentNotFound."""
    if len(stack) > _LONGEST or not STACK_NAME.fullmatch(stack):
        Manifest.model_validate(record_of(client, deployment_id).manifest).stack(stack)


def template_place(name: str, *rest: str) -> str:
    """The address of a template. TemplateNotFound for what can't be the name of one."""
    if not _TEMPLATE.fullmatch(name):
        raise TemplateNotFound(
            f"there is no template {name!r}", template=name, suggestion="run 'cloud template-list' to see them"
        )
    return place("templates", name, *rest)
