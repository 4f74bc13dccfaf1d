"""Names of the hidden columns that every plan may carry."""

from __future__ import annotations

#: Which record a row is: see ``results.Places``.
ID = "__id"
#: When the event was (epoch ms), whatever the query does to ``_messageTime``.
TIME = "__time"
#: The position of a row in the result of a ``Batch``.
ROW = "__row"
#: The raw record, when evidence is asked for in full.
RAW = "__raw"
