"""One sign-in under way: what every way needs to know."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Callable

from ..metadata import Metadata
from ..retry import Retry
from ..surroundings import Surroundings


@dataclass(frozen=True)
class Attempt:
    """``ticks`` is for how long something takes, ``now`` for what is stored."""

    metadata: Metadata
    client_id: str
    scope: str
    surroundings: Surroundings
    retry: Retry
    ticks: Callable[[], float]
    now: Callable[[], float]


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def challenge_for(verifier: str) -> str:
    """RFC 7636 §4.2, S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
