#!/bin/sh
# Waits until the lab's own process is gone (its end of this pipe closes, however it ended), then
# stops the process groups listed in the file. A lab that stopped cleanly has removed the file.
pids="$1"
cat >/dev/null
[ -f "$pids" ] || exit 0
while read -r pid; do kill -s TERM -- "-$pid" 2>/dev/null; done <"$pids"
sleep 3
while read -r pid; do kill -s KILL -- "-$pid" 2>/dev/null; done <"$pids"
rm -f "$pids"
