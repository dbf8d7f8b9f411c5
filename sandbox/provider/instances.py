"""The provider instances of this process: one gRPC server, configuration and cancel flag per engine run."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from cloud_core.domain.errors import NotFound, Unavailable
from sandbox.provider.aws import loopback
from sandbox.provider.connections import Connections
from sandbox.provider.servicer import Servicer

# An engine makes many resources at once, and some of them wait: threads are started only when needed.
THREADS: Final = 128
# A checkpoint can hold large documents; the engine's own limit is 400 MiB.
LARGEST_MESSAGE: Final = 400 * 1024 * 1024
STOP_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Instance:
    """One running provider; the engine reaches it with `PULUMI_DEBUG_PROVIDERS=aws:<port>`."""

    id: str
    port: int
    connections: Connections
    server: grpc.Server

    @classmethod
    def start(cls, endpoint: str, host: str = "127.0.0.1") -> Instance:
        """Listen on a free port of `host`."""
        options = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", -1)]
        pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="provider")
        server = grpc.server(pool, options=options)
        connections = Connections(loopback(endpoint))
        add_ResourceProviderServicer_to_server(Servicer(connections), server)
        port = server.add_insecure_port(f"{host}:0")
        if port == 0:
            raise Unavailable(f"no free port on {host} for a provider instance")
        server.start()
        return cls(uuid.uuid4().hex[:12], port, connections, server)

    def stop(self) -> None:
        """End its waits, let running calls finish within `STOP_SECONDS`, close the port."""
        self.connections.cancel_all()
        self.server.stop(STOP_SECONDS).wait()


class Instances:
    """The instances by id, safe for threads."""

    def __init__(self, endpoint: str, host: str = "127.0.0.1") -> None:
        self._endpoint = loopback(endpoint)
        self._host = host
        self._running: dict[str, Instance] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, endpoint: str | None = None) -> Instance:
        """Over another AWS of this machine, if an `endpoint` is given. InvalidInput for one of another machine."""
        instance = Instance.start(endpoint or self._endpoint, self._host)
        with self._lock:
            self._running[instance.id] = instance
        return instance

    def stop(self, instance_id: str) -> None:
        """NotFound for an id that doesn't run."""
        with self._lock:
            instance = self._running.pop(instance_id, None)
        if instance is None:
            raise NotFound(f"no provider instance {instance_id!r} is running")
        instance.stop()

    def stop_all(self) -> None:
        with self._lock:
            running, self._running = list(self._running.values()), {}
        for instance in running:
            instance.stop()
