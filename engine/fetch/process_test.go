package fetch

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestMain lets the test's own binary be the program, where a process of its own is what counts.
func TestMain(m *testing.M) {
	if os.Getenv("PLUMBLINE_FETCH_TEST") == "1" {
		if err := Run(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runProgram(t *testing.T, cache string, want Want, environment []string) Result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(environment, "PLUMBLINE_FETCH_TEST=1")
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(input).Encode(Request{CacheRoot: cache, Wanted: []Want{want}}); err != nil {
		t.Error(err)
	}
	var answer Result
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		var result Result
		if json.Unmarshal(scanner.Bytes(), &result) == nil && result.Event == "result" {
			answer = result
		}
	}
	_ = input.Close()
	if err := process.Wait(); err != nil {
		t.Error(err)
	}
	return answer
}

// TestAtOnce fetches one chart in several processes at the same time, over and over.
func TestAtOnce(t *testing.T) {
	home(t)
	server, archives := shop(t)
	for range 3 {
		cache := cacheFolder(t)
		var group sync.WaitGroup
		results := make([]Result, 6)
		for i := range results {
			group.Go(func() {
				version := []string{"1.0.0", "^1"}[i%2]
				results[i] = runProgram(t, cache, Want{ID: "one", Repository: server.URL, Name: "web", Version: version}, os.Environ())
			})
		}
		group.Wait()
		for _, result := range results {
			chart := result.chart(t)
			if got := read(t, filepath.Join(cache, "archives", strings.TrimPrefix(chart.Digest, "sha256:"))); hexDigest(got) != hexDigest(archives[chart.Version]) {
				t.Errorf("%s holds something else", chart.Version)
			}
			if text := read(t, filepath.Join(chart.Folder, "Chart.yaml")); !strings.Contains(string(text), chart.Version) {
				t.Errorf("%s unpacks %s", chart.Version, text)
			}
		}
		if left := namesIn(t, filepath.Join(cache, "pending")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
