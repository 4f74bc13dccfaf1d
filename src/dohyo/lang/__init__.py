"""Text to tree and back: lexer, parser, printer, patterns. A tree carries its diagnostics."""
