"""How many sockets are open at once: of all, and of each user, by the quotas of the other sockets (`/ws`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cloud_core.domain.access.users import Group, User


class Places:
    """Of one process; used by its event loop alone."""

    def __init__(self, most: int, of_group: Mapping[Group, int]) -> None:
        self._most = most
        self._of_group = of_group
        self._open = 0
        self._users: Counter[str] = Counter()

    def enter(self) -> bool:
        """Whether there is one for a socket of which nobody knows yet whose it is; then `leave` gives it back."""
        if self._open >= self._most:
            return False
        self._open += 1
        return True

    def leave(self, user: User | None) -> None:
        """Of a user when one has sat down."""
        self._open -= 1
        if user is not None:
            self._users[user.id] -= 1
            self._users += Counter()  # those with none are forgotten

    def sit(self, user: User) -> bool:
        """Whether the user may have one more. Who is in no group has one: there is nothing to see."""
        if self._users[user.id] >= (self._of_group.get(user.group, 1) if user.group else 1):
            return False
        self._users[user.id] += 1
        return True
