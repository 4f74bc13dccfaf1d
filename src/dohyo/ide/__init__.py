"""For editors: a Pygments lexer, words to complete, and a language server."""
