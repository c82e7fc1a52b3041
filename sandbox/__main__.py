"""`python -m sandbox [--port 8100]`: serve the companies on this machine until Ctrl-C."""

import argparse
import contextlib
import logging

from sandbox.app import create_app
from sandbox.server import server_for
from sandbox.settings import Settings


def main() -> None:
    settings = Settings.from_environment()
    parser = argparse.ArgumentParser(prog="sandbox", description="The outside companies, emulated.")
    parser.add_argument("--port", type=int, default=settings.port)
    port = parser.parse_args().port
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger("sandbox").setLevel(logging.INFO)
    print(f"Sandbox: http://127.0.0.1:{port}/ (Ctrl-C stops it)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server_for(create_app(settings), port=port).run()


if __name__ == "__main__":
    main()
