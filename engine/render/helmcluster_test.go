package render

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func clusterChart(templates map[string]string) map[string]string {
	texts := map[string]string{"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"}
	for name, text := range templates {
		texts["c/templates/"+name] = text
	}
	return texts
}

func inCluster(t *testing.T, texts map[string]string, facts *model.ClusterFacts) model.Outcome {
	t.Helper()
	root := testfiles.Tree(t, texts)
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	return Render(Input{Layer: files.NewLayer(disk)}, model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Capabilities: testCapabilities, Cluster: facts,
		Source: model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"},
	})
}

func resultOf(t *testing.T, got model.Outcome) *model.RenderResult {
	t.Helper()
	if got.Kind != "rendered" {
		t.Fatalf("not rendered: %s", text(t, got))
	}
	return got.Result
}

const passwordTemplate = `{{- $found := lookup "v1" "Secret" .Release.Namespace "creds" }}
apiVersion: v1
kind: Secret
metadata: {name: creds}
data:
  fixed: eA==
  password: {{ if $found }}{{ index $found.data "password" }}{{ else }}{{ randAlphaNum 8 | b64enc }}{{ end }}
`

func nameOf(t *testing.T, object model.RenderedObject) string {
	t.Helper()
	return decode(t, object.Object).(map[string]any)["metadata"].(map[string]any)["name"].(string)
}

var creds = model.Lookup{APIVersion: "v1", Kind: "Secret", Namespace: "n", Name: "creds"}

func TestLookupInCluster(t *testing.T) {
	chart := clusterChart(map[string]string{"creds.yaml": passwordTemplate})

	template := resultOf(t, inCluster(t, chart, nil))
	if template.Lookups != nil || template.Objects[0].ClusterDependent != nil {
		t.Errorf("in template mode: %s", text(t, template))
	}

	unknown := resultOf(t, inCluster(t, chart, &model.ClusterFacts{}))
	if want := []model.Lookup{creds}; !reflect.DeepEqual(unknown.Lookups, want) {
		t.Errorf("asked %v", unknown.Lookups)
	}
	if want := []string{"/data/password"}; !reflect.DeepEqual(unknown.Objects[0].ClusterDependent, want) {
		t.Errorf("depends on the cluster: %v", unknown.Objects[0].ClusterDependent)
	}

	found := map[string]any{"data": map[string]any{"password": "bGl2ZQ=="}}
	known := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: creds, Found: found}}}))
	object := known.Objects[0]
	if !strings.Contains(string(object.Object), "bGl2ZQ==") || object.ClusterDependent != nil || len(object.Generated) > 0 {
		t.Errorf("with the answer: %s", text(t, known))
	}

	absent := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: creds}}}))
	object = absent.Objects[0]
	if object.ClusterDependent != nil || !reflect.DeepEqual(object.Generated, []string{"/data/password"}) {
		t.Errorf("known to be absent: %s", text(t, absent))
	}

	refused := inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: creds, Unserved: "there are no such kinds"}}})
	if refused.Kind != "failed" || !strings.Contains(text(t, refused), "there are no such kinds") {
		t.Errorf("Helm fails on a kind that is not served: %s", text(t, refused))
	}
}

// TestLookupOfLists finds what depends on an object that a template searches a list for, by a name, a
// label or the key of a map that it makes, as it finds what depends on one that is asked for by name.
func TestLookupOfLists(t *testing.T) {
	list := `{{ $list := lookup "v1" "Secret" .Release.Namespace "" }}`
	head := "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  fixed: x\n  field: "
	searched := func(condition string) string {
		return list + `{{ $found := "no" }}{{ range $list.items }}{{ if ` + condition + ` }}{{ $found = "yes" }}{{ end }}{{ end }}` + head + "{{ $found }}\n"
	}
	for name, template := range map[string]string{
		"how many":           list + head + "{{ len (default list $list.items) | quote }}\n",
		"a name":             searched(`eq .metadata.name "creds"`),
		"a name of values":   searched(`eq (printf "%s-creds" $.Release.Name) .metadata.name`),
		"another name":       list + `{{ $found := true }}{{ range $list.items }}{{ if ne .metadata.name "creds" }}{{ else }}{{ $found = false }}{{ end }}{{ end }}` + head + "{{ $found | quote }}\n",
		"one of names":       searched(`has .metadata.name (list "a" "b")`),
		"a part of a name":   searched(`and (hasPrefix "cre" .metadata.name) (contains "ed" .metadata.name) (regexMatch "^c.*s$" .metadata.name)`),
		"a label":            searched(`eq (index .metadata.labels "app") "web"`),
		"a key of a map":     list + `{{ $names := dict }}{{ range $list.items }}{{ $_ := set $names .metadata.name . }}{{ end }}` + head + `{{ hasKey $names "creds" | quote }}` + "\n",
		"a name in a tpl":    `{{ define "search" }}{{ range (lookup "v1" "Secret" .Release.Namespace "").items }}{{ if eq .metadata.name "creds" }}found{{ end }}{{ end }}{{ end }}` + head + `{{ tpl "{{ include \"search\" . }}" . | quote }}` + "\n",
		"a name and a field": list + `{{ $found := "" }}{{ range $list.items }}{{ if eq .metadata.name "creds" }}{{ $found = index .data "password" | b64dec }}{{ end }}{{ end }}` + head + "{{ $found | quote }}\n",
	} {
		t.Run(name, func(t *testing.T) {
			chart := clusterChart(map[string]string{"c.yaml": template})
			got := resultOf(t, inCluster(t, chart, &model.ClusterFacts{}))
			if want := []model.Lookup{{APIVersion: "v1", Kind: "Secret", Namespace: "n"}}; !reflect.DeepEqual(got.Lookups, want) {
				t.Errorf("asked %v", got.Lookups)
			}
			if want := []string{"/data/field"}; !reflect.DeepEqual(got.Objects[0].ClusterDependent, want) {
				t.Errorf("depends on the cluster: %v in %s", got.Objects[0].ClusterDependent, got.Objects[0].Object)
			}
			answered := model.LookupAnswer{Lookup: got.Lookups[0], Found: map[string]any{"items": []any{}}}
			known := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{answered}}))
			if known.Objects[0].ClusterDependent != nil {
				t.Errorf("with the answer: %v", known.Objects[0].ClusterDependent)
			}
			if template := resultOf(t, inCluster(t, chart, nil)); template.Objects[0].ClusterDependent != nil {
				t.Errorf("in template mode: %v", template.Objects[0].ClusterDependent)
			}
		})
	}
	certain := clusterChart(map[string]string{"c.yaml": list + head + `{{ eq 1 2 3 1 | quote }}` + "\n  other: {{ ne \"a\" \"b\" | quote }}\n"})
	got := resultOf(t, inCluster(t, certain, &model.ClusterFacts{}))
	if got.Objects[0].ClusterDependent != nil {
		t.Errorf("a list that decides nothing: %v", got.Objects[0].ClusterDependent)
	}
}

func TestAnswersAreNotShared(t *testing.T) {
	chart := clusterChart(map[string]string{
		"a.yaml": `{{- $found := lookup "v1" "Secret" .Release.Namespace "creds" }}{{ $_ := set $found.data "password" "changed" }}`,
		"b.yaml": passwordTemplate,
	})
	found := map[string]any{"data": map[string]any{"password": "bGl2ZQ=="}}
	got := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: creds, Found: found}}}))
	if !strings.Contains(string(got.Objects[0].Object), "bGl2ZQ==") {
		t.Errorf("one template wrote into the answer of another: %s", got.Objects[0].Object)
	}
}

func TestReleaseInCluster(t *testing.T) {
	chart := clusterChart(map[string]string{"release.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: release}
data:
  revision: "{{ .Release.Revision }}"
  upgrade: "{{ .Release.IsUpgrade }}"
  name: {{ .Release.Name }}
`, "upgrade.yaml": `{{ if .Release.IsInstall }}
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
{{ end }}
`})
	unknown := resultOf(t, inCluster(t, chart, &model.ClusterFacts{}))
	marks := map[string][]string{}
	for _, object := range unknown.Objects {
		marks[nameOf(t, object)] = object.ClusterDependent
	}
	if want := map[string][]string{"release": {"/data/revision", "/data/upgrade"}, "first": {""}}; !reflect.DeepEqual(marks, want) {
		t.Errorf("depends on the cluster: %v", marks)
	}

	known := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Release: &model.ReleaseFacts{Revision: 12, IsUpgrade: true}}))
	if !unknown.ReleaseAsked || !known.ReleaseAsked {
		t.Errorf("asked for the release: %v, %v", unknown.ReleaseAsked, known.ReleaseAsked)
	}
	if len(known.Objects) != 1 || known.Objects[0].ClusterDependent != nil {
		t.Fatalf("at an upgrade: %s", text(t, known))
	}
	for _, want := range []string{`"revision":"12"`, `"upgrade":"true"`} {
		if !strings.Contains(string(known.Objects[0].Object), want) {
			t.Errorf("%s is not in %s", want, known.Objects[0].Object)
		}
	}
}

// A chart can fail on what it does not expect of an object. Then the objects are marked as a whole
// whose templates get there, by whatever names.
func TestDependenceThatCannotBeRendered(t *testing.T) {
	chart := clusterChart(map[string]string{
		"_helpers.tpl": `{{ define "c.live" }}{{ with lookup "v1" "Service" .Release.Namespace "web" }}{{ (index .spec.ports 3).port }}{{ end }}{{ end }}`,
		"direct.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: direct}\ndata: {port: \"{{ include \"c.live\" . }}\"}\n",
		"other.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n",
	})
	got := resultOf(t, inCluster(t, chart, &model.ClusterFacts{}))
	marks := map[string][]string{}
	for _, object := range got.Objects {
		marks[nameOf(t, object)] = object.ClusterDependent
	}
	if want := map[string][]string{"direct": {""}, "other": nil}; !reflect.DeepEqual(marks, want) {
		t.Errorf("depends on the cluster: %v", marks)
	}
	if len(got.Problems) > 0 {
		t.Errorf("the trial told of its problems: %s", text(t, got.Problems))
	}
}

func TestListsInCluster(t *testing.T) {
	chart := clusterChart(map[string]string{"all.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: all}
data:
  names: "{{ range (lookup "v1" "Namespace" "" "").items }}{{ .metadata.name }} {{ end }}"
`})
	wanted := model.Lookup{APIVersion: "v1", Kind: "Namespace"}
	unknown := resultOf(t, inCluster(t, chart, &model.ClusterFacts{}))
	if !reflect.DeepEqual(unknown.Objects[0].ClusterDependent, []string{"/data/names"}) {
		t.Errorf("depends on the cluster: %s", text(t, unknown))
	}
	list := map[string]any{"items": []any{
		map[string]any{"metadata": map[string]any{"name": "one"}}, map[string]any{"metadata": map[string]any{"name": "two"}},
	}}
	known := resultOf(t, inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: wanted, Found: list}}}))
	if !strings.Contains(string(known.Objects[0].Object), "one two") {
		t.Errorf("with the answer: %s", known.Objects[0].Object)
	}
}

func TestAskedCapabilities(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		name, template string
		want           []model.CapabilityQuestion
	}{
		{"nothing", `{{ .Release.Name }}`, nil},
		{
			"an API version", `{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }} {{ .Capabilities.APIVersions.Has "apps/v1" }}`,
			[]model.CapabilityQuestion{
				{Kind: "api-version", Asked: "monitoring.coreos.com/v1", Answer: &no},
				{Kind: "api-version", Asked: "apps/v1", Answer: &yes},
			},
		},
		{
			"a comparison", `{{ semverCompare "<1.20-0" .Capabilities.KubeVersion.GitVersion }} {{ semverCompare ">=9" "1.2.3" }}`,
			[]model.CapabilityQuestion{{Kind: "kube-version", Asked: "<1.20-0", Answer: &no}},
		},
		{"the version", `{{ .Capabilities.KubeVersion.Minor }}`, []model.CapabilityQuestion{{Kind: "kube-version"}}},
		{
			"cut versions", `{{ semverCompare ">=1.20-0" (printf "%s.%s" .Capabilities.KubeVersion.Major .Capabilities.KubeVersion.Minor) }}`,
			[]model.CapabilityQuestion{{Kind: "kube-version", Asked: ">=1.20-0", Answer: &yes}},
		},
		{"the list", `{{ len .Capabilities.APIVersions }}`, []model.CapabilityQuestion{{Kind: "api-versions"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := clusterChart(map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: '" + c.template + "'}\n"})
			source := model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"}
			got := resultOf(t, outcome(t, testfiles.Tree(t, texts), source, nil))
			if !reflect.DeepEqual(got.CapabilitiesAsked, c.want) {
				t.Errorf("asked %s", text(t, got.CapabilitiesAsked))
			}
			if got.CapabilitiesAssumed != (c.want != nil) {
				t.Errorf("assumed: %v", got.CapabilitiesAssumed)
			}
			given := rendered(t, testfiles.Tree(t, texts), source)
			if given.CapabilitiesAsked != nil {
				t.Errorf("asked although they are given: %s", text(t, given.CapabilitiesAsked))
			}
		})
	}
	texts := clusterChart(map[string]string{})
	texts["c/Chart.yaml"] += "kubeVersion: '>=1.20.0-0'\n"
	got := resultOf(t, outcome(t, testfiles.Tree(t, texts), model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"}, nil))
	if !got.CapabilitiesAssumed || got.CapabilitiesAsked != nil {
		t.Errorf("a requirement that holds is no branch: %s", text(t, got.CapabilitiesAsked))
	}
	texts["c/Chart.yaml"] = strings.Replace(texts["c/Chart.yaml"], ">=1.20.0-0", "<1.20.0-0", 1)
	refused := outcome(t, testfiles.Tree(t, texts), model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"}, nil)
	if refused.Kind != "failed" || !strings.Contains((*refused.Problems)[0].Message, "is assumed of the cluster") {
		t.Errorf("a requirement that does not hold: %s", text(t, refused))
	}
}

func TestChartOfTheRelease(t *testing.T) {
	file := func(path, text string) model.ReleasedFile { return model.ReleasedFile{Path: path, Data: []byte(text)} }
	kept := &model.ReleasedChart{Name: "web", Version: "1.2.3", Release: 7, Files: []model.ReleasedFile{
		file("Chart.yaml", `{"apiVersion":"v2","name":"web","version":"1.2.3"}`),
		file("values.yaml", `{"color":"blue"}`),
		file("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {color: '{{ .Values.color }}'}\n"),
	}}
	render := func(wanted model.ChartReference) model.Outcome {
		root := testfiles.Tree(t, map[string]string{"x.yaml": "a: 1\n"})
		disk, closer, err := files.OpenDisk(root)
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		return Render(Input{Layer: files.NewLayer(disk)}, model.RenderRequest{
			Snapshot: model.Snapshot{Root: root}, Cluster: &model.ClusterFacts{Chart: kept},
			Source: model.Source{Kind: "helm", ReleaseName: "r", Namespace: "n", Chart: &wanted},
		})
	}
	for version, used := range map[string]bool{"1.2.3": true, "^1.0.0": true, "*": true, "": true, "1.2.4": false, ">=2": false} {
		got := render(model.ChartReference{Repository: "https://charts.acme.example", Name: "web", Version: version})
		if (got.Kind == "rendered") != used {
			t.Errorf("%q: %s", version, text(t, got))
		}
		if used && (!strings.Contains(text(t, got.Result.Objects), "blue") || got.Result.Charts[0].Release != 7) {
			t.Errorf("%q: %s", version, text(t, got.Result))
		}
	}
	if got := render(model.ChartReference{Name: "other", Version: "1.2.3"}); got.Kind != "failed" {
		t.Errorf("another chart: %s", text(t, got))
	}
}

func TestFailureForTheLackOfAnAnswer(t *testing.T) {
	chart := clusterChart(map[string]string{
		"a.yaml": `{{ if not (lookup "v1" "Secret" .Release.Namespace "creds") }}{{ fail "make the secret first" }}{{ end }}`,
	})
	unknown := inCluster(t, chart, &model.ClusterFacts{})
	if unknown.Kind != "failed" || !reflect.DeepEqual(unknown.Lookups, []model.Lookup{creds}) {
		t.Fatalf("asked %s", text(t, unknown))
	}
	last := (*unknown.Problems)[len(*unknown.Problems)-1]
	if last.Code != "lookup-unknown" || !strings.Contains(last.Message, "Secret n/creds") {
		t.Errorf("problems %s", text(t, unknown.Problems))
	}
	absent := inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{{Lookup: creds}}})
	if absent.Kind != "failed" || len(*absent.Problems) != 1 {
		t.Errorf("known to be absent: %s", text(t, absent))
	}
	present := model.LookupAnswer{Lookup: creds, Found: map[string]any{"kind": "Secret"}}
	if got := inCluster(t, chart, &model.ClusterFacts{Lookups: []model.LookupAnswer{present}}); got.Kind != "rendered" {
		t.Errorf("known to be there: %s", text(t, got))
	}
}
