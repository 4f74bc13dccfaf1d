"""``python -m dohyo``."""

from dohyo.cli import main

if __name__ == "__main__":
    main()
