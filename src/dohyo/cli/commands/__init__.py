"""One file per command; a command's file is imported when it is called."""
