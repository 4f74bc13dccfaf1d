"""The interactive console: queries over the same logs, one after another."""
