"""Texts that strangers write: what tells the forms apart and takes records apart does not run away on long ones."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import dohyo

_N = 200_000
_CEF = "CEF:0|V|P|1|100|name|5|a=b c=d\n"
_SNARE = "host\tMSWinEventLog\t1\tSecurity\t5\tMon Jan 01 00:00:00 2024\t4624\tSecurity\tu\tN/A\tS\tHOST\tLogon\t\tAn account\t5\n"
_WMI = 'instance of Win32_NTLogEvent\n{\n\tEventCode = 5;\n\tLogfile = "Security";\n};\n'
_ANSWER = '{"hits":{"hits":[{"_source":{"winlog":{"event_id":1}}}]}}'
#: Text, and how many records it has.
TEXTS = {
    "blanks in CEF": (_CEF * 3 + _CEF.strip() + " " * _N + "y\n", 4),
    "blanks in a message of Snare": (_SNARE * 3 + _SNARE.replace("An", "An" + " " * _N), 4),
    "empty lines in an instance": (_WMI * 2 + _WMI.replace("{", "{" + "\n" * _N), 3),
    "open braces in an instance": (_WMI * 2 + _WMI.replace("{", "{\n" + "a = {\n" * (_N // 6)), 3),
    "ends of objects behind an answer": (_ANSWER + "}{" * _N, 1),
    "beginnings of answers behind an answer": (_ANSWER + '}{"a":"' * _N, 1),
}


@pytest.mark.parametrize("name", TEXTS)
def test_long_texts_take_no_more_than_their_length(tmp_path: Path, name: str) -> None:
    """In processor time, which other work on the machine does not change: each took from ten seconds to hours before."""
    text, records = TEXTS[name]
    log = tmp_path / "a.log"
    log.write_text(text)
    before = time.process_time()
    found = dohyo.search("* | count", [log]).rows
    assert time.process_time() - before < 5
    assert [row["_count"] for row in found] == [records]
