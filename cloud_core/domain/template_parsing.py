"""Reading the plain data of template files, so that every broken field is told at once."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cloud_core.domain.errors import InvalidInput

Template = TypeVar("Template", bound=BaseModel)


def parse_template(kind: type[Template], what: str, data: Any, source: str) -> Template:
    """A template of that kind, called `what`; InvalidInput lists every broken field of the file `source`."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'template'}: {item['msg']}" for item in error.errors()]
        raise InvalidInput(
            f"{what} template {source} is not valid: {'; '.join(problems)}", source=source, problems=problems
        ) from None
