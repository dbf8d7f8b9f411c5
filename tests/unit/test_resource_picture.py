"""The picture of the default template in the documentation: whole, and drawn from a deployment of all of its stacks."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from stacks.registry import StackRegistry

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "default.svg"


def test_it_shows_every_stack_with_its_resources() -> None:
    drawn = ElementTree.parse(PICTURE).getroot()
    titles = [
        text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text") if text.get("class") == "title"
    ]
    found = {name: int(count) for title in titles for name, count in re.findall(r"^(.+) \((\d+)\)$", title)}
    assert sorted(found) == StackRegistry().names()
    assert min(found.values()) > 0


def test_arrows_join_the_stacks() -> None:
    drawn = ElementTree.parse(PICTURE).getroot()
    assert len(list(drawn.iter(f"{SVG}path"))) >= len(StackRegistry().names())
