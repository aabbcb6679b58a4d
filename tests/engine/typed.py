"""What a page tells people to type, typed into a shell. Where the machine has no `curl`, this module does its work."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
INSTEAD = f'curl() {{ PYTHONPATH="{ROOT}" "{sys.executable}" -m tests.engine.typed "$@"; }}\n'


def typed(text: str, environ: Mapping[str, str], folder: Path) -> str:
    """What the lines print in a folder; they must succeed, each of them."""
    known = "" if shutil.which("curl") else INSTEAD
    done = subprocess.run(
        ["sh", "-ec", known + text], cwd=folder, env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"
    return done.stdout


def main() -> None:
    """The few options of `curl` that the pages use."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-X", default=None)
    parser.add_argument("--json", default=None)
    parser.add_argument("-o", type=Path, default=None)
    told = parser.parse_args()
    headers = dict(line.split(": ", 1) for line in told.H)
    if told.json is not None:
        headers["Content-Type"] = "application/json"
    method = told.X or ("GET" if told.json is None else "POST")
    answer = httpx.request(method, told.url, headers=headers, content=told.json, timeout=30)
    if told.o is None:
        print(answer.text, end="")
    else:
        told.o.write_bytes(answer.content)


if __name__ == "__main__":
    main()
