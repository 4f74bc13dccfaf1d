"""The commands and their options, a file for each panel of the help. Each command's own file does the work."""
