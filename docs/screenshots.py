"""Makes the pictures that the README and the docs show, with the product itself, over the bundled sample logs.

    python docs/screenshots.py

The terminal is a real one (a pseudo-terminal of 132 columns); the report is shown by headless Chromium, which must be
installed."""

from __future__ import annotations

import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 132, 40
#: The pictures of the terminal: what is typed, and how many lines of the answer are shown.
TYPED = {
    "hunt": (["hunt", "-d", "T1043", "samples/logs"], 30),
    "explain": (["explain", '_sourceCategory=windows/sysmon EventID=3 | where DestinationPort in ("80", "443") | count by Image'], 30),
    "error": (["search", '* | where Imag matches "*cmd.exe" | cuont by Image', "samples/logs"], 16),
}
#: The pictures of the report: width and height in pixels.
SHOWN = {"report": (1280, 1100), "report-phone": (390, 844)}

QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-background-networking"]


def typed(arguments: list[str]) -> str:
    """What a terminal shows of a command, escapes included."""
    import fcntl
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    process = subprocess.Popen([sys.executable, "-m", "dohyo", *arguments], stdin=child, stdout=child, stderr=child, cwd=ROOT, env=env)
    os.close(child)
    parts = []
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    process.wait(timeout=60)
    os.close(parent)
    return b"".join(parts).decode("utf-8", "replace").replace("\r\n", "\n")


def picture(name: str, arguments: list[str], most: int) -> None:
    """The terminal as an SVG that needs no font from elsewhere."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    shell = " ".join(f"'{a}'" if re.search(r"[ |*=]", a) else a for a in arguments)
    console.print(Text(f"$ dohyo {shell}", style="bold"))
    last = [line.rsplit("\r", 1)[-1] for line in re.sub(r"\x1b\[[0-9;?]*[A-HJKSThl]", "", typed(arguments)).split("\n")]
    for line in [text for text in last if "━" not in text][:most]:  # no progress bar, which is gone at the end
        console.print(Text.from_ansi(line))
    svg = console.export_svg(title="Dohyo")
    (IMAGES / f"{name}.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S), "utf-8")


def report() -> None:
    """The page of a hunt, as a browser shows it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("install chromium to make the pictures of the report")
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "report.html"
        subprocess.run([sys.executable, "-m", "dohyo", "hunt", "samples/logs", "--html", str(page), "-q", "-o", str(page) + ".txt"],
                       cwd=ROOT, check=True)  # fmt: skip
        for name, (width, height) in SHOWN.items():
            shot = [f"--window-size={width},{height}", f"--screenshot={IMAGES / name}.png", f"--user-data-dir={scratch}/{name}"]
            subprocess.run([chromium, *QUIET, *shot, page.as_uri()], check=True, capture_output=True, timeout=120)


def main() -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    for name, (arguments, most) in TYPED.items():
        picture(name, arguments, most)
    report()


if __name__ == "__main__":
    main()
