package origin

import (
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/model"
)

func chart(name, root, folder string, valueFiles ...string) app {
	return app{name: name, root: root, source: model.Source{
		Kind: "helm", Path: folder, ReleaseName: "shop", Namespace: "prod", ValueFiles: valueFiles, IncludeCRDs: true,
	}}
}

func folder(t testing.TB, path string) string {
	t.Helper()
	root, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// cases are those of the corpus that are held against helm and kustomize.
func cases(t testing.TB) []app {
	t.Helper()
	apps := []app{}
	for _, kind := range []string{"helm", "kustomize"} {
		root := folder(t, "../../test/fixtures/corpus/"+kind)
		for _, name := range names(t, root) {
			text, err := os.ReadFile(filepath.Join(root, name, "case.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			var one struct {
				Path         string              `json:"path"`
				Source       json.RawMessage     `json:"source"`
				Capabilities *model.Capabilities `json:"capabilities"`
			}
			if err := yaml.Unmarshal(text, &one); err != nil {
				t.Fatal(err)
			}
			source := model.Source{Kind: kind, Path: one.Path}
			if kind == "helm" {
				source.ReleaseName, source.Namespace, source.IncludeCRDs = "rel", "space", true
			}
			if one.Source != nil {
				if err := json.Unmarshal(one.Source, &source); err != nil {
					t.Fatal(err)
				}
			}
			apps = append(apps, app{name: kind + "/" + name, root: filepath.Join(root, name), source: source, given: one.Capabilities})
		}
	}
	return apps
}

// corpus is every chart and kustomization of the engine's own test data and of the sample repository.
func corpus(t testing.TB) []app {
	t.Helper()
	data, sample := folder(t, "../testdata"), folder(t, "../../test/fixtures/sample")
	apps := []app{}
	for _, name := range names(t, filepath.Join(data, "charts")) {
		apps = append(apps, chart("charts/"+name, data, "charts/"+name))
	}
	for _, name := range names(t, filepath.Join(data, "kustomize")) {
		apps = append(apps, app{name: "kustomize/" + name, root: data, source: model.Source{Kind: "kustomize", Path: "kustomize/" + name}})
	}
	_ = filepath.WalkDir(sample, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, _ := filepath.Rel(sample, filepath.Dir(path))
		switch entry.Name() {
		case "kustomization.yaml":
			apps = append(apps, app{name: "sample/" + below, root: sample, source: model.Source{Kind: "kustomize", Path: filepath.ToSlash(below)}})
		case "Chart.yaml":
			apps = append(apps, chart("sample/"+below, sample, filepath.ToSlash(below)))
		}
		return nil
	})
	return apps
}

func names(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, entry := range entries {
		if entry.IsDir() {
			all = append(all, entry.Name())
		}
	}
	return all
}

// fieldsPerObject keep the corpora quick; with PLUMBLINE_ALL_FIELDS every field is asked about.
var fieldsPerObject = map[string]int{"own data and sample": 3, "corpus": 1}

func prove(t *testing.T, apps []app, fields int) *proof {
	t.Helper()
	p := &proof{whys: map[string]int{}}
	for _, a := range apps {
		outcome := a.render(t, nil, a.source)
		if outcome.Kind != "rendered" {
			continue
		}
		seen := map[Object]int{}
		for _, object := range outcome.Result.Objects {
			seen[objectOf(object)]++
		}
		for index, object := range outcome.Result.Objects {
			if seen[objectOf(object)] > 1 {
				// Which of the two is asked about cannot be said.
				continue
			}
			pointers := pointersOf(object)
			step := 1
			if os.Getenv("PLUMBLINE_ALL_FIELDS") == "" {
				step = max(1, len(pointers)/fields)
			}
			for i := index % step; i < len(pointers); i += step {
				if !slices.Contains(object.Generated, pointers[i]) {
					p.check(t, a, object, index, pointers[i])
				}
			}
		}
	}
	return p
}

func TestMain(m *testing.M) {
	// Helm and Kustomize tell of each render what they find odd, and there are thousands.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(io.Discard)
	findBudget, linesBudget = time.Hour, time.Hour
	os.Exit(m.Run())
}

// namedShare is what must at least be found, toldShare with those of which a reason is known; what the
// rest is, the log of the test names.
const (
	namedShare = 0.96
	toldShare  = 0.97
)

func TestTheFirstNamedPlaceOfTheCorpusDecides(t *testing.T) {
	for name, apps := range map[string][]app{"own data and sample": corpus(t), "corpus": cases(t)} {
		t.Run(name, func(t *testing.T) {
			p := prove(t, apps, fieldsPerObject[name])
			t.Logf("%d fields, %d named, %d of these right, %d renders; why others have none: %v", p.fields, p.named, p.right, p.renders, p.whys)
			for _, none := range p.none {
				t.Log("none: ", none)
			}
			for _, wrong := range p.wrong {
				t.Error("wrong:", wrong)
			}
			if told := p.fields - p.whys[""]; float64(told) < toldShare*float64(p.fields) {
				t.Errorf("of %d fields %d are silent", p.fields, p.whys[""])
			}
			if p.fields < 250 || float64(p.named) < namedShare*float64(p.fields) {
				t.Errorf("only %d of %d fields have a place", p.named, p.fields)
			}
		})
	}
}
