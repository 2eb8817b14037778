package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// argumentFlags is the order in which Helm applies them, whatever their order on the command line
// (pkg/cli/values, MergeValues).
var argumentFlags = []string{"set-json", "set", "set-string", "set-file", "set-literal"}

// arguments applies what a command line sets, as it is written there.
func (r *run) arguments(values map[string]any, source model.Source) error {
	for _, flag := range argumentFlags {
		for _, argument := range source.Arguments {
			if argument.Flag != flag {
				continue
			}
			if err := r.argument(values, argument); err != nil {
				if errors.Is(err, errFailed) {
					return err
				}
				name, _, _ := strings.Cut(argument.Text, "=")
				return r.fail(source.Path, "helm-parameter", fmt.Sprintf("--%s cannot set %s.", flag, name))
			}
		}
	}
	return nil
}

func (r *run) argument(values map[string]any, argument model.HelmArgument) error {
	switch argument.Flag {
	case "set":
		return strvals.ParseInto(argument.Text, values)
	case "set-string":
		return strvals.ParseIntoString(argument.Text, values)
	case "set-literal":
		return strvals.ParseLiteralInto(argument.Text, values)
	case "set-json":
		return setJSON(values, argument.Text)
	}
	return strvals.ParseIntoFile(argument.Text, values, func(name []rune) (any, error) {
		return r.argumentFile(argument.Folder, string(name))
	})
}

// setJSON takes a whole object, or key=value.
func setJSON(values map[string]any, text string) error {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") {
		return strvals.ParseJSON(text, values)
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(trimmed), &object); err != nil {
		return err
	}
	for key, value := range loader.MergeMaps(values, object) {
		values[key] = value
	}
	return nil
}

func (r *run) argumentFile(folder, name string) (any, error) {
	path := files.Join(folder, name)
	if strings.Contains(name, "://") {
		fetched, ok := r.fetchedFile(name)
		if !ok {
			r.missFile(folder, name, "file of --set-file")
			return nil, errFailed
		}
		path = fetched
	} else if strings.HasPrefix(name, "/") {
		path = name
	}
	text, err := r.layer.Read(path)
	if err == nil {
		return string(text), nil
	}
	return nil, r.fail(path, "helm-parameter", "A file of --set-file cannot be had: "+readFailure(path, err))
}
