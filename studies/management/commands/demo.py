"""`make demo`: from an empty database to a running study, and the same data again at every later start."""

import contextlib
import os
import socket
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

SLUG, MODELS, USERNAME = "demo", "demo-models", "researcher"
HOST = "127.0.0.1"
STUDIES = Path(__file__).resolve().parents[2]
PRESETS = STUDIES / "presets"
SERVICE = "ANTHROPIC_BASE_URL"
BUNDLED = STUDIES / "datasets" / "bundled"
SIMULATED_PEOPLE, SIMULATION_SEED = 16, 1
PASSWORD_BYTES = 12
WHY_UNBLINDED = "A demonstration: its outcomes are there to be looked at"

READY = """
  Take part    {url}/join/{slug}/
  Research     {url}/research/    login: {user}, password: {password}
  Admin        {url}/admin/       the same login

  Export       .venv/bin/python manage.py export {slug} --out {slug}.zip --include-simulated
  Report       .venv/bin/python -m analysis report {slug}.zip --out report

{models}  The database and the password are kept in {var}. Ctrl-C stops the server.
"""

WITH_MODELS = """
  Models       {url}/join/{slug}/    answered by {service}
  Without us   .venv/bin/python manage.py run_baseline {slug} --yes
"""


class Command(BaseCommand):
    help = """Prepare the demo study (once) and serve it on this machine.

Examples:
  python manage.py demo --port 8001
  ANTHROPIC_BASE_URL=http://127.0.0.1:8900 python manage.py demo    with real assistants, answered there
"""
    requires_system_checks = []  # they import every address of the site, which costs more than the start itself

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to listen on 127.0.0.1 (8000)")
        parser.add_argument("--prepare-only", action="store_true", help="prepare everything, start no server")

    def handle(self, *args: Any, port: int, prepare_only: bool, **options: Any) -> None:
        check_port(port)
        with self.step("database"):
            call_command("migrate", verbosity=0, interactive=False)
        self.prepare_study()
        if os.environ.get(SERVICE):
            self.prepare_models()
        password = self.prepare_login()
        connections.close_all()
        if prepare_only:
            self.tell(port, password)
        else:
            self.serve(port, password)

    def tell(self, port: int, password: str) -> None:
        var = f"{os.path.relpath(settings.VAR_DIR)}/"
        url = f"http://{HOST}:{port}"
        service = os.environ.get(SERVICE)
        models = WITH_MODELS.format(url=url, slug=MODELS, service=service) + "\n" if service else ""
        self.stdout.write(READY.format(url=url, slug=SLUG, user=USERNAME, password=password, var=var, models=models))
        self.stdout.flush()

    def serve(self, port: int, password: str) -> None:
        """Serve until Ctrl-C. The addresses are told once somebody can be served there."""
        from daphne.server import Server

        from oversight.asgi import application

        endpoint = f"tcp:port={port}:interface={HOST}"
        ready = partial(self.tell, port, password)
        Server(application, [endpoint], websocket_timeout=-1, verbosity=0, ready_callable=ready).run()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.stdout.write(f"  {name:<44}{time.monotonic() - begun:5.1f} s")
        self.stdout.flush()

    def prepare_study(self) -> None:
        from studies.models import Participant, Study

        if not Study.objects.filter(slug=SLUG).exclude(state="draft").exists():
            self.launch_study()
        self.prepare_baseline()
        if not Participant.objects.filter(study__slug=SLUG).exists():
            with self.step(f"{SIMULATED_PEOPLE} simulated participants"):
                number, seed = str(SIMULATED_PEOPLE), str(SIMULATION_SEED)
                call_command("simulate", SLUG, "--participants", number, "--seed", seed, stdout=open_nowhere())

    def prepare_baseline(self) -> None:
        """The assistant alone, as deployed: the package of the demonstration has something to compare people with."""
        from studies.models import BaselineRun

        if not BaselineRun.objects.filter(study__slug=SLUG).exists():
            with self.step("the assistant without people"):
                alone = ("--comparator", "as_deployed", "--at-once")
                call_command("run_baseline", SLUG, *alone, verbosity=0, stdout=open_nowhere())

    def launch_study(self) -> None:
        with self.step("bundled questions and passages"):
            for family, files in (("mmlu", "*/*.csv"), ("quality", "*.jsonl")):
                paths = sorted(str(path) for path in (BUNDLED / family).glob(files))
                call_command("load_items", family, *paths, "--dataset", f"oversight-{family}", verbosity=0)
        with self.step("demo study, launched"):
            launch(SLUG)

    def prepare_models(self) -> None:
        """A study whose assistants ask the service that the environment names."""
        from studies.models import Study

        if not Study.objects.filter(slug=MODELS).exclude(state="draft").exists():
            with self.step("demo study of real models, launched"):
                launch(MODELS)
        try:
            call_command("check_assistant", MODELS, stdout=self.stdout)
        except CommandError as silent:
            self.stdout.write(f"  {silent}. Is the service there? On this machine it is started with: make models")

    def prepare_login(self) -> str:
        """The password to print: the one kept in a file, unless somebody has changed it since."""
        from oversight.secrets import kept_secret
        from studies.services.logins import ensure_administrator

        password = kept_secret(settings.VAR_DIR / "researcher_password", random_bytes=PASSWORD_BYTES)
        with self.step("researcher's login"):
            unchanged = ensure_administrator(username=USERNAME, password=password)
        return password if unchanged else "the one that you set"


def launch(slug: str) -> None:
    call_command("study", "load", str(PRESETS / f"{slug}.toml"), stdout=open_nowhere())
    call_command("study", "launch", slug, stdout=open_nowhere())
    call_command("study", "unblind", slug, "--why", WHY_UNBLINDED, stdout=open_nowhere())


def open_nowhere() -> Any:
    return open(os.devnull, "w")


def check_port(port: int) -> None:
    """Raise CommandError where nobody could be served there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            raise CommandError(f"{port} is no port: choose one from 1024 to 65535.") from None
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Perhaps the demo runs already: open "
                f"http://{HOST}:{port}/research/ - or start it on another port: make demo PORT={port + 1}"
            ) from None
