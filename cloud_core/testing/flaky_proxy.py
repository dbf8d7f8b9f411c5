"""A proxy before DynamoDB that fails on demand: requests or their answers get lost, or others come instead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BeforeRequest = Callable[[str, bytes], None]
Answer = Callable[[str, bytes], tuple[int, bytes] | None]


class FlakyProxy:
    """Stands before `target`, at `url`. Each request is named by its last `X-Amz-Target` part, such as `PutItem`.

    `lose_answer_to(name)` lets the next such request through and loses its answer; `refuse(name)` loses the request
    itself. `before` is called with name and body ahead of every request; `answer` may answer it in the server's
    place, with a status and a body.
    """

    def __init__(self, target: str) -> None:
        address = urlsplit(target)
        self._target = (str(address.hostname), int(address.port or 80))
        self._lost_answers: list[str] = []
        self._refused: list[str] = []
        self._lock = threading.Lock()
        self.before: BeforeRequest = lambda name, body: None
        self.answer: Answer = lambda name, body: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def lose_answer_to(self, name: str) -> None:
        self._lost_answers.append(name)

    def refuse(self, name: str) -> None:
        self._refused.append(name)

    @contextmanager
    def serving(self) -> Iterator[FlakyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _take(self, wanted: list[str], name: str) -> bool:
        with self._lock:
            if name not in wanted:
                return False
            wanted.remove(name)
            return True

    def _forward(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.before(name, body)
        handler.close_connection = True
        if self._take(self._refused, name):
            return
        status, content = self.answer(name, body) or self._ask(handler, body)
        if self._take(self._lost_answers, name):
            return
        handler.send_response(status)
        handler.send_header("Content-Type", "application/x-amz-json-1.0")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(*self._target, timeout=30)
        try:
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has ended
                    proxy._forward(self)

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        return Handler
