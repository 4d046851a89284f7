"""npm packages that tests compare with, each fetched once into the cache."""
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def fetched(name, version):
    """The folder in whose node_modules it is; None when npm cannot have it."""
    folder = CACHE / "ee-appliance" / (name.split("/")[-1] + "-" + version)
    done = folder / ".done"
    if not done.exists() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "log", "wb") as log:
            if subprocess.run(
                    ["npm", "install", "--prefix", folder, "--no-audit",
                     "--no-fund", "--ignore-scripts", name + "@" + version],
                    stdout=log, stderr=log, check=False).returncode == 0:
                done.touch()
    return folder if done.exists() else None
