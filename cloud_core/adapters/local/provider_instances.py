"""Instances of the sandbox's provider: one for each engine run, asked for by HTTP and given back."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from cloud_core.domain.errors import SandboxNotRunning

_CONTROL_SECONDS: Final = 20.0

log = logging.getLogger(__name__)


@contextmanager
def provider_instance(control_url: str, endpoint: str | None = None) -> Iterator[int]:
    """The port of an instance that nobody else has, until the block ends; over the AWS of the stacks, unless another
    `endpoint` is given. SandboxNotRunning when there is none to be had."""
    with _control(control_url) as control:
        instance = _ask(control, "POST", "/instances", {"endpoint": endpoint} if endpoint else None)
        try:
            yield int(instance["port"])
        finally:
            _give_back(control, instance["id"])


def _control(url: str) -> httpx.Client:
    """It speaks plain HTTP on this machine: to read the certificates of all authorities for each run took longer than
    all of its calls. So it trusts none."""
    return httpx.Client(base_url=url, timeout=_CONTROL_SECONDS, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _give_back(control: httpx.Client, instance_id: str) -> None:
    """Whatever becomes of the instance, how the run ended is what counts."""
    try:
        _ask(control, "DELETE", f"/instances/{instance_id}")
    except SandboxNotRunning as problem:
        log.warning("the provider instance %s could not be stopped: %s", instance_id, problem)


def _ask(control: httpx.Client, method: str, path: str, body: object = None) -> dict[str, Any]:
    try:
        answer = control.request(method, path, json=body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}
    except httpx.HTTPError as error:
        raise SandboxNotRunning(
            f"the sandbox's provider does not answer ({type(error).__name__})",
            suggestion="run 'cloud sandbox status'",
        ) from None
