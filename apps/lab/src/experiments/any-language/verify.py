"""Says which tokens PyJWT accepts, set up as its documentation says. Reads a task from stdin, writes a list of booleans."""

import json
import sys

import jwt

task = json.load(sys.stdin)
keys = {key["kid"]: jwt.PyJWK(key).key for key in task["jwks"]["keys"]}


def accepts(token):
    try:
        jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=["ES256"],
            issuer=task["issuer"],
            audience=task["audience"],
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        return True
    except Exception:
        return False


json.dump([accepts(token) for token in task["tokens"]], sys.stdout)
