"""The operations that are shipped in `graphql/operations/`."""

from __future__ import annotations

from cloud_core.resources import data_dir
from graphql import parse, print_ast, separate_operations


def shipped_operations() -> dict[str, str]:
    """Each operation by its name, with the fragments that it needs."""
    files = sorted((data_dir("graphql") / "operations").glob("*.graphql"))
    parts = [separate_operations(parse(file.read_text("utf-8"))) for file in files]
    return {name: print_ast(document) for one in parts for name, document in one.items()}
