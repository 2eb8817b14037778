package render

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// testKubeVersion is given to both sides: a test binary has no version of client-go to derive one from.
const testKubeVersion = "v1.36.3"

var testCapabilities = &model.Capabilities{KubeVersion: testKubeVersion}

func testdata(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func outcome(t *testing.T, root string, source model.Source, capabilities *model.Capabilities) model.Outcome {
	t.Helper()
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	return Render(Input{Layer: files.NewLayer(disk)}, model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Source: source, Capabilities: capabilities,
	})
}

func rendered(t *testing.T, root string, source model.Source) *model.RenderResult {
	t.Helper()
	got := outcome(t, root, source, testCapabilities)
	if got.Kind != "rendered" {
		t.Fatalf("not rendered: %s", text(t, got))
	}
	return got.Result
}

func failed(t *testing.T, root string, source model.Source) []model.Problem {
	t.Helper()
	got := outcome(t, root, source, testCapabilities)
	if got.Kind != "failed" {
		t.Fatalf("want a failure, got %s", text(t, got))
	}
	if len(*got.Problems) == 0 {
		t.Fatal("a failure without a problem")
	}
	if strings.Contains(text(t, got), root) {
		t.Fatalf("an absolute path in %s", text(t, got))
	}
	return *got.Problems
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// command runs an oracle named by an environment variable.
func command(t *testing.T, variable string, args ...string) []byte {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		t.Skipf("%s is not set: the oracle cannot run", variable)
	}
	run := exec.Command(program, args...)
	run.Env = append(os.Environ(), "TZ=UTC")
	out, err := run.Output()
	if err != nil {
		stderr := ""
		if exit, ok := err.(*exec.ExitError); ok {
			stderr = string(exit.Stderr)
		}
		t.Fatalf("%s %v: %v\n%s", program, args, err, stderr)
	}
	return out
}

// parsedOutput gives the objects that a command printed.
func parsedOutput(t *testing.T, out []byte) []any {
	t.Helper()
	all := []any{}
	for _, part := range documents.Split(out) {
		value, fault := documents.ToJSON(part.Text)
		if fault != nil && !fault.Warning {
			t.Fatalf("the oracle printed what does not parse: %s", fault.Message)
		}
		if value != nil {
			all = append(all, decode(t, value))
		}
	}
	return all
}

func objectsOf(t *testing.T, result *model.RenderResult) []any {
	t.Helper()
	all := []any{}
	for _, object := range result.Objects {
		all = append(all, decode(t, object.Object))
	}
	return all
}

func compare(t *testing.T, got, want []any) {
	t.Helper()
	for i := 0; i < len(got) || i < len(want); i++ {
		switch {
		case i >= len(got):
			t.Errorf("object %d is missing: %s", i, text(t, want[i]))
		case i >= len(want):
			t.Errorf("object %d is too many: %s", i, text(t, got[i]))
		case !reflect.DeepEqual(got[i], want[i]):
			t.Errorf("object %d\n got %s\nwant %s", i, text(t, got[i]), text(t, want[i]))
		}
	}
	if len(want) == 0 {
		t.Error("the oracle printed nothing, so nothing was compared")
	}
}
