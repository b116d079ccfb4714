#!/bin/sh
# Builds the native tests for 64-bit ARM and runs them, emulated: the neon table against the portable one, and both
# against golden bits that were written on x86. Linked statically, so that the emulator needs no ARM system.
set -eu
cd "$(dirname "$0")/../.."
for command in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  if ! command -v $command >/dev/null; then
    echo "$command is missing; Debian, Ubuntu: sudo apt-get install g++-aarch64-linux-gnu qemu-user-static" >&2
    exit 1
  fi
done
cmake -S . -B build-arm -DPALIMPSEST_NATIVE_TEST=ON -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_EXE_LINKER_FLAGS=-static \
  -DCMAKE_CROSSCOMPILING_EMULATOR="$(command -v qemu-aarch64-static)"
cmake --build build-arm --parallel 2
ctest --test-dir build-arm --output-on-failure "$@"
