"""What a query may say: what the contract names, and that once.

The framework passes over the rest. `DELETE …?environment=dev&dry_run=true` would destroy, since it is `preview` there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.datastructures import QueryParams

_UNKNOWN: Final = "extra_forbidden", "there is no such parameter"
_REPEATED: Final = "repeated", "it is said more than once"


def require_known_query(query: QueryParams, known: frozenset[str]) -> None:
    """Raises RequestValidationError for every name that is not known, or that comes twice."""
    given = [name for name, _ in query.multi_items()]
    if known.issuperset(given) and len(set(given)) == len(given):
        return
    raise RequestValidationError(
        [
            _finding(name, is_known=name in known)
            for name, often in Counter(given).items()
            if name not in known or often > 1
        ]
    )


def _finding(name: str, is_known: bool) -> dict[str, object]:
    kind, message = _REPEATED if is_known else _UNKNOWN
    return {"loc": ("query", name), "type": kind, "msg": message}


def names_of(dependant: Dependant) -> Iterator[str]:
    """Its own, and those of what it depends on. A model stands for its fields."""
    for field in dependant.query_params:
        shape = field.field_info.annotation
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            yield from shape.model_fields
        else:
            yield field.alias
    for one in dependant.dependencies:
        yield from names_of(one)
