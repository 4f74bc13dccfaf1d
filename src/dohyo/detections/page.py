"""A detection's page as Markdown: what ``dohyo show`` prints and the documentation has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dohyo.detections.model import Detection


def page(d: Detection, link: Callable[[str], str] = str) -> str:
    """All that the folder says: metadata, query, tests, hunting queries, guides. ``link``: how another detection is named."""
    meta = d.metadata
    attack = meta.attack
    retired = f" (retired in favour of {', '.join(attack.deprecated_in_favour_of)})" if attack.deprecated_in_favour_of else ""
    parts = [
        f"# {d.id}: {meta.title}",
        meta.description,
        f"- **ATT&CK**: {', '.join(attack.techniques)}{retired}; tactics: {', '.join(attack.tactics)}\n"
        f"- **Severity**: {meta.severity.value}, **confidence**: {meta.confidence.value}, **status**: {meta.status.value}",
        _section("Data sources", meta.data_sources),
        _section("Required tables", meta.required_tables),
        f"## Query\n\n```sumo\n{d.query.strip()}\n```",
        _section("False positives", meta.false_positives),
        _tests(d),
        *(f"## Hunting: {name}\n\n```sumo\n{text.strip()}\n```" for name, text in d.hunting().items()),
        *(text.strip().replace("\n# ", "\n## ").replace("# ", "## ", 1) for text in d.pages().values()),
        _elsewhere(d),
        _section("Related detections", [link(r) for r in meta.related]),
        _section("References", meta.references),
    ]
    return "\n\n".join(p for p in parts if p)


def _section(title: str, items: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {i}" for i in items) if items else ""


def _tests(d: Detection) -> str:
    """Each test: what it does, how, what it should leave behind, who sees it."""
    if not d.metadata.tests:
        return ""
    lines = ["## Atomic Red Team tests", ""]
    for test in d.metadata.tests:
        lines.append(f"{test.number}. **{test.name}**: {test.behaviour}")
        lines += [f"    - run `{c}`" for c in test.commands]
        lines += [f"    - expect {e.count}× {e.name}" for e in test.expect]
        lines += [f"    - seen by {name} (`--companions`)" for name in test.seen_by]
        lines += [f"    - clean up: `{c}`" for c in test.cleanup]
    how = f"`dohyo validate {d.id} --logs LOGS` gives each test's verdict; `--simulate` tries generated events."
    return "\n".join([*lines, "", how])


def _elsewhere(d: Detection) -> str:
    if not (d.folder / "sigma.yml").is_file():
        return ""
    other = f"For other platforms `dohyo convert {d.id} --to splunk` (`--help` names the targets)."
    return f"## Sigma and other platforms\n\nThe portable rule is `sigma.yml`, or `dohyo convert {d.id} --to sigma`. {other}"
