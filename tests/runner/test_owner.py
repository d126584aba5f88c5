import os
import subprocess
import sys

from studies.runner import owner


def test_this_process_is_alive_and_another_start_of_its_number_is_not() -> None:
    machine, pid, _ = owner.this_process().split("|")
    assert not owner.is_dead(owner.this_process())
    assert owner.is_dead(f"{machine}|{pid}|1")


def test_a_process_that_was_killed_is_dead_even_before_it_is_buried() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = owner.this_process().split("|")[0] + f"|{process.pid}|{owner._started(process.pid)}"
    assert not owner.is_dead(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert owner.is_dead(name)
    process.wait()
    assert owner.is_dead(name)


def test_of_another_machine_nothing_is_claimed() -> None:
    assert not owner.is_dead("elsewhere/1|1|1")
    assert not owner.is_dead("")
    assert not owner.is_dead("nonsense|x|y")


def test_a_name_fits_its_column() -> None:
    assert len(owner.this_process()) <= 80
