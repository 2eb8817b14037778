package render

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

var argumentChart = map[string]string{
	"charts/web/Chart.yaml":  "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	"charts/web/values.yaml": "image: {tag: old, name: web}\nlist: [a, b]\nflag: false\n",
	"charts/web/templates/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n" +
		"data: {values: {{ .Values | toJson | quote }}}\n",
	"charts/web/templates/hook.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n" +
		"  annotations: {helm.sh/hook: pre-install}\n",
	"deploy/values.yaml": "image: {tag: file}\nlist: [c]\n",
	"deploy/motd.txt":    "Hello, {world}\nand=more\n",
	"deploy/second.txt":  "second",
}

// argumentCases are command lines as pipelines write them; helm runs them in the folder deploy.
var argumentCases = map[string][]string{
	"set":                {"--set", "image.tag=1.2.3,image.name=shop", "--set", "list[1]=z"},
	"commas":             {"--set", `image.name=a\,b`, "--set", "list={x,y,z}"},
	"numbers":            {"--set", "n=9007199254740993,f=1.50,e=1e6,o=0644,t=true,z=null,s=\"q\""},
	"null removes":       {"--set", "image.tag=null"},
	"string":             {"--set-string", "n=12,t=true,v=1.0"},
	"string after set":   {"--set-string", "n=1", "--set", "n=2"},
	"json":               {"--set-json", `list=[1,{"a":"b, c"}]`, "--set-json", `image={"tag":"json"}`},
	"json object":        {"--set-json", ` {"image":{"tag":"whole"},"more":{"deep":[1]}}`},
	"set after json":     {"--set", "image.tag=set", "--set-json", `image.tag="json"`},
	"literal":            {"--set-literal", `image.name=a,b={c}\[d]`},
	"literal last":       {"--set-literal", "image.tag=literal", "--set-string", "image.tag=string"},
	"file":               {"--set-file", "motd=motd.txt"},
	"files":              {"--set-file", "motd=motd.txt,more.second=second.txt"},
	"file over string":   {"--set-file", "image.tag=second.txt", "--set-string", "image.tag=string"},
	"placeholder":        {"--set", "image.tag=<pipeline:GITHUB_SHA>"},
	"empty":              {"--set", "image.tag=,list=", "--set", ""},
	"deep list":          {"--set", "servers[1].ports[0].name=http,servers[0].host=h"},
	"json after a comma": {"--set-json", `a=1,b="x",c=[1,2],d={"e":null}`},
}

func TestHelmArguments(t *testing.T) {
	root := testfiles.Tree(t, argumentChart)
	for name, args := range argumentCases {
		t.Run(name, func(t *testing.T) {
			source := model.Source{
				Kind: "helm", Path: "charts/web", ReleaseName: "web", Namespace: "space",
				ValueFiles: []string{"deploy/values.yaml"},
			}
			oracle := []string{
				"template", "web", filepath.Join(root, "charts/web"), "-n", "space", "--kube-version", testKubeVersion,
				"-f", filepath.Join(root, "deploy/values.yaml"),
			}
			for i := 0; i < len(args); i += 2 {
				flag := strings.TrimPrefix(args[i], "--")
				source.Arguments = append(source.Arguments, model.HelmArgument{Flag: flag, Text: args[i+1], Folder: "deploy"})
				oracle = append(oracle, args[i], inFolder(flag, args[i+1], filepath.Join(root, "deploy")))
			}
			want := parsedOutput(t, command(t, "PLUMBLINE_HELM", oracle...))
			compare(t, objectsOf(t, rendered(t, root, source)), flat(want))
		})
	}
}

// inFolder makes the files of --set-file absolute, as the oracle runs elsewhere.
func inFolder(flag, text, folder string) string {
	if flag != "set-file" {
		return text
	}
	pairs := strings.Split(text, ",")
	for i, pair := range pairs {
		name, file, _ := strings.Cut(pair, "=")
		pairs[i] = name + "=" + filepath.Join(folder, file)
	}
	return strings.Join(pairs, ",")
}

func TestHelmArgumentsThatFail(t *testing.T) {
	root := testfiles.Tree(t, argumentChart)
	cases := []struct {
		argument model.HelmArgument
		want     string
	}{
		{model.HelmArgument{Flag: "set", Text: "image.tag"}, "--set cannot set image.tag."},
		{model.HelmArgument{Flag: "set-json", Text: "a={"}, "--set-json cannot set a."},
		{model.HelmArgument{Flag: "set-json", Text: "{not json"}, "--set-json cannot set {not json."},
		{model.HelmArgument{Flag: "set-file", Text: "a=gone.txt", Folder: "deploy"}, "deploy/gone.txt does not exist."},
		{model.HelmArgument{Flag: "set-file", Text: "a=../../etc/passwd", Folder: "deploy"}, "leads out of the repository."},
		{model.HelmArgument{Flag: "set-file", Text: "a=/etc/passwd"}, "leads out of the repository."},
	}
	for _, c := range cases {
		got := outcome(t, root, model.Source{
			Kind: "helm", Path: "charts/web", ReleaseName: "web", Namespace: "space",
			PushSource: model.PushSource{Arguments: []model.HelmArgument{c.argument}},
		}, nil)
		if got.Kind != "failed" || !strings.Contains(text(t, got), strings.ReplaceAll(c.want, `"`, `\"`)) {
			t.Errorf("%s %s: %s", c.argument.Flag, c.argument.Text, text(t, got))
		}
	}
}

func TestSetFileIsAnInput(t *testing.T) {
	root := testfiles.Tree(t, argumentChart)
	result := rendered(t, root, model.Source{
		Kind: "helm", Path: "charts/web", ReleaseName: "web", Namespace: "space",
		PushSource: model.PushSource{Arguments: []model.HelmArgument{{Flag: "set-file", Text: "motd=motd.txt", Folder: "deploy"}}},
	})
	for _, input := range result.Inputs {
		if input.Path == "deploy/motd.txt" {
			return
		}
	}
	t.Fatalf("deploy/motd.txt is no input: %v", result.Inputs)
}

func TestNoHooks(t *testing.T) {
	root := testfiles.Tree(t, argumentChart)
	source := model.Source{Kind: "helm", Path: "charts/web", ReleaseName: "web", Namespace: "space"}
	if with := rendered(t, root, source); len(with.Objects) != 2 {
		t.Fatalf("%d objects with hooks", len(with.Objects))
	}
	source.SkipHooks = true
	if without := rendered(t, root, source); len(without.Objects) != 1 {
		t.Fatalf("%d objects without hooks", len(without.Objects))
	}
}
