package origin

import (
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

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

// corpus is every chart and kustomization of the engine's own test data and of the sample repository.
func corpus(t testing.TB) []app {
	t.Helper()
	data, sample := folder(t, "../testdata"), folder(t, "../../test/fixtures/sample")
	apps := []app{}
	for _, name := range names(t, filepath.Join(data, "charts")) {
		apps = append(apps, chart("charts/"+name, data, "charts/"+name))
	}
	for _, name := range names(t, filepath.Join(data, "kustomize")) {
		apps = append(apps, app{"kustomize/" + name, data, model.Source{Kind: "kustomize", Path: "kustomize/" + name}})
	}
	_ = filepath.WalkDir(sample, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, _ := filepath.Rel(sample, filepath.Dir(path))
		switch entry.Name() {
		case "kustomization.yaml":
			apps = append(apps, app{"sample/" + below, sample, model.Source{Kind: "kustomize", Path: filepath.ToSlash(below)}})
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

// fieldsPerObject keeps the corpus quick; with PLUMBLINE_ALL_FIELDS every field is asked about.
const fieldsPerObject = 4

func prove(t *testing.T, apps []app) *proof {
	t.Helper()
	p := &proof{}
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
				step = max(1, len(pointers)/fieldsPerObject)
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
	os.Exit(m.Run())
}

// namedShare is what must at least be found; what the rest is, the log of the test names.
const namedShare = 0.85

func TestTheFirstNamedPlaceOfTheCorpusDecides(t *testing.T) {
	p := prove(t, corpus(t))
	t.Logf("%d fields, %d named, %d of these right, %d renders", p.fields, p.named, p.right, p.renders)
	for _, none := range p.none {
		t.Log("none: ", none)
	}
	for _, wrong := range p.wrong {
		t.Error("wrong:", wrong)
	}
	if p.fields < 400 || float64(p.named) < namedShare*float64(p.fields) {
		t.Errorf("only %d of %d fields have a place", p.named, p.fields)
	}
}
