"""The services behind logging in: which API, which user pool, and who knows its users."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.domain.errors import InvalidInput

if TYPE_CHECKING:
    from cloud_core.adapters.local.sandbox_users import SandboxPool
    from cloud_core.ports.logins import Credentials, UserPool
    from cloud_core.services.logins import LoginService


class LoginServices(Services):
    """In the sandbox everything is the sandbox's own; else the settings say it."""

    @cached_property
    def logins(self) -> LoginService:
        from cloud_core.adapters.local.login_files import LoginFiles
        from cloud_core.adapters.local.state_folder import state_folder
        from cloud_core.services.logins import LoginService

        files = LoginFiles(lambda: state_folder() / "logins")
        return LoginService(self.api_url, lambda: self._user_pool, files, self.clock)

    @property
    def known_credentials(self) -> Credentials | None:
        """The sandbox's users; None where somebody has to be asked."""
        return self._sandbox_pool

    @cached_property
    def _sandbox_pool(self) -> SandboxPool | None:
        from cloud_core.adapters.local.sandbox_users import read_pool

        return read_pool(self.addresses.user_pool_file) if self.addresses is not None else None

    @cached_property
    def _user_pool(self) -> UserPool:
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
