"""`points sandbox`: the county bank on this machine with all that runs for it, to try to be its merchant or channel."""

import asyncio
import secrets
import shlex
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from engine import setup
from engine.api import keys
from engine.cli.output import console, errors
from engine.demo.run import PATIENCE_S, addresses, log_tail, settings_of
from engine.demo.workers import Workers
from engine.embedded.child import free_port
from engine.registry import Registries
from engine.settings import Settings, variable
from engine.settlement import agreed, contract_file
from engine.store import connect
from engine.store.sql import statement

BANK: Final = "anping"
CINEMA: Final = "star-cinema"
CONTRACTS: Final = f"""
bank: {BANK}
currency: CNY
merchants:
  {CINEMA}:
    - from: 2026-01-01
      benefit: cinema
      pays: 80% of price
      without_price: 25.00
      funded_by: {{bank: 90%, merchant: 10%}}
"""
MERCHANT: Final = (BANK, CINEMA, "cinema", None, True)
PROCESSES: Final = (("worker",), ("api",), ("webhooks", "run"))
LOOK_S: Final = 0.1


def run_sandbox(out: Path) -> int:
    """Keeps the bank up until SIGINT or SIGTERM; `out` tells a shell where it is. The exit code: 1 if it fails."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="points-sandbox-")))
        environment = _own() | addresses(stack, folder)
        settings = settings_of(environment)
        asyncio.run(setup.initialise(settings, settings.programs_dir / setup.BANKS_FILE))
        told = asyncio.run(_registered(settings))
        workers = stack.enter_context(Workers(environment, folder))
        for command in PROCESSES:
            workers.start(*command)
        if not _up(told["BANK_ADDRESS"], workers):
            errors.print(f"the sandbox did not start\n{log_tail(folder)}", style="red", markup=False)
            return 1
        _write(out, environment | told)
        stack.callback(out.unlink, missing_ok=True)
        console.print(f"everything is up; in another terminal:  . {out}\nCtrl-C ends it", markup=False)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def _own() -> dict[str, str]:
    """Settings that hold unless the environment says otherwise: secrets of this run, a free port, webhooks to here."""
    given: dict[str, object] = {
        "api_pepper": secrets.token_hex(32), "webhook_key": secrets.token_hex(32), "api_port": free_port(),
        "webhook_loopback": True,
    }  # fmt: skip
    return {variable(name): str(value) for name, value in given.items()}


async def _registered(settings: Settings) -> dict[str, str]:
    """Registers the cinema with a contract; answers the API's address and the keys of cinema and mobile bank."""
    pool = await connect.pool(settings)
    programs = (await Registries(pool).read()).programs
    await pool.close()
    session = await connect.owner(settings)
    await session.execute(f"set search_path to {connect.SCHEMA}")
    await session.execute(statement("add_merchant"), *MERCHANT)
    await agreed.add(session, contract_file.read(CONTRACTS, "sandbox", programs), "sandbox")
    told = {"BANK_ADDRESS": f"http://{settings.api_host}:{settings.api_port}"}
    for name, role, holder in (("BANK_KEY", "merchant", CINEMA), ("CHANNEL_KEY", "channel", "mobile-bank")):
        new = keys.made(keys.pepper(settings))
        await session.execute(statement("add_key"), new.key_id, BANK, role, holder, [], new.digest, None)
        told[name] = new.token
    await session.close()
    return told


def _up(address: str, workers: Workers) -> bool:
    """Whether the API answers, once it does; False where a process ended or nothing comes."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S and workers.ended() is None:
        try:
            httpx.get(f"{address}/health/live").raise_for_status()
        except httpx.HTTPError:
            time.sleep(LOOK_S)
        else:
            return True
    return False


def _write(out: Path, environment: dict[str, str]) -> None:
    """Addresses and keys as a shell reads them, for this user alone; `points` and `python` are those of the sandbox."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.touch(mode=0o600)
    out.write_text(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n' + "".join(lines))
