"""Functions of an archive in place of the API's own process: only with a way back to its sockets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from api.app import create_app
from cloud_core.domain.errors import InvalidInput
from cloud_core.settings import Settings
from cloud_core.settings.realtime import RealtimeSettings

ARCHIVE = Path("/nowhere/functions.zip")


@pytest.mark.parametrize(
    "live",
    [
        RealtimeSettings(functions=ARCHIVE),
        RealtimeSettings(functions=ARCHIVE, endpoint="http://127.0.0.1:8080/ws"),
        RealtimeSettings(functions=ARCHIVE, connections_key=SecretStr("key")),
    ],
)
def test_the_api_does_not_start_without_it(live: RealtimeSettings) -> None:
    with pytest.raises(InvalidInput, match="could send nothing") as refused:
        create_app(Settings(realtime=live))
    assert "CLOUD_REALTIME__ENDPOINT" in str(refused.value.suggestion)


def test_with_both_there_is_one() -> None:
    RealtimeSettings(endpoint="http://127.0.0.1:8080/ws", connections_key=SecretStr("key")).require_way_back()
