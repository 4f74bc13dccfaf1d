"""SentinelOne by the published backend, which asks for a value where a rule asks for none, leaves quotes in regexes, and takes
``=`` for a comparison with wildcards."""

from __future__ import annotations

from typing import ClassVar

from sigma.backends.sentinelone.sentinelone import SentinelOneBackend


class Backend(SentinelOneBackend):
    """Wildcards within a text are a regex of the whole value."""

    field_null_expression: ClassVar[str] = "{field} IS EMPTY"
    field_exists_expression: ClassVar[str] = "{field} IS NOT EMPTY"
    field_not_exists_expression: ClassVar[str] = "{field} IS EMPTY"
    re_escape: ClassVar[tuple[str, ...]] = ('"',)  # type: ignore[assignment]  # there it is said to hold one
    wildcard_match_expression: ClassVar[str] = '{field} RegExp "(?is)^{regex}$"'
