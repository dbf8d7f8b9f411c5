"""The JSON schema of the manifest, by which editors complete and check it while it is written.

Sections and types come from the model that reads manifests, names and ranges from the rules of the validation, the
stacks' inputs from their programs. It knows the canonical form; what needs more than one look (dependencies, outputs,
names with one owner) is left to `cloud validate`. Draft 7, which every editor reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from stack_contracts import ProgramInput, Schema, inputs_of, stack_templates

from cloud_core.domain.manifest.model import Manifest
from cloud_core.domain.names import ACCOUNT, DEPLOYMENT_ID, RESERVED_STACK_NAMES, STACK_NAME, EnvironmentName
from cloud_core.domain.regions import KNOWN_REGIONS
from cloud_core.domain.stack_template import StackTemplate

_PLACEHOLDER: Final = {"$ref": "#/definitions/Placeholder"}
_REMOVED: Final = {"type": "null"}
_NAME: Final = {"minLength": 1, "maxLength": 100, "pattern": r"\S"}
# What the validation asks for beyond types, by section and key.
_RULES: Final[Mapping[str, Mapping[str, Schema]]] = {
    "DeploymentSection": {
        "id": {"pattern": f"^{DEPLOYMENT_ID.pattern}$"},
        "org": _NAME,
        "project": _NAME,
        "createdAt": {"pattern": r"^\d{4}-\d{2}-\d{2}T"},
    },
    "EnvironmentSection": {
        "account": {"pattern": f"^{ACCOUNT.pattern}$"},
        "region": {"enum": sorted(KNOWN_REGIONS)},
    },
    "StackSection": {
        "dependencies": {"anyOf": [{"const": "ALL"}, {"type": "array", "items": {"type": "string"}}]},
        "priority": {"type": "number", "minimum": 0, "maximum": 100},
    },
}


def manifest_schema() -> str:
    """The schema as JSON text."""
    document = Manifest.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {name: _section(name, schema) for name, schema in document.pop("$defs").items()}
    for name, template in stack_templates().items():
        definitions[f"config:{name}"] = _config(template)
        definitions[f"stack:{name}"] = _stack(definitions["StackSection"], template)
    definitions["StackEnvironments"] = _environments("StackEnvironment")
    definitions["StackSection"]["properties"]["environments"] = {"$ref": "#/definitions/StackEnvironments"}
    definitions["Placeholder"] = _placeholder()
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Deployment manifest",
        "type": "object",
        "required": document["required"],
        "additionalProperties": False,
        "properties": {
            "deployment": {"$ref": "#/definitions/DeploymentSection"},
            "environments": {**_environments("EnvironmentSection"), "required": ["dev"]},
            "stacks": _stacks(),
        },
        "definitions": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=1) + "\n"


def _placeholder() -> Schema:
    return {"type": "string", "pattern": r"\$\{|\{\{", "description": "A placeholder, alone or inside a text."}


def _section(name: str, schema: Schema) -> Schema:
    """A section of the model, closed: a key that it does not have is a slip of the pen."""
    properties = {
        key: {**_untitled(value), **_RULES.get(name, {}).get(key, {})} for key, value in schema["properties"].items()
    }
    if name == "StackSection":
        properties["dependencies"] = _RULES[name]["dependencies"]
        properties["priority"] = _RULES[name]["priority"]
    section = {"type": "object", "additionalProperties": False, "properties": properties}
    return section | ({"required": schema["required"]} if "required" in schema else {})


def _untitled(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _untitled(value) for key, value in schema.items() if key not in ("title", "default")}
    return [_untitled(item) for item in schema] if isinstance(schema, list) else schema


def _environments(section: str) -> Schema:
    each = {name.value: {"$ref": f"#/definitions/{section}"} for name in EnvironmentName}
    return {"type": "object", "additionalProperties": False, "properties": each}


def _stacks() -> Schema:
    """Ours with their inputs; any other name is a stack of the workspace, whose inputs are not known here."""
    names = {"pattern": f"^{STACK_NAME.pattern}$", "not": {"enum": sorted(RESERVED_STACK_NAMES)}}
    return {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": {"$ref": "#/definitions/StackSection"},
        "properties": {name: {"$ref": f"#/definitions/stack:{name}"} for name in stack_templates()},
    }


def _stack(section: Schema, template: StackTemplate) -> Schema:
    config = {"$ref": f"#/definitions/config:{template.name}"}
    own = {"enabled": {"type": "boolean"}, "config": config}
    environment = {"type": "object", "additionalProperties": False, "properties": own}
    environments = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name.value: environment for name in EnvironmentName},
    }
    properties = {**section["properties"], "config": config, "environments": environments}
    return {**section, "description": template.description, "properties": properties}


def _config(template: StackTemplate) -> Schema:
    inputs = {one.name: _input(one) for one in inputs_of(template.name)}
    return {"type": "object", "additionalProperties": False, "properties": inputs}


def _input(one: ProgramInput) -> Schema:
    """Its value, a placeholder for it, or null, which takes back what a weaker tier says."""
    described: Schema = {"description": one.spec.description} if one.spec.description else {}
    if one.spec.default is not None:
        described["default"] = one.spec.default
    choices = [_with_placeholders(one.schema), _PLACEHOLDER, _REMOVED]
    if one.spec.required_in:
        choices.insert(0, {"const": "", "description": "To be decided."})
    return {**described, "anyOf": choices}


def _with_placeholders(schema: Any) -> Any:
    """The schema with placeholders allowed for everything inside of it."""
    found = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = {"anyOf": [_with_placeholders(found[key]), _PLACEHOLDER]}
    if "prefixItems" in found:
        found["items"] = [{"anyOf": [_with_placeholders(item), _PLACEHOLDER]} for item in found.pop("prefixItems")]
    if "properties" in found:
        found["properties"] = {
            name: {"anyOf": [_with_placeholders(value), _PLACEHOLDER]} for name, value in found["properties"].items()
        }
    if "anyOf" in found:
        found["anyOf"] = [_with_placeholders(choice) for choice in found["anyOf"]]
    return found
