package objects

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func value(t *testing.T, data []byte) any {
	t.Helper()
	var decoded any
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return decoded
}

func TestThreeWay(t *testing.T) {
	const head = `"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"`
	const custom = `"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"t"`
	for _, c := range []struct {
		name                        string
		original, modified, current string
		argo                        bool
		kind, patch, predicted      string
	}{
		{
			name:     "equal",
			original: `{` + head + `},"spec":{"replicas":1}}`, modified: `{` + head + `},"spec":{"replicas":1}}`,
			current: `{` + head + `,"uid":"u"},"spec":{"replicas":1,"paused":true}}`,
			kind:    "strategic", patch: `{}`, predicted: `{` + head + `,"uid":"u"},"spec":{"replicas":1,"paused":true}}`,
		},
		{
			name:     "drift is reverted",
			original: `{` + head + `},"spec":{"replicas":1}}`, modified: `{` + head + `},"spec":{"replicas":1}}`,
			current: `{` + head + `},"spec":{"replicas":5}}`,
			kind:    "strategic", patch: `{"spec":{"replicas":1}}`, predicted: `{` + head + `},"spec":{"replicas":1}}`,
		},
		{
			name:     "what Git removed goes, what others added stays",
			original: `{` + head + `,"labels":{"a":"1","b":"2"}}}`, modified: `{` + head + `,"labels":{"a":"1"}}}`,
			current: `{` + head + `,"labels":{"a":"1","b":"2","other":"3"}}}`,
			kind:    "strategic", patch: `{"metadata":{"labels":{"b":null}}}`, predicted: `{` + head + `,"labels":{"a":"1","other":"3"}}}`,
		},
		{
			name:     "nothing is removed without a last applied configuration",
			modified: `{` + head + `,"labels":{"a":"1"}}}`, current: `{` + head + `,"labels":{"b":"2"}}}`,
			kind: "strategic", patch: `{"metadata":{"labels":{"a":"1"}}}`, predicted: `{` + head + `,"labels":{"a":"1","b":"2"}}}`,
		},
		{
			name:      "lists merge by key",
			original:  `{` + head + `},"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i:1"}]}}}}`,
			modified:  `{` + head + `},"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i:2"}]}}}}`,
			current:   `{` + head + `},"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"},{"name":"a","image":"i:1","imagePullPolicy":"Always"}]}}}}`,
			kind:      "strategic",
			patch:     `{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"image":"i:2","name":"a"}]}}}}`,
			predicted: `{` + head + `},"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"},{"name":"a","image":"i:2","imagePullPolicy":"Always"}]}}}}`,
		},
		{
			name:     "other kinds merge as JSON, lists whole",
			original: `{` + custom + `},"spec":{"list":[{"a":1}],"gone":true}}`, modified: `{` + custom + `},"spec":{"list":[{"a":1}]}}`,
			current: `{` + custom + `},"spec":{"list":[{"a":1,"defaulted":2}],"gone":true,"other":1}}`,
			kind:    "merge", patch: `{"spec":{"gone":null,"list":[{"a":1}]}}`, predicted: `{` + custom + `},"spec":{"list":[{"a":1}],"other":1}}`,
		},
		{
			name:     "as gitops-engine, defaults inside of lists are no difference",
			original: `{` + custom + `},"spec":{"list":[{"a":1}]}}`, modified: `{` + custom + `},"spec":{"list":[{"a":1}]}}`,
			current: `{` + custom + `},"spec":{"list":[{"a":1,"defaulted":2}],"other":1}}`, argo: true,
			kind: "merge", patch: `{}`, predicted: `{` + custom + `},"spec":{"list":[{"a":1,"defaulted":2}],"other":1}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ThreeWay(Change{Original: json.RawMessage(c.original), Modified: json.RawMessage(c.modified), Current: json.RawMessage(c.current), Argo: c.argo})
			if err != nil {
				t.Fatal(err)
			}
			if got.PatchType != c.kind || !reflect.DeepEqual(value(t, got.Patch), value(t, []byte(c.patch))) {
				t.Errorf("patch %s %s, want %s", got.PatchType, got.Patch, c.patch)
			}
			if !reflect.DeepEqual(value(t, got.Predicted), value(t, []byte(c.predicted))) {
				t.Errorf("predicted %s, want %s", got.Predicted, c.predicted)
			}
		})
	}
}

func TestThreeWayOfClaims(t *testing.T) {
	const config = `{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}]}}`
	const live = `{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":[{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","creationTimestamp":null},"spec":{"accessModes":["ReadWriteOnce"],"volumeMode":"Filesystem"},"status":{"phase":"Pending"}}]}}`
	got, err := ThreeWay(Change{Original: json.RawMessage(config), Modified: json.RawMessage(config), Current: json.RawMessage(live), Argo: true})
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Patch) != "{}" {
		t.Errorf("patch %s", got.Patch)
	}
	plain, err := ThreeWay(Change{Original: json.RawMessage(config), Modified: json.RawMessage(config), Current: json.RawMessage(live)})
	if err != nil || string(plain.Patch) == "{}" {
		t.Errorf("patch %s, %v", plain.Patch, err)
	}
}

func TestThreeWayMalformed(t *testing.T) {
	for _, change := range []Change{
		{Modified: json.RawMessage(`{}`), Current: json.RawMessage(`{}`)},
		{Modified: json.RawMessage(`[]`), Current: json.RawMessage(`{"apiVersion":"example.org/v1","kind":"T","metadata":{"name":"p"}}`)},
	} {
		if got, err := ThreeWay(change); err == nil {
			t.Errorf("%s: got %s", change.Modified, got.Predicted)
		}
	}
}

func TestWithout(t *testing.T) {
	object := `{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}],"replicas":3},"data":{"k":"v"}}`
	for _, c := range []struct {
		expressions []string
		want        string
	}{
		{[]string{".spec.replicas"}, `{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]},"data":{"k":"v"}}`},
		{[]string{`.spec.containers[] | select(.name == "b")`, ".data"}, `{"spec":{"containers":[{"name":"a","image":"x"}],"replicas":3}}`},
		{[]string{".spec.containers[].image", ".spec.none[]?.x"}, `{"spec":{"containers":[{"name":"a"},{"name":"b"}],"replicas":3},"data":{"k":"v"}}`},
		{[]string{"not a (path", "1 + 1", ".spec.replicas[]", `env.HOME`, `input`, ".data"}, `{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}],"replicas":3}}`},
		{nil, object},
	} {
		input, ok := value(t, []byte(object)).(map[string]any)
		if !ok {
			t.Fatal("not an object")
		}
		got, err := Without(context.Background(), input, c.expressions)
		if err != nil || !reflect.DeepEqual(any(got), value(t, []byte(c.want))) {
			t.Errorf("%v: got %v, %v", c.expressions, got, err)
		}
	}
}

func TestWithoutEndlessExpression(t *testing.T) {
	start := time.Now()
	got, err := Without(context.Background(), map[string]any{"a": 1.0}, []string{".. | (range(1e12) | select(. < 0))", ".a"})
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if passed := time.Since(start); passed > 20*time.Second {
		t.Errorf("took %s", passed)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Without(cancelled, map[string]any{}, []string{".a"}); err == nil {
		t.Error("a cancelled request went on")
	}
}

func TestHealthOf(t *testing.T) {
	for object, want := range map[string]string{
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`:                                                                                    "Current",
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","deletionTimestamp":"2024-01-01T00:00:00Z"}}`:                                         "Terminating",
		`{"apiVersion":"example.org/v1","kind":"T","metadata":{"name":"a"},"status":{"conditions":[{"type":"Stalled","status":"True","message":"stuck"}]}}`: "Failed",
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":1},"status":{}}`:                                            "InProgress",
		`{"no":"kind"}`: "Unknown",
	} {
		if got := HealthOf(json.RawMessage(object)); got.Status != want {
			t.Errorf("%s: got %+v", object, got)
		}
	}
}
