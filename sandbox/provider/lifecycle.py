"""Create, read, update and delete one object by its description."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from sandbox.provider.errors import AwsRefused, HalfMade, ObjectGone, ProviderError
from sandbox.provider.language import LiveObject, Setting, Tags, Wait
from sandbox.provider.rendering import outputs
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import write_tags

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0


def create(scope: Scope) -> dict[str, Any]:
    """Make the object and everything that belongs to it; its outputs.

    HalfMade as soon as the object exists: `scope.id` tells, so a `create` of several calls sets it early.
    """
    try:
        scope.id = scope.resource.create(scope)
        for one in scope.resource.settings:
            if one.on_create and any(scope.value(name) not in (None, one.born) for name in one.properties):
                _apply(scope, one)
        if scope.resource.tags and scope.resource.tags.after_create:
            _retag(scope, scope.resource.tags)
        return outputs(scope, settled(scope))
    except ProviderError as error:
        if not scope.id:
            raise
        raise HalfMade(error.message, id=scope.id, outputs=_known(scope)) from error


def read(scope: Scope) -> dict[str, Any] | None:
    """The outputs of the object as it is; None when it is gone."""
    live = scope.resource.read(scope)
    return None if live is None else outputs(scope, live)


def update(scope: Scope) -> dict[str, Any]:
    """Bring about what changed; the new outputs. HalfMade when it stops on the way."""
    try:
        for one in scope.resource.settings:
            if scope.changed.intersection(one.properties):
                _apply(scope, one)
        if scope.resource.tags:
            _retag(scope, scope.resource.tags)
        return outputs(scope, settled(scope))
    except ProviderError as error:
        raise HalfMade(error.message, id=scope.id, outputs=_known(scope)) from error


def delete(scope: Scope) -> None:
    """Remove the object; one that is gone already is fine."""
    try:
        scope.resource.delete(scope)
    except ObjectGone:
        return
    end = scope.deadline(scope.resource.vanishes)
    pause = FIRST_PAUSE
    while scope.resource.vanishes and scope.resource.read(scope) is not None:
        if time.monotonic() > end:
            raise ProviderError(f"{scope.id} is still there after its deletion")
        scope.pause(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def settled(scope: Scope) -> LiveObject:
    """The live object once it is ready for use; ProviderError when it fails or takes too long."""
    wait = scope.resource.ready
    end = scope.deadline(wait.seconds if wait else 10)
    pause = FIRST_PAUSE
    while True:
        live = scope.resource.read(scope)
        if live is not None and (wait is None or _ready(scope, wait, live)):
            return live
        if time.monotonic() > end:
            reached = scope.pick(wait.path, live) if wait and live else "not found"
            raise ProviderError(f"{scope.id} is not ready in time: {reached}")
        scope.pause(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _ready(scope: Scope, wait: Wait, live: LiveObject) -> bool:
    reached = scope.pick(wait.path, live)
    if reached in wait.failed:
        raise ProviderError(f"{scope.id} became {reached}")
    return reached in wait.until


def _apply(scope: Scope, one: Setting) -> None:
    given = any(scope.value(name) is not None for name in one.properties)
    scope.do(one.call if given or one.clear is None else one.clear)


def _retag(scope: Scope, tags: Tags) -> None:
    """Only the difference: keys that go, then pairs that are new or changed."""
    before, after = scope.state.get("tagsAll") or {}, scope.tags_all()
    gone = [key for key in before if key not in after]
    new = {key: value for key, value in after.items() if before.get(key) != value}
    if not gone and not new:
        return
    bound = {
        "new_tags": write_tags(new, tags.form),
        "all_tags": write_tags(after, tags.form),
        "gone_keys": gone,
        "gone_tags": [{"Key": key} for key in gone],
    }
    scope = replace(scope, bound=bound)
    if not after and tags.clear:
        scope.do(tags.clear)
    elif tags.remove is None:
        scope.do(tags.add)
    else:
        for what, any_tags in ((tags.remove, gone), (tags.add, new)):
            if any_tags:
                scope.do(what)


def _known(scope: Scope) -> dict[str, Any]:
    """What is known of a half-made object: AWS's view if it has one, else the inputs."""
    fallback = {**scope.state, **(scope.wanted or {})}
    try:
        live = scope.resource.read(scope)
        return outputs(scope, live) if live is not None else fallback
    except (AwsRefused, ProviderError):
        return fallback
