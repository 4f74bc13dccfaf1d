"""KQL by the published backend, where Kusto refuses what it makes or takes it otherwise: numbers in lists of texts, IPv6 networks,
wildcards as regexes with letter case and without ends."""

from __future__ import annotations

from typing import Any, ClassVar

from sigma.backends.kusto.kusto import KustoBackend
from sigma.types import SigmaNumber


class Backend(KustoBackend):
    """``in~`` is for texts; a list of numbers takes ``in``."""

    wildcard_match_expression: ClassVar[str] = '{field} matches regex "(?is)^{regex}$"'

    def convert_condition_as_in_expression(self, cond: Any, state: Any) -> Any:
        values = [a.value for a in cond.args]
        if all(isinstance(v, SigmaNumber) for v in values):
            return f"{self.escape_and_quote_field(cond.args[0].field)} in ({', '.join(map(str, values))})"
        return super().convert_condition_as_in_expression(cond, state)

    def convert_condition_field_eq_val_cidr(self, cond: Any, state: Any) -> Any:
        network = str(cond.value.cidr)
        version = 6 if ":" in network else 4
        return f'ipv{version}_is_in_range({self.escape_and_quote_field(cond.field)}, "{network}")'
