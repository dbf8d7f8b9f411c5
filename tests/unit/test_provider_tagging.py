"""Every way in which the services write tags is read back."""

from __future__ import annotations

import pytest

from sandbox.provider.tagging import TagForm, read_tags, write_tags

TAGS = {"Name": "main", "empty": ""}


@pytest.mark.parametrize("form", TagForm)
def test_there_and_back(form: TagForm) -> None:
    assert read_tags(write_tags(TAGS, form)) == TAGS


def test_the_services_own_tags_are_not_ours() -> None:
    assert read_tags([{"Key": "aws:stack", "Value": "x"}, {"key": "a", "value": "b"}]) == {"a": "b"}
    assert read_tags(None) == {}
