"""A user pool of our own: it signs tokens, and serves its public keys over HTTP on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jose import jwk, jwt

from cloud_core.ports.clock import Clock
from cloud_core.settings.cognito import CognitoSettings

CLIENT_ID: Final = "client-of-tests"
POOL_ID: Final = "us-east-1_TESTS"
_HOUR: Final = 3600


class SigningKey:
    """An RSA key and its id."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def private_pem(self) -> str:
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(encoding, form, serialization.NoEncryption()).decode()

    @cached_property
    def private(self) -> Any:
        """As the library signs with it. Read once: reading it takes ten times as long as signing."""
        return jwk.construct(self.private_pem, "RS256")

    @property
    def public_pem(self) -> str:
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(encoding, form).decode()

    @property
    def public(self) -> dict[str, Any]:
        """As a key set lists it."""
        return {**jwk.construct(self.public_pem, "RS256").to_dict(), "kid": self.kid, "use": "sig"}


class TokenIssuer:
    """`keys` are those that it serves; `reads` counts how often they were asked for; `is_away` has it fail."""

    def __init__(self) -> None:
        self.key = SigningKey("key-1")
        self.keys = [self.key]
        self.reads = 0
        self.is_away = False
        self.url = ""

    @property
    def settings(self) -> CognitoSettings:
        return CognitoSettings(user_pool_id=POOL_ID, client_id=CLIENT_ID, jwks_url=self.url)

    def claims(
        self, clock: Clock, user: str = "ann", use: str = "access", groups: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Those of a token of the pool that was made just now."""
        now = int(clock.now().timestamp())
        named = (
            {"aud": CLIENT_ID, "cognito:username": user, "email": f"{user}@example.com"}
            if use == "id"
            else {"client_id": CLIENT_ID, "username": user, "scope": "aws.cognito.signin.user.admin"}
        )
        times = {"iat": now, "auth_time": now, "exp": now + _HOUR}
        member = {"cognito:groups": list(groups)} if groups else {}
        return {"sub": f"sub-of-{user}", "iss": self.settings.issuer, "token_use": use, **named, **times, **member}

    def token(self, claims: Mapping[str, Any], key: SigningKey | None = None, **header: Any) -> str:
        """Signed with RS256 by the key, the pool's own if none is given."""
        signing = key or self.key
        return jwt.encode(dict(claims), signing.private, "RS256", {"kid": signing.kid, **header})

    @contextmanager
    def serving(self) -> Iterator[TokenIssuer]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reads += 1
                body = json.dumps({"keys": [key.public for key in issuer.keys]}).encode()
                self.send_response(503 if issuer.is_away else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests are quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
