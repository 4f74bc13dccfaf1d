"""The lexer knows the language's words, and the language server answers a real client."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygments.token import Comment, Keyword, Name, String, Token

from dohyo.ide.lexer import SumoLexer
from dohyo.ide.server import offset_of, position_of
from dohyo.ide.words import complete, own_fields

QUERY = '_sourceCategory=x // a note\n| timeslice 1h\n| where toLowerCase(a) matches /b+/ and c = "d"\n| count by _timeslice'


def test_lexer_names_the_words() -> None:
    """Operators after pipes, functions before brackets, comments, regexes; nothing is lost."""
    found = list(SumoLexer().get_tokens(QUERY))
    assert "".join(text for _, text in found).rstrip("\n") == QUERY
    kinds = {text: kind for kind, text in found}
    assert kinds["timeslice"] is Keyword and kinds["toLowerCase"] is Name.Function and kinds["/b+/"] is String.Regex
    assert kinds["// a note"] is Comment.Single and kinds["_sourceCategory"] is Name.Builtin
    assert all(kind is not Token.Error for kind, _ in found)


def test_lexer_is_known_to_pygments() -> None:
    """By its entry point, to whoever has Dohyo installed."""
    from importlib.metadata import entry_points

    assert any(e.value == "dohyo.ide.lexer:SumoLexer" for e in entry_points(group="pygments.lexers"))


@pytest.mark.parametrize(("before", "own", "wanted"), [
    ("* | times", [], "timeslice"), ("* | where isNu", [], "isNull"), ("* | where par", ["part"], "part"),
    ("* | where Parent", [], "ParentImage"), ("* | coun", [], "count_distinct"),
])  # fmt: skip
def test_completion(before: str, own: list[str], wanted: str) -> None:
    """What may stand here, and quickly."""
    complete(before, own)
    began = time.process_time()
    assert wanted in [w.text for w in complete(before, own)]
    assert time.process_time() - began < 5


def test_the_word_that_is_being_written_is_no_field_yet() -> None:
    """It is offered once it stands elsewhere too."""
    text = "* | where Comp"
    assert own_fields(text) == ["Comp"] and own_fields(text, len(text)) == []
    assert own_fields(text + " = 1 | count by Comp", len(text)) == ["Comp"]


def test_positions_are_in_utf16() -> None:
    """An emoji is two units."""
    text = 'a\n"😀" x'
    assert position_of(text, text.index("x")) == lsp.Position(1, 5)
    assert offset_of(text, lsp.Position(1, 5)) == text.index("x")


class Client:
    """Speaks the protocol with ``dohyo lsp`` over its stdin and stdout."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "dohyo", "lsp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.number = 0
        self.told: list[dict[str, Any]] = []

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.send(method, params, self.number)
        while (message := self.read()).get("id") != self.number:
            self.told.append(message)
        return message.get("result")


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    client.send("initialized", {})
    yield client
    client.ask("shutdown", None)
    client.send("exit", None)
    for pipe in (client.process.stdin, client.process.stdout):
        assert pipe is not None
        pipe.close()
    assert client.process.wait(timeout=30) == 0


def test_a_real_client(client: Client, tmp_path: Path) -> None:
    """Diagnostics on opening, a fix for what can be fixed, completion, hover, formatting."""
    uri = (tmp_path / "q.sumo").as_uri()
    text = "* | eval x = 1\n| timeslice 1h | count by _timeslice"
    document = {"uri": uri, "languageId": "sumo", "version": 1, "text": text}
    client.send("textDocument/didOpen", {"textDocument": document})
    at = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 5}}
    hovered = client.ask("textDocument/hover", at)
    assert "timeslice" in hovered["contents"]["value"]
    published = next(m["params"] for m in client.told if m["method"] == "textDocument/publishDiagnostics")
    assert published["diagnostics"][0]["range"]["start"]["line"] == 0 and published["diagnostics"][0]["code"].startswith("DH")
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 14}}
    actions = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": []}})
    assert actions[0]["edit"]["changes"][uri]
    items = client.ask("textDocument/completion", at)["items"]
    assert any(i["label"] == "timeslice" for i in items)
    edits = client.ask("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {"tabSize": 4, "insertSpaces": True}})
    assert edits[0]["newText"].count("\n| ") == 3


def _said(client: Client, uri: str, text: str, version: int) -> list[str]:
    """The codes of what is said of a document that is opened."""
    client.told.clear()
    client.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "sumo", "version": version, "text": text}})
    client.ask("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {"tabSize": 4, "insertSpaces": True}})
    published = next(m["params"] for m in client.told if m["method"] == "textDocument/publishDiagnostics")
    return [d["code"] for d in published["diagnostics"]]


def test_the_project_file_is_heeded(client: Client, tmp_path: Path) -> None:
    """As commands heed it: macros and tables are those of the nearest folder above a document that has one; a project file that
    cannot be read is told of, and nothing else is lost."""
    (tmp_path / "detections").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "owners.csv").write_text("host,owner\nh1,ada\n", "utf-8")
    uri = (tmp_path / "detections" / "q.sumo").as_uri()
    text = "`office` | lookup owner from path://owners on host=Computer | count by owner"
    assert _said(client, uri, text, 1) == ["DH1016"]
    (tmp_path / "dohyo.toml").write_text("lookup-dir = 'tables'\n[macros]\noffice = '_sourceHost=ws*'\n", "utf-8")
    assert _said(client, uri, text, 2) == []
    (tmp_path / "dohyo.toml").write_text("[macros\n", "utf-8")
    assert _said(client, uri, text, 3) == ["DH1016"]
    assert any("dohyo.toml" in m["params"]["message"] for m in client.told if m["method"] == "window/logMessage")


def test_documents_that_say_little(client: Client, tmp_path: Path) -> None:
    """An empty document and one that is in the layout are left as they are; a field is known by its name; a closed one is
    forgotten."""
    uri = (tmp_path / "q.sumo").as_uri()
    options = {"textDocument": {"uri": uri}, "options": {"tabSize": 4, "insertSpaces": True}}
    client.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "sumo", "version": 1, "text": ""}})
    assert client.ask("textDocument/formatting", options) == []
    changed = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "*\n| where EventID > 5 | eval x = 1\n"}]}
    client.send("textDocument/didChange", changed)
    hovered = client.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 10}})
    assert "`EventID`" in hovered["contents"]["value"]
    client.told.clear()
    client.send("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "sumo", "version": 3, "text": "*\n| count\n"}})
    assert client.ask("textDocument/formatting", options) == []
    told = (m["params"]["diagnostics"] for m in client.told if m["method"] == "textDocument/publishDiagnostics")
    assert next(told) == []
