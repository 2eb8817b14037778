package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

const (
	defaultMemoryLimitBytes = 1536 << 20
	defaultTimeLimit        = 30 * time.Second
	// exitOverLimit is the exit code of a process that a request made too large or would not end.
	exitOverLimit  = 70
	watchInterval  = 20 * time.Millisecond
	timeLimitGrace = time.Second
	// gcPercent trades memory of a render for its time; idleAfter gives the memory back.
	gcPercent = 300
	idleAfter = 2 * time.Second
)

// limits are what one process may use; a request that crosses them costs the process.
type limits struct {
	memoryBytes atomic.Uint64
	timeLimitNs atomic.Int64
}

func newLimits() *limits {
	l := &limits{}
	l.set(defaultMemoryLimitBytes, defaultTimeLimit)
	return l
}

func (l *limits) set(memoryBytes uint64, timeLimit time.Duration) {
	l.memoryBytes.Store(memoryBytes)
	l.timeLimitNs.Store(int64(timeLimit))
	debug.SetGCPercent(gcPercent)
	// The collector works harder before the limit is reached.
	debug.SetMemoryLimit(int64(memoryBytes / 4 * 3))
}

func (l *limits) timeLimit() time.Duration { return time.Duration(l.timeLimitNs.Load()) }

// watch ends the process once it holds more memory than the limit. Nothing inside a library can be
// interrupted, so there is no milder way.
func (l *limits) watch() {
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	for range time.Tick(watchInterval) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > l.memoryBytes.Load() {
			os.Exit(exitOverLimit)
		}
	}
}
