"""`python -m sandbox.provider --host 127.0.0.1 --port 0 --aws-endpoint http://127.0.0.1:5000 [--log FILE]`.

Prints one line `sandbox provider ready on http://HOST:PORT` when it listens; ends cleanly on SIGTERM and SIGINT.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from types import FrameType

from cloud_core.domain.errors import CloudError, InvalidInput
from sandbox.provider.aws import is_loopback
from sandbox.provider.control import ControlServer
from sandbox.provider.instances import Instances


def main(argv: list[str] | None = None) -> int:
    """0 after a signal, 2 when it refuses to start."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        filename=arguments.log,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(threadName)s %(message)s",
    )
    try:
        if not is_loopback(arguments.host):
            raise InvalidInput(f"--host {arguments.host} is not an address of this machine; the sandbox stays on it")
        instances = Instances(arguments.aws_endpoint, arguments.host)
        server = ControlServer((arguments.host, arguments.port), instances)
    except (CloudError, OSError) as error:
        sys.stderr.write(f"sandbox provider: {error}\n")
        return 2
    _serve(server)
    return 0


def _serve(server: ControlServer) -> None:
    """Until a signal; the server runs beside the main thread, which is the one that gets signals."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    thread = threading.Thread(target=server.serve_forever, name="control")
    thread.start()
    host, port = server.server_address[:2]
    sys.stdout.write(f"sandbox provider ready on http://{host!s}:{port}\n")
    sys.stdout.flush()
    stopping.wait()
    server.shutdown()
    thread.join()
    server.instances.stop_all()
    server.server_close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.provider", description="The sandbox's aws provider.")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the control interface; 0 takes a free one")
    parser.add_argument("--aws-endpoint", required=True, help="address of the sandbox's AWS on this machine")
    parser.add_argument("--log", help="file for the log; standard error without it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
