"""What a shell is offered while somebody types: names that are found on this machine, without asking any service."""

from __future__ import annotations

import os
from pathlib import Path


def deployment_ids(incomplete: str) -> list[str]:
    """Of the workspace's folders."""
    # Lazy for start-up time, here and below: only completion needs it.
    from cloud_core.adapters.local.manifest_files import LocalManifestFiles
    from cloud_core.adapters.local.workspace import locate_workspace

    files = LocalManifestFiles(locate_workspace(None, os.environ, Path.cwd()))
    return [one for one in files.deployment_ids() if one.startswith(incomplete)]


def stack_names(incomplete: str) -> list[str]:
    """Ours, and the workspace's own."""
    from cloud_core.adapters.local.program_folders import ProgramFolders
    from cloud_core.adapters.local.workspace import locate_workspace
    from cloud_core.resources import data_dir

    workspace = locate_workspace(None, os.environ, Path.cwd())
    return [one for one in ProgramFolders(data_dir("stacks"), workspace.stacks).names() if one.startswith(incomplete)]


def template_names(incomplete: str) -> list[str]:
    """Ours, and the workspace's own."""
    from cloud_core.adapters.local.template_files import LocalTemplates
    from cloud_core.adapters.local.workspace import locate_workspace
    from cloud_core.resources import data_dir

    templates = LocalTemplates(data_dir("templates"), locate_workspace(None, os.environ, Path.cwd()))
    return [file.name for file in templates.deployment_template_files() if file.name.startswith(incomplete)]
