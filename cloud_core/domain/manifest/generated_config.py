"""The generated `config/<stack>.<env>.yaml`: what the stack gets in the environment, placeholders kept as text.

Keys are `<stack>:<key>`, values are texts, lists and maps as JSON; `aws:region` stands beside them. A secret that was
written in clear is left out: the file is for people and never holds one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.manifest.environment_graph import Templates, environment_graph
from cloud_core.domain.manifest.inheritance import merged_config
from cloud_core.domain.manifest.model import Manifest
from cloud_core.domain.placeholders import find_placeholders
from cloud_core.domain.stack_template import StackTemplate


def generated_configs(manifest: Manifest, templates: Templates) -> dict[tuple[str, str], dict[str, str]]:
    """The content of every file by (stack, environment): all stacks in all environments of the manifest, on or off."""
    return {
        (stack, environment): generated_config(manifest, stack, environment, templates.get(stack), layers.get(stack))
        for environment in manifest.environment_names
        for layers in [_layers(manifest, environment, templates)]
        for stack in manifest.stacks
    }


def _layers(manifest: Manifest, environment: str, templates: Templates) -> dict[str, int]:
    """None where the stacks have no order: the validation tells why, and a file without a layer harms nobody."""
    try:
        graph = environment_graph(manifest, environment, templates)
    except InvalidInput:
        return {}
    return {name: graph.layer_of(name) for name in graph.names}


def generated_config(
    manifest: Manifest, stack: str, environment: str, template: StackTemplate | None, layer: int | None
) -> dict[str, str]:
    """The file's content below `config:`; no `layer` for a stack that is switched off there."""
    values = {
        **_context(manifest, stack, environment, layer),
        **without_clear_secrets(merged_config(manifest, stack, environment, template), template),
    }
    region = manifest.environment(environment).region
    return {"aws:region": region, **{f"{stack}:{key}": as_text(value) for key, value in values.items()}}


def without_clear_secrets(config: Mapping[str, Any], template: StackTemplate | None) -> dict[str, Any]:
    """The configuration without secret inputs that are not read through a placeholder."""
    secret = {name for name, spec in template.inputs.items() if spec.secret} if template else set()
    return {key: value for key, value in config.items() if key not in secret or find_placeholders(value)}


def as_text(value: Any) -> str:
    """Texts as they are, everything else as JSON: `true`, `3`, `["a"]`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _context(manifest: Manifest, stack: str, environment: str, layer: int | None) -> dict[str, Any]:
    deployment, section = manifest.deployment, manifest.environment(environment)
    context = {
        "deploymentId": deployment.id,
        "environment": environment,
        "org": deployment.org,
        "project": deployment.project,
        "domain": deployment.domain,
        "region": section.region,
        "accountId": section.account,
        "stackName": stack,
        "layer": layer,
    }
    return {key: value for key, value in context.items() if value is not None}
