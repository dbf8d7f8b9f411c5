"""What tests and benchmarks need around the provider: an AWS of their own, and the real engine on programs.

Nothing here is used by the running sandbox.
"""

from sandbox.offline import aws_server
from sandbox.provider.testing.cases import Case, Clients, lacks
from sandbox.provider.testing.engines import Engine, changes

__all__ = ["Case", "Clients", "Engine", "aws_server", "changes", "lacks"]
