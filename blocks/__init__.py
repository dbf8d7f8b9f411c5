"""Prefect blocks: named pointers that operators set in the pages. They hold no secret and do nothing.

Prefect shows what a block holds to every client of its API, so credentials stay outside: a block names a role, a
profile, an address or a prefix.
"""

from blocks.aws import AwsEnvironment
from blocks.backend import PulumiBackend
from blocks.cognito import CognitoPool
from blocks.tables import RecordTables

ALL_BLOCKS = (AwsEnvironment, PulumiBackend, RecordTables, CognitoPool)

__all__ = ["ALL_BLOCKS", "AwsEnvironment", "CognitoPool", "PulumiBackend", "RecordTables"]
