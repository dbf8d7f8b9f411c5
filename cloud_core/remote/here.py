"""What is on this machine, whatever API is worked through: the workspace, templates, programs, logins."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud_core.ports.engine import EngineInfo, ProgramNames
    from cloud_core.ports.logins import Credentials
    from cloud_core.ports.workspace import TemplateCatalog
    from cloud_core.services.logins import LoginService
    from cloud_core.settings import Settings


class LogsIn(Protocol):
    """What `bootstrap.logins` has, which stands above."""

    @property
    def logins(self) -> LoginService: ...

    @property
    def known_credentials(self) -> Credentials | None: ...


class Here:
    """Everything is made on first use."""

    def __init__(self, settings: Callable[[], Settings], pool: Callable[[], LogsIn]) -> None:
        self._settings = settings
        self._find_pool = pool

    @cached_property
    def workspace(self) -> Path:
        """The user's workspace folder, on this machine."""
        from cloud_core.adapters.local.sandbox_state import workspace_folder

        return workspace_folder(self._settings())

    @property
    def logins(self) -> LoginService:
        """At the API there, by the user pool."""
        return self._pool.logins

    @property
    def known_credentials(self) -> Credentials | None:
        """The users of the sandbox whose API it is; None where somebody has to be asked."""
        return self._pool.known_credentials

    @cached_property
    def catalog(self) -> TemplateCatalog:
        """Templates of the product and of the workspace, on this machine."""
        from cloud_core.adapters.local.template_files import LocalTemplates
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.resources import data_dir

        return LocalTemplates(data_dir("templates"), Workspace(self.workspace))

    @cached_property
    def programs(self) -> ProgramNames:
        """The names of the stack programs, on this machine."""
        from cloud_core.adapters.local.program_folders import ProgramFolders
        from cloud_core.resources import data_dir

        return ProgramFolders(data_dir("stacks"), self.workspace / "stacks")

    def find_engine(self) -> EngineInfo:
        """The engine of this machine, which nothing is run with; EngineMissing."""
        from cloud_core.adapters.pulumi.discovery import find_engine

        return find_engine(self._settings().engine)

    @cached_property
    def _pool(self) -> LogsIn:
        return self._find_pool()
