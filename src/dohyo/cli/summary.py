"""The summary on stderr: what was read, what was not and where, what no event had, how long it took."""

from __future__ import annotations

import sys
from collections import Counter

from dohyo.formats.values import counted, safe
from dohyo.results import ReadReport
from dohyo.sources.model import Problem

#: Without ``-v`` so many problems are shown, so many of one file, and so many kinds of events.
_PROBLEMS, _A_FILE, _KINDS = 10, 4, 8
_TIME_SHOWN = 60  # characters of a time that cannot be read


def summary(read: ReadReport, found: str, verbose: bool) -> list[str]:
    """The lines of the summary; ``found`` is its first."""
    lines = [found, _read(read)]
    lines += _kinds(read, verbose)
    lines += problems(read.problems, verbose)
    lines += _foreign(read, verbose)
    lines += _untimed(read, verbose)
    lines += _times(read, verbose)
    lines += _fractions(read, verbose)
    lines += _rest(read, verbose)
    return lines


def show(lines: list[str]) -> None:
    """Prints the summary."""
    for line in lines:
        print(safe(line), file=sys.stderr)


def _read(read: ReadReport) -> str:
    rate = f", {read.records / read.seconds:,.0f} events/s" if read.seconds > 0 and read.records else ""
    took = f" in {read.seconds:.2f} s" if read.seconds > 0 else ""  # following has no end
    return f"read {counted(read.records, 'event')} from {counted(len(read.files), 'file')} ({_size(read.size)}){took}{rate}"


def _size(count: int) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count //= 1000
    return f"{count:,.0f} GB"


def _kinds(read: ReadReport, verbose: bool) -> list[str]:
    if not read.kinds:
        return []
    most = read.kinds.most_common(None if verbose else _KINDS)
    shown = ", ".join(f"{category} {kind}: {n:,}" for (category, kind), n in most)
    more = f", and {len(read.kinds) - len(most)} more kinds" if len(read.kinds) > len(most) else ""
    return [f"events: {shown}{more}"]


def problems(found: list[Problem], verbose: bool) -> list[str]:
    """What could not be read. Each file with a problem is named, in a short summary too."""
    shown = found if verbose else _first_of_each(found)
    lines = [p.told for p in shown]
    if len(found) > len(shown):
        lines.append(f"not read: {len(found) - len(shown):,} more; -v shows all")
    return lines


def _first_of_each(found: list[Problem]) -> list[Problem]:
    seen: Counter[str] = Counter()
    out: list[Problem] = []
    for problem in found:
        seen[problem.file] += 1
        if seen[problem.file] <= _A_FILE and len(out) < 4 * _PROBLEMS:
            out.append(problem)
    return out


def _foreign(read: ReadReport, verbose: bool) -> list[str]:
    """Files in which no record has the form of a Windows event: no Windows detection can see anything there."""
    names = read.foreign
    if not names:
        return []
    keys = next((read.unknown[name] for name in names if read.unknown.get(name)), ())
    have = f" (in the first: {_listed(list(keys), verbose)})" if keys else ""
    forms = f"the form of these records is not known; search them by the names that they have themselves{have}"
    return [f"no Windows event in: {_listed(names, verbose)} — {forms}"]


def _times(read: ReadReport, verbose: bool) -> list[str]:
    """Files with events whose time is a guess."""
    if not read.month_first:
        return []
    seen = next(iter(read.month_first.values()))
    return [f"times taken with the month first ({seen[:_TIME_SHOWN]}) in: {_listed(list(read.month_first), verbose)}"]


def _fractions(read: ReadReport, verbose: bool) -> list[str]:
    """Files whose ports and ids no query asks for as they are written."""
    if not read.fractions:
        return []
    names = _listed(list(dict.fromkeys(n for found in read.fractions.values() for n in found)), verbose)
    return [f"{names} written as 443.0, which is not 443 to a query, in: {_listed(list(read.fractions), verbose)} — "
            "write them as whole numbers (in pandas: convert_dtypes() before the export)"]  # fmt: skip


def _untimed(read: ReadReport, verbose: bool) -> list[str]:
    """Files with events whose time cannot be read: no time range has them."""
    if not read.untimed:
        return []
    text = next((text for text in read.untimed.values() if text), "")
    seen = f" (in one: {text[:_TIME_SHOWN]})" if text else ""
    names = _listed(list(read.untimed), verbose)
    return [f"events without a time in: {names} — they are in no time range; write times as 2024-03-05T09:15:30Z{seen}"]


def _rest(read: ReadReport, verbose: bool) -> list[str]:
    lines = []
    if read.empty:
        lines.append(f"empty: {_listed(read.empty, verbose)}")
    if read.skipped_count:
        names = [n for n, _ in read.skipped]
        told = f" ({_listed(names, True)})" if verbose else ""
        lines.append(f"skipped, being no logs: {counted(read.skipped_count, 'file')}{told}")
    if read.missing:
        lines.append(f"no event had: {', '.join(read.missing)}")
    return lines


def _listed(names: list[str], verbose: bool) -> str:
    most = names if verbose else names[:5]
    return ", ".join(most) + (f" and {len(names) - len(most)} more" if len(names) > len(most) else "")
