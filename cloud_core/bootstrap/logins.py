"""The services behind logging in: which API, which user pool, and who knows its users."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.adapters.local.sandbox_state import SandboxAddresses, read_addresses, sandbox_folder
from cloud_core.bootstrap.shared import Services
from cloud_core.domain.errors import InvalidInput, SandboxNotRunning
from cloud_core.settings.tree import Profile, Settings

if TYPE_CHECKING:
    from cloud_core.adapters.local.sandbox_users import SandboxPool
    from cloud_core.ports.logins import Credentials, UserPool
    from cloud_core.services.logins import LoginService


class LoginServices(Services):
    """In the sandbox everything is the sandbox's own; else the settings say it."""

    @cached_property
    def logins(self) -> LoginService:
        from cloud_core.adapters.local.login_files import login_files
        from cloud_core.services.logins import LoginService

        return LoginService(self.api_url, lambda: self.user_pool, login_files(), self.clock)

    @property
    def known_credentials(self) -> Credentials | None:
        """The sandbox's users; None where somebody has to be asked."""
        return self._sandbox_pool

    @cached_property
    def _sandbox_pool(self) -> SandboxPool | None:
        from cloud_core.adapters.local.sandbox_users import read_pool

        return read_pool(self.addresses.user_pool_file) if self.addresses is not None else None

    @cached_property
    def user_pool(self) -> UserPool:
        """Raises InvalidInput where the settings name none."""
        from cloud_core.adapters.aws.user_pool import CognitoUserPool

        if self.addresses is not None and self._sandbox_pool is not None:
            pool = self._sandbox_pool
            return CognitoUserPool(pool.region, pool.client_id, self.clock, self.addresses.records_endpoint)
        cognito = self.settings.cognito
        if cognito.client_id is None:
            raise InvalidInput(
                "the user pool's app client is not set",
                field="cognito.client_id",
                suggestion="set CLOUD_COGNITO__CLIENT_ID, and CLOUD_COGNITO__REGION",
            )
        return CognitoUserPool(cognito.region, cognito.client_id, self.clock)


class LoginsAt(LoginServices):
    """Logging in at an API that is worked through from here; it need not be the one that the settings tell."""

    def __init__(self, settings: Settings, api_url: str) -> None:
        super().__init__(settings)
        self._api_url = api_url

    @property
    def api_url(self) -> str:
        """As it was given, with its base."""
        return self._api_url

    @cached_property
    def addresses(self) -> SandboxAddresses | None:
        """Those of the sandbox whose API it is; None when it is none's of here."""
        if self.settings.profile is Profile.AWS:
            return None
        try:
            found = read_addresses(sandbox_folder(self.settings))
        except SandboxNotRunning:
            return None
        return found if found.api_url == self._api_url else None
