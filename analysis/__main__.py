"""The command line: ``python -m analysis report | check | power | simulate``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.faults import PackageError, PlanError

_EXPORT = "the data package: its zip, its folder, or one CSV with participant_id item_id arm correct"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0 only on success."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        return 1
    except (OSError, PlanError) as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Analysis of a study's data package.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = _command(commands, "report", "write report.html, results.json, tables and figures",
                      "report export.zip --out report/")  # fmt: skip
    report.add_argument("export", help=_EXPORT)
    report.add_argument("--out", required=True, type=Path, help="folder to write to; made if absent")
    report.add_argument("--unaided", default="", metavar="ARM", help="name of the arm without an assistant")
    report.add_argument("--mixed", choices=("auto", "full", "preview", "none"), default="auto",
                        help="the mixed model; auto is full up to 20,000 rows, else none")  # fmt: skip
    report.add_argument("--dry-run", action="store_true",
                        help="the planned tables of a frozen protocol, empty: EXPORT is then a data package or what "
                        "“manage.py study show SLUG” prints, in a .json")  # fmt: skip
    report.add_argument("--blinded", action="store_true",
                        help="outcomes dealt out anew among trials: look at everything, learn nothing")  # fmt: skip
    report.add_argument("--interval", choices=("two-way", "pigeonhole"), default="two-way",
                        help="pigeonhole: shares and differences by that bootstrap, which is conservative")  # fmt: skip
    report.add_argument("--seed", type=int, default=1,
                        help="of a blinded run or the bootstrap; recorded in results.json (default 1)")  # fmt: skip
    report.set_defaults(run=_report)
    check = _command(commands, "check", "print every fault of a data package, one a line", "check export.zip")
    check.add_argument("export", help=_EXPORT)
    check.set_defaults(run=_check)
    _add_power(commands)
    _add_simulate(commands)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=purpose, description=purpose, epilog=f"Example: python -m analysis {example}")


def _add_power(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    command = _command(commands, "power", "how often a study of so many people and items would show an effect",
                       "power --effect 8 --participants 40,80,160 --items 24,96 --out power/")  # fmt: skip
    command.add_argument("--effect", type=float, required=True, metavar="POINTS", help="difference to find")
    command.add_argument("--participants", type=_counts, default=[40, 80, 160], metavar="N,N", help="(40,80,160)")
    command.add_argument("--items", type=_counts, default=[24, 96], metavar="N,N", help="(24,96)")
    command.add_argument("--each", type=_count, default=24, metavar="N", help="items that each person meets (24)")
    command.add_argument("--accuracy", type=float, default=55.0, metavar="PERCENT", help="without assistant (55)")
    command.add_argument("--design", choices=("within", "between"), default="within")
    command.add_argument("--pilot", metavar="EXPORT", help="take accuracy and variances from this package")
    command.add_argument("--replicates", type=_count, default=400, metavar="N", help="studies per cell (400)")
    command.add_argument("--seed", type=int, default=1, help="the same seed gives the same numbers (default 1)")
    command.add_argument("--out", type=Path, help="folder for power.csv and power.svg")
    command.set_defaults(run=_power)


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "simulate", "write a data package (zip), or one CSV, whose truth is known",
                       "simulate --out study.zip --reliability 0.5,0.9 --follow 0.6 --seed 1")  # fmt: skip
    command.add_argument("--out", required=True, type=Path, help="the zip to write, or one .csv")
    command.add_argument("--participants", type=_count, default=40, metavar="N", help="people (40)")
    command.add_argument("--items", type=_count, default=24, metavar="N", help="items, all met by everybody (24)")
    command.add_argument("--design", choices=("within", "between"), default="within")
    command.add_argument("--effect", type=float, default=0.7, help="effect on people's own answers in logits (0.7)")
    command.add_argument("--reliability", type=_shares, default=(0.5,), metavar="SHARE,SHARE",
                         help="share of right briefs; each makes an arm with an assistant (0.5)")  # fmt: skip
    command.add_argument("--ask", type=_share, default=1.0, help="share of assisted trials with a talk (1)")
    command.add_argument("--follow", type=_share, default=0.0, help="share of briefs heard of that are followed (0)")
    command.add_argument("--initial", action="store_true", help="assisted trials ask for an answer before the talk")
    command.add_argument("--overconfidence", type=_excess, default=0.0, metavar="SHARE",
                         help="stated confidence minus the chance to be right (0)")  # fmt: skip
    command.add_argument("--timeouts", type=_share, default=0.0, help="share of trials without an answer (0)")
    command.add_argument("--leave", type=_share, default=0.0, help="share of people who leave half-way (0)")
    command.add_argument("--expert", type=_share, default=0.9, help="experts' accuracy (0.9)")
    command.add_argument("--seed", type=int, default=1, help="the same seed writes the same file (1)")
    command.set_defaults(run=_simulate)


def _count(text: str) -> int:
    if not text.isdigit() or not 2 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 2 to 100000")
    return int(text)


def _counts(text: str) -> list[int]:
    return sorted({_count(part.strip()) for part in text.split(",")})


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return value


def _shares(text: str) -> tuple[float, ...]:
    return tuple(_share(part.strip()) for part in text.split(","))


def _excess(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 1.0
    if not -0.5 <= value <= 0.5:
        raise argparse.ArgumentTypeError(f"{text!r} is not between -0.5 and 0.5")
    return value


def _report(options: argparse.Namespace) -> int:
    from analysis.load import load
    from analysis.report import write_report

    try:
        if options.dry_run:
            return _dry_run(options)
        package = load(options.export)
    except PackageError as error:
        print(f"analysis: {error}", file=sys.stderr)
        if len(error.faults) > 1:
            print(f"See all of them: python -m analysis check {options.export}", file=sys.stderr)
        return 1
    pigeonhole = options.seed if options.interval == "pigeonhole" else None
    blind = options.seed if options.blinded else None
    print(write_report(package, options.out, options.unaided, options.mixed, pigeonhole, blind)[0])
    return 0


def _dry_run(options: argparse.Namespace) -> int:
    from analysis.dry_run import write_dry_run

    print(write_dry_run(Path(options.export), options.out)[0])
    return 0


def _check(options: argparse.Namespace) -> int:
    from analysis.load import load

    try:
        package = load(options.export)
    except PackageError as error:
        print("\n".join(error.faults))
        return 1
    pool = "simulated " if package.simulated else ""
    print(f"no faults; {len(package.responses)} {pool}responses")
    return 0


def _power(options: argparse.Namespace) -> int:
    from analysis.power_command import run

    try:
        return run(options)
    except PackageError as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 1


def _simulate(options: argparse.Namespace) -> int:
    from analysis.synthetic.command import run

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
