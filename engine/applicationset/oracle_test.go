package applicationset

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"sort"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// repositoryFiles is what every git generator of the tests reads.
var repositoryFiles = map[string]string{
	"apps/a/config.json":             `{"name": "a", "replicas": 2, "yes": true, "none": null, "float": 1.5, "big": 12345678901, "nested": {"deep": "x", "list": [1, "two", {"k": "v"}]}}`,
	"apps/b/config.yaml":             "name: b\nnested: {deep: y}\n",
	"apps/c/config.json":             `[{"name": "c1", "nested": {"deep": "x", "list": [9]}}, {"name": "c2"}]`,
	"apps/With.Dot_Under/config.yml": "name: dots\n",
	"apps/.hidden/config.json":       `{"name": "hidden"}`,
	"apps/b/sub/keep":                "",
	"apps/empty.json":                "",
	"deep/1/2/x/y":                   "", "deep/1/3/x/y": "", "deep/1/3/.z/x/y": "", "deep/2/2/w/y": "",
	"a-b/c/d": "", "a/c/d": "",
	".github/workflows/x.yml":     "on: push\n",
	"clusters/eu/p/values.yaml":   "region: eu\nname: one\n",
	"clusters/us/q/values.yaml":   "region: us\nname: two\n",
	"clusters/us/q/r/values.yaml": "name: three\n",
	"lists/all.yaml":              "tenants: [{tenant: x}, {tenant: 'y'}]\n",
	"top.yaml":                    "name: top\n",
	"broken/a.yaml":               "a: b: c\n",
	"numbers.yaml":                "int: 42\nbig: 12345678901234567890\nfloat: 1.50\nexp: 1e3\noctal: 0644\ndate: 2020-01-01\nyes: on\n1: one\n",
	"odd/a b.json":                `{"name": "space"}`, "odd/[x].json": `{"name": "bracket"}`, "odd/*.json": `{"name": "star"}`, "odd/\\.json": `{"name": "back"}`,
	"odd/é.json": `{"name": "accent"}`, "odd/sub/z.json": `{"name": "z"}`,
}

var repositoryLinks = map[string]string{
	"links/top.yaml": "../top.yaml", "folderlinks/apps": "../apps",
}

var knownClusters = []model.SetCluster{
	{Name: "eu", Server: "https://eu.example:6443", Project: "p", Labels: map[string]string{"env": "prod", "region": "eu"}, Annotations: map[string]string{"note": "n"}},
	{Name: "US_East", Server: "https://us.example:6443", Labels: map[string]string{"env": "prod", "region": "us"}},
	{Name: "stage", Server: "https://stage.example", Labels: map[string]string{"env": "stage"}},
}

func repositoryFolder(t testing.TB) string {
	t.Helper()
	root := testfiles.Tree(t, repositoryFiles)
	testfiles.Link(t, root, repositoryLinks)
	return root
}

func commit(t testing.TB, root string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "all"},
	} {
		command := exec.Command("git", args...)
		command.Dir = root
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
}

// opener reads the working tree, or the commit where the entry names a revision.
func opener(t testing.TB) Open {
	return func(entry model.SetRepository) (Opened, error) {
		if entry.Revision != "" {
			layout, err := gitrepo.Discover(entry.Root)
			if err != nil {
				return Opened{}, err
			}
			repo, err := gitrepo.Open(layout)
			if err != nil {
				return Opened{}, err
			}
			at, err := repo.Resolve(entry.Revision)
			if err != nil {
				return Opened{}, err
			}
			return Opened{Layer: files.NewLayer(files.WithOverlay(repo.Tree(at), entry.Overlay))}, nil
		}
		disk, closer, err := files.OpenDisk(entry.Root)
		if err != nil {
			return Opened{}, files.Unavailable("The folder cannot be read.")
		}
		t.Cleanup(func() { _ = closer.Close() })
		untracked := files.NewUntracked("", func() func(string) bool { return func(string) bool { return false } })
		return Opened{Layer: files.NewLayer(files.WithOverlay(disk, entry.Overlay)), Untracked: untracked}, nil
	}
}

func sets(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	text, err := os.ReadFile("../testdata/applicationsets/sets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	for _, document := range strings.Split(string(text), "\n---\n") {
		data, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var named struct{ Metadata struct{ Name string } }
		if err := json.Unmarshal(data, &named); err != nil || all[named.Metadata.Name] != nil {
			t.Fatalf("%v in %s", err, document)
		}
		all[named.Metadata.Name] = data
	}
	return all
}

func request(set json.RawMessage, root, revision string) model.ApplicationSetRequest {
	return model.ApplicationSetRequest{
		ApplicationSet: set, Clusters: &knownClusters,
		Repositories: []model.SetRepository{{Snapshot: model.Snapshot{Root: root, Revision: revision}, RepoURL: "r"}},
	}
}

type oracleCase struct {
	ApplicationSet  json.RawMessage    `json:"applicationSet"`
	Folder          string             `json:"folder"`
	Clusters        []model.SetCluster `json:"clusters"`
	NewFileGlobbing bool               `json:"newFileGlobbing"`
}

type oracleResult struct {
	Applications []map[string]any `json:"applications"`
	Error        string           `json:"error"`
}

// oracle runs Argo CD's own packages (test/lab/parts/applicationset) over all cases at once.
func oracle(t *testing.T, cases []oracleCase) []oracleResult {
	t.Helper()
	program := os.Getenv("PLUMBLINE_APPLICATIONSET")
	if program == "" {
		t.Skip("PLUMBLINE_APPLICATIONSET is not set: there is no Argo CD to compare with")
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Stdin = bytes.NewReader(input)
	command.Env = append(os.Environ(), "ARGOCD_GPG_ENABLED=false")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var results []oracleResult
	if err := json.Unmarshal(output, &results); err != nil || len(results) != len(cases) {
		t.Fatalf("%v: %d results of %d", err, len(results), len(cases))
	}
	return results
}

// theirs are the Applications of the oracle without what the controller does not copy, and without
// those whose name comes twice.
func theirs(result oracleResult) []string {
	names := map[string]int{}
	for _, app := range result.Applications {
		names[app["metadata"].(map[string]any)["name"].(string)]++
	}
	all := []string{}
	for _, app := range result.Applications {
		metadata := map[string]any{}
		for _, key := range []string{"name", "namespace", "labels", "annotations", "finalizers"} {
			if value, ok := app["metadata"].(map[string]any)[key]; ok {
				metadata[key] = value
			}
		}
		if names[metadata["name"].(string)] > 1 {
			continue
		}
		kept := map[string]any{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": app["spec"]}
		if operation, ok := app["operation"]; ok {
			kept["operation"] = operation
		}
		all = append(all, text(kept))
	}
	return all
}

func ours(result model.ApplicationSetResult) []string {
	all := []string{}
	for _, app := range result.Applications {
		var object any
		if err := json.Unmarshal(app.Object, &object); err != nil {
			panic(err)
		}
		all = append(all, text(object))
	}
	return all
}

func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func errorsOf(result model.ApplicationSetResult) []string {
	all := []string{}
	for _, problem := range result.Problems {
		if problem.Severity == model.SeverityError && problem.Code != "duplicate-application" {
			all = append(all, problem.Message)
		}
	}
	return all
}

func compare(t *testing.T, set json.RawMessage, got model.ApplicationSetResult, want oracleResult) {
	t.Helper()
	a, b := ours(got), theirs(want)
	if strings.Contains(string(set), `"merge"`) {
		// Argo CD gives those of a merge in the order of a Go map.
		sort.Strings(a)
		sort.Strings(b)
	}
	// A panic costs Argo CD what other generators made, and its controller lives on.
	if !strings.HasPrefix(want.Error, "panic: ") && !reflect.DeepEqual(a, b) {
		t.Errorf("set %s\n got %s\nwant %s", set, strings.Join(a, "\n     "), strings.Join(b, "\n     "))
	}
	if failed := len(errorsOf(got)) > 0; failed != (want.Error != "") || failed != got.Blocked {
		t.Errorf("set %s\nour errors %q (blocked %v), theirs %q", set, errorsOf(got), got.Blocked, want.Error)
	}
	if len(got.NeedsServer) > 0 {
		t.Errorf("set %s\nneeds %v", set, got.NeedsServer)
	}
}

func TestEqualsArgoCD(t *testing.T) {
	root := repositoryFolder(t)
	commit(t, root)
	all := sets(t)
	if len(all) < 40 {
		t.Fatalf("only %d sets", len(all))
	}
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	cases := []oracleCase{}
	for _, name := range names {
		cases = append(cases, oracleCase{ApplicationSet: all[name], Folder: root, Clusters: knownClusters})
	}
	results := oracle(t, cases)
	for i, name := range names {
		for _, revision := range []string{"", "HEAD"} {
			t.Run(name+"@"+revision, func(t *testing.T) {
				compare(t, all[name], Expand(context.Background(), request(all[name], root, revision), opener(t)), results[i])
			})
		}
	}
}

// TestPatternsEqualArgoCD asks for many patterns of files and folders, with both kinds of globbing.
func TestPatternsEqualArgoCD(t *testing.T) {
	root := repositoryFolder(t)
	commit(t, root)
	patterns := []string{
		"apps/*", "apps/**", "apps/*/config.json", "**/config.json", "*.json", "a*/c?", "apps/[ab]/*", "apps/[!ab]/*", "odd/[[]x].json",
		"odd/\\*.json", "odd/*.json", "odd/[x].json", "odd/\\[x\\].json", "odd/é.json", "odd/?.json", "odd/[[:alpha:]]*.json", "**/values.yaml",
		"clusters/**/values.yaml", "clusters/*/values.yaml", "clusters/*/*/values.yaml", "apps/{a,b}/config.*", "top.yaml", "top.yaml/", "apps", "apps/",
		"", ".", "./top.yaml", "*/../top.yaml", "nowhere", "links/*", "folderlinks/apps/a/config.json", "folderlinks/*", "apps/*/*", ":(glob)apps/*/config.json",
		":(top)top.yaml", ":/top.yaml", "deep/*/*/x/y", "apps/a/config.json", "apps/a/con", "[", "apps/[", "\\", "apps/*.json/", "*/config.json", ".*/**", "deep/**/y", "a", "a-b", "a*",
	}
	for _, globbing := range []bool{false, true} {
		// One process each: Argo CD's cache does not tell them apart.
		cases := []oracleCase{}
		for _, pattern := range patterns {
			for _, kind := range []string{"files", "directories"} {
				set := fmt.Sprintf(`{"metadata": {"name": "p"}, "spec": {"goTemplate": true, "generators": [{"git": {"repoURL": "r", "revision": "HEAD", %q: [{"path": %s}]}}],
					"template": {"metadata": {"name": "{{.path.path}}/{{.path.filename}}/{{.name}}"}, "spec": {"project": "default", "destination": {}}}}}`, kind, text(pattern))
				cases = append(cases, oracleCase{ApplicationSet: json.RawMessage(set), Folder: root, NewFileGlobbing: globbing})
			}
		}
		results := oracle(t, cases)
		for i, one := range cases {
			asked := request(one.ApplicationSet, root, []string{"", "HEAD"}[i/2%2])
			asked.NewFileGlobbing = globbing
			compare(t, one.ApplicationSet, Expand(context.Background(), asked, opener(t)), results[i])
		}
	}
}

// TestGeneratedEqualsArgoCD composes generators and templates by chance.
func TestGeneratedEqualsArgoCD(t *testing.T) {
	root := repositoryFolder(t)
	commit(t, root)
	random := rand.New(rand.NewPCG(11, 12))
	cases := []oracleCase{}
	for range 300 {
		cases = append(cases, oracleCase{ApplicationSet: composer{random, random.IntN(2) == 0}.set(), Folder: root, Clusters: knownClusters})
	}
	filled := 0
	for i, want := range oracle(t, cases) {
		if len(want.Applications) > 0 {
			filled++
		}
		compare(t, cases[i].ApplicationSet, Expand(context.Background(), request(cases[i].ApplicationSet, root, ""), opener(t)), want)
	}
	if filled < 100 {
		t.Errorf("only %d of the sets made an Application", filled)
	}
}

type composer struct {
	random *rand.Rand
	goMode bool
}

func (c composer) pick(choices ...string) string { return choices[c.random.IntN(len(choices))] }

// mark is a place for a parameter in the syntax of the set.
func (c composer) mark() string {
	name := c.pick("name", "server", "path", "path.basename", "values.a", "nested.deep", "metadata.labels.env", "k", "missing")
	if !c.goMode {
		return c.pick("{{"+name+"}}", "{{ "+name+" }}", "{{"+name, "x")
	}
	return c.pick("{{."+name+"}}", "{{ ."+name+" | toString | upper }}", "{{if ."+name+"}}y{{end}}", "x", "{{range until 2}}"+"{{.}}{{end}}")
}

func (c composer) values() map[string]any {
	all := map[string]any{}
	for range c.random.IntN(3) {
		all[c.pick("a", "b", "c")] = c.pick("v", c.mark(), c.mark())
	}
	return all
}

func (c composer) terminal() map[string]any {
	g := map[string]any{}
	switch c.random.IntN(4) {
	case 0:
		elements := []any{}
		for i := range c.random.IntN(4) {
			element := map[string]any{"name": fmt.Sprintf("l%d", i), "k": c.pick("1", "2", "3")}
			if c.random.IntN(2) == 0 {
				element["values"] = c.values()
			}
			if c.goMode && c.random.IntN(2) == 0 {
				element["nested"] = map[string]any{"deep": c.pick("x", "y"), "n": c.random.IntN(9)}
			}
			elements = append(elements, element)
		}
		g["list"] = map[string]any{"elements": elements}
	case 1:
		g["clusters"] = map[string]any{"values": c.values(), "selector": map[string]any{"matchLabels": map[string]any{"env": c.pick("prod", "stage")}}}
	case 2:
		g["git"] = map[string]any{"repoURL": "r", "revision": "HEAD", "directories": []any{
			map[string]any{"path": c.pick("apps/*", "deep/*/*", "*", "clusters/*")}, map[string]any{"path": c.pick("apps/a", "*/1", "nowhere"), "exclude": true},
		}, "values": c.values(), "pathParamPrefix": c.pick("", "", "p")}
	default:
		g["git"] = map[string]any{"repoURL": "r", "revision": "HEAD", "files": []any{
			map[string]any{"path": c.pick("apps/**/config.*", "clusters/**", "top.yaml", "**/values.yaml")}, map[string]any{"path": c.pick("apps/c/*", "clusters/us"), "exclude": true},
		}, "values": c.values()}
	}
	return c.selected(g)
}

func (c composer) selected(g map[string]any) map[string]any {
	if c.random.IntN(4) == 0 {
		g["selector"] = map[string]any{"matchExpressions": []any{map[string]any{
			"key": c.pick("name", "k", "nested.deep", "path.basename", "values.a"), "operator": c.pick("In", "NotIn"), "values": []any{c.pick("l1", "1", "x", "v", "eu"), "a"},
		}}}
	}
	return g
}

func (c composer) generator(depth int) map[string]any {
	if depth == 0 || c.random.IntN(3) > 0 {
		return c.terminal()
	}
	inner := []any{c.generator(depth - 1), c.generator(depth - 1)}
	if c.random.IntN(2) == 0 {
		return c.selected(map[string]any{"matrix": map[string]any{"generators": inner}})
	}
	return c.selected(map[string]any{"merge": map[string]any{"generators": inner, "mergeKeys": []any{c.pick("name", "k", "path", "server")}}})
}

func (c composer) template() map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": "n-" + c.mark() + "-" + c.mark(), "labels": map[string]any{c.mark(): c.mark(), "l": c.mark()}},
		"spec": map[string]any{
			"project": "default", "destination": map[string]any{"server": c.mark(), "namespace": c.mark()},
			"source": map[string]any{"repoURL": "r", "path": c.mark(), "helm": map[string]any{
				"valuesObject": map[string]any{"a": c.mark(), c.mark(): []any{c.mark(), 1, nil}, "n": nil}, "valueFiles": []any{c.mark()},
			}},
		},
	}
}

func (c composer) set() json.RawMessage {
	generators := []any{}
	for range 1 + c.random.IntN(2) {
		g := c.generator(2)
		for _, kind := range g {
			if body, ok := kind.(map[string]any); ok && c.random.IntN(5) == 0 && g["selector"] == nil {
				body["template"] = map[string]any{
					"metadata": map[string]any{"labels": map[string]any{"own": c.mark()}},
					"spec":     map[string]any{"project": c.pick("", "own"), "destination": map[string]any{"name": c.mark()}, "source": map[string]any{"repoURL": "", "helm": map[string]any{"releaseName": c.mark()}}},
				}
			}
		}
		generators = append(generators, g)
	}
	spec := map[string]any{"goTemplate": c.goMode, "generators": generators, "template": c.template()}
	if c.random.IntN(3) == 0 {
		spec["goTemplateOptions"] = []any{"missingkey=" + c.pick("error", "zero", "default")}
	}
	if c.random.IntN(4) == 0 {
		spec["templatePatch"] = "metadata: {annotations: {a: '" + c.mark() + "'}}\nspec: {source: {helm: {valueFiles: ['" + c.mark() + "']}}}\n"
	}
	return json.RawMessage(text(map[string]any{"metadata": map[string]any{"name": "s", "namespace": "ns"}, "spec": spec}))
}
