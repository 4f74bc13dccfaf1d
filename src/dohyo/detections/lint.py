"""``dohyo lint`` of a detection's folder: layout, metadata, ATT&CK, query and its meaning, tests, links.

One broken detection never stops the others, and one broken part of a detection not the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from dohyo import attack
from dohyo.analysis.semantics import check
from dohyo.binding.context import Dialect, Options
from dohyo.compile import compile_query, looked_at
from dohyo.detections import cases
from dohyo.detections.load import DetectionError, read
from dohyo.detections.model import Detection
from dohyo.detections.places import Places
from dohyo.diagnostics import Diagnostic, Label, QueryError, Severity, Source, closest
from dohyo.engines.choose import DUCKDB
from dohyo.engines.lacks import on_engine

#: A relative link of a Markdown page.
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s]+)\)")


class Remark(Struct, frozen=True):
    """What is to be said of a detection: where, how bad, what, and what to do. ``rendered``: with the text and a caret."""

    code: str
    severity: Severity
    place: str
    text: str
    hint: str = ""
    rendered: str = ""

    def __str__(self) -> str:
        if self.rendered:
            return self.rendered
        return f"{self.severity}[{self.code}]: {self.text}\n  --> {self.place}" + (f"\n  help: {self.hint}" if self.hint else "")

    def as_json(self) -> dict[str, str]:
        """The same as JSON data."""
        return {"code": self.code, "severity": self.severity.value, "place": self.place, "text": self.text, "hint": self.hint}


#: What real Sumo Logic would take.
STRICT = Options(dialect=Dialect.STRICT)


def lint(
    folder: Path, known: Sequence[str], attacks: Sequence[str] = (), engine: str = DUCKDB, options: Options = STRICT
) -> list[Remark]:
    """All remarks on one folder. ``known``: the ids of all detections; ``attacks``: those that the generator makes;
    ``engine``: the one that the query shall run on; ``options``: what its queries are compiled for."""
    try:
        detection = read(folder)
    except DetectionError as error:
        return [Remark("DL001", Severity.ERROR, str(folder), line) for line in str(error).split("; ")]
    places = Places(folder / "detection.yml")
    found = [*_doubled(places), *_layout(detection), *_attack(detection, places), *_names(detection, known, attacks, places)]
    found += [*_query(detection, engine, options), *_telemetry(detection, places, options)]
    return [*found, *_tests(detection), *_links(detection, places)]


def _doubled(places: Places) -> Iterator[Remark]:
    for key, place in places.doubled():
        yield Remark("DL002", Severity.ERROR, place, f"`{key}` stands twice", "only the last one counts")


def _layout(detection: Detection) -> Iterator[Remark]:
    folder, techniques = detection.folder, detection.metadata.attack.techniques
    if not any(detection.id.startswith(t) for t in techniques):
        yield Remark("DL010", Severity.WARNING, str(folder), "the folder's name begins with none of its techniques",
                     f"call it {techniques[0]}-…" if techniques else "name a technique in `attack`")  # fmt: skip
    if not list((folder / "tests").glob("*.y*ml")):
        yield Remark("DL011", Severity.WARNING, str(folder), "the detection has no tests",
                     "put a YAML file with events and `count` or `rows` into tests/")  # fmt: skip
    for page in ("playbook.md", "investigation.md"):
        if not (folder / page).is_file():
            yield Remark("DL012", Severity.NOTE, str(folder), f"there is no {page}", "say what to do with an alert")


def _attack(detection: Detection, places: Places) -> Iterator[Remark]:
    meta = detection.metadata
    for i, tactic in enumerate(meta.attack.tactics):
        if tactic not in attack.tactics():
            near = closest(tactic, attack.tactics())
            yield Remark("DL020", Severity.ERROR, places.of("attack", "tactics", i), f"ATT&CK has no tactic `{tactic}`",
                         f"did you mean `{near}`?" if near else "")  # fmt: skip
    for key in ("techniques", "deprecated_in_favour_of"):
        for i, name in enumerate(getattr(meta.attack, key)):
            yield from _technique(detection, name, key == "techniques", places.of("attack", key, i))


def _technique(detection: Detection, name: str, own: bool, place: str) -> Iterator[Remark]:
    meta, known, gone = detection.metadata, attack.techniques().get(name), attack.retired().get(name)
    if known is None and gone is None and attack.is_newer(name):
        yield Remark("DL024", Severity.NOTE, place, f"`{name}` is newer than the ATT&CK {attack.VERSION} that is known here")
    elif known is None and gone is None:
        near = closest(name, attack.techniques())
        yield Remark("DL021", Severity.ERROR, place, f"ATT&CK {attack.VERSION} has no technique `{name}`",
                     f"did you mean `{near}`?" if near else "")  # fmt: skip
    elif gone is not None:
        if not own or not meta.attack.deprecated_in_favour_of:
            instead = ", ".join(gone.instead) or "no other"
            yield Remark("DL022", Severity.WARNING, place, f"ATT&CK has retired `{name}` ({gone.name}) in favour of {instead}",
                         "name what took its place in `deprecated_in_favour_of`")  # fmt: skip
    elif known is not None and own and not set(known.tactics) & set(meta.attack.tactics):
        yield Remark("DL023", Severity.WARNING, place, f"`{name}` ({known.name}) belongs to {', '.join(known.tactics)}",
                     "name one of these in `tactics`")  # fmt: skip


def _names(detection: Detection, known: Sequence[str], attacks: Sequence[str], places: Places) -> Iterator[Remark]:
    for i, name in enumerate(detection.metadata.related):
        if name not in known:
            yield _unknown("detection", name, known, places.of("related", i))
    for i, test in enumerate(detection.metadata.tests):
        for j, name in enumerate(test.seen_by):
            if name not in known:
                yield _unknown("detection", name, known, places.of("tests", i, "seen_by", j))
        if test.simulate and attacks and test.simulate not in attacks:
            yield _unknown("generated attack", test.simulate, attacks, places.of("tests", i, "simulate"))
        if not test.expect:
            yield Remark("DL031", Severity.WARNING, places.of("tests", i), f"test {test.number} expects no telemetry",
                         "list under `expect` what the test should leave behind")  # fmt: skip


def _unknown(what: str, name: str, known: Sequence[str], place: str) -> Remark:
    near = closest(name, known)
    return Remark("DL030", Severity.ERROR, place, f"there is no {what} `{name}`", f"did you mean `{near}`?" if near else "")


def _query(detection: Detection, engine: str, options: Options) -> Iterator[Remark]:
    yield from query_remarks(detection.query, str(detection.query_path), options, engine)
    for name, text in detection.hunting().items():
        found = query_remarks(text, str(detection.folder / "hunting" / f"{name}.sumo"), options)
        yield from (r for r in found if r.severity is not Severity.NOTE)


def query_remarks(text: str, name: str, options: Options = STRICT, engine: str = DUCKDB) -> Iterator[Remark]:
    """The diagnostics of a query, what its engine lacks, and the findings about its meaning when it compiles."""
    try:
        compiled = compile_query(text, name, looked_at(options))
    except QueryError as error:
        yield from (_diagnostic(d, error.source) for d in error.diagnostics)
        return
    yield from (_diagnostic(d, compiled.source) for d in (*compiled.diagnostics, *on_engine(compiled.plan, engine)))
    for found in check(compiled):
        told = Diagnostic(found.code, Severity.NOTE, found.text, (Label(found.span),), (found.proof,))
        yield _diagnostic(told, compiled.source)


def _diagnostic(found: Diagnostic, source: Source) -> Remark:
    line, column = source.line_column(found.span.start) if found.span else (1, 1)
    return Remark(found.code, found.severity, f"{source.name}:{line}:{column}", found.title, found.hint, found.render(source))


def _telemetry(detection: Detection, places: Places, options: Options) -> Iterator[Remark]:
    for i, test in enumerate(detection.metadata.tests):
        for j, telemetry in enumerate(test.expect):
            for remark in query_remarks(telemetry.query, telemetry.name, options):
                if remark.severity is Severity.ERROR:
                    yield Remark(remark.code, remark.severity, places.of("tests", i, "expect", j, "query"), remark.text, remark.hint)


def _tests(detection: Detection) -> Iterator[Remark]:
    for path in sorted((detection.folder / "tests").glob("*.y*ml")):
        try:
            cases.load(path)
        except cases.CaseError as error:
            place, _, text = str(error).partition(": ")
            yield Remark("DL040", Severity.ERROR, place, text)


def _links(detection: Detection, places: Places) -> Iterator[Remark]:
    for i, link in enumerate(detection.metadata.references):
        if not link.startswith(("https://", "http://")):
            yield Remark("DL050", Severity.WARNING, places.of("references", i), f"`{link}` is no web address", "write https://…")
    for page in sorted(detection.folder.glob("*.md")):
        for number, line in enumerate(page.read_text("utf-8", "replace").splitlines(), 1):
            for target in _LINK.findall(line):
                if not (page.parent / target.partition("#")[0]).exists():
                    yield Remark("DL051", Severity.WARNING, f"{page}:{number}", f"the link leads nowhere: {target}")
