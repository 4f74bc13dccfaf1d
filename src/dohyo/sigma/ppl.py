"""OpenSearch PPL by the published backend, which moves wildcards into quotes and mistakes quotes of a value for them."""

from __future__ import annotations

from typing import Any

from sigma.backends.opensearch.opensearch_ppl import OpenSearchPPLBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError


class Backend(OpenSearchPPLBackend):
    """A value with a quote is refused."""

    def convert_value_str(self, s: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if '"' in str(s):
            raise SigmaFeatureNotSupportedByBackendError(f"its backend writes no valid query for a value with quotes: `{s}`")
        return super().convert_value_str(s, state, *args, **kwargs)
