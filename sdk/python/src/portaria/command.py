"""The command ``portaria-py``, so that shell scripts can sign in: login, token, whoami, logout.

Standard output has the answer and nothing else; everything for people goes to standard error.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from .answers import shown
from .client import DEFAULT_CLIENT_ID, DEFAULT_SCOPE, Portaria
from .credentials import last_issuer
from .errors import LoginRefused, LoginRequired, OAuthError, PortariaError, ServerUnavailable
from .login import WAYS

#: What scripts may rely on. 2 is argparse's too, for a command line that it does not understand.
FAILED, WRONG_USAGE, SIGN_IN_FIRST, REFUSED, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 4, 5, 130

_EXPLANATION = """\
examples:
  portaria-py login --issuer https://login.example.com
  curl -H "Authorization: Bearer $(portaria-py token)" https://api.example.com/things
  portaria-py whoami --json

exit codes: 0 done, 1 failed, 2 wrong usage, 3 sign in first, 4 refused, 5 the server does not answer
"""


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal has no letters for is no reason to fail.
        sys.stdout.reconfigure(errors="replace")
    try:
        with _portaria(options) as portaria:
            code: int = options.run(portaria, options)
            return code
    except PortariaError as error:
        if options.json:
            print(json.dumps({"error": error.code, "error_description": error.sentence}), file=sys.stderr)
        else:
            print(f"portaria-py: {error}", file=sys.stderr)
        return _exit_code(error)
    except OSError as error:
        print(f"portaria-py: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nportaria-py: interrupted", file=sys.stderr)
        return INTERRUPTED


def _login(portaria: Portaria, options: argparse.Namespace) -> int:
    portaria.login(options.way)
    try:
        person = portaria.whoami()
    except OAuthError as error:
        # Somebody who asks for no such scope is signed in all the same.
        if error.code != "insufficient_scope":
            raise
        _answer(options, {}, "Signed in.")
    else:
        _answer(options, person, f"Signed in as {_name_of(person)}.")
    return 0


def _token(portaria: Portaria, options: argparse.Namespace) -> int:
    token = portaria.token()
    _answer(options, {"access_token": token}, token)
    return 0


def _whoami(portaria: Portaria, options: argparse.Namespace) -> int:
    person = portaria.whoami()
    _answer(options, person, f"{_name_of(person)}\n{shown(person.get('id'))} at {portaria.issuer}")
    return 0


def _logout(portaria: Portaria, options: argparse.Namespace) -> int:
    portaria.logout()
    _answer(options, {"signed_out": True}, "Signed out.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portaria-py",
        description="Sign in to a Portaria server, and get tokens for scripts.",
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("portaria"))
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument(
        "--issuer",
        help="the server's address (default: PORTARIA_ISSUER, else the one where you signed in last)",
    )
    every.add_argument("--client-id", default=DEFAULT_CLIENT_ID, help="default: %(default)s")
    every.add_argument("--json", action="store_true", help="answer, and complain, in JSON")
    commands = parser.add_subparsers(required=True, metavar="command")

    login = commands.add_parser("login", parents=[every], help="sign in", description="Sign in.")
    login.add_argument(
        "--way",
        choices=WAYS,
        help="loopback: the browser of this machine; device: any device, by a link and a code; polling: the same "
        "with four letters; paste: a token that you copy. Without it the best one that works here.",
    )
    login.add_argument("--scope", default=DEFAULT_SCOPE, help='default: "%(default)s"')
    login.set_defaults(run=_login)
    for name, run, what in (
        ("token", _token, "print a living access token, renewed when it has to be"),
        ("whoami", _whoami, "say who is signed in"),
        ("logout", _logout, "give the tokens back and forget them"),
    ):
        command = commands.add_parser(name, parents=[every], help=what, description=what.capitalize() + ".")
        command.set_defaults(run=run, scope=DEFAULT_SCOPE)
    return parser


def _portaria(options: argparse.Namespace) -> Portaria:
    issuer = options.issuer or os.environ.get("PORTARIA_ISSUER") or last_issuer()
    if not issuer:
        raise PortariaError("no_issuer", "Say which server: --issuer https://…, or set PORTARIA_ISSUER.")
    return Portaria(issuer, client_id=options.client_id, scope=options.scope)


def _answer(options: argparse.Namespace, document: object, text: str) -> None:
    print(json.dumps(document) if options.json else text)


def _name_of(person: dict[str, object]) -> str:
    names = [shown(person.get("name")), shown(person.get("email"))]
    return " · ".join(name for name in names if name) or shown(person.get("id"))


def _exit_code(error: PortariaError) -> int:
    if error.code == "no_issuer":
        return WRONG_USAGE
    if isinstance(error, LoginRequired):
        return SIGN_IN_FIRST
    if isinstance(error, LoginRefused):
        return REFUSED
    return UNAVAILABLE if isinstance(error, ServerUnavailable) else FAILED


if __name__ == "__main__":
    sys.exit(main())
