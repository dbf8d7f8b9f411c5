"""Every error of the platform has an exit code, and the codes mean what the documentation says."""

from __future__ import annotations

import pytest

from cli.exit_codes import EXIT_CODES, Exit, exit_code
from cloud_core.domain import errors
from cloud_core.domain.error_kinds import platform_errors
from cloud_core.domain.errors import CloudError

OURS = platform_errors()


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code(kind: type[CloudError]) -> None:
    assert exit_code(kind("what happened")) in (1, 2, 3, 4, 5, 6)


def test_the_table_has_no_other_codes() -> None:
    assert set(EXIT_CODES) == {kind.code for kind in OURS}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.InvalidManifest, Exit.INVALID),
        (errors.DeploymentNotFound, Exit.NOT_FOUND),
        (errors.OperationRunning, Exit.CONFLICT),
        (errors.SandboxNotRunning, Exit.UNAVAILABLE),
        (errors.NotRemote, Exit.USAGE),
        (errors.EngineMissing, Exit.UNAVAILABLE),
        (errors.StackFailed, Exit.FAILED),
    ],
)
def test_the_codes_tell_the_families_apart(kind: type[CloudError], code: Exit) -> None:
    assert exit_code(kind("what happened")) is code
