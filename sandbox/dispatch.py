"""What moto looks up anew for each request although it never changes, looked up once.

By itself it lists its own folders and tries its list of addresses, twice, to find the service that a request is for,
and sorts the names of all that the service can do: a third of what the request costs.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

# Names of buckets stand in host names, so that there is no end of them.
_HOSTS: Final = 1024


def dispatching() -> Any:
    """moto's whole WSGI application, which hands each request to the service that it is for."""
    import moto.core.responses
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application: Any = DomainDispatcherApplication(create_backend_app)
    application.get_backend_for_host = lru_cache(_HOSTS)(application.get_backend_for_host)
    responses: Any = moto.core.responses
    if not hasattr(responses.method_names_from_class, "cache_info"):
        responses.method_names_from_class = cache(responses.method_names_from_class)
    return application
