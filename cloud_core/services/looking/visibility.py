"""Who sees a deployment: those of its organisation."""

from __future__ import annotations

from cloud_core.domain.errors import OrganizationMismatch
from cloud_core.domain.records import Deployment


def require_visible(deployment: Deployment, visible: frozenset[str] | None) -> None:
    """Raises OrganizationMismatch; None sees all organisations."""
    require_organization(deployment.organization, visible)


def require_organization(organization: str, visible: frozenset[str] | None) -> None:
    """As `require_visible`, of the organisation's name."""
    if visible is None or organization in visible:
        return
    raise OrganizationMismatch(
        "this belongs to an organisation that you are not of",
        suggestion="ask an administrator to put you into the organisation's group",
    )
