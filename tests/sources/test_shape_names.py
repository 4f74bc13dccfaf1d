"""The canonical names, the source categories and the forms of time that the shapes share."""

from __future__ import annotations

import pytest
from shape_helpers import MOMENT, example, read, with_values

from dohyo.sources.model import Joined, Key, Shape
from dohyo.sources.shapes import SHAPES
from dohyo.sources.shapes.categories import CATEGORIES, PROVIDERS
from dohyo.sources.shapes.names import ALIASES, CANONICAL, SPELLINGS, canonical
from dohyo.sources.shapes.recognise import epoch_milliseconds, evaluate


def test_names_are_unique_without_case_and_aliases_lead_to_them() -> None:
    """Two canonical names never differ in case alone, and every alias leads to a canonical name."""
    assert len({name.lower() for name in CANONICAL}) == len(CANONICAL)
    assert set(ALIASES.values()) <= CANONICAL
    with_blanks = {alias for alias, name in ALIASES.items() if " " in name}
    assert not ALIASES.keys() & {name.lower() for name in CANONICAL - {"HostName"}} - {"hostname"} - with_blanks
    assert all(alias == ALIASES[alias].replace(" ", "").lower() for alias in with_blanks)
    assert canonical("DESTINATIONPORT") == "DestinationPort"
    assert canonical("Own_Name") == "Own_Name"
    assert SPELLINGS["processguid"][0] == "ProcessGuid"


@pytest.mark.parametrize("one", SHAPES, ids=lambda one: one.name)
def test_declared_names_are_canonical(one: Shape) -> None:
    """A shape declares no name in a spelling of its own."""
    assert one.fields.keys() <= CANONICAL


def test_categories() -> None:
    """Channels map to one category in any case; both PowerShell logs are one; the unknown are ``windows/other``."""
    record = example("flat")
    for channel, category in [("SECURITY", "windows/security"), ("Windows PowerShell", "windows/powershell"),
                              ("Microsoft-Windows-PowerShell/Operational", "windows/powershell"),
                              ("Contoso/Operational", "windows/sysmon")]:  # fmt: skip
        assert read(record | {"Channel": channel}, "_sourceCategory") == category
    bare = record | {"Channel": None, "SourceName": "Contoso"}
    assert read(bare, "_sourceCategory") == "windows/other"
    assert read(bare | {"SourceName": "microsoft-windows-sysmon"}, "_sourceCategory") == "windows/sysmon"
    assert all(name == name.lower() for name in (*CATEGORIES, *PROVIDERS))


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2024-03-05 09:15:30.123", MOMENT),
        ("2024-03-05T09:15:30.1230000Z", MOMENT),
        ("2024-03-05T09:15:30.123999999Z", MOMENT),
        ("2024-03-05T11:15:30.123+02:00", MOMENT),
        ("2024-03-05T04:15:30.123 -0500", MOMENT),
        ("2024-03-05T09:15:30+123000000Z", MOMENT),
        ("2024-03-05T09:15:30Z", MOMENT - 123),
        ("1709630130123", MOMENT),
        ("1709630130.123", MOMENT),
        ("1709630130", MOMENT - 123),
        ("1709630130123456", MOMENT),
        ("1709630130123456789", MOMENT),
        ("/Date(1709630130123)/", MOMENT),
        ("2024-02-30 09:15:30", None),
        ("yesterday", None),
        ("", None),
        ("17096301301", None),
        ("١٧٠٩٦٣٠١٣٠", None),
        ("٢٠٢٤-03-05 09:15:30", None),
    ],
)
def test_times(text: str, milliseconds: int | None) -> None:
    """Every form that ``Time`` names is read to the millisecond, everything else is no time."""
    assert epoch_milliseconds(text) == milliseconds


def test_an_unreadable_time_gives_way_to_the_next() -> None:
    """The first time that can be read counts, not the first that is there."""
    record = with_values("flat", UtcTime="soon")
    assert read(record, "_messageTime") == str(MOMENT + 1377)


def test_joined_leaves_out_what_is_not_there() -> None:
    """``DOMAIN\\name`` is the name alone when there is no domain, and nothing when there is neither."""
    both = Joined((Key(("d",)), Key(("n",))), "\\")
    assert [evaluate(both, record) for record in ({"d": "D", "n": "n"}, {"d": "", "n": "n"}, {})] == ["D\\n", "n", None]
