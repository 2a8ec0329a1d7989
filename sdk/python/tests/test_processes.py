"""Many processes of one person: one refresh for all of them, and a lock that dies with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from person import Person
from programs import Around, Program, expire
from server import Server

from portaria import FileStore
from portaria.private_files import FileLock

CROWD = Path(__file__).with_name("crowd.py")


def test_twenty_processes_with_an_expired_token_refresh_once(
    server: Server, person: Person, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "credentials")
    with Program(server.issuer, store=store, surroundings=Around(person.approve)) as portaria:
        portaria.login("loopback")
        before = portaria.token()
        expire(portaria)
    asked = server.count("POST /oauth/token")
    words = [sys.executable, str(CROWD), "20", server.issuer, str(tmp_path / "credentials")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    tokens = done.stdout.split()
    assert done.returncode == 0, done.stderr
    assert len(tokens) == 20
    assert len({*tokens, before}) == 2
    assert server.count("POST /oauth/token") == asked + 1


DIES = """
import os, signal, sys
from pathlib import Path
import httpx
from portaria import FileStore, Portaria

def die(response):
    if response.request.url.path == "/oauth/token":
        os.kill(os.getpid(), signal.SIGKILL)

with httpx.Client(event_hooks={"response": [die]}) as http:
    Portaria(sys.argv[1], store=FileStore(Path(sys.argv[2])), http=http).token()
"""


def test_the_sign_in_survives_a_process_that_dies_with_the_answer_in_its_hands(
    server: Server, person: Person, tmp_path: Path
) -> None:
    store = FileStore(tmp_path)
    with Program(server.issuer, store=store, surroundings=Around(person.approve)) as portaria:
        portaria.login("loopback")
        expire(portaria)
        words = [sys.executable, "-c", DIES, server.issuer, str(tmp_path)]
        assert subprocess.run(words, check=False, timeout=60).returncode == -signal.SIGKILL
        assert server.whose(portaria.token()) == person.email
        assert portaria.renew(portaria.token()) is not None


def test_the_lock_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    # A lock that nobody holds on to is collected: the name keeps it.
    hold = (
        "import sys, time; from pathlib import Path; from portaria.private_files import FileLock; "
        "lock = FileLock(Path(sys.argv[1])); print(lock.try_acquire() and 'held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = FileLock(path)
        assert not lock.try_acquire()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert lock.try_acquire()
        lock.release()


def test_two_threads_of_a_process_keep_each_other_out(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()
