"""What each group may do: one matrix, with what prod and the settings make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud_core.domain.access.users import Group, User
from cloud_core.domain.errors import NotPermitted, OrganizationMismatch
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action


class Permission(StrEnum):
    """What a route asks for."""

    READ = "read"
    VALIDATE = "validate"
    WRITE = "write"
    PLAN = "plan"
    ASK_AWS = "ask-aws"
    REFRESH = "refresh"
    EXPORT = "export"
    DEPLOY = "deploy"
    DESTROY = "destroy"
    ADMINISTER = "administer"

    @property
    def words(self) -> str:
        """What somebody without it may not do."""
        return "ask AWS" if self is Permission.ASK_AWS else self.value


_P = Permission
_LOOKING: Final = frozenset({_P.READ, _P.VALIDATE})

MATRIX: Final[Mapping[Group, frozenset[Permission]]] = {
    Group.ADMINISTRATORS: frozenset(Permission),
    Group.DEVELOPERS: _LOOKING | {_P.WRITE, _P.PLAN, _P.ASK_AWS, _P.REFRESH, _P.EXPORT, _P.DEPLOY},
    Group.READ_ONLY: _LOOKING,
}
PERMISSION_OF: Final[Mapping[Action, Permission]] = {
    Action.DEPLOY: _P.DEPLOY,
    Action.DESTROY: _P.DESTROY,
    Action.PREVIEW: _P.PLAN,
    Action.REFRESH: _P.REFRESH,
    Action.DRIFT: _P.REFRESH,
    Action.ROLLBACK: _P.ADMINISTER,
}
"""What starting, cancelling or retrying an operation takes."""


@dataclass(frozen=True)
class Rights:
    """The matrix under these settings. Whatever is done in prod, other than looking, is for Administrators."""

    organization_isolation: bool = True
    developers_may_destroy: bool = False

    def may(self, user: User, permission: Permission, environment: EnvironmentName | None = None) -> bool:
        if user.group is None:
            return False
        if environment is EnvironmentName.PROD and permission not in _LOOKING:
            return user.group is Group.ADMINISTRATORS
        lent = self.developers_may_destroy and permission is _P.DESTROY and user.group is Group.DEVELOPERS
        return lent or permission in MATRIX[user.group]

    def require(self, user: User, permission: Permission, environment: EnvironmentName | None = None) -> None:
        """Raises NotPermitted; OrganizationMismatch for a user of no organisation while they are kept apart."""
        if not self.may(user, permission, environment):
            where = f" in {environment.value}" if environment else ""
            raise NotPermitted(
                f"{user.name} may not {permission.words}{where}",
                permission=permission.value,
                group=user.group.value if user.group else None,
                suggestion="ask an administrator to do it, or to put you into a group that may",
            )
        if self.organization_isolation and not user.organizations:
            raise OrganizationMismatch(
                f"{user.name} is in no organisation",
                suggestion="ask an administrator to put you into the group org:<organisation> of the user pool",
            )

    def organizations(self, user: User) -> frozenset[str] | None:
        """Those whose deployments the user sees; None is all of them."""
        return user.organizations if self.organization_isolation else None
