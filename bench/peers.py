"""The environment of the other clients, made when it is missing or its requirements have changed."""

import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements-peers.txt"
ENVIRONMENT = HERE / ".venv-peers"


def python() -> Path:
    """The interpreter of the peers' environment; installs them from the package index the first time."""
    interpreter = ENVIRONMENT / "bin" / "python"
    made_from = ENVIRONMENT / "made-from.txt"  # written last: an interrupted installation starts again
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if made_from.exists() and made_from.read_text(encoding="utf-8") == wanted:
        return interpreter
    print(f"installing the other clients into {ENVIRONMENT} ...", flush=True)
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    made_from.write_text(wanted, encoding="utf-8")
    return interpreter
