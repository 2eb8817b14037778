package files

import (
	"strings"

	"github.com/plumbline/plumbline/engine/model"
)

// Mounts is the folder below which content stands that is no part of the repository.
const Mounts = ".plumbline-charts"

// Mount lays files over a folder below Mounts and gives the folder. What is asked of it is no input.
func (l *Layer) Mount(name string, texts map[string]string) string {
	folder := Join(Mounts, name)
	if l.mounted[folder] {
		return folder
	}
	laid := make(map[string]*string, len(texts))
	for file, text := range texts {
		laid[Join(folder, file)] = &text
	}
	l.tree = WithOverlay(l.tree, laid)
	for known := range l.stats {
		if isMounted(known) {
			delete(l.stats, known)
		}
	}
	for known := range l.lists {
		if isMounted(known) {
			delete(l.lists, known)
		}
	}
	l.mounted[folder] = true
	return folder
}

func isMounted(name string) bool { return name == Mounts || strings.HasPrefix(name, Mounts+"/") }

// withoutMounts leaves out what was asked of mounted folders.
func withoutMounts(inputs []model.Input) []model.Input {
	own := inputs[:0]
	for _, input := range inputs {
		if !isMounted(input.Path) {
			own = append(own, input)
		}
	}
	return own
}
