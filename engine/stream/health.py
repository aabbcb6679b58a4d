"""`/health/live`, `/health/ready` and `/metrics` over HTTP, for the supervisor and for Prometheus."""

from collections.abc import Awaitable, Callable
from errno import EADDRINUSE

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Wrong = Callable[[], str | None]
"""Says what is wrong, or None."""


class Health:
    """A small HTTP server of its own."""

    def __init__(self, registry: CollectorRegistry, *, dead: Wrong, unready: Wrong) -> None:
        """`dead`: why the process should be replaced; `unready`: why it does not do its work now."""
        self.registry = registry
        self._app = web.Application()
        self._app.router.add_get("/health/live", _answering(dead))
        self._app.router.add_get("/health/ready", _answering(unready))
        self._app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(self._app, access_log=None)

    async def start(self, host: str, port: int) -> int:
        """Listens; answers the port, which is a free one where 0 was asked for. OSError says what to set."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            because = "is taken" if error.errno == EADDRINUSE else f"of {host} cannot be had ({error.strerror})"
            remedy = "set POINTS_HTTP_PORT to another, or to 0 for one that is free"
            raise OSError(f"port {port} {because}, where health and metrics are to be told; {remedy}") from error
        address: tuple[str, int] = self._runner.addresses[0][:2]
        return address[1]

    async def stop(self) -> None:
        """Stops listening."""
        await self._runner.cleanup()

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _answering(wrong: Wrong) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        said = wrong()
        return web.json_response({"status": said or "ok"}, status=200 if said is None else 503)

    return answer
