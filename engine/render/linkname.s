// Functions without a body are those of go:linkname; the compiler takes them beside a file of assembly only.
