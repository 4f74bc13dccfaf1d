"""The meaning of the language once more, in plain Python over lists of dictionaries, written from the specification and
without the engine's code: slow, short, and meant to be read. The tests beside it hold the engine against it on
generated data."""
