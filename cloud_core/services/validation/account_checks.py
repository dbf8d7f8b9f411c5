"""What AWS says to an account before anything is made there: whether we get in, and may make our stacks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

from cloud_core.domain.errors import AwsAccessFailed
from cloud_core.ports.aws import AwsQueries, AwsScope
from cloud_core.services.templates.service import TemplateService


class AccountCheck(StrEnum):
    CREDENTIALS = "credentials"
    PERMISSIONS = "permissions"


class AccountChecks:
    """`aws` is made when it is asked."""

    def __init__(self, aws: Callable[[], AwsQueries], templates: TemplateService) -> None:
        self._aws = aws
        self._templates = templates

    def check(self, scope: AwsScope, wanted: Collection[AccountCheck]) -> dict[str, Any]:
        """`{valid, errors, checks: {credentials: {valid, account_id, message}, permissions: {valid,
        missing_permissions, message}}}`. Raises Unavailable when AWS can't be reached; refused credentials are an
        answer."""
        try:
            found = self._ask(scope, wanted)
        except AwsAccessFailed as error:
            refused = {"valid": False, "account_id": None, "message": error.message}
            found = {AccountCheck.CREDENTIALS.value: refused}
        errors = [_wrong(one) for one in found.values() if not one["valid"]]
        return {"valid": not errors, "errors": errors, "checks": found}

    def _ask(self, scope: AwsScope, wanted: Collection[AccountCheck]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        if AccountCheck.CREDENTIALS in wanted:
            account = self._aws().caller_identity(scope).account
            wrong = None if account == scope.account else f"the credentials lead to the account {account}"
            found[AccountCheck.CREDENTIALS] = {"valid": wrong is None, "account_id": account, "message": wrong}
        if AccountCheck.PERMISSIONS in wanted:
            needed = dict.fromkeys(
                one for each in self._templates.stack_templates().values() for one in each.permissions
            )
            refusals = self._aws().refusals(scope, list(needed))
            missing = list(refusals.actions)
            found[AccountCheck.PERMISSIONS] = {
                "valid": not missing,
                "missing_permissions": missing,
                "message": refusals.unclear,
            }
        return found


def _wrong(verdict: Mapping[str, Any]) -> str:
    """Why a check failed."""
    missing = verdict.get("missing_permissions")
    return f"we may not do what our stacks need: {', '.join(missing)}" if missing else str(verdict["message"])
