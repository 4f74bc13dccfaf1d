"""Elastic EQL by the published backend, where EQL's parser refuses what it makes: numbers compared as texts, escaped slashes."""

from __future__ import annotations

from typing import Any, ClassVar

from sigma.backends.elasticsearch.elasticsearch_eql import EqlBackend
from sigma.types import SigmaNumber


class Backend(EqlBackend):
    """``:`` and ``like~`` are for texts; a number takes ``==``. A slash in a regex stands for itself."""

    re_escape: ClassVar[tuple[str, ...]] = ()  # type: ignore[assignment]  # there it is said to hold one

    def decide_convert_condition_as_in_expression(self, cond: Any, state: Any) -> bool:
        numbers = any(isinstance(getattr(a, "value", None), SigmaNumber) for a in cond.args)
        return not numbers and bool(super().decide_convert_condition_as_in_expression(cond, state))

    def convert_condition_field_eq_val_num(self, cond: Any, state: Any) -> str:
        return f"{self.escape_and_quote_field(cond.field)} == {cond.value}"

    def convert_condition_field_eq_val_str_case_sensitive(self, cond: Any, state: Any) -> Any:
        """Wildcards are for ``like`` only: ``==`` takes them for themselves."""
        word = "like" if cond.value.contains_special() else "=="
        return f"{self.escape_and_quote_field(cond.field)} {word} {self.convert_value_str(cond.value, state)}"
