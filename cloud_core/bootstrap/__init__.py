"""The only composition root: which adapter stands behind which port, for the settings at hand.

Everything is made on first use, and adapters are imported then: a command that only reads a file must not wait for
the import of boto3, Pulumi or Prefect.
"""

from cloud_core.bootstrap.edges import EdgeServices
from cloud_core.bootstrap.flows import FlowServices
from cloud_core.bootstrap.shared import Services

__all__ = ["EdgeServices", "FlowServices", "Services"]
