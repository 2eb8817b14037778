// Package applicationset gives the Applications that Argo CD's ApplicationSet controller would make
// of a set, from files alone.
package applicationset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

// Opened is the text of a repository.
type Opened struct {
	Layer *files.Layer
	// Untracked is nil for a revision.
	Untracked *files.Untracked
}

// Open opens the text that an entry of the request stands for.
type Open func(model.SetRepository) (Opened, error)

type expansion struct {
	request   model.ApplicationSetRequest
	set       applicationSet
	templates *templates
	open      Open
	opened    []*repository
	byEntry   map[int]*repository
	result    model.ApplicationSetResult
	// names counts the Applications of a name.
	names map[string]int
	made  []application
}

const finalizer = "resources-finalizer.argocd.argoproj.io"

// Expand never fails: what is wrong with the set is a problem of the result.
func Expand(ctx context.Context, request model.ApplicationSetRequest, open Open) model.ApplicationSetResult {
	e := &expansion{
		request: request, open: open, byEntry: map[int]*repository{}, names: map[string]int{},
		result: model.ApplicationSetResult{
			Applications: []model.GeneratedApplication{}, NeedsServer: []model.ServerNeed{},
			Problems: []model.Problem{}, Inputs: []model.SetInputs{},
		},
	}
	if err := json.Unmarshal(request.ApplicationSet, &e.set); err != nil {
		e.problem("", "malformed", fmt.Errorf("the ApplicationSet has a field of the wrong type: %w", err))
		return e.result
	}
	random, called := render.RandomFunctions(e.set.Metadata.Name, e.set.Metadata.Namespace)
	e.templates = newTemplates(ctx, e.set.Spec, functionTable(random))
	for i, g := range e.set.Spec.Generators {
		e.generator(fmt.Sprintf("/spec/generators/%d", i), g)
	}
	e.dropDuplicates()
	for _, repo := range e.opened {
		e.result.Inputs = append(e.result.Inputs, repo.inputs())
	}
	e.result.Random = called()
	return e.result
}

func (e *expansion) generator(pointer string, g generator) {
	defer func() {
		// The libraries panic about parameters of different types, where Argo CD's controller does too.
		if cause := recover(); cause != nil {
			e.problem(pointer, "generation", errors.New("the parameters of the generator cannot be combined: they have different types at the same key, on which Argo CD's controller fails"))
		}
	}()
	all, err := e.transform(g, e.set.Spec.Template, nil)
	if err == nil && len(all) == 0 {
		err = errors.New("the entry names no kind of generator that Argo CD knows")
		e.fail(pointer, "unknown-generator", model.SeverityWarning, err)
		return
	}
	if err != nil {
		e.refuse(pointer, err)
		return
	}
	for _, one := range all {
		base := baseOf(one.template)
		for _, params := range one.params {
			app, err := e.application(base, params)
			if err == nil {
				err = e.add(pointer, app, params)
			}
			if err != nil {
				e.refuse(pointer, err)
				var limit *limitError
				if errors.As(err, &limit) {
					return
				}
			}
		}
	}
}

// refuse tells what the server is needed for from what is wrong.
func (e *expansion) refuse(pointer string, err error) {
	place := pointer
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		var at *nestedError
		if !errors.As(inner, &at) {
			break
		}
		place += fmt.Sprintf("/*/generators/%d", at.index)
		inner = at
	}
	var need *needError
	if errors.As(err, &need) {
		lacks := need.need
		lacks.Pointer = e.exact(place)
		e.result.NeedsServer = append(e.result.NeedsServer, lacks)
		return
	}
	code := "generation"
	var limit *limitError
	if errors.As(err, &limit) {
		code = "limit"
	}
	e.problem(e.exact(place), code, err)
}

// exact puts the names of matrix and merge into a pointer.
func (e *expansion) exact(pointer string) string {
	if !strings.Contains(pointer, "*") {
		return pointer
	}
	var document struct {
		Spec any `json:"spec"`
	}
	if json.Unmarshal(e.request.ApplicationSet, &document) != nil {
		return pointer
	}
	var at any = map[string]any{"spec": document.Spec}
	parts := strings.Split(pointer, "/")
	for i, part := range parts[1:] {
		switch value := at.(type) {
		case map[string]any:
			if part == "*" {
				part = "matrix"
				if _, ok := value["merge"]; ok {
					part = "merge"
				}
				parts[i+1] = part
			}
			at = value[part]
		case []any:
			var index int
			if _, err := fmt.Sscan(part, &index); err == nil && index < len(value) {
				at = value[index]
			}
		}
	}
	return strings.Join(parts, "/")
}

func (e *expansion) problem(pointer, code string, err error) {
	e.result.Blocked = true
	e.fail(pointer, code, model.SeverityError, err)
}

const maxProblems = 20

func (e *expansion) fail(pointer, code, severity string, err error) {
	if len(e.result.Problems) < maxProblems {
		e.result.Problems = append(e.result.Problems, model.Problem{
			Severity: severity, Code: code, Message: sentence(err), Pointer: pointer,
		})
	}
}

const maxSentence = 600

// sentence starts an error with a capital letter and ends it with a full stop.
func sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > maxSentence {
		text = strings.ToValidUTF8(text[:maxSentence], "") + " …"
	}
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// baseOf is the Application that a template describes, before it is filled.
func baseOf(t setTemplate) application {
	return application{
		ObjectMeta: metav1.ObjectMeta{
			Name: t.Metadata.Name, Namespace: t.Metadata.Namespace, Labels: t.Metadata.Labels,
			Annotations: t.Metadata.Annotations, Finalizers: t.Metadata.Finalizers,
		},
		Spec: t.Spec,
	}
}

func (e *expansion) application(base application, params map[string]any) (application, error) {
	app := base
	if len(params) > 0 {
		filled, err := fill(e.templates, base, params)
		if err != nil {
			return app, fmt.Errorf("the template cannot be filled: %w", err)
		}
		app = filled
		policy := e.set.Spec.SyncPolicy
		if (policy == nil || !policy.PreserveResourcesOnDeletion) && len(app.Finalizers) == 0 {
			app.Finalizers = []string{finalizer}
		}
	}
	if e.set.Spec.TemplatePatch != nil {
		text, err := e.templates.replace(*e.set.Spec.TemplatePatch, params)
		if err != nil {
			return app, fmt.Errorf("the templatePatch cannot be filled: %w", err)
		}
		if app, err = patched(app, text); err != nil {
			return app, err
		}
	}
	// The controller keeps Applications in the namespace of their set.
	app.Namespace = e.set.Metadata.Namespace
	return app, nil
}

// patched merges the way Kubernetes merges a resource of its own types; the project stays.
func patched(app application, patch string) (application, error) {
	text, err := json.Marshal(app)
	if err != nil {
		return app, err
	}
	change, err := jsonOf(patch)
	if err == nil {
		err = json.Unmarshal(change, &application{})
	}
	if err != nil {
		return app, fmt.Errorf("the filled templatePatch is not a part of an Application: %w", err)
	}
	if change, err = withoutStatus(change); err != nil {
		return app, err
	}
	merged, err := strategicpatch.StrategicMergePatch(text, change, application{})
	if err != nil {
		return app, fmt.Errorf("the templatePatch cannot be applied: %w", err)
	}
	result := application{}
	if err := json.Unmarshal(merged, &result); err != nil {
		return app, fmt.Errorf("the templatePatch makes no Application: %w", err)
	}
	result.Spec.Project = app.Spec.Project
	return result, nil
}

// withoutStatus leaves out what the controller never copies.
func withoutStatus(patch []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(patch, &fields); err != nil {
		return nil, err
	}
	if _, ok := fields["status"]; !ok {
		return patch, nil
	}
	delete(fields, "status")
	return json.Marshal(fields)
}

func (e *expansion) add(pointer string, app application, params map[string]any) error {
	object, err := json.Marshal(objectOf(app))
	if err != nil {
		return fmt.Errorf("the Application %s cannot be written: %w", app.Name, err)
	}
	if params == nil {
		params = map[string]any{}
	}
	e.names[app.Name]++
	e.made = append(e.made, app)
	e.result.Applications = append(e.result.Applications, model.GeneratedApplication{Object: object, Params: params, Pointer: pointer})
	return nil
}

// dropDuplicates leaves out all Applications of a name that comes twice, as the controller does.
func (e *expansion) dropDuplicates() {
	kept := []model.GeneratedApplication{}
	told := map[string]bool{}
	for i, generated := range e.result.Applications {
		name := e.made[i].Name
		if e.names[name] == 1 {
			kept = append(kept, generated)
			continue
		}
		if !told[name] {
			told[name] = true
			e.fail(generated.Pointer, "duplicate-application", model.SeverityError, fmt.Errorf(
				"the ApplicationSet %s contains applications with duplicate name: %s, and Argo CD creates none of them", e.set.Metadata.Name, name))
		}
	}
	e.result.Applications = kept
}

// repository gives the text of a repository at a revision, both as a generator writes them.
func (e *expansion) repository(url, revision string) (*repository, error) {
	need := model.ServerNeed{Generator: "git", RepoURL: url, Revision: revision}
	chosen := -1
	for i, entry := range e.request.Repositories {
		switch {
		case entry.RepoURL != url:
		case entry.GeneratorRevision != nil && *entry.GeneratorRevision == revision:
			chosen = i
		case entry.GeneratorRevision == nil && chosen < 0:
			chosen = i
		}
	}
	if chosen < 0 {
		need.Reason = fmt.Sprintf("The git generator reads %s, which is not open here.", url)
		return nil, &needError{need}
	}
	if known, ok := e.byEntry[chosen]; ok {
		return known, nil
	}
	opened, err := e.open(e.request.Repositories[chosen])
	if err != nil {
		var lacking *files.UnavailableError
		need.Reason = fmt.Sprintf("The repository %s cannot be read here.", url)
		if errors.As(err, &lacking) {
			need.Reason = lacking.Reason
		}
		return nil, &needError{need}
	}
	repo := &repository{layer: opened.Layer, untracked: opened.Untracked, snapshot: e.request.Repositories[chosen].Snapshot}
	e.byEntry[chosen] = repo
	e.opened = append(e.opened, repo)
	return repo, nil
}
