"""What differs between the database engines: families, logs, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

EngineName = Literal["postgres", "mysql"]

_SLOW_MILLISECONDS: Final = "1000"


@dataclass(frozen=True)
class Engine:
    """`version_parts`: how many numbers of a version name its family. `at_start`: parameters that a server reads as it
    starts. `no_insights`: classes too small for Performance Insights."""

    default_version: str
    version_parts: int
    port: int
    logs: Sequence[str]
    at_any_time: Mapping[str, str]
    at_start: Mapping[str, str]
    no_insights: frozenset[str] = frozenset()


# The statement log holds definitions only: with `all`, the values in statements would lie in the log.
ENGINES: Final[Mapping[EngineName, Engine]] = {
    "postgres": Engine(
        default_version="16",
        version_parts=1,
        port=5432,
        logs=("postgresql",),
        at_any_time={
            "log_lock_waits": "1",
            "log_min_duration_statement": _SLOW_MILLISECONDS,
            "log_statement": "ddl",
            "pg_stat_statements.track": "all",
        },
        at_start={"rds.force_ssl": "1", "shared_preload_libraries": "pg_stat_statements"},
    ),
    "mysql": Engine(
        default_version="8.4",
        version_parts=2,
        port=3306,
        logs=("error", "slowquery"),
        at_any_time={
            "innodb_print_all_deadlocks": "1",
            "log_output": "FILE",
            "long_query_time": "1",
            "require_secure_transport": "1",
            "slow_query_log": "1",
        },
        at_start={"performance_schema": "1"},
        no_insights=frozenset(f"db.{kind}.{size}" for kind in ("t3", "t4g") for size in ("micro", "small")),
    ),
}


def family(engine: EngineName, version: str) -> str:
    """The parameter groups' name for a version: `postgres16` of 16.8, `mysql8.4` of 8.4.3."""
    return engine + ".".join(version.split(".")[: ENGINES[engine].version_parts])
