package fetch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/plumbline/plumbline/engine/chartcache"
)

const maxRequestBytes = 32 << 20

var errRequest = errors.New("the request is malformed")

// Run answers the request on in, one JSON message a line on out. An error means that there was no
// request to answer; what could not be fetched is an answer.
func Run(in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	var request Request
	line, err := readLine(reader)
	if err != nil || json.Unmarshal(line, &request) != nil || request.CacheRoot == "" {
		return errRequest
	}
	cache, err := chartcache.Create(request.CacheRoot)
	if err != nil {
		return err
	}
	defer cache.Close()
	limits := request.Limits.withDefaults()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(limits.TimeLimitMs)*time.Millisecond)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, reader)
		cancel()
	}()
	encoder := json.NewEncoder(out)
	s := &session{
		ctx: ctx, cache: cache, limits: limits, user: loadUser(),
		indexes: map[string]indexResult{}, done: map[chartcache.Reference]Chart{},
		emit: func(message any) { _ = encoder.Encode(message) },
	}
	for _, want := range request.Wanted {
		s.emit(s.answer(want))
	}
	s.emit(End{Event: "end", Trimmed: s.trim(request.Trim)})
	return nil
}

func readLine(reader *bufio.Reader) ([]byte, error) {
	line := []byte{}
	for {
		part, err := reader.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxRequestBytes {
			return nil, errRequest
		}
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, errRequest
		}
	}
}

func (s *session) trim(trim *Trim) *chartcache.Trimmed {
	if trim == nil {
		return nil
	}
	keep := trim.Keep
	for _, repository := range trim.Repositories {
		keep = append(keep, chartcache.RepositoryName(repository.URL, repository.Commit))
	}
	trimmed, err := s.cache.Trim(trim.MaxBytes, keep)
	if err != nil {
		return nil
	}
	return &trimmed
}

func (s *session) answer(want Want) Result {
	result := Result{Event: "result", ID: want.ID, Charts: []Chart{}, Failures: []*Failure{}}
	switch {
	case want.Files != nil:
		return s.dependencies(want, result)
	case want.URL != "":
		return s.file(want, result)
	case want.Git != nil:
		return s.commit(*want.Git, result)
	}
	chart, err := s.chart(want)
	if err != nil {
		result.Failures = append(result.Failures, s.failure(want.Repository, err))
		return result
	}
	result.Charts = append(result.Charts, chart)
	return result
}

func (s *session) failure(repository string, err error) *Failure {
	failure := failureOf(shown(repository), err)
	// A limit of the whole run shows as whatever it interrupted.
	if s.ctx.Err() != nil && failure.Kind != tooLarge {
		return connectionFailure(shown(repository), s.ctx.Err())
	}
	return failure
}

// progressOf tells of each quarter of a megabyte.
func (s *session) progressOf(id, stage string) func(int64) {
	const step = 256 << 10
	told := int64(0)
	s.emit(Progress{Event: "progress", ID: id, Stage: stage})
	return func(read int64) {
		if read >= told+step {
			told = read
			s.emit(Progress{Event: "progress", ID: id, Stage: stage, Bytes: read})
		}
	}
}
