package merge

import (
	"encoding/json"
	"strings"
	"testing"
)

// components is what a server's OpenAPI v3 says of one kind, with each way in which lists and maps merge.
const components = `{
  "example.v1.Widget": {
    "type": "object",
    "properties": {
      "apiVersion": {"type": "string"}, "kind": {"type": "string"},
      "metadata": {"allOf": [{"$ref": "#/components/schemas/meta"}], "default": {}},
      "spec": {"$ref": "#/components/schemas/spec"}
    },
    "x-kubernetes-group-version-kind": [{"group": "acme.example", "version": "v1", "kind": "Widget"}]
  },
  "meta": {
    "type": "object",
    "properties": {
      "name": {"type": "string"}, "namespace": {"type": "string"},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}},
      "managedFields": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "atomic"}
    }
  },
  "spec": {
    "type": "object",
    "properties": {
      "replicas": {"type": "integer"},
      "size": {"type": "string", "default": "small"},
      "quiet": {"type": "string", "default": ""},
      "settings": {"type": "object", "additionalProperties": {"type": "string"}},
      "hosts": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
      "steps": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
      "rules": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {
          "name": {"type": "string"}, "action": {"type": "string", "default": "allow"}}}
      }
    }
  }
}`

// widget is an object with a spec and managed fields, each written as `manager operation fields`.
func widget(spec string, entries ...[3]string) string {
	managed := make([]string, 0, len(entries))
	for _, entry := range entries {
		managed = append(managed, `{"manager":"`+entry[0]+`","operation":"`+entry[1]+
			`","apiVersion":"acme.example/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":`+entry[2]+`}}`)
	}
	return `{"apiVersion":"acme.example/v1","kind":"Widget","metadata":{"name":"w","managedFields":[` +
		strings.Join(managed, ",") + `]},"spec":` + spec + `}`
}

func predicted(t *testing.T, live, desired string, adopted ...Adopted) Answer {
	t.Helper()
	question := Question{Applies: []Apply{{
		Live: json.RawMessage(live), Desired: json.RawMessage(desired), Manager: "flux", Adopted: adopted,
	}}}
	if err := json.Unmarshal([]byte(components), &question.Components); err != nil {
		t.Fatal(err)
	}
	answers, err := Predict(question)
	if err != nil {
		t.Fatal(err)
	}
	return answers[0]
}

func TestApplyIsThatOfTheServer(t *testing.T) {
	own := func(fields string) [3]string { return [3]string{"flux", "Apply", fields} }
	edit := func(fields string) [3]string { return [3]string{"kubectl-edit", "Update", fields} }
	kubectl := Adopted{Prefix: "kubectl", Operation: "Update"}
	for _, one := range []struct {
		name, live, desired, wanted string
		adopted                     []Adopted
	}{
		{
			name:    "what the manager owns and Git no longer has is removed",
			live:    widget(`{"size":"s","settings":{"a":"1","b":"2"}}`, own(`{"f:settings":{"f:a":{},"f:b":{}}}`)),
			desired: `{"settings":{"a":"1"}}`, wanted: `{"settings":{"a":"1"},"size":"s"}`,
		},
		{
			name: "what another manager owns as well stays",
			live: widget(`{"size":"s","replicas":2}`, own(`{"f:replicas":{}}`),
				[3]string{"other", "Apply", `{"f:replicas":{}}`}),
			desired: `{}`, wanted: `{"replicas":2,"size":"s"}`,
		},
		{
			name:    "a value that others changed comes back",
			live:    widget(`{"size":"s","replicas":5}`, own(`{"f:size":{}}`), edit(`{"f:replicas":{}}`)),
			desired: `{"replicas":2,"size":"s"}`, wanted: `{"replicas":2,"size":"s"}`,
		},
		{
			name:    "what others added stays",
			live:    widget(`{"size":"s","hosts":["a","b"]}`, own(`{"f:hosts":{"v:\"a\"":{}}}`), edit(`{"f:hosts":{"v:\"b\"":{}}}`)),
			desired: `{"hosts":["a"]}`, wanted: `{"hosts":["a","b"],"size":"s"}`,
		},
		{
			name:    "and goes where the controller makes it its own",
			live:    widget(`{"size":"s","hosts":["a","b"]}`, own(`{"f:hosts":{"v:\"a\"":{}}}`), edit(`{"f:hosts":{"v:\"b\"":{}}}`)),
			desired: `{"hosts":["a"]}`, wanted: `{"hosts":["a"],"size":"s"}`, adopted: []Adopted{kubectl},
		},
		{
			name: "elements of lists are told apart by their keys",
			live: widget(`{"size":"s","rules":[{"name":"a","action":"deny"},{"name":"b","action":"deny"}]}`,
				own(`{"f:rules":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:action":{}},"k:{\"name\":\"b\"}":{".":{},"f:name":{},"f:action":{}}}}`)),
			desired: `{"rules":[{"name":"b","action":"deny"}]}`, wanted: `{"rules":[{"action":"deny","name":"b"}],"size":"s"}`,
		},
		{
			name:    "an atomic list is replaced",
			live:    widget(`{"size":"s","steps":["a","b"]}`, own(`{"f:steps":{}}`)),
			desired: `{"steps":["b"]}`, wanted: `{"size":"s","steps":["b"]}`,
		},
		{
			name: "a removed value goes back to the default of the schema",
			live: widget(`{"size":"large","rules":[{"name":"a","action":"deny"}]}`,
				own(`{"f:size":{},"f:rules":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:action":{}}}}`)),
			desired: `{"rules":[{"name":"a"}]}`, wanted: `{"rules":[{"action":"allow","name":"a"}],"size":"small"}`,
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			answer := predicted(t, one.live, widget(one.desired), one.adopted...)
			spec, err := json.Marshal(answer.Predicted["spec"])
			if err != nil || string(spec) != one.wanted {
				t.Errorf("got %s %s, want %s", spec, answer.Refused, one.wanted)
			}
		})
	}
}

func TestSubresourcesAreNotAdopted(t *testing.T) {
	live := strings.Replace(widget(`{"size":"s","replicas":5}`, [3]string{"kubectl", "Update", `{"f:replicas":{}}`}),
		`"operation":"Update"`, `"operation":"Update","subresource":"scale"`, 1)
	answer := predicted(t, live, widget(`{}`), Adopted{Prefix: "kubectl", Operation: "Update"})
	spec, _ := answer.Predicted["spec"].(map[string]any)
	if spec["replicas"] == nil {
		t.Errorf("what a subresource wrote is gone: %v", answer)
	}
}

func TestEntriesOfOtherVersionsCount(t *testing.T) {
	live := strings.ReplaceAll(widget(`{"size":"s","replicas":5}`, [3]string{"flux", "Apply", `{"f:replicas":{}}`}),
		`"apiVersion":"acme.example/v1","fieldsType"`, `"apiVersion":"acme.example/v1beta1","fieldsType"`)
	spec, _ := predicted(t, live, widget(`{}`)).Predicted["spec"].(map[string]any)
	if spec["replicas"] != nil {
		t.Errorf("what an older version applied is kept: %v", spec)
	}
}

func TestRefusals(t *testing.T) {
	answer := predicted(t, widget(`{"size":"s"}`), widget(`{"unknown":1}`))
	if !strings.Contains(answer.Refused, "unknown") || answer.Predicted != nil {
		t.Errorf("got %+v", answer)
	}
	answer = predicted(t, `{"metadata":{}}`, widget(`{}`))
	if answer.Refused == "" {
		t.Error("an object without a kind was merged")
	}
}
