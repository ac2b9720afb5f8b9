"""What a process of the rehearsal tells its parent arrives whole."""

import os
import subprocess
import sys
import time

NUMBER = 1_000_000
TELLS = f"""
import signal
from race_to_purchase.rehearse.telling import tell_parent

signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
tell_parent(b"x" * {NUMBER})
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_also_unbuffered_while_signals_come_and_the_parent_is_slow() -> None:
    command = [sys.executable, "-c", TELLS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        told = b""
        while part := os.read(process.stdout.fileno(), 65536):
            told += part
            time.sleep(0.01)
    assert (process.returncode, len(told)) == (0, NUMBER)
