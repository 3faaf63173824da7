"""Reply addresses: the key in them says who may answer about which round. It lets nobody sign in.

A key is derived from the instance's secret, the person and the round, so it is the same in every letter and nothing of it
is stored: neither the database nor a backup of it holds a key. It ends with the round, and with the secret.
"""

import hmac
import re
from base64 import b32encode
from hashlib import sha256

PURPOSE = "reply address 1"  # keeps these keys apart from whatever else is made of the secret
BYTES_OF_A_KEY = 20  # 160 bits
MOST_KEYS = 20  # looked at in one mail


def make_key(secret: str, person_id: int, round_id: int) -> str:
    """Return the key of a person in a round: 32 letters and digits, in which small and capital letters are the same."""
    made = hmac.new(secret.encode(), f"{PURPOSE}\0{person_id}\0{round_id}".encode(), sha256).digest()
    return b32encode(made[:BYTES_OF_A_KEY]).decode().lower()


def with_key(address: str, key: str) -> str:
    """Return the reply address with a key: consult+KEY@example.org."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{key}@{domain}"


def find_keys(address: str, fields: str) -> tuple[str, ...]:
    """Return the keys that stand at the reply address in the fields of a mail that say for whom it is."""
    local, _, domain = address.lower().rpartition("@")
    found = re.findall(
        rf"(?<![\w.+-]){re.escape(local)}\+([a-z2-7]{{32}})@{re.escape(domain)}(?![\w.-])", fields.lower()
    )
    return tuple(dict.fromkeys(found))[:MOST_KEYS]


def is_key(given: str, secret: str, person_id: int, round_id: int) -> bool:
    """Return whether a key is that of this person in this round."""
    return hmac.compare_digest(given.encode(), make_key(secret, person_id, round_id).encode())
