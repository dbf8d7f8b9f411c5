"""What each command of the command line is over HTTP: one table, for the documentation and for whoever works remotely.

Addresses stand below `/api/v1`, as the OpenAPI document names their parts; the permission is the route's own. What is
done in prod, other than looking, is for Administrators besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Endpoint:
    """A method and an address. `permission` is None for what is open to everybody."""

    method: str
    path: str
    permission: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class NotRemote:
    """Why a command works on this machine only."""

    why: str


def _get(path: str, permission: str | None = "read") -> Endpoint:
    return Endpoint("GET", path, permission)


def _post(path: str, permission: str) -> Endpoint:
    return Endpoint("POST", path, permission)


_D: Final = "/deployments/{deployment_id}"
_E: Final = f"{_D}/environments/{{environment}}"
_O: Final = f"{_D}/operations/{{operation_id}}"
_S: Final = "/stacks/{stack_name}"
_SCHEDULE: Final = f"{_D}/schedules/{{environment}}/{{action}}"
_FILES: Final = NotRemote("it works on files of this machine")
_HERE: Final = NotRemote("it is about this machine")
_POOL: Final = NotRemote("it asks the user pool, and keeps the tokens on this machine")
_TABLES: Final = NotRemote("the API stands on these tables: it does not make or delete them")
_PLANE: Final = NotRemote("the API stands on it: it does not make or delete it")
_PROGRAMS: Final = NotRemote("it looks at the stacks' programs on this machine")

COMMANDS: Final[Mapping[str, tuple[Endpoint, ...] | NotRemote]] = {
    "init": (_post("/deployments/init", "write"),),
    "validate": (
        _get(f"{_D}/validation", "validate"),
        _post("/validate/manifest", "validate"),
        _post("/validate/dependencies", "validate"),
    ),
    "plan": (_post(f"{_D}/plan", "plan"), _get(f"{_O}/plan")),
    "deploy": (_post(f"{_D}/deploy", "deploy"),),
    "deploy-stack": (_post(f"{_S}/deploy", "deploy"),),
    "destroy": (Endpoint("DELETE", _D, "destroy"),),
    "destroy-stack": (Endpoint("DELETE", _S, "destroy"),),
    "promote": (_post(f"{_D}/promote", "administer"),),
    "rollback": (_post(f"{_D}/rollback", "administer"),),
    "refresh": (_post(f"{_D}/refresh", "refresh"), _post(f"{_S}/refresh", "refresh"), _get(f"{_O}/findings")),
    "detect-drift": (_post(f"{_D}/drift", "refresh"), _get(f"{_O}/findings")),
    "manifest diff": (_get(f"{_D}/manifest"),),
    "manifest pull": (_get(f"{_D}/manifest"),),
    "manifest push": (Endpoint("PUT", f"{_D}/manifest", "write"),),
    "manifest schema": _HERE,
    "config-set": (
        Endpoint("PUT", f"{_D}/config/{{key}}", "write"),
        Endpoint("DELETE", f"{_D}/config/{{key}}", "write"),
    ),
    "config-get": (_get(f"{_D}/config/{{key}}"),),
    "config-list": (_get(f"{_D}/config"),),
    "environment list": (_get(f"{_D}/environments"),),
    "environment enable": (_post(f"{_E}/enable", "write"),),
    "environment disable": (_post(f"{_E}/disable", "write"),),
    "import-stack": (_post(f"{_S}/import", "administer"),),
    "export-stack": (_get(f"{_S}/export", "export"),),
    "schedule list": (_get(f"{_D}/schedules"),),
    "schedule set": (Endpoint("PUT", _SCHEDULE, "administer"),),
    "schedule pause": (_post(f"{_SCHEDULE}/pause", "administer"),),
    "schedule resume": (_post(f"{_SCHEDULE}/resume", "administer"),),
    "schedule remove": (Endpoint("DELETE", _SCHEDULE, "administer"),),
    "approve": (_post(f"{_O}/approve", "administer"), _post(f"{_O}/reject", "administer")),
    "cancel": (_post(f"{_O}/cancel", "read"),),
    "retry": (_post(f"{_O}/retry", "read"),),
    "unlock": (_post(f"{_E}/unlock", "administer"),),
    "list": (_get("/deployments"),),
    "status": (
        _get(f"{_D}/status"),
        _get(f"{_S}/status"),
        _get(f"{_S}/resources"),
        _get(f"{_D}/events"),
        _get(f"{_O}/run"),
    ),
    "logs": (_get(f"/monitoring{_D}/logs"),),
    "history": (_get(f"{_D}/operations"), _get(_O)),
    "graph": (_get(f"{_D}/graph"),),
    "outputs": (_get(f"{_D}/outputs"),),
    "stack-outputs": (_get(f"{_S}/outputs"),),
    "template-list": (_get("/templates"),),
    "template-show": (_get("/templates/{template_name}"),),
    "template-validate": (
        _post("/templates/validate", "validate"),
        _post("/templates/{template_name}/validate", "validate"),
    ),
    "health": (_get("/health", None),),
    "version": (_get("/info", None),),
    "stack list": _PROGRAMS,
    "stack show": _PROGRAMS,
    "stack build": _PROGRAMS,
    "sandbox start": _HERE,
    "sandbox stop": _HERE,
    "sandbox status": _HERE,
    "sandbox reset": _HERE,
    "control-plane deploy": _PLANE,
    "control-plane status": _PLANE,
    "control-plane destroy": _PLANE,
    "tables create": _TABLES,
    "tables status": _TABLES,
    "tables delete": _TABLES,
    "serve": _HERE,
    "login": _POOL,
    "logout": _POOL,
    "migrate": _FILES,
    "schema": _HERE,
}
"""By the command's name, a group's name before it. An older name of a command is the command that it stands for."""

WITHOUT_A_COMMAND: Final[Mapping[str, str]] = {
    "log_in": "`login` asks the user pool itself, and keeps the tokens",
    "renew_login": "`login --print` renews by itself",
    "get_myself": "who is logged in is told by `login --print`'s token",
    "generate_manifest": "`init --dry-run` shows the manifest",
    "validate_aws": "`validate --level full` asks AWS",
    "get_metrics": "counts over many operations",
}
"""Endpoints that no command stands for, by the name of their operation, with what comes near."""
