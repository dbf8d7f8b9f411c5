"""Templates of a product that has only the stacks of a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_STACK_TEMPLATE: Final = """\
name: {name}
description: The stack {name}.
dependencies: [{dependencies}]
parameters:
  inputs:
    size: {{type: number, default: 1}}
"""
_DEPLOYMENT_TEMPLATE: Final = """\
name: demo
display_name: Demo
description: Stacks for tests.
environments:
  dev: {enabled: true}
  stage: {enabled: false}
  prod: {enabled: false}
stacks:
"""


def write_templates(folder: Path, stacks: Mapping[str, Mapping[str, Any]]) -> None:
    """A stack template for each stack, and the deployment template `demo` over all of them."""
    for place in ("config", "default"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name, section in stacks.items():
        text = _STACK_TEMPLATE.format(name=name, dependencies=", ".join(section.get("dependencies", [])))
        (folder / "config" / f"{name}.yaml").write_text(text, "utf-8")
    lines = "".join(f"  {name}: {{}}\n" for name in stacks)
    (folder / "default" / "demo.yaml").write_text(_DEPLOYMENT_TEMPLATE + lines, "utf-8")
