package files

// Lay lets a text stand at a name of the repository in place of what is there; what was read of the
// folders before is read again.
func (l *Layer) Lay(name, text string) error {
	cleaned, err := Clean(name)
	if err != nil || cleaned == "" {
		return ErrOutside
	}
	l.tree = WithOverlay(l.tree, map[string]*string{cleaned: &text})
	clear(l.stats)
	clear(l.lists)
	delete(l.texts, cleaned)
	return nil
}
