package render

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

var errGrown = errors.New("it grows beyond what is read")

// edit lets files stand as a pipeline has changed them. What is not there is told by whoever reads it.
func (r *run) edit(edits []model.FileEdit) error {
	texts := map[string]string{}
	for _, one := range edits {
		text, err := r.layer.Read(one.From)
		if err != nil {
			continue
		}
		changed, err := changedText(text, one.Steps)
		if err != nil {
			return r.fail(one.From, "pipeline-edit", fmt.Sprintf("What the pipeline makes of %s cannot be told: %s.", one.From, err))
		}
		texts[one.Path] = string(changed)
	}
	for path, text := range texts {
		if err := r.layer.Lay(path, text); err != nil {
			return r.fail(path, "outside-root", "The path leads out of the repository.")
		}
	}
	return nil
}

func changedText(text []byte, steps []model.TextStep) ([]byte, error) {
	for _, step := range steps {
		change := substitutedText
		if step.Kind == "replace" {
			change = replacedText
		}
		changed, err := change(text, step)
		if err != nil {
			return nil, err
		}
		if len(changed) > files.DefaultLimit {
			return nil, errGrown
		}
		text = changed
	}
	return text, nil
}

// reference is all that envsubst of GNU gettext knows.
var reference = regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

func substitutedText(text []byte, step model.TextStep) ([]byte, error) {
	size := 0
	changed := reference.ReplaceAllFunc(text, func(found []byte) []byte {
		groups := reference.FindSubmatch(found)
		name := string(groups[1]) + string(groups[2])
		if step.Only != nil && !slices.Contains(*step.Only, name) {
			return found
		}
		value, known := step.Variables[name]
		if !known {
			value = step.Unknown[0] + name + step.Unknown[1]
		}
		if size += len(value); size > files.DefaultLimit {
			return nil
		}
		return []byte(value)
	})
	if size > files.DefaultLimit {
		return nil, errGrown
	}
	return changed, nil
}

func replacedText(text []byte, step model.TextStep) ([]byte, error) {
	pattern, err := regexp.CompilePOSIX(step.Pattern)
	if err != nil {
		return nil, errors.New("its expression is not one that is known here")
	}
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		bare := bytes.TrimSuffix(line, []byte("\n"))
		replaceIn(&out, bare, pattern, step)
		out.Write(line[len(bare):])
		if out.Len() > files.DefaultLimit {
			return nil, errGrown
		}
	}
	return out.Bytes(), nil
}

func replaceIn(out *bytes.Buffer, line []byte, pattern *regexp.Regexp, step model.TextStep) {
	count := 1
	if step.All {
		count = -1
	}
	end := 0
	for _, match := range pattern.FindAllSubmatchIndex(line, count) {
		out.Write(line[end:match[0]])
		for _, part := range step.Replacement {
			out.WriteString(part.Text)
			if part.Group != nil && 2**part.Group+1 < len(match) && match[2**part.Group] >= 0 {
				out.Write(line[match[2**part.Group]:match[2**part.Group+1]])
			}
		}
		end = match[1]
		if out.Len() > files.DefaultLimit {
			return
		}
	}
	out.Write(line[end:])
}
