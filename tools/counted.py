"""What is counted and listed in the code: the statistics, and the overview of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from markdown_tables import code, names, table

from cli.exit_codes import EXIT_CODES
from cli.main import COMMANDS
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.validation import CODES
from sandbox.provider.registry import invokes, resources

REPOSITORY: Final = Path(__file__).resolve().parent.parent


def command_overview() -> str:
    """The commands by what they are for, as the help shows them."""
    sections = []
    for panel in dict.fromkeys(entry.panel for entry in COMMANDS.values()):
        shown = [(name, one) for name, one in COMMANDS.items() if one.panel == panel and one.alias_of is None]
        rows = [(code(f"cloud {name}"), one.help) for name, one in shown]
        sections.append(f"## {panel}\n\n{table(['Command', 'What it does'], rows)}")
    return "\n\n".join(sections)


def statistics(commands: int) -> str:
    """`commands` is how many commands there are, those of groups counted one by one."""
    catalog = product_templates()
    counted = {
        "Stacks": len(catalog.stack_templates()),
        "Deployment templates": len(catalog.deployment_template_files()),
        "Commands": commands,
        "Codes of errors": len(EXIT_CODES),
        "Rules of the validation": len(CODES),
        "Resource types of the sandbox": len(resources()),
        "Provider functions of the sandbox": len(invokes()),
    }
    return table(["What", "How many"], counted.items())


def stack_statistics() -> str:
    """What each stack takes and gives, ours alone."""
    rows = [
        (code(name), f"{one.priority:g}", names(one.dependencies), len(one.inputs), len(one.outputs))
        for name, one in product_templates().stack_templates().items()
    ]
    return table(["Stack", "Priority", "Waits for", "Inputs", "Outputs"], rows)


def product_templates() -> LocalTemplates:
    return LocalTemplates(REPOSITORY / "templates", Workspace(REPOSITORY / "no-workspace"))
