package render

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// explain turns an error of Kustomize, a chain of its whole recursion in one string, into problems
// with a place: files that are not there, files that do not parse, or else the kustomization.
func (b *build) explain(file string, err error) error {
	before := len(b.problems)
	b.problems = append(b.problems, b.doubts...)
	twice := strings.Contains(err.Error(), "already defined at line")
	for folder := range b.visited {
		b.checkFiles(folder, twice)
	}
	if len(b.problems) > before {
		return errFailed
	}
	message := b.relative(err.Error())
	problem := documents.Failure(b.placeOf(file, message), kustomizeCode(message), sentenceOf(message))
	if match := inFile.FindStringSubmatch(message); match != nil {
		problem.Location.Line, _ = strconv.Atoi(match[1])
		problem.Location.Path = files.Join(path.Dir(file), match[2])
	}
	b.problems = append(b.problems, problem)
	return errFailed
}

var inFile = regexp.MustCompile(`yaml: line (\d+): [^:]*? in File: (\S+)`)

func kustomizeCode(message string) string {
	switch {
	case strings.Contains(message, "cycle detected"):
		return "kustomize-cycle"
	case strings.Contains(message, "security; file"):
		return "outside-root"
	}
	return "kustomize"
}

var wrapper = regexp.MustCompile(`^(accumulating (resources|components)|accumulation err=.*?|recursed (accumulation|merging) (of|from) path '[^']*'|accumulateDirectory|loader\.New "[^"]*"): "?`)

// shorten drops the recursion in front of a cause and the parts that speak of files and folders that
// were tried in vain.
func shorten(message string) string {
	message = strings.ReplaceAll(strings.TrimSpace(message), `\"`, `"`)
	for {
		if start := strings.Index(message, "accumulation err='"); start >= 0 {
			if end := strings.Index(message[start:], "': "); end > 0 {
				message = message[start+end+3:]
				continue
			}
		}
		shorter := wrapper.ReplaceAllString(afterCause.ReplaceAllString(message, ""), "")
		if shorter == message {
			return strings.TrimRight(firstLineOf(message), `"`)
		}
		message = shorter
	}
}

// checkFiles parses what a kustomization includes, to find the file that does not, or that has a key
// twice where that is what Kustomize refused.
func (b *build) checkFiles(folder string, twice bool) {
	_, text, err := b.kustomizationFile(folder)
	if err != nil {
		return
	}
	kustomization, err := unmarshalKustomization(text)
	if err != nil {
		return
	}
	kustomization.FixKustomization()
	entries := kustomization.Resources
	for _, patch := range append(kustomization.Patches, kustomization.PatchesJson6902...) {
		entries = append(entries, patch.Path)
	}
	for _, patch := range kustomization.PatchesStrategicMerge {
		entries = append(entries, string(patch))
	}
	for _, entry := range entries {
		name := files.Join(folder, entry)
		if entry == "" || strings.Contains(entry, "\n") {
			continue
		}
		text, err := b.layer.Read(name)
		if err != nil {
			if info, statErr := b.layer.Stat(name); statErr == nil && info.Kind == files.File {
				b.problems = append(b.problems, documents.Failure(name, "unreadable", readFailure(name, err)))
			}
			continue
		}
		for _, part := range documents.Split(text) {
			_, fault := cache.parse(part.Text)
			switch {
			case fault == nil:
			case !fault.Warning:
				b.problems = append(b.problems, fault.Problem(name, part.Line))
			case twice && fault.Code == "duplicate-key":
				refused := *fault
				refused.Warning = false
				refused.Message = strings.Replace(fault.Message, "the last one counts", "Kustomize refuses it", 1)
				b.problems = append(b.problems, refused.Problem(name, part.Line))
			}
		}
	}
}

// malformed is the problem of a kustomization that Kustomize cannot read.
func malformed(file string, text []byte, err error) model.Problem {
	problem := documents.Failure(file, "kustomization", sentenceOf(err.Error()))
	problem.Location.Line = lineOfUnknownField(text, err.Error())
	return problem
}
