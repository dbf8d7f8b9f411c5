"""The lines that `init` left in the deployment's folder."""

from __future__ import annotations

from pathlib import Path

from cloud_core.adapters.local.log_files import LocalLogFiles
from cloud_core.domain.records import LogLevel

DEPLOYMENT = "D7KQ2M4"


def test_lines_of_any_other_shape_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "init.log"
    path.parent.mkdir()
    path.write_bytes(
        b"[2025-11-03 08:15:00] [INFO] [init] made\n"
        b"\xff not a text\n"
        b"[2025-13-99 08:15:00] [INFO] [init] no such day\n"
        b"[2025-11-03 08:15:01] [LOUD] [init] no such level\n"
        b"[2025-11-03 08:15:02] [WARN] [init] not recorded yet\n"
    )
    lines = LocalLogFiles(lambda _: tmp_path).of_init(DEPLOYMENT)
    assert [(line.log_level, line.message, line.timestamp) for line in lines] == [
        (LogLevel.INFO, "made", "2025-11-03T08:15:00.000Z"),
        (LogLevel.WARN, "not recorded yet", "2025-11-03T08:15:02.000Z"),
    ]
    assert LocalLogFiles(lambda _: tmp_path / "elsewhere").of_init(DEPLOYMENT) == []
