"""Cortex XDR by the published backend, which has no word for wildcards within a text and leaves quotes in regexes."""

from __future__ import annotations

from typing import Any, ClassVar

from sigma.backends.cortexxdr.cortexxdr import CortexXDRBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError


class Backend(CortexXDRBackend):
    """Wildcards within a text are a regex of the whole value; a value with a quote is refused."""

    re_escape: ClassVar[tuple[str, ...]] = ('"',)  # type: ignore[assignment]  # there it is said to hold one
    wildcard_match_expression: ClassVar[str] = '{field} ~= "(?is)^{regex}$"'

    def escape_and_quote_field(self, field_name: str) -> str:
        """Who began a connection is not whether it succeeded."""
        return str(super().escape_and_quote_field("action_network_is_server" if field_name == "action_network_success" else field_name))

    def convert_value_str(self, s: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if '"' in str(s):
            raise SigmaFeatureNotSupportedByBackendError(f"its backend writes no valid query for a value with quotes: `{s}`")
        return super().convert_value_str(s, state, *args, **kwargs)
