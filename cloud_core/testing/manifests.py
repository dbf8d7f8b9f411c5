"""Manifests and stack templates for tests: small, valid, with whatever the test cares about given by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.domain.validation import Catalogue

DEPLOYMENT_ID: Final = "D7KQ2M4"
ACCOUNT: Final = "410000000017"

_TEMPLATE_DATA: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "network",
        "priority": 100,
        "parameters": {
            "inputs": {
                "vpcCidr": {"type": "string", "required": True},
                "azCount": {"type": "number", "default": 2},
                "zones": {"type": "array"},
                "enableNat": {"type": "boolean", "default": True},
            },
            "outputs": {
                "vpcId": {"type": "string"},
                "privateSubnetIds": {"type": "array"},
                "azCount": {"type": "number"},
            },
        },
    },
    {
        "name": "dns",
        "priority": 95,
        "soft_dependencies": ["network"],
        "parameters": {
            "inputs": {
                "deployDomain": {"type": "string", "required": True, "default": "${deployment.domain}"},
                "vpcId": {"type": "string"},
            }
        },
    },
    {
        "name": "security",
        "priority": 90,
        "dependencies": ["network"],
        "parameters": {
            "inputs": {
                "vpcId": {"type": "string", "required": True, "default": "${network.vpcId}"},
                "password": {"type": "string", "secret": True},
            },
            "outputs": {"kmsKeyArn": {"type": "string"}},
        },
    },
    {"name": "monitoring", "priority": 10, "dependencies": ["security"], "soft_dependencies": "ALL"},
)
TEMPLATES: Final[Mapping[str, StackTemplate]] = {
    data["name"]: parse_stack_template(data, data["name"]) for data in _TEMPLATE_DATA
}


def a_manifest(**stacks: Any) -> dict[str, Any]:
    """Canonical plain data: dev alone; network and security, or the given stacks (names with `_` for `-`)."""
    chosen = stacks or {"network": a_network(), "security": a_security()}
    return {
        "deployment": {
            "id": DEPLOYMENT_ID,
            "org": "Birchway",
            "project": "landing",
            "domain": "landing.birchway.test",
            "template": "minimal",
            "createdAt": "2025-11-03T08:15:00Z",
        },
        "environments": {"dev": an_environment()},
        "stacks": {name.replace("_", "-"): section for name, section in chosen.items()},
    }


def an_environment(**fields: Any) -> dict[str, Any]:
    return {"enabled": True, "account": ACCOUNT, "region": "eu-west-1", **fields}


def a_network(**fields: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": [], "config": {"vpcCidr": "10.40.0.0/16"}, **fields}


def a_security(**fields: Any) -> dict[str, Any]:
    return {"enabled": True, "dependencies": ["network"], **fields}


def a_catalogue(**fields: Any) -> Catalogue:
    """The stack templates above, a program for each, and no stacks that a deployment template asks for."""
    defaults: dict[str, Any] = {
        "stack_templates": TEMPLATES,
        "deployment_templates": {},
        "programs": frozenset(TEMPLATES),
    }
    return Catalogue(**(defaults | fields))
