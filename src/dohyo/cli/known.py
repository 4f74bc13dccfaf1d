"""What a shell completes a value with: the words that an option knows, and the names of detections, techniques and tactics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

#: Click's ``shell_complete``: what fits the beginning of a value.
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def words(*known: str) -> Completer:
    """These words."""
    return lambda context, parameter, begun: _fitting(((w, "") for w in known), begun)


def detections(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The detections of the library and of the folders that were named before; in any case, as they are looked up."""
    from dohyo.cli.project import all_detections

    folders: Any = context.params.get("detections") or ()
    return _fitting(((d.id, d.metadata.title) for d in all_detections(folders).detections), begun)


def techniques(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """ATT&CK's techniques."""
    from dohyo.attack import techniques as known

    return _fitting(((t.id, t.name) for t in known().values()), begun)


def tactics(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """ATT&CK's tactics."""
    from dohyo.attack import tactics as known

    return _fitting(((t, "") for t in sorted(known())), begun)


def platforms(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """What a detection can be converted to."""
    from dohyo.sigma.platforms import PLATFORMS

    return _fitting(((p, "") for p in ("sigma", "sumo", *PLATFORMS)), begun)


def _fitting(known: Iterable[tuple[str, str]], begun: str) -> list[CompletionItem]:
    return [CompletionItem(word, help=about or None) for word, about in known if word.lower().startswith(begun.lower())]
