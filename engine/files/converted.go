package files

import "bytes"

// converted gives texts as they would be committed.
type converted struct {
	Tree
	convert func(name string, data []byte) []byte
}

// WithLineEnds lets convert decide what becomes of a file that has lines with two characters at their
// end. It is asked of no other.
func WithLineEnds(tree Tree, convert func(name string, data []byte) []byte) Tree {
	return converted{tree, convert}
}

func (c converted) Read(name string) ([]byte, error) {
	data, err := c.Tree.Read(name)
	if err != nil || !bytes.Contains(data, []byte("\r\n")) {
		return data, err
	}
	return c.convert(name, data), nil
}
