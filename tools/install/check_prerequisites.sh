#!/bin/sh
# Checks what the installation needs, and says what to do about what is missing. Exit code 1 when something is.
set -u
missing=0

ok() { printf '  ok       %s\n' "$1"; }
note() { printf '  note     %s\n' "$1"; }
lacks() {
    printf '  missing  %s\n' "$1"
    missing=1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

case "$(uname -s)" in
Linux) ok "Linux, $(uname -m)" ;;
*) lacks "Linux: this is $(uname -s); engine runs use the kernel's parent-death signal" ;;
esac
for tool in git make; do
    if has $tool; then ok "$tool"; else lacks "$tool: install it with your system's packages"; fi
done

python=""
for candidate in python3.11 python3.12 python3.13 python3; do
    if has $candidate && $candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    lacks "Python 3.11, 3.12 or 3.13: install one of them, or name it: make PYTHON=/path/to/python setup"
elif "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    ok "$python with venv"
else
    lacks "venv of $python: install your system's package for it, such as python3-venv"
fi

if has pulumi || ls "${XDG_CACHE_HOME:-$HOME/.cache}"/cloud-platform/engine/*/pulumi >/dev/null 2>&1; then
    ok "a Pulumi engine"
elif has go || [ -x /usr/local/go/bin/go ]; then
    note "no Pulumi engine yet: 'make setup' downloads it, or builds it with Go"
else
    note "no Pulumi engine and no Go: 'make setup' must be able to download the engine"
fi

free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024 / 1024)}')
if [ "$free" -ge 2 ]; then ok "$free GB of disk"; else lacks "disk: $free GB are free here, 2 GB are needed"; fi
exit $missing
