"""Texts that are kept, and may be longer than what keeps them can hold."""

from __future__ import annotations

from typing import Final

LONGEST_REASON: Final = 3000
"""Characters of the reason why a stack failed: a record of an operation holds those of all of its stacks, a hundred of
them as well, and an item of DynamoDB has 400 KB."""
LONGEST_TOLD: Final = 16_000
"""Characters of a text in an event."""


def shortened(text: str, most: int) -> str:
    """Its beginning and its end, where something that went wrong says most, and how much is left out between."""
    if len(text) <= most:
        return text
    begin = most // 4
    end = most - begin
    return f"{text[:begin]}\n… {len(text) - most} characters are left out …\n{text[-end:]}"
