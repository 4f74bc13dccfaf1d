"""The prompt: history, completion, highlighting, several lines; Ctrl-C stops a query, not the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer

from dohyo.console.session import Console, Leave, goes_on
from dohyo.ide.lexer import SumoLexer
from dohyo.ide.words import complete, own_fields
from dohyo.run import RunOptions


class Words(Completer):
    """Operators after a pipe; elsewhere the logs' fields, the query's own, and functions."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The words that may stand at the cursor."""
        before = document.text_before_cursor
        start = document.get_word_before_cursor(WORD=False)
        if not start.strip() and not before.rstrip().endswith("|"):
            return
        for word in complete(before, [*own_fields(document.text, document.cursor_position), *self.console.fields]):
            yield Completion(word.text, start_position=-len(start.strip()), display_meta=word.detail or word.kind)


def run(paths: Sequence[str], options: RunOptions) -> None:
    """Asks for queries until the user leaves."""
    console = Console(paths, options)
    session = prompt_session(console, _history())
    print("Dohyo. `?` helps, Ctrl-D leaves.", file=sys.stderr)
    while True:
        try:
            line = session.prompt("dohyo> ")
            print(console.answer(line), end="", flush=True)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
        except (EOFError, Leave):
            return


def prompt_session(console: Console, history: History, **more: Any) -> PromptSession[str]:
    """A prompt for a console. ``more``: for tests, an input and an output of their own."""
    session: PromptSession[str] = PromptSession(
        history=history, completer=Words(console), lexer=PygmentsLexer(SumoLexer), complete_while_typing=False,
        multiline=True, key_bindings=_keys(), prompt_continuation="     | ", **more,
    )  # fmt: skip
    return session


def _keys() -> KeyBindings:
    """Enter runs a query that is complete, and begins a new line in one that is not; Alt-Enter always begins one."""
    keys = KeyBindings()

    @Condition
    def complete_now() -> bool:
        from prompt_toolkit.application import get_app

        return not goes_on(get_app().current_buffer.text)

    @keys.add("enter", filter=complete_now)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return keys


def _history() -> History:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "dohyo"
    try:
        base.mkdir(parents=True, exist_ok=True)
        return FileHistory(str(base / "history"))
    except OSError:
        return InMemoryHistory()
