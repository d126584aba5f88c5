"""Serve it by hand, and point the platform at it:

python -m tests.api_server --port 8900
ANTHROPIC_BASE_URL=http://127.0.0.1:8900 ANTHROPIC_API_KEY=loopback-key python manage.py check_assistant SLUG
"""

import argparse

import uvicorn

from tests.api_server import KEY, ApiServer
from tests.api_server.faults import FAULTS


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.api_server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--key", default=KEY, help="the key that it accepts")
    parser.add_argument("--pace", type=float, default=0.05, help="seconds between words")
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS, help="of the first requests, in order")
    said = parser.parse_args()
    server = ApiServer(port=said.port, key=said.key, pace=said.pace, retry_after=1)
    server.fail(*said.fault)
    uvicorn.run(server.app, host="127.0.0.1", port=said.port, log_level="info", lifespan="off")


if __name__ == "__main__":
    main()
