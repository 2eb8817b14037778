package render

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"helm.sh/helm/v4/pkg/chart/common"

	"github.com/plumbline/plumbline/engine/model"
)

// capabilitiesFor says also whether they were given.
func (h *helmRelease) capabilitiesFor() (*common.Capabilities, bool, error) {
	capabilities := common.DefaultCapabilities.Copy()
	given := h.capabilities
	if given == nil {
		return capabilities, false, nil
	}
	version, err := common.ParseKubeVersion(given.KubeVersion)
	if err != nil {
		return nil, true, h.fail(h.folder, "kube-version", fmt.Sprintf("%q is not a Kubernetes version.", given.KubeVersion))
	}
	capabilities.KubeVersion = *version
	if len(given.APIVersions) > 0 {
		versions := common.VersionSet{}
		if given.AddToBuiltIn {
			versions = append(versions, capabilities.APIVersions...)
		}
		capabilities.APIVersions = append(versions, given.APIVersions...)
	}
	return capabilities, true, nil
}

// questions are what templates asked of assumed capabilities, each once.
type questions struct {
	all  []model.CapabilityQuestion
	seen map[string]bool
	// versions counts the uses of the list that are not told by another question yet.
	versions int
	kube     bool
}

const maxQuestions = 50

func (q *questions) add(kind, asked string, answer bool) {
	key := kind + " " + asked
	if q.seen[key] || len(q.all) >= maxQuestions {
		return
	}
	if q.seen == nil {
		q.seen = map[string]bool{}
	}
	q.seen[key] = true
	q.all = append(q.all, model.CapabilityQuestion{Kind: kind, Asked: asked, Answer: &answer})
}

// list tells also of what was used without a question of its own.
func (q *questions) list() []model.CapabilityQuestion {
	all := q.all
	compared := false
	for _, question := range all {
		compared = compared || question.Kind == "kube-version"
	}
	if q.kube && !compared {
		all = append(all, model.CapabilityQuestion{Kind: "kube-version"})
	}
	if q.versions > 0 {
		all = append(all, model.CapabilityQuestion{Kind: "api-versions"})
	}
	return all
}

// assumedCapabilities stands for capabilities that nobody gave, and notices when a template asks. Its
// methods are the fields of Helm's Capabilities, which templates reach in the same way.
type assumedCapabilities struct {
	capabilities *common.Capabilities
	run          *run
}

func (a *assumedCapabilities) KubeVersion() *common.KubeVersion {
	a.run.assumed, a.run.questions.kube = true, true
	return &a.capabilities.KubeVersion
}

func (a *assumedCapabilities) APIVersions() askedVersions {
	a.run.assumed = true
	a.run.questions.versions++
	asking = &a.run.questions
	return askedVersions(a.capabilities.APIVersions)
}

func (a *assumedCapabilities) HelmVersion() any { return a.capabilities.HelmVersion }

func (a *assumedCapabilities) MarshalJSON() ([]byte, error) {
	a.run.assumed, a.run.questions.kube = true, true
	a.run.questions.versions++
	return json.Marshal(a.capabilities)
}

// askedVersions is Helm's VersionSet, a list that templates also range over.
type askedVersions common.VersionSet

// asking is where the one render that is under way keeps its questions: a list has no room for them.
var asking *questions

func (v askedVersions) Has(apiVersion string) bool {
	has := common.VersionSet(v).Has(apiVersion)
	if asking != nil {
		asking.versions = max(0, asking.versions-1)
		asking.add("api-version", apiVersion, has)
	}
	return has
}

// comparisons notices what the assumed version is compared with.
func (h *helmRelease) comparisons() template.FuncMap {
	compare := sprigFunctions["semverCompare"].(func(string, string) (bool, error))
	return template.FuncMap{
		"semverCompare": func(constraint, version string) (bool, error) {
			holds, err := compare(constraint, version)
			if err == nil && h.questions.kube && sameRelease(version, h.assumedVersion) {
				h.questions.add("kube-version", constraint, holds)
			}
			return holds, err
		},
	}
}

// sameRelease compares major and minor version, which is what charts cut the rest off to.
func sameRelease(a, b string) bool {
	cut := func(version string) string {
		parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
		return strings.Join(parts[:min(2, len(parts))], ".")
	}
	return cut(a) == cut(b)
}
