"""Make `.venv` hold what a lock file pins: `python requirements/install.py local`.

Run by whatever Python the machine has, before there is anything else, so it needs the standard library only and can be
read by an old Python, which is told that it is too old. It does nothing while the lock file stays as it is.
"""

import os
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(os.path.dirname(HERE), ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
INSTALLED = os.path.join(VENV, "installed.txt")  # a copy of the lock file that was installed last


def main(name):
    locks = [os.path.join(HERE, name + ".txt"), os.path.join(HERE, "test.txt")]  # the tests' lock has all the others
    if venv_works() and any(is_installed(lock) for lock in locks):
        return
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        stop("The shop needs Python 3.11 or newer; this is %s. Name another: make run PYTHON=python3.12" % version)
    if not venv_works():
        step("Virtual environment", make_venv)
    step("Python packages", lambda: install(locks[0]))


def venv_works():
    """False when it is missing, or was made by a Python that is no longer there."""
    check = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)
    return os.path.exists(VENV_PYTHON) and subprocess.call([VENV_PYTHON, "-c", check]) == 0


def is_installed(lock):
    if not os.path.exists(INSTALLED):
        return False
    with open(lock, "rb") as wanted, open(INSTALLED, "rb") as installed:
        return wanted.read() == installed.read()


def make_venv():
    if os.path.islink(VENV) and not os.path.exists(VENV):
        os.remove(VENV)  # it leads nowhere
    failed, output = run([sys.executable, "-m", "venv", "--clear", VENV])
    if failed:
        stop("No virtual environment can be made. On Debian and Ubuntu `apt install python3-venv` may help.", output)


def install(lock):
    """Which index is asked, and how, is pip's own configuration."""
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check"]
    failed, output = run(pip + ["install", "--quiet", "--require-hashes", "-r", lock])
    if failed:
        stop("The packages cannot be installed; above is what pip says.", output)
    shutil.copyfile(lock, INSTALLED)


def run(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0]
    return process.returncode != 0, output.decode("utf-8", "replace")


def step(title, work):
    say("%-22s" % title)
    started = time.time()
    work()
    say("ready in %.1f s\n" % (time.time() - started))


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def stop(sentence, output=""):
    say("\n" if output else "")
    sys.exit("%s\n%s" % (output.strip(), sentence) if output else sentence)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        stop("Stopped. The same command goes on from here.")
