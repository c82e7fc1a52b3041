"""Serving the sandbox with uvicorn, in a way that lets a fault hang up on a caller."""

from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class HangUpProtocol(H11Protocol):
    """HTTP as usual; each request also carries the means to drop its connection: `scope["sandbox.hang_up"]`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        served: ASGIApp = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["sandbox.hang_up"] = self.transport.abort
            await served(scope, receive, send)

        self.app = app


def server_for(app: ASGIApp, *, port: int) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            http=HangUpProtocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            timeout_keep_alive=3600,  # or who comes back after some seconds may meet a connection that just ends
            timeout_graceful_shutdown=1,
        )
    )
