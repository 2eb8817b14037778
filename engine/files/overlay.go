package files

import (
	"sort"
	"strings"
)

// overlay lays unsaved text over a tree; a nil text is a deleted file.
type overlay struct {
	Tree
	texts map[string]*string
	// folders that hold an unsaved file, with the names directly below them.
	folders map[string]map[string]Kind
}

// WithOverlay lays texts by path below the root over a tree.
func WithOverlay(tree Tree, texts map[string]*string) Tree {
	if len(texts) == 0 {
		return tree
	}
	o := overlay{Tree: tree, texts: map[string]*string{}, folders: map[string]map[string]Kind{}}
	for name, text := range texts {
		cleaned, err := Clean(name)
		if err != nil || cleaned == "" {
			continue
		}
		o.texts[cleaned] = text
		if text != nil {
			o.addFolders(cleaned)
		}
	}
	return o
}

func (o overlay) addFolders(name string) {
	kind := File
	for name != "" {
		folder := parent(name)
		names := o.folders[folder]
		if names == nil {
			names = map[string]Kind{}
			o.folders[folder] = names
		}
		names[name[len(folder):]] = kind
		name, kind = folder, Dir
	}
}

func (o overlay) Lstat(name string) (Info, error) {
	if text, ok := o.texts[name]; ok {
		if text == nil {
			return Info{}, notExist(name)
		}
		return Info{Name: base(name), Kind: File, Size: int64(len(*text))}, nil
	}
	info, err := o.Tree.Lstat(name)
	if err != nil && o.folders[name] != nil {
		return Info{Name: base(name), Kind: Dir}, nil
	}
	return info, err
}

func (o overlay) Read(name string) ([]byte, error) {
	if text, ok := o.texts[name]; ok {
		if text == nil {
			return nil, notExist(name)
		}
		return []byte(*text), nil
	}
	return o.Tree.Read(name)
}

func (o overlay) List(name string) ([]Info, error) {
	infos, err := o.Tree.List(name)
	added := o.folders[name]
	if err != nil && added == nil {
		return nil, err
	}
	merged := map[string]Info{}
	for _, info := range infos {
		if text, ok := o.texts[Join(name, info.Name)]; !ok || text != nil {
			merged[info.Name] = info
		}
	}
	for suffix, kind := range added {
		child := strings.TrimPrefix(suffix, "/")
		info := Info{Name: child, Kind: kind, Size: -1}
		if kind == File {
			info.Size = int64(len(*o.texts[Join(name, child)]))
		} else if _, exists := merged[child]; exists {
			continue
		}
		merged[child] = info
	}
	return sortedInfos(merged), nil
}

func sortedInfos(byName map[string]Info) []Info {
	infos := make([]Info, 0, len(byName))
	for _, info := range byName {
		infos = append(infos, info)
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].Name < infos[j].Name })
	return infos
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
