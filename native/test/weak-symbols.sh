#!/bin/sh
# The tables are compiled for different processors. A weak symbol in one of them, say a std::vector member, could be
# chosen by the linker for all: an illegal instruction on an older machine. So none may have any.
# usage: weak-symbols.sh OBJECT...
if [ $# -eq 0 ]; then
  echo 'no objects given'
  exit 1
fi
failed=0
for object in "$@"; do
  symbols=$(nm --demangle "$object") || exit 1
  weak=$(echo "$symbols" | grep -E ' [WVwvu] ')
  if [ -n "$weak" ]; then
    printf '%s has weak symbols:\n%s\n' "$object" "$weak"
    failed=1
  fi
done
[ $failed -eq 0 ] && echo "$# objects, no weak symbols"
