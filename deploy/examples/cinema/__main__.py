"""`python -m cinema …`: each thing a till does, as a command. BANK_ADDRESS and BANK_KEY say which bank and who asks.

BANK_SIGNING is the secret of signatures, where the bank gave one.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

from cinema.bank import Bank, Refused, Unanswered
from cinema.inbox import Inbox, serving


def main() -> int:
    """Exit codes: 0 done, 1 the bank refused it, 2 a wrong call, 3 nobody answered."""
    told = _parser().parse_args()
    missing = [name for name in ("BANK_ADDRESS", "BANK_KEY") if not os.environ.get(name)]
    if missing:
        print(f"set {' and '.join(missing)} in the environment", file=sys.stderr)
        return 2
    try:
        with Bank(os.environ["BANK_ADDRESS"], os.environ["BANK_KEY"], os.environ.get("BANK_SIGNING")) as bank:
            answer = _done(bank, told)
    except Refused as refused:
        print(f"{refused.kind}: {refused}", file=sys.stderr)
        return 1
    except (Unanswered, httpx.TransportError) as error:
        print(f"nobody answered: {error}; the same command again is safe", file=sys.stderr)
        return 3
    if answer is not None:
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    return 0


def _done(bank: Bank, told: argparse.Namespace) -> Any:
    match told.command:
        case "look-up":
            return bank.look_up(told.code)
        case "hold":
            return bank.hold(told.ref, told.code, told.benefit, told.price_minor)
        case "capture":
            return bank.capture(told.ref)
        case "void":
            return bank.void(told.ref)
        case "reverse":
            return bank.reverse(told.ref)
        case "standing":
            return bank.standing(told.ref)
        case "settlement":
            return str(bank.settlement_file(told.number, told.folder))
        case "messages":
            return [json.loads(body) for _, body in Inbox(told.inbox).messages()]
        case _:
            return _listen(bank, told)


def _listen(bank: Bank, told: argparse.Namespace) -> None:
    """Asks the bank to tell `url`, and writes down what comes until Ctrl-C."""
    with serving(Inbox(told.inbox), bank.tell(told.url), told.port) as server:
        print(f"what comes to {told.url} is written to {told.inbox}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cinema", description="A cinema's till at the bank's points engine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("look-up", help="what a code is good for").add_argument("code")
    hold = commands.add_parser("hold", help="keep a unit for a ticket")
    hold.add_argument("ref", help="the ticket's own number, with a letter in it")
    hold.add_argument("code")
    hold.add_argument("benefit")
    hold.add_argument("--price-minor", type=int, help="the ticket's price: 4500 is 45.00 yuan")
    for name, what in (("capture", "the ticket is sold"), ("void", "it is not"), ("reverse", "it was returned"),
                       ("standing", "how it stands")):  # fmt: skip
        commands.add_parser(name, help=what).add_argument("ref")
    settlement = commands.add_parser("settlement", help="download a settlement file and check its SHA-256")
    settlement.add_argument("number", type=int)
    settlement.add_argument("--folder", type=Path, default=Path())
    listen = commands.add_parser("listen", help="be told by webhook")
    listen.add_argument(
        "url", help="where the bank reaches this command, such as https://hooks.star-cinema.example/bank"
    )
    listen.add_argument("--port", type=int, default=8090, help="where this command listens on this machine")
    messages = commands.add_parser("messages", help="what came by webhook")
    for command in (listen, messages):
        command.add_argument("--inbox", type=Path, default=Path("inbox.sqlite"))
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
