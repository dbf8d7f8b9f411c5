"""The engine's keeper: a tiny process between the flow process and one engine process.

Run by path with `python -I -S`, so it imports the standard library only:

    shim.py STOP_SECONDS RUN_DIR -- ENGINE ARGUMENTS...

It makes three promises that a plain child can't give:
- The engine's pid is known, and can be written down, before the engine runs: the shim prints
  `<engine pid>` on stdout and starts the engine only after it has read one byte from stdin.
- The engine gets exactly one SIGINT, however often the shim is asked to stop (a second one would make the
  engine abort and leave its lock), and SIGKILL only after STOP_SECONDS.
- The engine never outlives its supervisor: when the parent dies, the kernel asks the shim to stop.

The engine's output goes to RUN_DIR/stdout and RUN_DIR/stderr, its exit code to RUN_DIR/exit_code: files, since a
pipe breaks when its reader dies and the engine would die with it, half-way.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _die_with_parent(signum: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signum)


def _start_engine(run_dir: str, argv: list[str]) -> tuple[int, int]:
    """Fork the engine's process, held at a gate; returns (pid, gate)."""
    gate_read, gate_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(gate_read)
        return pid, gate_write
    os.close(gate_write)
    os.setpgid(0, 0)
    _die_with_parent(signal.SIGINT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if not os.read(gate_read, 1):
        os._exit(125)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        target = os.open(os.path.join(run_dir, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(target, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        os.write(2, f"cannot run {argv[0]}: {error.strerror}\n".encode())
    os._exit(127)


def main() -> None:
    stop_seconds, run_dir, argv = float(sys.argv[1]), sys.argv[2], sys.argv[4:]
    parent = os.getppid()
    asked: list[bool] = []
    engine: list[int] = []
    sent: list[bool] = []

    def stop(*_: object) -> None:
        if not asked:
            asked.append(True)
            signal.setitimer(signal.ITIMER_REAL, stop_seconds)
            if engine:
                sent.append(True)
                os.kill(engine[0], signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    _die_with_parent(signal.SIGTERM)
    pid, gate = _start_engine(run_dir, argv)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    os.write(1, f"{pid}\n".encode())
    if os.getppid() == parent and os.read(0, 1) and not asked:
        engine.append(pid)
        os.write(gate, b"g")
        if asked and not sent:
            os.kill(pid, signal.SIGINT)
    os.close(gate)
    _, status = os.waitpid(pid, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    _leave(run_dir, os.waitstatus_to_exitcode(status))


def _leave(run_dir: str, code: int) -> None:
    """Write the engine's exit code down and end with it (128 + signal for a killed engine)."""
    partial = os.path.join(run_dir, "exit_code.partial")
    with open(partial, "w") as file:
        file.write(str(code))
    os.rename(partial, os.path.join(run_dir, "exit_code"))
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
